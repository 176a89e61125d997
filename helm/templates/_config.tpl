{{/* "sqlite" or "redis"; refuses values that cannot work together. */}}
{{- define "quash.mode" -}}
{{- $url := required "config.ledger.url is empty: give sqlite:/data/quash.db or redis://HOST:PORT" (.Values.config.ledger).url -}}
{{- hasPrefix "sqlite:" $url | ternary "sqlite" "redis" -}}
{{- end -}}

{{/* The component that takes reports. */}}
{{- define "quash.apiComponent" -}}
{{- eq (include "quash.mode" .) "sqlite" | ternary "server" "api" -}}
{{- end -}}

{{- define "quash.validate" -}}
{{- if not .Values.existingSecret -}}
{{- fail (printf "existingSecret is empty: make a Secret first (kubectl create secret generic quash --namespace %s --from-file=gitlab-token --from-file=admin-token) and give its name (--set existingSecret=quash)" .Release.Namespace) -}}
{{- end -}}
{{- if not .Values.image.repository -}}
{{- fail (include "quash.howToGetAnImage" .) -}}
{{- end -}}
{{- if regexMatch "[:@][^/]*$" .Values.image.repository -}}
{{- fail "image.repository: expected no tag and no digest; give these as image.tag and image.digest" -}}
{{- end -}}
{{- $url := .Values.config.ledger.url -}}
{{- if eq (include "quash.mode" .) "sqlite" -}}
{{- if gt (int (default 1 .Values.replicas)) 1 -}}
{{- fail "replicas: SQLite serves one pod only; for more, use Redis (config.ledger.url: redis://HOST:PORT)" -}}
{{- end -}}
{{- if or .Values.autoscaling.enabled .Values.worker.autoscaling.enabled -}}
{{- fail "autoscaling: SQLite serves one pod only; for more, use Redis (config.ledger.url: redis://HOST:PORT)" -}}
{{- end -}}
{{- if not (hasPrefix "sqlite:/data/" $url) -}}
{{- fail "config.ledger.url: the SQLite file must be below /data, where the volume is (sqlite:/data/quash.db)" -}}
{{- end -}}
{{- else if regexMatch "^[^/]*//.*:.*@" $url -}}
{{- fail "config.ledger.url holds a password, and a ConfigMap is no place for it: put it into the Secret and set config.ledger.passwordFile" -}}
{{- end -}}
{{- if regexMatch "//.*@" (default "" (.Values.config.upstream).proxy) -}}
{{- fail "config.upstream.proxy holds credentials, and a ConfigMap is no place for them: use a proxy that lets this pod pass without" -}}
{{- end -}}
{{- range $name, $_ := .Values.env -}}
{{- if hasPrefix "QUASH_" $name -}}
{{- fail (printf "env.%s: settings belong in config, and secrets in the Secret" $name) -}}
{{- end -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- if and (hasPrefix "QUASH_" .name) (hasKey . "value") -}}
{{- fail (printf "extraEnv: %s: settings belong in config, and secrets in the Secret" .name) -}}
{{- end -}}
{{- end -}}
{{- range $part := list "listen" "admin" -}}
{{- $host := dig $part "host" "" $.Values.config -}}
{{- if and (dig $part "tls" "" $.Values.config) (index (default dict $.Values.tls) (include "quash.tlsKey" $part)).secretName -}}
{{- fail (printf "config.%s.tls and tls.%s.secretName: give one of them" $part (include "quash.tlsKey" $part)) -}}
{{- end -}}
{{- if or (eq $host "") (eq $host "localhost") (eq $host "::1") (hasPrefix "127." $host) -}}
{{- fail (printf "config.%s.host must be an address that is reachable from outside the pod (::, or 0.0.0.0 for IPv4 alone)" $part) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "quash.howToGetAnImage" -}}
{{- $image := printf "quash:%s" .Chart.AppVersion -}}
image.repository is empty, and nobody publishes an image of Quash: build yours in its repository and say where it is.
  With a registry:
    docker build -t REGISTRY/{{ $image }} . && docker push REGISTRY/{{ $image }}
    and --set image.repository=REGISTRY/quash
  On one machine:
    docker build -t {{ $image }} .
    kind load docker-image {{ $image }}; or minikube image load {{ $image }}; or docker save {{ $image }} | k3s ctr images import -
    and --set image.repository=quash --set image.pullPolicy=Never
{{- end -}}

