{{/*
Liveness probe of one process of the gateway pod: (list $ "process"). A process that does not answer for a minute is restarted. The probes
are answered by the container `pod`, which starts last, after the image of Envoy was pulled: hence the initial delay.
*/}}
{{- define "mcp-gateway.livez" -}}
{{- $root := index . 0 -}}
httpGet: {path: /livez/{{ index . 1 }}, port: {{ $root.Values.metrics.port }}}
initialDelaySeconds: 120
periodSeconds: 10
timeoutSeconds: 5
failureThreshold: 6
{{- end }}

{{- define "mcp-gateway.serviceArgs" -}}
- --watcher=/run/mcp-gateway/watcher.sock
- --session-keys=/etc/mcp-gateway/keys/session-keys
- --log-level={{ .Values.gateway.logLevel }}
{{- end }}

{{- define "mcp-gateway.serviceMounts" -}}
- {name: run, mountPath: /run/mcp-gateway}
- {name: session-keys, mountPath: /etc/mcp-gateway/keys, readOnly: true}
{{- if .Values.redis.existingSecret }}
- {name: redis, mountPath: /etc/mcp-gateway/redis, readOnly: true}
{{- end }}
{{- end }}

{{/* Scheduling of pods: (list $ .Values.gateway "component") */}}
{{- define "mcp-gateway.placement" -}}
{{- $root := index . 0 -}}
{{- $values := index . 1 -}}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 0 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- with $values.topologySpreadConstraints }}
{{ toYaml . }}
{{- else }}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "mcp-gateway.selector" (list $root (index $ 2)) | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}
