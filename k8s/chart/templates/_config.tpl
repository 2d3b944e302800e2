{{/* The part of gateway.yaml that is read only at startup: changing it needs new pods. */}}
{{- define "mcp-gateway.startConfig" -}}
{{- $listen := dict "address" .Values.listen.address "port" .Values.listen.port "heapMiB" .Values.envoy.heapMiB -}}
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

{{/* Checks that the schema of the values cannot express. */}}
{{- define "mcp-gateway.validate" -}}
{{- $_ := required "publicUrl is required: the URL at which clients reach the gateway, such as https://mcp.example.com" .Values.publicUrl -}}
{{- if and (not .Values.issuer) (not .Values.issuers) }}{{ fail "issuer.url is required: the issuer of access tokens, such as https://login.microsoftonline.com/<directory>/v2.0" }}{{ end -}}
{{- if and .Values.issuer .Values.issuers }}{{ fail "issuer and issuers cannot be combined: set one of them" }}{{ end -}}
{{- if and .Values.tenantsConfigMap.create (not .Values.tenants) }}{{ fail "tenants is required: set at least one tenant, or tenantsConfigMap.create=false" }}{{ end -}}
{{- if and (not .Values.tenantsConfigMap.create) .Values.tenants }}{{ fail "tenants cannot be combined with tenantsConfigMap.create=false: put the tenants into the ConfigMap that you supply" }}{{ end -}}
{{- if and .Values.redis.url .Values.redis.tryOut.enabled }}{{ fail "redis.url and redis.tryOut.enabled cannot be combined: set one of them" }}{{ end -}}
{{- if and .Values.redis.existingSecret (not .Values.redis.url) }}{{ fail "redis.existingSecret requires redis.url" }}{{ end -}}
{{- if and .Values.redis.caKey (not .Values.redis.existingSecret) }}{{ fail "redis.caKey requires redis.existingSecret: it names a key of that Secret" }}{{ end -}}
{{- if and (not .Values.operator.enabled) (not .Values.sessionKeys.existingSecret) }}{{ fail "sessionKeys.existingSecret is required if operator.enabled is false: only the operator creates the keys" }}{{ end -}}
{{- if and .Values.admin.enabled (not .Values.admin.tenants) }}{{ fail "admin.tenants is required: the tenants whose callers with the role mcp.admin may use the admin tools" }}{{ end -}}
{{- if and .Values.admin.enabled (not .Values.operator.enabled) (not .Values.admin.existingSecret) }}{{ fail "admin.existingSecret is required if operator.enabled is false: only the operator creates the Secret" }}{{ end -}}
{{- if gt (int .Values.gateway.shutdown.settleSeconds) (int .Values.gateway.shutdown.drainSeconds) }}{{ fail "gateway.shutdown.settleSeconds must not be greater than gateway.shutdown.drainSeconds" }}{{ end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}{{ fail "httpRoute.parentRefs is required: the Gateway that the route belongs to" }}{{ end -}}
{{- if gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas) }}{{ fail "autoscaling.minReplicas must not be greater than autoscaling.maxReplicas" }}{{ end -}}
{{- if eq .Values.backendsNamespace.name .Release.Namespace }}{{ fail "backendsNamespace.name must not be the namespace of the release: users who may create backends must not reach the Secrets of the gateway" }}{{ end -}}
{{- range $name, $spec := .Values.backends -}}
{{- if has $name (list "gateway" "mcp" "sse" "healthz" "readyz" "metrics" "admin") }}{{ fail (printf "backends.%s: the name is reserved for the gateway itself" $name) }}{{ end -}}
{{- end -}}
{{- end }}
