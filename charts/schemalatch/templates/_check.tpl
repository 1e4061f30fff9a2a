{{/*
Values that fit the schema and yet can't work. All problems are told at once, each with what to do.
*/}}
{{- define "schemalatch.check" -}}
{{- $problems := concat (include "schemalatch.imageProblems" . | fromYamlArray) (include "schemalatch.dependencyProblems" . | fromYamlArray) (include "schemalatch.upgradeProblems" . | fromYamlArray) (include "schemalatch.podProblems" . | fromYamlArray) (include "schemalatch.networkProblems" . | fromYamlArray) -}}
{{- if $problems -}}
{{- fail (printf "\n\nThese values can't work:\n  %s\n" (join "\n  " $problems)) -}}
{{- end -}}
{{- end -}}

{{- define "schemalatch.imageProblems" -}}
{{- $image := .Values.image -}}
{{- if not $image.repository }}
- "image.repository: is empty; name the application's image, which holds {{ .Values.binary }} and the baked requirement"
{{- end }}
{{- if not (or $image.tag $image.digest) }}
- "image.tag: is empty, and so is image.digest; name the version, so that a new one makes a new upgrade Job"
{{- end }}
{{- if kindIs "float64" $image.tag }}
- "image.tag: is a number, and long ones lose digits; put it in quotes, or write --set-string image.tag=..."
{{- end }}
{{- range list "application" "sidecar" "wait" "upgrade" }}
{{- if hasKey (get $.Values .) "image" }}
- "{{ . }}.image: application, gate and upgrade run from one image, or what is required could differ from what is deployed; leave it out, and copy {{ $.Values.binary }} into the image of \"image\""
{{- end }}
{{- end }}
{{- end -}}

{{/* The names of "schemalatch tools", and auto. charts/generate.py writes this line. */}}
{{- define "schemalatch.tools" -}}
alembic auto django flyway golang-migrate
{{- end -}}

