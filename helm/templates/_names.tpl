{{- define "quash.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/*
What all names begin with. Two releases never share it, however long or alike their names are: that is why it is the
release's name alone only when that is the chart's own, and ends in a hash where it had to be cut. Every object adds
one word without a hyphen, so that no object's name can be the beginning of another release's.
*/}}
{{- define "quash.fullname" -}}
{{- $name := include "quash.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if eq .Release.Name $name -}}
{{- $name -}}
{{- else -}}
{{- $full := printf "%s-%s" .Release.Name $name -}}
{{- if gt (len $full) 45 -}}
{{- printf "%s-%s" ($full | trunc 36 | trimSuffix "-") ($full | sha256sum | trunc 8) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "quash.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (printf "%s-account" (include "quash.fullname" .)) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Of all pods of this release. */}}
{{- define "quash.releaseLabels" -}}
app.kubernetes.io/name: {{ include "quash.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Of the pods of one component; never changes, as selectors must not. Takes (list $ component). */}}
{{- define "quash.selectorLabels" -}}
{{ include "quash.releaseLabels" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "quash.ownLabels" -}}
{{- $root := index . 0 -}}
{{ include "quash.selectorLabels" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Of objects. Takes (list $ component). */}}
{{- define "quash.labels" -}}
{{- merge (include "quash.ownLabels" . | fromYaml) (default dict (index . 0).Values.commonLabels) | toYaml -}}
{{- end -}}

{{/*
Name, annotations and labels of an object; labels come last, so that more can follow.
Takes (list $ component word annotations); the word ends the name, annotations may be left out.
*/}}
{{- define "quash.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "quash.fullname" $root }}-{{ index . 2 }}
namespace: {{ $root.Release.Namespace }}
{{- $own := gt (len .) 3 | ternary (last .) nil }}
{{- with merge (dict) (default dict $own) (default dict $root.Values.commonAnnotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
labels:
  {{- include "quash.labels" (list $root (index . 1)) | nindent 2 }}
{{- end -}}
