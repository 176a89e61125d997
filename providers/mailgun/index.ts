/**
 * Mailgun API keys and webhook signing keys, in any number of accounts.
 *
 * Docs: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/keys and, for the signing key,
 * https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/account-management; checked 2026-11-21.
 *
 * - The list shows ids only. A key is `<32 hex>-<8 hex>-<8 hex>` and its id the last two groups; the documentation
 *   does not say so, but scanners that analyse keys rely on it. What does not end in exactly one id is left alone.
 * - Old keys, `key-<32 hex>`, hold no id, so they are found nowhere and go to a person.
 * - A deleted key is as unknown as one of another account; the US and the EU know nothing of each other.
 * - A sending key is refused by all calls that could tell whether it works, so the list tells it.
 * - An account has one webhook signing key, which a call shows in full; it is regenerated, after which the old one
 *   signs nothing. Without any, the call fails (400 or 404). Subaccounts have keys of their own: not covered.
 * - Not covered, for want of a call that shows it: the public validation key.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper, operatorCalls } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream-client.ts';
import type { Secret } from '../../src/secret.ts';

const HOSTS = { us: 'https://api.mailgun.net', eu: 'https://api.eu.mailgun.net' } as const;

const configSchema = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the accounts.'),
        region: z.enum(['us', 'eu']).default('us').describe('Where the account is.'),
        apiKey: secretText().describe('An API key with the role `admin`.'),
      }),
    )
    .default([])
    .describe('Accounts whose API keys may leak; asked in this order.'),
});

export type MailgunConfig = z.output<typeof configSchema>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_mailgun_private_api_token'],
  pattern: /(?<![\w-])(?:key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})(?![\w-])/,
  effect: 'token',
};

const SIGNING_KEY: TokenKind = {
  id: 'webhook-signing-key',
  types: ['gitleaks_rule_id_mailgun_webhook_signing_key'],
  pattern: /(?<![\w-])(?:(?:key-)?[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})(?![\w-])/,
  effect: 'wider',
  warning:
    'The account has one signing key: it is regenerated, so all receivers of its webhooks need the new one.',
};

export const mailgun: ProviderDefinition<MailgunConfig> = {
  id: 'mailgun',
  title: 'Mailgun',
  docs: 'https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/keys',
  stability: 'beta',
  exactness: 'by the id that the key ends in; signing keys by value',
  proof: 'the account no longer lists the key, or shows another signing key',
  effect: 'the token only; a regenerated signing key hits all receivers of webhooks and waits for approval',
  needs: 'an API key with the role admin of each account',
  types: [...KIND.types, ...SIGNING_KEY.types],
  config: configSchema,
  create({ accounts }, tools) {
    const rights = 'The API key must have the role admin.';
    const apiKeys = byRecords(
      accounts.map((account) => keeperOf(account, tools)),
      {
        unknown:
          'No configured Mailgun account lists this key: if it begins with key-, reset it in the control panel; else add its account to providers.mailgun.accounts and retry, or dismiss it if the key is gone.',
        rights,
      },
      tools.log,
    );
    const signingKeys = byRecords(
      accounts.map((account) => signingKeeperOf(account, tools)),
      {
        unknown:
          'No configured Mailgun account has this webhook signing key: add its account to providers.mailgun.accounts and retry, or dismiss it if the key was regenerated.',
        rights,
      },
      tools.log,
    );
    const of = ({ kind }: Step) => (kind === SIGNING_KEY.id ? signingKeys : apiKeys);
    return {
      kinds: accounts.length > 0 ? [KIND, SIGNING_KEY] : [],
      revoke: (token, step) => of(step).revoke(token, step),
      verify: (token, step) => of(step).verify(token, step),
      check: apiKeys.check,
    };
  },
};

const LIST = z.object({ total_count: z.int(), items: z.array(z.object({ id: z.string() })) });
const MESSAGE = z.object({ message: z.string() });
const SUFFIX = /-(?<id>[0-9a-f]{8}-[0-9a-f]{8})$/;

function keeperOf({ name, region, apiKey }: MailgunConfig['accounts'][number], tools: Tools): Keeper {
  const upstream = tools.upstream(HOSTS[region]);
  const call = operatorCalls(upstream, { authorization: basic('api', apiKey) });
  const listIds = async (signal: AbortSignal): Promise<string[]> => {
    const answer = await call({ method: 'GET', path: '/v1/keys', statuses: [200], signal });
    const { total_count, items } = answer.json(LIST);
    if (items.length < total_count) throw unexpected(upstream, answer);
    return items.map(({ id }) => id);
  };
  return {
    name,
    own: apiKey,
    async find(token, { signal }) {
      const id = token.reveal().match(SUFFIX)?.groups?.id;
      const matches = (await listIds(signal)).filter((each) => each === id);
      if (matches.length > 1)
        return refused('ambiguous', 'Several keys have this id: revoke the key by hand.');
      return matches[0];
    },
    async remove(id, _token, signal) {
      const path = `/v1/keys/${encodeURIComponent(id)}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: MESSAGE, signal });
      answer.json(MESSAGE);
      return revoked({ account: name, keyId: id });
    },
    look: async (id, _token, signal) => ((await listIds(signal)).includes(id) ? 'alive' : 'dead'),
    async probe(signal) {
      await listIds(signal);
    },
  };
}

const SIGNING_PATH = '/v5/accounts/http_signing_key';
const SIGNING = z.object({ http_signing_key: z.string() });

function signingKeeperOf({ name, region, apiKey }: MailgunConfig['accounts'][number], tools: Tools): Keeper {
  const upstream = tools.upstream(HOSTS[region]);
  const call = operatorCalls(upstream, { authorization: basic('api', apiKey) });
  /** Undefined when the account has no signing key. */
  const isCurrent = async (token: Secret, signal: AbortSignal): Promise<boolean | undefined> => {
    const statuses = [200, 400, 404];
    const answer = await call({ method: 'GET', path: SIGNING_PATH, statuses, signal });
    if (answer.status === 200) return answer.json(SIGNING).http_signing_key === token.reveal();
    answer.json(MESSAGE);
    return undefined;
  };
  return {
    name,
    own: apiKey,
    find: async (token, { signal }) => ((await isCurrent(token, signal)) ? 'http-signing-key' : undefined),
    async remove(_id, token, signal) {
      // There is one only: were it another by now, that one would be hit.
      if (!(await isCurrent(token, signal))) return revoked({ account: name });
      const answer = await call({ method: 'POST', path: SIGNING_PATH, statuses: [200, 201], signal });
      answer.json(SIGNING);
      return revoked({ account: name });
    },
    async look(_id, token, signal) {
      const current = await isCurrent(token, signal);
      if (current === undefined) return 'unknown';
      return current ? 'alive' : 'dead';
    },
  };
}