{{- define "schemalatch.dependencyProblems" -}}
{{- if not .Values.dependencies }}
- "dependencies: is empty, so there is nothing to wait for; write at least one: [{name: orders, urlSecret: {name: orders-db, key: url-ro}, require: \"@/schema/required.json\"}]"
{{- end }}
{{- $prefixes := dict -}}
{{- range $index, $dependency := .Values.dependencies }}
{{- $key := printf "dependencies[%d]" $index }}
{{- $name := toString ($dependency.name | default "") }}
{{- if not (regexMatch "^[A-Za-z0-9._-]{1,63}$" $name) }}
- "{{ $key }}.name: is not 1 to 63 letters, digits, -, _ and .; give it one such as orders"
{{- else }}
{{- $prefix := include "schemalatch.prefix" $dependency }}
{{- if hasKey $prefixes $prefix }}
- "{{ $key }}.name: {{ $name }} and {{ get $prefixes $prefix }} are the same in environment variables; give one of them another name"
{{- end }}
{{- $_ := set $prefixes $prefix $name }}
{{- end }}
{{- $secret := $dependency.urlSecret | default dict }}
{{- if not (and $secret.name $secret.key) }}
- "{{ $key }}.urlSecret: lacks name or key; name the existing Secret with the URL of a role that may only read"
{{- end }}
{{- if not (toString ($dependency.require | default "")) }}
- "{{ $key }}.require: is missing, and a gate without a requirement never opens; write \"@/schema/required.json\" for the file that was baked into the image"
{{- else if kindIs "float64" $dependency.require }}
- "{{ $key }}.require: is a number, and long ones lose digits; put it in quotes"
{{- else if and (not $dependency.tool) (not (hasPrefix "@" (toString $dependency.require))) }}
- "{{ $key }}.tool: is missing, and a version alone does not tell it; write one of: {{ include "schemalatch.tools" $ }}"
{{- end }}
{{- if and $dependency.tool (not (has $dependency.tool (splitList " " (include "schemalatch.tools" $)))) }}
- {{ printf "%s.tool: %q is none that schemalatch reads; write one of: %s" $key $dependency.tool (include "schemalatch.tools" $) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "schemalatch.upgradeProblems" -}}
{{- $upgrade := .Values.upgrade -}}
{{- $dependency := include "schemalatch.upgradeDependency" . | fromYaml -}}
{{- if $upgrade.enabled }}
{{- if not $upgrade.command }}
- "upgrade.command: is empty; write the migration command as a list, such as [alembic, upgrade, head], or upgrade.enabled: false where a pipeline migrates"
{{- end }}
{{- if not (and $upgrade.urlSecret.name $upgrade.urlSecret.key) }}
- "upgrade.urlSecret: lacks name or key; name the existing Secret with the URL of the tables' owner"
{{- end }}
{{- if and (gt (len .Values.dependencies) 1) (not $upgrade.dependency) }}
- "upgrade.dependency: is empty, and there are several dependencies; name the one that upgrade.command migrates"
{{- else if and .Values.dependencies (not $dependency) }}
- {{ printf "upgrade.dependency: %q is none of the dependencies; correct the name" $upgrade.dependency | quote }}
{{- else if and (eq (toString $dependency.tool) "auto") (not (hasPrefix "@" (toString $dependency.require))) }}
- "upgrade: the tool can't be auto, since before the first migration there is no table to know it by; name it, or require a baked file"
{{- end }}
{{- end }}
{{- range $where := list (list "upgrade.annotations" $upgrade.annotations) (list "annotations" .Values.annotations) }}
{{- if hasKey (index $where 1) "helm.sh/hook" }}
- "{{ index $where 0 }}: helm.sh/hook would deadlock: pods wait for the Job, and Helm makes a post hook wait for the pods, and a pre hook run before its account is there; leave it out, the Job goes along with the rest"
{{- end }}
{{- end }}
{{- $hook := toString (get $upgrade.annotations "argocd.argoproj.io/hook") }}
{{- if not (has $hook (list "" "PreSync" "Sync")) }}
- {{ printf "upgrade.annotations: argocd.argoproj.io/hook: %s would deadlock: Argo CD waits for healthy pods first, and they wait for the Job; leave it out, or write Sync or PreSync" $hook | quote }}
{{- end }}
{{- $wave := get $upgrade.annotations "argocd.argoproj.io/sync-wave" | default 0 | int64 }}
{{- $applicationWave := get .Values.annotations "argocd.argoproj.io/sync-wave" | default 0 | int64 }}
{{- if and $upgrade.enabled (gt $wave $applicationWave) }}
- "upgrade.annotations: argocd.argoproj.io/sync-wave: {{ $wave }} would deadlock: wave {{ $applicationWave }} of the Deployment must be healthy first, and its pods wait for the Job; write {{ $applicationWave }} or less"
{{- end }}
{{- $progress := include "schemalatch.progressDeadlineSeconds" . | int64 }}
{{- if and $upgrade.enabled (le $progress (int64 $upgrade.activeDeadlineSeconds)) }}
- "progressDeadlineSeconds: {{ $progress }} is over before upgrade.activeDeadlineSeconds, {{ $upgrade.activeDeadlineSeconds | int64 }}, and the rollout would be called failed while the upgrade runs; make it longer, or leave it out"
{{- end }}
{{- range $index, $value := list .Values.sidecar.env .Values.wait.env $upgrade.env }}
{{- range $value }}
{{- if hasPrefix "SCHEMALATCH_REQUIRE" (toString .name) }}
- "{{ index (list "sidecar" "wait" "upgrade") $index }}.env: {{ .name }} stands in dependencies[].require, for all containers alike; leave it out here"
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "schemalatch.podProblems" -}}
{{- range list "name" "instance" "component" }}
{{- $label := printf "app.kubernetes.io/%s" . }}
{{- if hasKey $.Values.podLabels $label }}
- "podLabels: {{ $label }} is what the Service finds the pods by; leave it out"
{{- end }}
{{- end }}
{{- $ours := .Values.serviceAccount -}}
{{- $upgrades := .Values.upgrade.serviceAccount -}}
{{- if not (or $ours.create $ours.name) }}
- "serviceAccount.name: is empty, and create is false; name the account that exists, or no pod can be made"
{{- end }}
{{- if .Values.upgrade.enabled }}
{{- if not (or $upgrades.create $upgrades.name) }}
- "upgrade.serviceAccount.name: is empty, and create is false; name the account that exists, or the upgrade's pod can't be made"
{{- end }}
{{- if and $upgrades.create $ours.create (eq (include "schemalatch.serviceAccountName" .) (include "schemalatch.upgradeServiceAccountName" .)) }}
- "upgrade.serviceAccount.name: is the application's account too, and both would be made; name another, or write create: false here"
{{- end }}
{{- end }}
{{- end -}}

{{- define "schemalatch.networkProblems" -}}
{{- if .Values.networkPolicy.enabled }}
{{- if not .Values.networkPolicy.databases }}
- "networkPolicy.databases: is empty, and then no database can be reached; write [{to: [{ipBlock: {cidr: 10.1.2.3/32}}], port: 5432}]"
{{- end }}
{{- if not .Values.networkPolicy.dns }}
- "networkPolicy.dns: is empty, and then everything may be reached at port 53; name the DNS servers"
{{- end }}
{{- range $index, $database := .Values.networkPolicy.databases }}
{{- if not $database.to }}
- "networkPolicy.databases[{{ $index }}].to: is empty, and then everything may be reached at that port; name the database's address"
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
