/**
 * Grafana service account tokens, on the operator's own instances (Grafana Cloud stacks too).
 *
 * Docs: https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount/, and Grafana's source for what a
 * token is told of itself; checked 2026-11-21.
 *
 * - No list shows anything of a token's text. A token that works can say which service account it is of; if that has
 *   one active token only, it is that one. Else a person has to choose.
 * - Tokens cannot be disabled, only deleted; disabling the service account would hit its other tokens.
 * - In older versions (before 11) a token cannot ask for its service account (404).
 * - A deleted token is as unknown as one of another instance; an expired or revoked one is called so.
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { keeperOf } from './instance.ts';

const configSchema = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl().describe('Base URL of the instance, with its sub-path where it has one.'),
        orgId: z.int().min(1).default(1).describe('Id of the organisation of the token.'),
        token: secretText().describe(
          'A service account token with `serviceaccounts:read` and `serviceaccounts:write`.',
        ),
      }),
    )
    .default([])
    .describe('Instances, and their organisations, whose service account tokens may leak.'),
});

export type GrafanaConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'service-account-token',
  types: ['gitleaks_rule_id_grafanaserviceaccounttoken'],
  pattern: /(?<![\w-])glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}(?![\w-])/,
  effect: 'token',
};

export const grafana: ProviderDefinition<GrafanaConfig> = {
  id: 'grafana',
  title: 'Grafana',
  docs: 'https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount/',
  stability: 'beta',
  exactness: 'the only active token of the service account that the token says it is of',
  proof: 'the instance that knew the token refuses it',
  effect: 'the token only',
  needs: 'the URL of each instance and a service account token that may manage service accounts',
  types: KIND.types,
  config: configSchema,
  create: ({ instances }, tools) => ({
    kinds: instances.length > 0 ? [KIND] : [],
    ...byRecords(
      instances.map((instance) => keeperOf(instance, tools)),
      {
        unknown:
          'No configured Grafana organisation knows this token: add its instance to providers.grafana.instances and retry, or dismiss it if the token is gone.',
        rights: 'The token must have the permissions serviceaccounts:read and serviceaccounts:write.',
      },
      tools.log,
    ),
  }),
};