{{/* quash.yaml */}}
{{- define "quash.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if and (eq (include "quash.mode" .) "redis") (not $config.ledger.keysFile) -}}
{{- $_ := set $config.ledger "keysFile" "/run/secrets/quash/keys.json" -}}
{{- end -}}
{{- range $part := list "listen" "admin" -}}
{{- $key := include "quash.tlsKey" $part -}}
{{- with index (default dict $.Values.tls) $key -}}
{{- if .secretName -}}
{{- $folder := printf "/run/tls/%s" $key -}}
{{- $tls := dict "certFile" (printf "%s/tls.crt" $folder) "keyFile" (printf "%s/tls.key" $folder) -}}
{{- if .clientCa -}}
{{- $_ := set $tls "clientCaFile" (printf "%s/ca.crt" $folder) -}}
{{- end -}}
{{- $_ := set (index $config $part) "tls" $tls -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* The key below `tls` of a section of the configuration. */}}
{{- define "quash.tlsKey" -}}
{{- eq . "listen" | ternary "api" . -}}
{{- end -}}

{{/* "https" or "http". Takes (list $ section of the configuration). */}}
{{- define "quash.scheme" -}}
{{- $config := include "quash.config" (index . 0) | fromYaml -}}
{{- dig (index . 1) "tls" "" $config | empty | ternary "http" "https" -}}
{{- end -}}

{{- define "quash.basePath" -}}
{{- dig "listen" "basePath" "" .Values.config | trimSuffix "/" -}}
{{- end -}}

{{/* `ingress.hosts` in its long form, as JSON. */}}
{{- define "quash.ingressHosts" -}}
{{- $paths := list (dict "path" (printf "%s/v1" (include "quash.basePath" .))) -}}
{{- $hosts := list -}}
{{- range $host := .Values.ingress.hosts -}}
{{- if kindIs "string" $host -}}
{{- $host = dict "host" $host -}}
{{- end -}}
{{- $hosts = append $hosts (merge (dict) $host (dict "paths" $paths)) -}}
{{- end -}}
{{- $hosts | toJson -}}
{{- end -}}

{{/* The API from inside the cluster. */}}
{{- define "quash.serviceUrl" -}}
{{- $port := eq (int .Values.service.port) 80 | ternary "" (printf ":%d" (int .Values.service.port)) -}}
{{- printf "%s://%s-api.%s.svc%s%s" (include "quash.scheme" (list . "listen")) (include "quash.fullname" .) .Release.Namespace $port (include "quash.basePath" .) -}}
{{- end -}}

{{/* The API as GitLab reaches it. */}}
{{- define "quash.url" -}}
{{- if .Values.gitlabSettings.url -}}
{{- .Values.gitlabSettings.url | trimSuffix "/" -}}
{{- else if and .Values.ingress.enabled .Values.ingress.hosts -}}
{{- printf "https://%s%s" (include "quash.ingressHosts" . | fromJsonArray | first).host (include "quash.basePath" .) -}}
{{- else if and .Values.httpRoute.enabled .Values.httpRoute.hostnames -}}
{{- printf "https://%s%s" (first .Values.httpRoute.hostnames) (include "quash.basePath" .) -}}
{{- else -}}
{{- include "quash.serviceUrl" . -}}
{{- end -}}
{{- end -}}

{{/* The ports in the Redis URL as a JSON list of texts; those that go without saying where it names none. */}}
{{- define "quash.redisPorts" -}}
{{- $url := .Values.config.ledger.url -}}
{{- $hosts := regexReplaceAll "^[^/]*//([^/]*@)?([^/]*).*$" $url "${2}" -}}
{{- $ports := list -}}
{{- range splitList "," $hosts -}}
{{- $port := regexFind ":[0-9]+$" . | trimPrefix ":" -}}
{{- $ports = append $ports (default (contains "+sentinel" $url | ternary "26379" "6379") $port) -}}
{{- end -}}
{{- if contains "+sentinel" $url -}}
{{- $ports = append $ports "6379" -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}
