/**
 * Twilio SendGrid.
 *
 * Docs: https://www.twilio.com/docs/sendgrid/api-reference/api-keys/delete-api-keys,
 * https://support.sendgrid.com/hc/en-us/articles/18322114821403 (what the errors mean); checked 2026-11-21.
 *
 * Quirks:
 * - A key is `SG.<id>.<secret>`; the id is what the API calls `api_key_id`. That is common knowledge, not documented.
 * - A key works at one of two hosts, the global or the European one, and does not say at which. It is dead only when
 *   both refuse it.
 * - 401 has several meanings (no credits, no right); only its message tells that the key itself is refused.
 * - A key deletes itself if it has the right `api_keys.delete`; otherwise a key of the operator must. Its end takes
 *   effect with some delay.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { Failure } from '../../src/provider/failure.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  type Sign,
  shows,
  unexpected,
} from '../../src/provider/kit.ts';
import type {
  CredentialCheck,
  Provider,
  ProviderDefinition,
  RevokeResult,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import type { Secret } from '../../src/secret.ts';

const account = z.strictObject({
  apiKey: secretText().describe('API key with the right api_keys.delete.'),
  onBehalfOf: z
    .string()
    .min(1)
    .optional()
    .describe('Subuser whose keys it deletes, or `account-id` with an id.'),
  region: z.enum(['global', 'eu']).default('global').describe('Where the account is.'),
});

const config = z.strictObject({
  accounts: z
    .array(account)
    .default([])
    .describe('Your own accounts, for leaked keys that may not delete themselves.'),
});

export type SendgridConfig = z.output<typeof config>;
type Account = z.output<typeof account>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_sendgrid_api_token', 'gitleaks_rule_id_sendgrid-api-token'],
  pattern: /(?<![\w.-])SG\.[\w-]{22}\.[\w-]{43}(?![\w-])/,
  effect: 'token',
};

export const sendgrid: ProviderDefinition<SendgridConfig> = {
  id: 'sendgrid',
  title: 'Twilio SendGrid',
  docs: 'https://www.twilio.com/docs/sendgrid/api-reference/api-keys/delete-api-keys',
  stability: 'beta',
  exactness: 'the id inside the key, after SendGrid accepted the key',
  proof: 'both regions refuse the key',
  effect: 'the token only',
  needs: 'nothing for keys with the right api_keys.delete; such a key of your account for all others',
  types: KIND.types,
  config,
  create,
};

const HOSTS = { global: 'https://api.sendgrid.com', eu: 'https://api.eu.sendgrid.com' } as const;
type Region = keyof typeof HOSTS;

const errorsWith = (message: RegExp) =>
  z.object({ errors: z.array(z.object({ message: z.string().regex(message) })).min(1) });

const ALIVE: readonly Sign[] = [
  { status: 200, body: z.object({ scopes: z.array(z.string()) }) },
  { status: 403, body: errorsWith(/access forbidden/i) },
];
const DEAD: Sign = { status: 401, body: errorsWith(/authorization grant is invalid, expired, or revoked/i) };
const UNKNOWN_ID: Sign = { status: 404, body: errorsWith(/./) };
/** Of a key that worked a moment ago. */
const NO_RIGHT: readonly Sign[] = [
  { status: 401, body: errorsWith(/./) },
  { status: 403, body: errorsWith(/./) },
  UNKNOWN_ID,
];

function create({ accounts }: SendgridConfig, { upstream }: Tools): Provider {
  const hosts: Readonly<Record<Region, Upstream>> = {
    global: upstream(HOSTS.global),
    eu: upstream(HOSTS.eu),
  };

  const accepts = async (api: Upstream, apiKey: Secret, signal: AbortSignal): Promise<boolean> => {
    const request = { method: 'GET', path: '/v3/scopes', statuses: [200, 401, 403], signal } as const;
    const answer = await api.request({ ...request, headers: { authorization: bearer(apiKey) } });
    if (shows(answer, [DEAD])) return false;
    if (shows(answer, ALIVE)) return true;
    throw unexpected(api, answer);
  };

  /** Where the key works; undefined when it is dead. */
  const locate = async (token: Secret, signal: AbortSignal): Promise<Region | undefined> => {
    if (await accepts(hosts.global, token, signal)) return 'global';
    return (await accepts(hosts.eu, token, signal)) ? 'eu' : undefined;
  };

  const remove = (
    region: Region,
    keyId: string,
    { apiKey, onBehalfOf }: Omit<Account, 'region'>,
    signal: AbortSignal,
  ) =>
    hosts[region].request({
      method: 'DELETE',
      path: `/v3/api_keys/${keyId}`,
      headers: {
        authorization: bearer(apiKey),
        ...(onBehalfOf !== undefined && { 'on-behalf-of': onBehalfOf }),
      },
      statuses: [204, 401, 403, 404],
      signal,
    });

  const removeAsOperator = async (
    region: Region,
    keyId: string,
    signal: AbortSignal,
  ): Promise<RevokeResult> => {
    for (const own of accounts.filter((each) => each.region === region)) {
      const answer = await remove(region, keyId, own, signal);
      if (answer.status === 204) return revoked({ key: keyId });
      // Keys that delete themselves need no account, so the lane goes on.
      if (answer.status !== 404) throw credentialFailure(hosts[region], answer).ofEntry();
      if (!shows(answer, [UNKNOWN_ID])) throw unexpected(hosts[region], answer);
    }
    return refused(
      'not-permitted',
      'The key may not delete itself and is of no configured account: delete the key with this id in SendGrid, or configure its account and retry.',
      { key: keyId },
    );
  };

  return {
    kinds: [KIND],
    async revoke(token, { signal }) {
      const region = await locate(token, signal);
      if (!region) return alreadyInactive();
      const keyId = token.reveal().split('.')[1] ?? '';
      const answer = await remove(region, keyId, { apiKey: token }, signal);
      if (answer.status === 204) return revoked({ key: keyId });
      if (!shows(answer, NO_RIGHT)) throw unexpected(hosts[region], answer);
      return removeAsOperator(region, keyId, signal);
    },
    async verify(token, { signal }) {
      return (await locate(token, signal)) ? 'alive' : 'dead';
    },
    check: (signal) =>
      Promise.all(
        accounts.map((own, index) =>
          checkAccount(`SendGrid account ${index + 1} (${own.region})`, () =>
            hosts[own.region]
              .request({
                method: 'GET',
                path: '/v3/scopes',
                headers: { authorization: bearer(own.apiKey) },
                statuses: [200],
                signal,
              })
              .then((answer) => answer.json(SCOPES).scopes),
          ),
        ),
      ),
  };
}

const SCOPES = z.object({ scopes: z.array(z.string()) });

async function checkAccount(
  name: string,
  scopes: () => Promise<readonly string[]>,
): Promise<CredentialCheck> {
  try {
    if ((await scopes()).includes('api_keys.delete')) return { name, ok: true };
    return { name, ok: false, advice: 'The API key lacks the right api_keys.delete.' };
  } catch (error) {
    return { name, ok: false, advice: error instanceof Failure ? error.message : 'The check was given up.' };
  }
}
