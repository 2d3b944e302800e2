{{- define "mcp-gateway.dnsEgress" -}}
- to: [{namespaceSelector: {}}]
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
# Node-local caches answer on a link-local address.
- to: [{ipBlock: {cidr: 169.254.20.10/32}}]
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- end }}

{{/* The API server has no selector: any address is allowed, at its ports. */}}
{{- define "mcp-gateway.apiServerEgress" -}}
- to: {{- include "mcp-gateway.anywhere" . | nindent 2 }}
  ports:
  {{- range $port := .Values.networkPolicy.apiServerPorts }}
  - {port: {{ $port }}, protocol: TCP}
  {{- end }}
{{- end }}

{{/* Excludes the metadata services of clouds, which hand out the credentials of nodes. */}}
{{- define "mcp-gateway.anywhere" -}}
- ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}
- ipBlock: {cidr: '::/0', except: ['fe80::/10', 'fd00:ec2::254/128']}
# Some network plugins do not match pods by ipBlock.
- namespaceSelector: {}
{{- end }}

{{/* Ports of the servers in redis.url. */}}
{{- define "mcp-gateway.redisPorts" -}}
{{- $ports := list -}}
{{- $url := .Values.redis.url -}}
{{- if $url -}}
{{- $default := ternary 26379 6379 (contains "+sentinel:" $url) -}}
{{- $hosts := regexReplaceAll "/.*$" (regexReplaceAll "^[^:]+://([^@/]*@)?" $url "") "" -}}
{{- range $host := splitList "," $hosts -}}
{{- $port := regexFind ":[0-9]+$" $host | trimPrefix ":" -}}
{{- $ports = append $ports (ternary (int $port) $default (ne $port "")) -}}
{{- end -}}
{{- if contains "+sentinel:" $url }}{{ $ports = append $ports 6379 }}{{ end -}}
{{- end -}}
{{- toJson (uniq $ports) -}}
{{- end }}
