{{/*
The gate: one container, among the initContainers of a pod. Of a pod with several dependencies schemalatch.podAnnotations
and schemalatch.volumes are needed too.
*/}}
{{- define "schemalatch.gate" -}}
{{- if eq .Values.gate "init" }}{{ include "schemalatch.wait" . }}{{ else }}{{ include "schemalatch.sidecar" . }}{{ end }}
{{- end -}}

{{/* A native sidecar. The gate readiness holds back the traffic; startup also the containers after it. */}}
{{- define "schemalatch.sidecar" -}}
{{- $sidecar := .Values.sidecar -}}
{{- $period := $sidecar.periodSeconds | int64 -}}
- name: schemalatch
  image: {{ include "schemalatch.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  restartPolicy: Always
  command: [{{ .Values.binary | quote }}, serve]
  env:
    {{- include "schemalatch.gateEnvironment" . | nindent 4 }}
    - name: SCHEMALATCH_LISTEN
      value: {{ printf "[::]:%d" ($sidecar.port | int64) | quote }}
    {{- with $sidecar.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - {name: readiness, containerPort: {{ $sidecar.port | int64 }}, protocol: TCP}
  {{- if eq .Values.gate "startup" }}
  startupProbe:
    httpGet: {path: /readyz, port: readiness}
    periodSeconds: {{ $period }}
    failureThreshold: {{ div (add (include "schemalatch.progressDeadlineSeconds" .) $period -1) $period }}
  {{- end }}
  readinessProbe:
    httpGet: {path: /readyz, port: readiness}
    periodSeconds: {{ $period }}
    failureThreshold: {{ $sidecar.failureThreshold | int64 }}
  livenessProbe:
    httpGet: {path: /livez, port: readiness}
    periodSeconds: 10
  securityContext: {{- include "schemalatch.securityContext" . | nindent 4 }}
  {{- with $sidecar.resources }}
  resources: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with concat (include "schemalatch.configMounts" . | fromYamlArray) $sidecar.volumeMounts }}
  volumeMounts: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* An init container that ends once the schema is there. */}}
{{- define "schemalatch.wait" -}}
- name: schemalatch
  image: {{ include "schemalatch.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [{{ .Values.binary | quote }}, wait, --timeout, {{ .Values.wait.timeout | quote }}, --failures, {{ .Values.wait.failures | int64 | toString | quote }}]
  env:
    {{- include "schemalatch.gateEnvironment" . | nindent 4 }}
    {{- with .Values.wait.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  securityContext: {{- include "schemalatch.securityContext" . | nindent 4 }}
  {{- with .Values.sidecar.resources }}
  resources: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with concat (include "schemalatch.configMounts" . | fromYamlArray) .Values.wait.volumeMounts }}
  volumeMounts: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Settings of one dependency as environment: .prefix, .dependency, .urlSecret. */}}
{{- define "schemalatch.environment" -}}
{{- $prefix := .prefix -}}
- name: {{ $prefix }}URL
  valueFrom:
    secretKeyRef: {name: {{ .urlSecret.name | quote }}, key: {{ .urlSecret.key | quote }}}
- name: {{ $prefix }}REQUIRE
  value: {{ toString .dependency.require | quote }}
{{- with .dependency.tool }}
- name: {{ $prefix }}TOOL
  value: {{ . | quote }}
{{- end }}
{{- range $key, $value := .dependency.settings }}
- name: {{ $prefix }}{{ upper $key }}
  value: {{ toString $value | quote }}
{{- end }}
{{- end -}}

{{/* What stands in front of a dependency's keys where there are several. */}}
{{- define "schemalatch.prefix" -}}
SCHEMALATCH_{{ regexReplaceAll "[^A-Z0-9]" (upper (.name | default "")) "_" }}__
{{- end -}}

{{- define "schemalatch.gateEnvironment" -}}
{{- if eq (len .Values.dependencies) 1 -}}
{{- $dependency := first .Values.dependencies -}}
- name: SCHEMALATCH_NAME
  value: {{ $dependency.name | quote }}
{{ include "schemalatch.environment" (dict "prefix" "SCHEMALATCH_" "dependency" $dependency "urlSecret" ($dependency.urlSecret | default dict)) }}
{{- else -}}
- name: SCHEMALATCH_CONFIG
  value: /etc/schemalatch/schemalatch.toml
{{- range .Values.dependencies }}
{{ include "schemalatch.environment" (dict "prefix" (include "schemalatch.prefix" .) "dependency" . "urlSecret" (.urlSecret | default dict)) }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
Several dependencies take a file that names them. It is an annotation of the pod, mounted: a ConfigMap would change under
the pods of the old ReplicaSet, or be gone when one of them is made anew.
*/}}
{{- define "schemalatch.podAnnotations" -}}
{{- if gt (len .Values.dependencies) 1 -}}
schemalatch-config: |
  {{- range .Values.dependencies }}
  [[dependency]]
  name = {{ .name | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "schemalatch.volumes" -}}
{{- if gt (len .Values.dependencies) 1 -}}
- name: schemalatch-config
  downwardAPI:
    items:
      - path: schemalatch.toml
        fieldRef: {fieldPath: "metadata.annotations['schemalatch-config']"}
{{- end }}
{{- end -}}

{{- define "schemalatch.configMounts" -}}
{{- if gt (len .Values.dependencies) 1 -}}
- {name: schemalatch-config, mountPath: /etc/schemalatch, readOnly: true}
{{- end }}
{{- end -}}
