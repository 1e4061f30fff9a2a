{{/*
The Job that migrates. Its name is a hash of all that it is, of upgrade.attempt and of the release's revision (1 for ever
without Helm): what a Job is can't be changed, so another one has another name. No hook: pods that wait for a hook, which waits for pods, wait for ever.
*/}}
{{- define "schemalatch.upgradeJob" -}}
{{- $spec := include "schemalatch.upgradeSpec" . -}}
{{- $name := include "schemalatch.name" . -}}
{{- $hash := printf "%s\n%s\nattempt %v\nrevision %v\n" $name $spec .Values.upgrade.attempt .Release.Revision | sha256sum | trunc 10 -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ printf "%s-upgrade-%s" ($name | trunc 43 | trimSuffix "-") $hash }}
  namespace: {{ .Release.Namespace | quote }}
  labels: {{- include "schemalatch.labels" (dict "scope" . "component" "upgrade") | nindent 4 }}
  {{- with .Values.upgrade.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- $spec | nindent 2 }}
{{- end -}}

{{/* The dependency that is upgraded. */}}
{{- define "schemalatch.upgradeDependency" -}}
{{- $name := .Values.upgrade.dependency -}}
{{- range .Values.dependencies }}
{{- if or (eq $name (toString .name)) (and (not $name) (eq (len $.Values.dependencies) 1)) }}
{{- toYaml . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "schemalatch.upgradeSpec" -}}
{{- $upgrade := .Values.upgrade -}}
backoffLimit: {{ $upgrade.backoffLimit | int64 }}
activeDeadlineSeconds: {{ $upgrade.activeDeadlineSeconds | int64 }}
{{- if not (kindIs "invalid" $upgrade.ttlSecondsAfterFinished) }}
ttlSecondsAfterFinished: {{ $upgrade.ttlSecondsAfterFinished | int64 }}
{{- end }}
podReplacementPolicy: Failed
podFailurePolicy:
  rules:
    # Will be the same the next time: command failed, not reached, unknown, unreadable, usage, internal, config.
    - action: FailJob
      onExitCodes: {containerName: upgrade, operator: In, values: [10, 11, 12, 14, 64, 70, 78]}
    # A node that is drained is no failure.
    - action: Ignore
      onPodConditions: [{type: DisruptionTarget, status: "True"}]
template:
  metadata:
    labels: {{- include "schemalatch.podLabels" (dict "scope" . "component" "upgrade") | nindent 6 }}
  spec:
    restartPolicy: Never
    serviceAccountName: {{ include "schemalatch.upgradeServiceAccountName" . | quote }}
    terminationGracePeriodSeconds: {{ add (include "schemalatch.seconds" $upgrade.killAfter) 10 }}
    {{- include "schemalatch.podSpec" . | nindent 4 }}
    containers:
      {{- include "schemalatch.upgrade" . | nindent 6 }}
    volumes:
      - {name: tmp, emptyDir: {}}
      {{- with .Values.volumes }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- end -}}

{{/* Its container. */}}
{{- define "schemalatch.upgrade" -}}
{{- $upgrade := .Values.upgrade -}}
{{- $dependency := include "schemalatch.upgradeDependency" . | fromYaml -}}
- name: upgrade
  image: {{ include "schemalatch.image" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command:
    - {{ .Values.binary | quote }}
    - upgrade
    - --wait-lock={{ $upgrade.waitLock }}
    - --connect-timeout={{ $upgrade.connectTimeout }}
    - --kill-after={{ $upgrade.killAfter }}
    {{- with $upgrade.ddlLockTimeout }}
    - --ddl-lock-timeout={{ . }}
    {{- end }}
    - --
    {{- range $upgrade.command }}
    - {{ . | quote }}
    {{- end }}
  env:
    - name: SCHEMALATCH_NAME
      value: {{ $dependency.name | quote }}
    {{- include "schemalatch.environment" (dict "prefix" "SCHEMALATCH_" "dependency" $dependency "urlSecret" $upgrade.urlSecret) | nindent 4 }}
    {{- with $upgrade.readers }}
    - name: SCHEMALATCH_READERS
      value: {{ join "," . | quote }}
    {{- end }}
    {{- with $upgrade.env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with $upgrade.envFrom }}
  envFrom: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext: {{- include "schemalatch.applicationSecurityContext" . | nindent 4 }}
  {{- with $upgrade.resources }}
  resources: {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- with $upgrade.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
