{{/* The application's container. */}}
{{- define "schemalatch.application" -}}
{{- $application := .Values.application -}}
- name: application
  image: {{ include "schemalatch.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  {{- range $key := list "command" "args" "env" "envFrom" "readinessProbe" "livenessProbe" "startupProbe" "resources" }}
  {{- with get $application $key }}
  {{ $key }}: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- with $application.port }}
  ports:
    - {name: http, containerPort: {{ . | int64 }}, protocol: TCP}
  {{- end }}
  securityContext: {{- include "schemalatch.applicationSecurityContext" . | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- with $application.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
