{{/* What of gateway.yaml is read only at the start: a change of it needs new pods. */}}
{{- define "mcp-gateway.startConfig" -}}
{{- $listen := dict "address" .Values.listen.address "port" .Values.listen.port -}}
{{- with .Values.listen.trustedProxies }}{{ $_ := set $listen "trustedProxies" . }}{{ end -}}
{{- if .Values.tls.secretName }}{{ $_ := set $listen "tls" (dict "certFile" "/etc/mcp-gateway/tls/tls.crt" "keyFile" "/etc/mcp-gateway/tls/tls.key") }}{{ end -}}
{{- $tenants := dict "configMap" .Values.tenantsConfigMap.name "namespace" .Release.Namespace -}}
{{- $kubernetes := dict "namespace" .Values.backendsNamespace.name "tenants" $tenants -}}
{{- toYaml (dict "listen" $listen "kubernetes" $kubernetes) -}}
{{- end }}

{{- define "mcp-gateway.config" -}}
{{- $config := fromYaml (include "mcp-gateway.startConfig" .) -}}
{{- $_ := set $config "publicUrl" .Values.publicUrl -}}
{{- if .Values.issuers }}{{ $_ := set $config "issuers" .Values.issuers }}{{ else }}{{ $_ := set $config "issuer" .Values.issuer }}{{ end -}}
{{- $_ := set $config "scopes" .Values.scopes -}}
{{- $_ := set $config "sessions" .Values.sessions -}}
{{- $_ := set $config "audit" .Values.audit -}}
{{- if .Values.admin.enabled }}{{ $_ := set $config "admin" (dict "tenants" .Values.admin.tenants) }}{{ end -}}
{{- with .Values.allowedHosts }}{{ $_ := set $config "allowedHosts" . }}{{ end -}}
{{- with .Values.allowedOrigins }}{{ $_ := set $config "allowedOrigins" . }}{{ end -}}
{{- $gateways := .Values.quotas.gateways -}}
{{- if not $gateways }}{{ $gateways = ternary .Values.autoscaling.maxReplicas .Values.gateway.replicas .Values.autoscaling.enabled }}{{ end -}}
{{- $_ := set $config "quotas" (dict "whenRedisFails" .Values.quotas.whenRedisFails "deadline" .Values.quotas.deadline "gateways" (max 1 (int $gateways))) -}}
{{- $url := include "mcp-gateway.redisUrl" . -}}
{{- if $url -}}
{{- $redis := dict "url" $url -}}
{{- if and .Values.redis.url .Values.redis.existingSecret -}}
{{- $_ := set $redis "passwordFile" "/etc/mcp-gateway/redis/password" -}}
{{- if .Values.redis.caKey }}{{ $_ := set $redis "caFile" "/etc/mcp-gateway/redis/ca.crt" }}{{ end -}}
{{- end -}}
{{- $_ := set $config "redis" $redis -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* What the schema of the values cannot say. */}}
{{- define "mcp-gateway.validate" -}}
{{- $_ := required "publicUrl is required: where clients reach the gateway, such as https://mcp.example.com" .Values.publicUrl -}}
{{- if and (not .Values.issuer) (not .Values.issuers) }}{{ fail "issuer.url is required: who issues access tokens, such as https://login.microsoftonline.com/<directory>/v2.0" }}{{ end -}}
{{- if and .Values.issuer .Values.issuers }}{{ fail "only one of issuer and issuers may be given" }}{{ end -}}
{{- if and .Values.tenantsConfigMap.create (not .Values.tenants) }}{{ fail "tenants is required: at least one tenant, or tenantsConfigMap.create=false" }}{{ end -}}
{{- if and (not .Values.tenantsConfigMap.create) .Values.tenants }}{{ fail "tenants goes with no tenantsConfigMap.create=false: somebody else writes that ConfigMap" }}{{ end -}}
{{- if and .Values.redis.url .Values.redis.tryOut.enabled }}{{ fail "only one of redis.url and redis.tryOut.enabled may be given" }}{{ end -}}
{{- if and .Values.redis.existingSecret (not .Values.redis.url) }}{{ fail "redis.existingSecret needs redis.url" }}{{ end -}}
{{- if and .Values.redis.caKey (not .Values.redis.existingSecret) }}{{ fail "redis.caKey is a key of redis.existingSecret, which is missing" }}{{ end -}}
{{- if and (not .Values.operator.enabled) (not .Values.sessionKeys.existingSecret) }}{{ fail "sessionKeys.existingSecret is required where operator.enabled is false: nobody makes the keys" }}{{ end -}}
{{- if and .Values.admin.enabled (not .Values.admin.tenants) }}{{ fail "admin.tenants is required: whose holders of the role mcp.admin may use the gateway's own tools" }}{{ end -}}
{{- if and .Values.admin.enabled (not .Values.operator.enabled) (not .Values.admin.existingSecret) }}{{ fail "admin.existingSecret is required where operator.enabled is false: nobody makes the secret" }}{{ end -}}
{{- if gt (int .Values.gateway.shutdown.settleSeconds) (int .Values.gateway.shutdown.drainSeconds) }}{{ fail "gateway.shutdown.settleSeconds must not be more than drainSeconds" }}{{ end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}{{ fail "httpRoute.parentRefs is required: which Gateway the route belongs to" }}{{ end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) }}{{ fail "autoscaling.minReplicas must not be more than maxReplicas" }}{{ end -}}
{{- if eq .Values.backendsNamespace.name .Release.Namespace }}{{ fail "backendsNamespace.name must not be the namespace of the release: who may make backends must not reach the gateway's Secrets" }}{{ end -}}
{{- range $name, $spec := .Values.backends -}}
{{- if has $name (list "gateway" "mcp" "sse" "healthz" "readyz" "metrics" "admin") }}{{ fail (printf "backends.%s: the name is reserved for the gateway itself" $name) }}{{ end -}}
{{- end -}}
{{- end }}
