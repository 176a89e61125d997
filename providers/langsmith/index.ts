/**
 * LangSmith personal access tokens (lsv2_pt_) and service keys (lsv2_sk_).
 *
 * Docs: https://docs.langchain.com/langsmith/smith-api/orgs/revoke-org-personal-access-token and
 * https://docs.langchain.com/langsmith/smith-api/orgs/delete-org-service-key, checked 2026-11-21.
 *
 * Experimental, because two things are not documented: how much of a key its `short_key` shows, and which codes the
 * calls answer with when they were done. A `short_key` of another form than expected matches nothing.
 *
 * - A key counts as found when it is the only one whose `short_key` fits, and works in the same organisation.
 * - A revoked personal access token keeps its record, with `revoked_at`, and can be reinstated. A service key can only
 *   be deleted.
 * - Organisation-wide calls need a service key of the organisation with the role Organization Admin.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper, operatorCalls } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { baseUrl } from '../../src/provider/tenants.ts';
import type { Secret } from '../../src/secret.ts';

const configSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: z.uuid().describe('Id of the organisation.'),
        url: baseUrl()
          .default('https://api.smith.langchain.com')
          .describe('Base URL of the API: that of another region, or of an installation of your own.'),
        serviceKey: secretText().describe(
          'Service key of the organisation with the role Organization Admin.',
        ),
      }),
    )
    .default([])
    .describe('Organisations whose keys may leak; asked in this order.'),
});

export type LangsmithConfig = z.output<typeof configSchema>;

const GITLAB_TYPE = 'gitleaks_rule_id_langchainapikey';
const PERSONAL: TokenKind = {
  id: 'personal-access-token',
  types: [GITLAB_TYPE, 'gitleaks_rule_id_langchain-langsmith-personal-access-token'],
  pattern: /(?<![\w-])lsv2_pt_[a-f0-9]{32}_[a-f0-9]{10}(?![\w-])/,
  effect: 'token',
};
const SERVICE: TokenKind = {
  id: 'service-key',
  types: [GITLAB_TYPE, 'gitleaks_rule_id_langchain-langsmith-service-key'],
  pattern: /(?<![\w-])lsv2_sk_[a-f0-9]{32}_[a-f0-9]{10}(?![\w-])/,
  effect: 'token',
};

export const langsmith: ProviderDefinition<LangsmithConfig> = {
  id: 'langsmith',
  title: 'LangSmith (LangChain)',
  docs: 'https://docs.langchain.com/langsmith/smith-api/orgs/revoke-org-personal-access-token',
  stability: 'experimental',
  exactness: 'the only key of the organisation that looks so, and works in it; several go to a person',
  proof: 'the record of the key is revoked or gone',
  effect: 'the token only',
  needs: 'the id of each organisation and a service key of it that may administer it',
  types: [...new Set([...PERSONAL.types, ...SERVICE.types])],
  config: configSchema,
  create({ organizations }, tools) {
    const recordsOf = (calls: KindCalls) =>
      byRecords(
        organizations.map((organization) => keeperOf(organization, calls, tools)),
        ADVICE,
        tools.log,
      );
    const personal = recordsOf(OF_PERSONAL);
    const service = recordsOf(OF_SERVICE);
    const of = (kind: string) => (kind === PERSONAL.id ? personal : service);
    return {
      kinds: organizations.length > 0 ? [PERSONAL, SERVICE] : [],
      revoke: (token, step) => of(step.kind).revoke(token, step),
      verify: (token, step) => of(step.kind).verify(token, step),
      check: service.check,
    };
  },
};

const ADVICE = {
  unknown:
    'No configured LangSmith organisation has this key: add its organisation to providers.langsmith.organizations and retry, or dismiss it if the key is gone.',
  rights: 'The service key must be of the organisation itself and have the role Organization Admin.',
};
const UNCERTAIN =
  'Keys of the organisation look like the leaked one, but it cannot be told which one it is: ask their owners, and revoke the leaked one.';

const ORGANIZATION = '/api/v1/orgs/current';

interface KindCalls {
  readonly list: string;
  readonly end: (id: string) => { readonly method: 'POST' | 'DELETE'; readonly path: string };
}
const OF_PERSONAL: KindCalls = {
  list: `${ORGANIZATION}/members/personal-access-tokens`,
  end: (id) => ({ method: 'POST', path: `${ORGANIZATION}/personal-access-tokens/${id}/revocation` }),
};
const OF_SERVICE: KindCalls = {
  list: `${ORGANIZATION}/service-keys`,
  end: (id) => ({ method: 'DELETE', path: `${ORGANIZATION}/service-keys/${id}` }),
};

const KEYS = z.array(z.object({ id: z.uuid(), short_key: z.string(), revoked_at: z.string().nullish() }));
const INFO = z.object({ id: z.uuid() });
const ERROR = z.object({ detail: z.unknown() }).or(z.object({ error: z.string() }));

function keeperOf(
  { id: organization, url, serviceKey }: LangsmithConfig['organizations'][number],
  { list, end }: KindCalls,
  tools: Tools,
): Keeper {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { 'x-api-key': serviceKey, 'x-organization-id': organization });
  const liveKeys = async (signal: AbortSignal) => {
    const keys = (await call({ method: 'GET', path: list, statuses: [200], signal })).json(KEYS);
    return keys.filter(({ revoked_at }) => !revoked_at);
  };
  const worksHere = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = { 'x-api-key': token };
    const request = {
      method: 'GET',
      path: `${ORGANIZATION}/info`,
      headers,
      statuses: [200, 401, 403],
    } as const;
    const answer = await upstream.request({ ...request, signal });
    if (answer.status === 200) return answer.json(INFO).id === organization;
    if (!answer.maybeJson(ERROR)) throw unexpected(upstream, answer);
    return false;
  };

  return {
    name: organization,
    own: serviceKey,
    async find(token, { signal }) {
      const alike = (await liveKeys(signal)).filter(({ short_key }) => fits(short_key, token));
      const [only, ...others] = alike;
      if (!only) return undefined;
      if (others.length === 0 && (await worksHere(token, signal))) return only.id;
      const candidates = alike.map(({ id }) => ({ keyId: id }));
      return refused('ambiguous', UNCERTAIN, { organization, candidates });
    },
    async remove(id, _token, signal) {
      const answer = await call({ ...end(id), statuses: [200, 201, 204], notFound: ERROR, signal });
      if (answer.text.trim() !== '') answer.json(z.unknown());
      return revoked({ organization, keyId: id });
    },
    async look(id, _token, signal) {
      return (await liveKeys(signal)).some((key) => key.id === id) ? 'alive' : 'dead';
    },
    async probe(signal) {
      await liveKeys(signal);
    },
  };
}

/** Fewer characters of the key's own than that say nothing. */
const MIN_SHOWN = 4;

/** Whether a shortened key, its middle replaced by dots or stars, may be this token. */
function fits(shortKey: string, token: Secret): boolean {
  const text = token.reveal();
  const [head = '', tail = '', ...rest] = shortKey.split(/\.{2,}|…|\*+/);
  const shown = head.replace(/^lsv2_(?:(?:pt|sk)_)?/, '').length + tail.length;
  return rest.length === 0 && shown >= MIN_SHOWN && text.startsWith(head) && text.endsWith(tail);
}
