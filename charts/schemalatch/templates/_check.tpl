{{/*
Values that fit the schema and yet can't work. All problems are told at once, each in one line: key, what is wrong, and
behind a semicolon what to do. What a Secret may hold is never printed.
*/}}
{{- define "schemalatch.check" -}}
{{- $said := "" -}}
{{- range list "image" "dependency" "upgrade" "order" "name" "network" -}}
{{- $said = print $said "\n" (include (printf "schemalatch.%sProblems" .) $) -}}
{{- end -}}
{{- if not (trim $said) -}}{{/* containers can be made only of values that are whole */}}
{{- $said = include "schemalatch.containerProblems" . -}}
{{- end -}}
{{- with compact (splitList "\n" $said) -}}
{{- fail (printf "\n\nThese values can't work:\n  %s\n" (join "\n  " .)) -}}
{{- end -}}
{{- end -}}

{{- define "schemalatch.imageProblems" -}}
{{- $image := .Values.image -}}
{{- if not $image.repository }}
image.repository: is empty; name the application's image, which holds {{ .Values.binary | quote }} and the baked requirement
{{- else if regexMatch "[:@][^/]*$" $image.repository }}
image.repository: ends with a tag or a digest; write these as image.tag and image.digest
{{- else if not (regexMatch "^([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*$" $image.repository) }}
image.repository: {{ $image.repository | quote }} is no image's name; write registry and path in lower case, without https://
{{- end }}
{{- $tag := toString $image.tag }}
{{- if kindIs "float64" $image.tag }}
image.tag: is a number, and long ones lose digits; put it in quotes, or write --set-string image.tag=...
{{- else if not (or $tag $image.digest) }}
image.tag: is empty, and so is image.digest; name the version, so that a new one makes a new upgrade Job
{{- else if and $tag (not (regexMatch "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$" $tag)) }}
image.tag: {{ $tag | quote }} is no tag; write at most 128 letters, digits, ., _ and -
{{- end }}
{{- range list "application" "sidecar" "wait" "upgrade" }}
{{- if hasKey (get $.Values .) "image" }}
{{ . }}.image: application, gate and upgrade run from one image, or what is required could differ from what is deployed; leave it out, and copy {{ $.Values.binary | quote }} into the image of "image"
{{- end }}
{{- end }}
{{- end -}}

{{/* The names of "schemalatch tools", and auto. charts/generate.py writes this line. */}}
{{- define "schemalatch.tools" -}}
alembic auto django flyway golang-migrate
{{- end -}}

{{/* Those that keep one number, which a version alone can require. charts/generate.py writes this line. */}}
{{- define "schemalatch.numberTools" -}}
golang-migrate
{{- end -}}

{{- define "schemalatch.dependencyProblems" -}}
{{- if not .Values.dependencies }}
dependencies: is empty, so there is nothing to wait for; write at least one: [{name: orders, urlSecret: {name: orders-db, key: url-ro}, require: "@/schema/required.json"}]
{{- end }}
{{- $names := dict -}}
{{- range $index, $dependency := .Values.dependencies }}
{{- $key := printf "dependencies[%d]" $index }}
{{- $name := $dependency.name | default "" }}
{{- $prefix := include "schemalatch.prefix" $dependency }}
{{- if not (regexMatch "^[A-Za-z0-9._-]{1,63}$" $name) }}
{{ $key }}.name: is not 1 to 63 letters, digits, -, _ and .; give it one such as orders
{{- else if hasKey $names $prefix }}
{{ $key }}.name: {{ $name }} and {{ get $names $prefix }} are the same in environment variables; give one of them another name
{{- end }}
{{- $_ := set $names $prefix $name }}
{{- include "schemalatch.secretProblem" (dict "key" $key "secret" $dependency.urlSecret "role" "a role that may only read") }}
{{- include "schemalatch.requirementProblem" (dict "key" $key "dependency" $dependency) }}
{{- range $setting, $value := $dependency.settings }}
{{- if eq (toString $value) "" }}
{{ $key }}.settings.{{ $setting }}: is empty, and an empty variable counts as not set; leave it out, or give it a value
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* .key, .secret, .role: whose URL is in it. */}}
{{- define "schemalatch.secretProblem" -}}
{{- $secret := .secret | default dict -}}
{{- if not (and $secret.name $secret.key) }}
{{ .key }}.urlSecret: lacks name or key; name the existing Secret with the URL of {{ .role }}
{{- else if not (and (regexMatch "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$" $secret.name) (regexMatch "^[A-Za-z0-9._-]{1,253}$" $secret.key)) }}
{{ .key }}.urlSecret: has a name or key that no Secret has; write what leads to the URL, never the URL
{{- end }}
{{- end -}}

