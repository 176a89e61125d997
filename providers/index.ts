/** Every provider, one line each, in alphabetical order. */
import type { ProviderDefinition } from '../src/provider/provider.ts';
import { adobeIms } from './adobe-ims/index.ts';
import { aiven } from './aiven/index.ts';
import { algolia } from './algolia/index.ts';
import { alibaba } from './alibaba/index.ts';
import { anthropic } from './anthropic/index.ts';
import { atlassian } from './atlassian/index.ts';
import { atlassianDataCenter } from './atlassian-data-center/index.ts';
import { auth0 } from './auth0/index.ts';
import { aws } from './aws/index.ts';
import { azure } from './azure/index.ts';
import { buildkite } from './buildkite/index.ts';
import { cargoRegistry } from './cargo-registry/index.ts';
import { ciscoMeraki } from './cisco-meraki/index.ts';
import { clickhouseCloud } from './clickhouse-cloud/index.ts';
import { cloudflare } from './cloudflare/index.ts';
import { cockroachdbCloud } from './cockroachdb-cloud/index.ts';
import { confluentCloud } from './confluent-cloud/index.ts';
import { contentful } from './contentful/index.ts';
import { databricks } from './databricks/index.ts';
import { datadog } from './datadog/index.ts';
import { deepgram } from './deepgram/index.ts';
import { devcycle } from './devcycle/index.ts';
import { digitalocean } from './digitalocean/index.ts';
import { discordWebhook } from './discord-webhook/index.ts';
import { dockerhub } from './dockerhub/index.ts';
import { doppler } from './doppler/index.ts';
import { dropbox } from './dropbox/index.ts';
import { dynatrace } from './dynatrace/index.ts';
import { easypost } from './easypost/index.ts';
import { elasticsearch } from './elasticsearch/index.ts';
import { elevenlabs } from './elevenlabs/index.ts';
import { facebook } from './facebook/index.ts';
import { fal } from './fal/index.ts';
import { fastly } from './fastly/index.ts';
import { gcp } from './gcp/index.ts';
import { gitea } from './gitea/index.ts';
import { github } from './github/index.ts';
import { gitlab } from './gitlab/index.ts';
import { gocd } from './gocd/index.ts';
import { googleOauth } from './google-oauth/index.ts';
import { grafana } from './grafana/index.ts';
import { grafanaCloud } from './grafana-cloud/index.ts';
import { heroku } from './heroku/index.ts';
import { huggingface } from './huggingface/index.ts';
import { ibmCloud } from './ibm-cloud/index.ts';
import { influxdb } from './influxdb/index.ts';
import { intercom } from './intercom/index.ts';
import { jfrog } from './jfrog/index.ts';
import { kubernetes } from './kubernetes/index.ts';
import { langfuse } from './langfuse/index.ts';
import { langsmith } from './langsmith/index.ts';
import { launchdarkly } from './launchdarkly/index.ts';
import { lichess } from './lichess/index.ts';
import { linear } from './linear/index.ts';
import { linode } from './linode/index.ts';
import { mailgun } from './mailgun/index.ts';
import { manual } from './manual/index.ts';
import { mapbox } from './mapbox/index.ts';
import { mattermost } from './mattermost/index.ts';
import { miro } from './miro/index.ts';
import { mongodbAtlas } from './mongodb-atlas/index.ts';
import { neon } from './neon/index.ts';
import { newrelic } from './newrelic/index.ts';
import { ngrok } from './ngrok/index.ts';
import { npm } from './npm/index.ts';
import { oauth2 } from './oauth2/index.ts';
import { okta } from './okta/index.ts';
import { openai } from './openai/index.ts';
import { openrouter } from './openrouter/index.ts';
import { openshift } from './openshift/index.ts';
import { perplexity } from './perplexity/index.ts';
import { plaid } from './plaid/index.ts';
import { planetscale } from './planetscale/index.ts';
import { posthog } from './posthog/index.ts';
import { postman } from './postman/index.ts';
import { pulumi } from './pulumi/index.ts';
import { salesforce } from './salesforce/index.ts';
import { scaleway } from './scaleway/index.ts';
import { sendbird } from './sendbird/index.ts';
import { sendgrid } from './sendgrid/index.ts';
import { sentry } from './sentry/index.ts';
import { shopify } from './shopify/index.ts';
import { slack } from './slack/index.ts';
import { snyk } from './snyk/index.ts';
import { sonarqube } from './sonarqube/index.ts';
import { sourcegraph } from './sourcegraph/index.ts';
import { splunk } from './splunk/index.ts';
import { square } from './square/index.ts';
import { ssh } from './ssh/index.ts';
import { supabase } from './supabase/index.ts';
import { tailscale } from './tailscale/index.ts';
import { tencent } from './tencent/index.ts';
import { terraformCloud } from './terraform-cloud/index.ts';
import { travisCi } from './travis-ci/index.ts';
import { twilio } from './twilio/index.ts';
import { twitch } from './twitch/index.ts';
import { unkey } from './unkey/index.ts';
import { vault } from './vault/index.ts';
import { vercel } from './vercel/index.ts';
import { volcengine } from './volcengine/index.ts';
import { x } from './x/index.ts';
import { xai } from './xai/index.ts';
import { yandex } from './yandex/index.ts';
import { zendesk } from './zendesk/index.ts';
import { zoho } from './zoho/index.ts';
import { zuplo } from './zuplo/index.ts';

export const definitions: readonly ProviderDefinition[] = [
  adobeIms,
  aiven,
  algolia,
  alibaba,
  anthropic,
  atlassian,
  atlassianDataCenter,
  auth0,
  aws,
  azure,
  buildkite,
  cargoRegistry,
  ciscoMeraki,
  clickhouseCloud,
  cloudflare,
  cockroachdbCloud,
  confluentCloud,
  contentful,
  databricks,
  datadog,
  deepgram,
  devcycle,
  digitalocean,
  discordWebhook,
  dockerhub,
  doppler,
  dropbox,
  dynatrace,
  easypost,
  elasticsearch,
  elevenlabs,
  facebook,
  fal,
  fastly,
  gcp,
  gitea,
  github,
  gitlab,
  gocd,
  googleOauth,
  grafana,
  grafanaCloud,
  heroku,
  huggingface,
  ibmCloud,
  influxdb,
  intercom,
  jfrog,
  kubernetes,
  langfuse,
  langsmith,
  launchdarkly,
  lichess,
  linear,
  linode,
  mailgun,
  manual,
  mapbox,
  mattermost,
  miro,
  mongodbAtlas,
  neon,
  newrelic,
  ngrok,
  npm,
  oauth2,
  okta,
  openai,
  openrouter,
  openshift,
  perplexity,
  plaid,
  planetscale,
  posthog,
  postman,
  pulumi,
  salesforce,
  scaleway,
  sendbird,
  sendgrid,
  sentry,
  shopify,
  slack,
  snyk,
  sonarqube,
  sourcegraph,
  splunk,
  square,
  ssh,
  supabase,
  tailscale,
  tencent,
  terraformCloud,
  travisCi,
  twilio,
  twitch,
  unkey,
  vault,
  vercel,
  volcengine,
  x,
  xai,
  yandex,
  zendesk,
  zoho,
  zuplo,
];
