/** The calls of the Admin API, and those by which a key tells of itself. */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { suspended, unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const ORGANIZATION = z.object({ type: z.literal('organization'), id: z.string() });
const KEY_LIST = z.object({
  data: z.array(z.object({ id: z.string().min(1), partial_key_hint: z.string().nullable() })),
  has_more: z.boolean(),
  last_id: z.string().nullable(),
});
const INACTIVE = z.object({ id: z.string(), status: z.enum(['inactive', 'archived']) });

const WORKSPACES = z.object({ data: z.array(z.object({ id: z.string().min(1) })) });

const errorOf = (type: string, message = /^/) =>
  z.object({
    type: z.literal('error'),
    error: z.object({ type: z.literal(type), message: z.string().regex(message) }),
  });
const DEAD = row([401], errorOf('authentication_error'), 'dead');
const DISABLED = row([400], errorOf('invalid_request_error', /organization has been disabled/i), 'suspended');
/** Said before any key is looked at, of an address in a country that is not served. It has no `type` of its own. */
const NOT_SERVED = row([403], z.object({ error: z.object({ type: z.literal('forbidden') }) }), 'suspended');
const STATES = [
  row([200], z.object({ data: z.array(z.unknown()) }), 'alive'),
  row([403], errorOf('permission_error'), 'alive'),
  ...[DEAD, DISABLED, NOT_SERVED],
] as const;
/** Said of an admin key that may work: its organization allows other addresses only. */
const BLOCKED = row([403], errorOf('permission_error', /\bIP address\b/), 'suspended');
/** Said of a key that works: it is of no workspace, so the call has to name one. */
const NAMES_NONE = row(
  [400],
  errorOf('invalid_request_error', /anthropic-workspace-id (?:is required|header with)/),
  'alive',
);
const NO_SUCH_WORKSPACE = row([404], errorOf('not_found_error'), 'no-such-workspace');

export interface AnthropicApi {
  /** An answer to the key when it works. @throws {Failure} `suspended` while its organization or our address is kept out */
  probe(token: Secret, signal: AbortSignal): Promise<Answer | 'dead'>;
  /** Whether a key that is of no workspace may act in one of those of the admin key's organization. */
  actsFor(adminKey: Secret, token: Secret, signal: AbortSignal): Promise<boolean>;
  /** The id of the organization of an admin key. */
  organizationOf(adminKey: Secret, signal: AbortSignal): Promise<string>;
  /** The same for a leaked one, which may be dead. */
  organizationOfLeaked(adminKey: Secret, signal: AbortSignal): Promise<string | undefined>;
  /** The ids of all active keys that the token may be; undefined when the list has no end. */
  candidates(adminKey: Secret, token: Secret, signal: AbortSignal): Promise<readonly string[] | undefined>;
  deactivate(adminKey: Secret, id: string, signal: AbortSignal): Promise<void>;
}

/** What a key of this kind begins with. */
const KIND = /^sk-ant-[a-z0-9]+-/;
/** Three characters, and two before the `AA` with which all keys end. */
const MIN_SHOWN = 7;

const PAGE_SIZE = 1000;
const MAX_PAGES = 50;
const MODELS = { method: 'GET', path: '/v1/models', query: { limit: 1 } } as const;
const WHO_AM_I = { method: 'GET', path: '/v1/organizations/me' } as const;
const KEYS = '/v1/organizations/api_keys';
/** Of an organization with more, a person has to find the key. The default one, which is open to most, is among the first. */
const MAX_WORKSPACES = 20;

export function createApi(upstream: Upstream): AnthropicApi {
  const headersOf = (key: Secret) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' });
  const asAdmin = (key: Secret) => operatorCalls(upstream, headersOf(key));
  return {
    async probe(token, signal) {
      const request = { ...MODELS, headers: headersOf(token), signal };
      const { means, answer } = await ask(upstream, request, [...STATES, NAMES_NONE]);
      if (means === 'suspended') throw suspended(upstream, answer.status);
      return means === 'dead' ? 'dead' : answer;
    },
    async actsFor(adminKey, token, signal) {
      const query = { include_default: 'true', limit: MAX_WORKSPACES };
      const answer = await asAdmin(adminKey)({
        ...{ method: 'GET', path: '/v1/organizations/workspaces', query, statuses: [200], signal },
      });
      for (const { id } of answer.json(WORKSPACES).data) {
        const headers = { ...headersOf(token), 'anthropic-workspace-id': id };
        const { means } = await ask(upstream, { ...MODELS, headers, signal }, [...STATES, NO_SUCH_WORKSPACE]);
        if (means === 'alive') return true;
      }
      return false;
    },
    async organizationOf(adminKey, signal) {
      const answer = await asAdmin(adminKey)({ ...WHO_AM_I, statuses: [200], signal });
      return answer.json(ORGANIZATION).id;
    },
    async organizationOfLeaked(adminKey, signal) {
      const { means, answer } = await ask(upstream, { ...WHO_AM_I, headers: headersOf(adminKey), signal }, [
        row([200], ORGANIZATION, 'alive'),
        ...[DEAD, DISABLED, BLOCKED, NOT_SERVED],
      ]);
      if (means === 'suspended') throw suspended(upstream, answer.status);
      return means === 'dead' ? undefined : answer.json(ORGANIZATION).id;
    },
    async candidates(adminKey, token, signal) {
      const readPage = async (cursor: { readonly after_id?: string }) => {
        const query = { status: 'active', limit: PAGE_SIZE, ...cursor };
        const answer = await asAdmin(adminKey)({ method: 'GET', path: KEYS, query, statuses: [200], signal });
        const { data, has_more: hasMore, last_id: last } = answer.json(KEY_LIST);
        return { items: data, next: hasMore ? { ...(last !== null && { after_id: last }) } : undefined };
      };
      const keys = await readPages({}, MAX_PAGES, readPage);
      const text = token.reveal();
      const shown = { fixedHead: KIND.exec(text)?.[0] ?? '', minShown: MIN_SHOWN };
      return keys?.filter((key) => mayBe(text, key.partial_key_hint ?? '', shown)).map(({ id }) => id);
    },
    async deactivate(adminKey, id, signal) {
      const path = `${KEYS}/${encodeURIComponent(id)}`;
      const json = { status: 'inactive' };
      const done = await asAdmin(adminKey)({ method: 'POST', path, json, statuses: [200], signal });
      if (done.json(INACTIVE).id !== id) throw unexpected(upstream, done);
    },
  };
}