{{/* Of the requirement and its tool: .key, .dependency. */}}
{{- define "schemalatch.requirementProblem" -}}
{{- $require := toString (.dependency.require | default "") -}}
{{- $tool := .dependency.tool -}}
{{- $tools := splitList " " (include "schemalatch.tools" .) -}}
{{- $numbers := append (splitList " " (include "schemalatch.numberTools" .)) "auto" -}}
{{- $baked := hasPrefix "@" $require -}}
{{- if not $require }}
{{ .key }}.require: is missing, and a gate without a requirement never opens; write "@/schema/required.json" for the file that was baked into the image
{{- else if kindIs "float64" .dependency.require }}
{{ .key }}.require: is a number, and long ones lose digits; put it in quotes
{{- else if and $baked (not (regexMatch "^@/.*[^/]$" $require)) }}
{{ .key }}.require: names no file by its whole path; write it as in "@/schema/required.json"
{{- else if and (not $baked) (regexMatch "^/|\\.json$" $require) }}
{{ .key }}.require: {{ $require | quote }} looks like a file, and is taken for a version; write @ in front of it
{{- else if not (or $baked $tool) }}
{{ .key }}.tool: is missing, and a version alone does not tell it; write one of: {{ join " " $tools }}
{{- else if and $tool (not (has $tool $tools)) }}
{{ .key }}.tool: {{ $tool | quote }} is none that schemalatch reads; write one of: {{ join " " $tools }}
{{- else if not (or $baked (has $tool $numbers)) }}
{{ .key }}.require: one version says too little for {{ $tool }}, whose table is no single number: pods would turn unready as the database moves on, or miss a migration; bake a file, and write "@/schema/required.json"
{{- end }}
{{- end -}}

{{- define "schemalatch.upgradeProblems" -}}
{{- $upgrade := .Values.upgrade -}}
{{- if $upgrade.enabled }}
{{- $program := first $upgrade.command | default "" }}
{{- if not $program }}
upgrade.command: is empty; write the migration command as a list, such as [alembic, upgrade, head], or upgrade.enabled: false where a pipeline migrates
{{- else if contains " " $program }}
upgrade.command: begins with {{ $program | quote }}, which is no program's name, for no shell takes it apart; write each word by itself, such as [alembic, upgrade, head]
{{- else if or (eq $program .Values.binary) (eq (base $program) "schemalatch") }}
upgrade.command: begins with schemalatch, which would wait for its own lock; write the migration command alone, the chart puts "schemalatch upgrade" in front
{{- end }}
{{- include "schemalatch.secretProblem" (dict "key" "upgrade" "secret" $upgrade.urlSecret "role" "the tables' owner") }}
{{- $dependency := include "schemalatch.upgradeDependency" . | fromYaml }}
{{- if and (gt (len .Values.dependencies) 1) (not $upgrade.dependency) }}
upgrade.dependency: is empty, and there are several dependencies; name the one that upgrade.command migrates
{{- else if and .Values.dependencies (not $dependency) $upgrade.dependency }}
upgrade.dependency: {{ $upgrade.dependency | quote }} is none of the dependencies; correct the name
{{- else if and (eq (toString $dependency.tool) "auto") (not (hasPrefix "@" (toString $dependency.require))) }}
upgrade: the tool can't be auto, since before the first migration there is no table to know it by; name it, or require a baked file
{{- end }}
{{- $progress := include "schemalatch.progressDeadlineSeconds" . | int64 }}
{{- if le $progress (int64 $upgrade.activeDeadlineSeconds) }}
progressDeadlineSeconds: {{ $progress }} is over before upgrade.activeDeadlineSeconds, {{ $upgrade.activeDeadlineSeconds | int64 }}, and the rollout would be called failed while the upgrade runs; make it longer, or leave it out
{{- end }}
{{- end }}
{{- end -}}

{{/* Pods wait for the Job: what makes the Job wait for pods would never end. */}}
{{- define "schemalatch.orderProblems" -}}
{{- $job := .Values.upgrade.annotations -}}
{{- $application := .Values.annotations -}}
{{- range $key, $annotations := dict "upgrade.annotations" $job "annotations" $application }}
{{- if hasKey $annotations "helm.sh/hook" }}
{{ $key }}: helm.sh/hook would deadlock: pods wait for the Job, and Helm makes a post hook wait for the pods, and a pre hook run before its account is there; leave it out, the Job goes along with the rest
{{- end }}
{{- end }}
{{- if hasKey $job "helm.sh/resource-policy" }}
upgrade.annotations: helm.sh/resource-policy would keep old Jobs, and a rollback ends at one that it finds there already; leave it out
{{- end }}
{{- $hook := get $job "argocd.argoproj.io/hook" }}
{{- if not (has $hook (list "" "PreSync" "Sync")) }}
upgrade.annotations: argocd.argoproj.io/hook: {{ $hook | quote }} would deadlock: Argo CD waits for healthy pods first, and they wait for the Job; leave it out, or write Sync or PreSync
{{- end }}
{{- if hasKey $application "argocd.argoproj.io/hook" }}
annotations: argocd.argoproj.io/hook would deadlock: Argo CD would wait for healthy pods before it makes the rest, and they wait for the Job; leave it out
{{- end }}
{{- $wave := get $job "argocd.argoproj.io/sync-wave" | int64 }}
{{- $applicationWave := get $application "argocd.argoproj.io/sync-wave" | int64 }}
{{- if and .Values.upgrade.enabled (gt $wave $applicationWave) (ne $hook "PreSync") }}
upgrade.annotations: argocd.argoproj.io/sync-wave: {{ $wave }} would deadlock: wave {{ $applicationWave }} of the Deployment must be healthy first, and its pods wait for the Job; write {{ $applicationWave }} or less
{{- end }}
{{- end -}}

