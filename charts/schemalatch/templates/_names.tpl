{{/* Every name takes the chart's scope: "." here, ".Subcharts.schemalatch" in a chart that has this one as a dependency. */}}

{{- define "schemalatch.name" -}}
{{ .Values.nameOverride | default .Release.Name | replace "." "-" | trunc 53 | trimSuffix "-" }}
{{- end -}}

{{- define "schemalatch.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (include "schemalatch.name" .) }}
{{- end -}}

{{- define "schemalatch.upgradeServiceAccountName" -}}
{{ .Values.upgrade.serviceAccount.name | default (printf "%s-upgrade" (include "schemalatch.name" .)) }}
{{- end -}}

{{- define "schemalatch.image" -}}
{{- $image := .Values.image -}}
{{ $image.repository }}{{ with $image.tag }}:{{ . }}{{ end }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end -}}

{{/* What selects the pods of a component. */}}
{{- define "schemalatch.selector" -}}
app.kubernetes.io/name: {{ include "schemalatch.name" .scope | quote }}
app.kubernetes.io/instance: {{ .scope.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Of an object, not of pods: the chart's version would start them anew. */}}
{{- define "schemalatch.labels" -}}
{{ include "schemalatch.selector" . }}
app.kubernetes.io/managed-by: {{ .scope.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .scope.Chart.Name .scope.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "schemalatch.podLabels" -}}
{{ include "schemalatch.selector" . }}
{{- with .scope.Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A duration, such as 1h30m, in whole seconds. */}}
{{- define "schemalatch.seconds" -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+(ms|s|m|h)" . -1 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- $sum = add $sum (mul (trimSuffix $unit . | int64) (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) $unit)) -}}
{{- end -}}
{{ div (add $sum 999) 1000 }}
{{- end -}}

{{/* How long a rollout may stand still: longer than the upgrade may take. */}}
{{- define "schemalatch.progressDeadlineSeconds" -}}
{{ .Values.progressDeadlineSeconds | default (add .Values.upgrade.activeDeadlineSeconds 600) | int64 }}
{{- end -}}
