{{/* What both the application's pods and the upgrade's reach: DNS and the databases. */}}
{{- define "schemalatch.databaseEgress" -}}
- to: {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- range .Values.networkPolicy.databases }}
- to: {{- toYaml .to | nindent 4 }}
  ports: [{port: {{ .port | int64 }}, protocol: TCP}]
{{- end }}
{{- end -}}

{{/* Ports are numbers: not every network looks for names among initContainers. */}}
{{- define "schemalatch.networkPolicy" -}}
{{- $policy := .Values.networkPolicy -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "schemalatch.name" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "schemalatch.labels" (dict "scope" . "component" "application") | nindent 4 }}
  {{- with .Values.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels: {{- include "schemalatch.selector" (dict "scope" . "component" "application") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- if ne .Values.gate "init" }}
    - ports: [{port: {{ .Values.sidecar.port | int64 }}, protocol: TCP}]
      {{- with $policy.readinessFrom }}
      from: {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
    {{- with .Values.application.port }}
    - ports: [{port: {{ . | int64 }}, protocol: TCP}]
      {{- with $policy.ingressFrom }}
      from: {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- end }}
  egress:
    {{- include "schemalatch.databaseEgress" . | nindent 4 }}
    {{- with $policy.extraEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "schemalatch.upgradeNetworkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "schemalatch.name" . }}-upgrade
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "schemalatch.labels" (dict "scope" . "component" "upgrade") | nindent 4 }}
  {{- with .Values.upgrade.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels: {{- include "schemalatch.selector" (dict "scope" . "component" "upgrade") | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "schemalatch.databaseEgress" . | nindent 4 }}
{{- end -}}
