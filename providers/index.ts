/** Every provider, one line each, in alphabetical order. */
import type { ProviderDefinition } from '../src/provider/provider.ts';
import { algolia } from './algolia/index.ts';
import { anthropic } from './anthropic/index.ts';
import { github } from './github/index.ts';
import { gitlab } from './gitlab/index.ts';
import { gocd } from './gocd/index.ts';
import { huggingface } from './huggingface/index.ts';
import { linear } from './linear/index.ts';
import { manual } from './manual/index.ts';
import { mongodbAtlas } from './mongodb-atlas/index.ts';
import { openai } from './openai/index.ts';
import { perplexity } from './perplexity/index.ts';
import { salesforce } from './salesforce/index.ts';
import { sendgrid } from './sendgrid/index.ts';
import { slack } from './slack/index.ts';
import { snyk } from './snyk/index.ts';
import { sonarqube } from './sonarqube/index.ts';
import { square } from './square/index.ts';
import { twitch } from './twitch/index.ts';
import { unkey } from './unkey/index.ts';

export const definitions: readonly ProviderDefinition[] = [
  algolia,
  anthropic,
  github,
  gitlab,
  gocd,
  huggingface,
  linear,
  manual,
  mongodbAtlas,
  openai,
  perplexity,
  salesforce,
  sendgrid,
  slack,
  snyk,
  sonarqube,
  square,
  twitch,
  unkey,
];
