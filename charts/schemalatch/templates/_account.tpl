{{/* An account without a token and without rights: .scope, .component, .name, .annotations. */}}
{{- define "schemalatch.account" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name | quote }}
  namespace: {{ .scope.Release.Namespace | quote }}
  labels: {{- include "schemalatch.labels" . | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}

{{- define "schemalatch.serviceAccount" -}}
{{- $annotations := merge (dict) .Values.serviceAccount.annotations .Values.annotations -}}
{{ include "schemalatch.account" (dict "scope" . "component" "application" "name" (include "schemalatch.serviceAccountName" .) "annotations" $annotations) }}
{{- end -}}

{{- define "schemalatch.upgradeServiceAccount" -}}
{{- $annotations := merge (dict) .Values.upgrade.serviceAccount.annotations .Values.upgrade.annotations -}}
{{ include "schemalatch.account" (dict "scope" . "component" "upgrade" "name" (include "schemalatch.upgradeServiceAccountName" .) "annotations" $annotations) }}
{{- end -}}