{{- define "schemalatch.nameProblems" -}}
{{- $name := include "schemalatch.name" . -}}
{{- if not (regexMatch "^[a-z]" $name) }}
nameOverride: {{ $name | quote }} begins with a digit, which no Service may; write a name that begins with a letter
{{- end }}
{{- range list "name" "instance" "component" }}
{{- $label := printf "app.kubernetes.io/%s" . }}
{{- if hasKey $.Values.podLabels $label }}
podLabels: {{ $label }} is what the Service finds the pods by; leave it out
{{- end }}
{{- end }}
{{- $ours := .Values.serviceAccount -}}
{{- $upgrades := .Values.upgrade.serviceAccount -}}
{{- if not (or $ours.create $ours.name) }}
serviceAccount.name: is empty, and create is false; name the account that exists, or no pod can be made
{{- end }}
{{- if .Values.upgrade.enabled }}
{{- if not (or $upgrades.create $upgrades.name) }}
upgrade.serviceAccount.name: is empty, and create is false; name the account that exists, or the upgrade's pod can't be made
{{- end }}
{{- if and $upgrades.create $ours.create (eq (include "schemalatch.serviceAccountName" .) (include "schemalatch.upgradeServiceAccountName" .)) }}
upgrade.serviceAccount.name: is the application's account too, and both would be made; name another, or write create: false here
{{- end }}
{{- end }}
{{- end -}}

{{- define "schemalatch.networkProblems" -}}
{{- if and (ne .Values.gate "init") (eq (toString .Values.application.port) (toString .Values.sidecar.port)) }}
sidecar.port: is application.port too, and the containers of a pod share its ports; write another one
{{- end }}
{{- if .Values.networkPolicy.enabled }}
{{- if not .Values.networkPolicy.databases }}
networkPolicy.databases: is empty, and then no database can be reached; write [{to: [{ipBlock: {cidr: 10.1.2.3/32}}], port: 5432}]
{{- end }}
{{- if not .Values.networkPolicy.dns }}
networkPolicy.dns: is empty, and then everything may be reached at port 53; name the DNS servers
{{- end }}
{{- range $index, $database := .Values.networkPolicy.databases }}
{{- if not $database.to }}
networkPolicy.databases[{{ $index }}].to: is empty, and then everything may be reached at that port; name the database's address
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the API server refuses, or would let the last one win: variables, mounts and volumes that stand twice, or not at all. */}}
{{- define "schemalatch.containerProblems" -}}
{{- $volumes := concat (list "tmp") (pluck "name" (include "schemalatch.volumes" . | fromYamlArray | first | default dict)) -}}
{{- range .Values.volumes }}
{{- if has .name $volumes }}
volumes: {{ .name | quote }} stands twice, or is one of the chart's own; give it another name
{{- end }}
{{- $volumes = append $volumes .name }}
{{- end }}
{{- $containers := dict "application" (include "schemalatch.application" .) "sidecar" (include "schemalatch.sidecar" .) "wait" (include "schemalatch.wait" .) -}}
{{- if .Values.upgrade.enabled }}
{{- $_ := set $containers "upgrade" (include "schemalatch.upgrade" .) }}
{{- end }}
{{- range $key, $container := $containers }}
{{- $container = first (fromYamlArray $container) }}
{{- $requires := "^SCHEMALATCH_(.*__)?REQUIRE$" }}
{{- range (get $.Values $key).env }}
{{- if regexMatch $requires .name }}
{{ $key }}.env: {{ .name | quote }} would let one container require what the others don't; write it as dependencies[].require, for all alike
{{- end }}
{{- end }}
{{- $variables := list }}
{{- range $container.env }}
{{- if and (has .name $variables) (not (regexMatch $requires .name)) }}
{{ $key }}.env: {{ .name | quote }} stands twice, or is set by the chart already; leave it out here
{{- end }}
{{- $variables = append $variables .name }}
{{- end }}
{{- $paths := list }}
{{- range $container.volumeMounts }}
{{- if has .mountPath $paths }}
{{ $key }}.volumeMounts: {{ .mountPath | quote }} stands twice, or is the chart's own; mount it elsewhere
{{- end }}
{{- $paths = append $paths .mountPath }}
{{- if not (has .name $volumes) }}
{{ $key }}.volumeMounts: {{ .name | quote }} is none of the volumes; add it to volumes, or correct the name
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
