{{- define "quash.image" -}}
{{- $registry := default .Values.image.registry (.Values.global).imageRegistry -}}
{{- with .Values.image -}}
{{- with $registry -}}{{ . }}/{{- end -}}
{{- .repository -}}
{{- if .digest -}}@{{ .digest }}{{- else -}}:{{ default $.Chart.AppVersion .tag }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* What every pod of the chart has. */}}
{{- define "quash.podBase" -}}
serviceAccountName: {{ include "quash.serviceAccountName" . }}
automountServiceAccountToken: false
# Environment variables that begin with QUASH_ are settings; Kubernetes would add some for Services of that name.
enableServiceLinks: false
{{- with concat (default list .Values.imagePullSecrets) (default list (.Values.global).imagePullSecrets) }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .podSecurityContext | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What every container has. */}}
{{- define "quash.containerBase" -}}
image: {{ include "quash.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
env:
  - name: QUASH_CONFIG
    value: /etc/quash/quash.yaml
  {{- range $name, $value := .Values.env }}
  - name: {{ $name }}
    value: {{ $value | quote }}
  {{- end }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "quash.volumeMounts" -}}
- name: config
  mountPath: /etc/quash
  readOnly: true
- name: secrets
  mountPath: /run/secrets/quash
  readOnly: true
{{- with .Values.serviceAccount.tokens }}
- name: tokens
  mountPath: /run/secrets/tokens
  readOnly: true
{{- end }}
- name: tmp
  mountPath: /tmp
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "quash.volumes" -}}
- name: config
  configMap:
    name: {{ include "quash.fullname" . }}-config
- name: secrets
  projected:
    # 0400 in octal, which not every YAML parser knows.
    defaultMode: 256
    sources:
      {{- range prepend (default list .Values.extraSecrets) .Values.existingSecret }}
      - secret:
          name: {{ . }}
      {{- end }}
{{- with .Values.serviceAccount.tokens }}
- name: tokens
  projected:
    defaultMode: 256
    sources:
      {{- range . }}
      - serviceAccountToken:
          {{- toYaml . | nindent 10 }}
      {{- end }}
{{- end }}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Pod template of a component of the service.
Takes a dict: root, component, role (of `serve`), resources, and data: whether it keeps the SQLite ledger.
*/}}
{{- define "quash.podTemplate" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $selector := include "quash.selectorLabels" (list .root .component) -}}
{{- $adminScheme := printf "scheme: %s" (include "quash.scheme" (list .root "admin") | upper) -}}
metadata:
  annotations:
    checksum/config: {{ include "quash.config" .root | sha256sum }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- merge (fromYaml $selector) (default dict $values.podLabels) (default dict $values.commonLabels) | toYaml | nindent 4 }}
spec:
  {{- include "quash.podBase" .root | nindent 2 }}
  terminationGracePeriodSeconds: {{ add $values.shutdown.drainSeconds $values.shutdown.graceSeconds 10 }}
  {{- with $values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    - labelSelector:
        matchLabels:
          {{- $selector | nindent 10 }}
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- end }}
  {{- with $values.initContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: quash
      {{- include "quash.containerBase" .root | nindent 6 }}
      {{- $diagnostic := ($values.diagnosticMode).enabled }}
      {{- if $diagnostic }}
      # The first process of a container gets only the signals that it listens to.
      command: [node, --eval, 'process.on("SIGTERM", process.exit); setInterval(() => {}, 60_000)']
      {{- else }}
      command: [node, /app/src/bin.js]
      args: [serve, --role, {{ .role }}, --grace, {{ $values.shutdown.graceSeconds | quote }}]
      {{- end }}
      ports:
        {{- if ne .role "worker" }}
        - name: api
          containerPort: {{ dig "listen" "port" 8080 $values.config }}
        {{- end }}
        - name: admin
          containerPort: {{ dig "admin" "port" 9090 $values.config }}
      {{- if not $diagnostic }}
      startupProbe:
        httpGet:
          path: /healthz
          port: admin
          {{- $adminScheme | nindent 10 }}
        periodSeconds: 2
        # Ten minutes: the first start of a version may migrate the ledger before it answers.
        failureThreshold: 300
      livenessProbe:
        httpGet:
          path: /healthz
          port: admin
          {{- $adminScheme | nindent 10 }}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet:
          path: /readyz
          port: admin
          {{- $adminScheme | nindent 10 }}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 2
      lifecycle:
        preStop:
          sleep:
            seconds: {{ $values.shutdown.drainSeconds }}
      {{- end }}
      {{- with .resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        {{- if .data }}
        - name: data
          mountPath: /data
        {{- end }}
        {{- range $key, $tls := $values.tls }}
        {{- if $tls.secretName }}
        - name: tls-{{ $key }}
          mountPath: /run/tls/{{ $key }}
          readOnly: true
        {{- end }}
        {{- end }}
        {{- include "quash.volumeMounts" .root | nindent 8 }}
    {{- with $values.sidecars }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- range $key, $tls := $values.tls }}
    {{- if $tls.secretName }}
    - name: tls-{{ $key }}
      secret:
        secretName: {{ $tls.secretName }}
        # 0400 in octal.
        defaultMode: 256
    {{- end }}
    {{- end }}
    {{- if and .data $values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ $values.persistence.existingClaim }}
    {{- end }}
    {{- include "quash.volumes" .root | nindent 4 }}
{{- end -}}
