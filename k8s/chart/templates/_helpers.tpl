{{- define "mcp-gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "mcp-gateway.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "mcp-gateway.name" . -}}
{{- if contains $name .Release.Name -}}{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}{{- printf "%s-%s" .Release.Name $name | trunc 53 | trimSuffix "-" -}}{{- end -}}
{{- end -}}
{{- end }}

{{- define "mcp-gateway.operatorName" -}}
{{- include "mcp-gateway.fullname" . }}-operator
{{- end }}

{{- define "mcp-gateway.adminName" -}}
{{- include "mcp-gateway.fullname" . }}-admin
{{- end }}

{{/* Secret that the gateway sends to the process that serves the admin tools. It is not in the backends' namespace, where other users may use Secrets. */}}
{{- define "mcp-gateway.adminToolsSecret" -}}
{{- default "mcp-gateway-own-tools" .Values.admin.existingSecret -}}
{{- end }}

{{- define "mcp-gateway.adminToolsVolume" -}}
name: admin-tools
secret: {secretName: {{ include "mcp-gateway.adminToolsSecret" . }}, defaultMode: 0440, items: [{key: secret, path: secret}]}
{{- end }}

{{- define "mcp-gateway.adminToolsMount" -}}
{name: admin-tools, mountPath: /etc/mcp-gateway/admin-tools, readOnly: true}
{{- end }}

{{/* Labels of an object: (list $ "component") */}}
{{- define "mcp-gateway.labels" -}}
{{- $root := index . 0 -}}
{{ include "mcp-gateway.selector" . }}
app.kubernetes.io/part-of: mcp-gateway
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "mcp-gateway.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "mcp-gateway.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of pods. They lack the version, so that an upgrade restarts only the pods that it changes. */}}
{{- define "mcp-gateway.podLabels" -}}
{{ include "mcp-gateway.selector" . }}
app.kubernetes.io/part-of: mcp-gateway
{{- with (index . 0).Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* (list $ .Values.image) */}}
{{- define "mcp-gateway.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- if $image.digest -}}{{ $image.repository }}@{{ $image.digest }}
{{- else -}}{{ $image.repository }}:{{ default $root.Chart.AppVersion $image.tag }}{{- end -}}
{{- end }}

{{- define "mcp-gateway.sessionKeys" -}}
{{- default "mcp-gateway-session-keys" .Values.sessionKeys.existingSecret -}}
{{- end }}

{{- define "mcp-gateway.host" -}}
{{- (urlParse .Values.publicUrl).hostname -}}
{{- end }}

{{- define "mcp-gateway.redisName" -}}
{{- include "mcp-gateway.fullname" . }}-redis
{{- end }}

{{- define "mcp-gateway.redisUrl" -}}
{{- if .Values.redis.url -}}{{ .Values.redis.url }}
{{- else if .Values.redis.tryOut.enabled -}}redis://{{ include "mcp-gateway.redisName" . }}.{{ .Release.Namespace }}.svc:6379/0
{{- end -}}
{{- end }}

{{- define "mcp-gateway.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "mcp-gateway.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Token of the pod's ServiceAccount. Only one container mounts it. */}}
{{- define "mcp-gateway.tokenVolume" -}}
name: api-token
projected:
  defaultMode: 0440
  sources:
  - serviceAccountToken: {path: token, expirationSeconds: 3607}
  - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
  - downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}
{{- end }}

{{- define "mcp-gateway.tokenMount" -}}
{name: api-token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- end }}
