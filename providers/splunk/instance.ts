/** The calls that are made to one Splunk instance. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { CredentialCheck } from '../../src/provider/provider.ts';
import { type Answer, bearer, type Upstream, type UpstreamRequest } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export interface Instance {
  readonly upstream: Upstream;
  readonly token: Secret;
}

/** An authentication token's owner and id; neither is empty. */
export interface TokenIds {
  readonly user: string;
  readonly id: string;
}

export const UNKNOWN =
  'No configured Splunk instance knows this token: if it is of another instance, add that to providers.splunk.instances and retry.';

export const JSON_MODE = { output_mode: 'json' };
/** All of them, in one answer. */
export const EVERYTHING = { ...JSON_MODE, count: 0 };
const NEEDED = ['edit_tokens_all', 'list_tokens_all', 'edit_token_http'];
const WHO_AM_I = '/services/authentication/current-context';

const MESSAGES = z.object({ messages: z.array(z.object({ type: z.string(), text: z.string() })).min(1) });
const only = <Content>(content: z.core.$ZodType<Content>) =>
  z.object({ entry: z.tuple([z.object({ content })]) });
const CONTEXT = only(z.object({ username: z.string() }));
const RIGHTS = only(z.object({ capabilities: z.array(z.string()) }));
const TOKENS = z.object({
  entry: z.array(z.object({ name: z.string(), content: z.object({ status: z.string() }) })),
});
/** Whether the token logs in, and as the user that it names. @throws {Failure} */
export async function acceptsToken(
  { upstream }: Instance,
  token: Secret,
  { user }: TokenIds,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await upstream.request({
    method: 'GET',
    path: WHO_AM_I,
    query: JSON_MODE,
    headers: { authorization: bearer(token) },
    statuses: [200, 401],
    signal,
  });
  if (answer.status === 401) {
    answer.json(MESSAGES);
    return false;
  }
  const [{ content }] = answer.json(CONTEXT).entry;
  if (content.username !== user) throw unexpected(upstream, answer);
  return true;
}

/** @throws {Failure} */
export async function tokenStatus(
  instance: Instance,
  { user, id }: TokenIds,
  signal: AbortSignal,
): Promise<'disabled' | 'other' | 'none'> {
  const path = '/services/authorization/tokens';
  const query = { ...EVERYTHING, username: user };
  const answer = await asAdmin(instance, { method: 'GET', path, query, signal });
  const record = answer.json(TOKENS).entry.find(({ name }) => name === id);
  if (!record) {
    // Without the right, the list has our own tokens alone.
    const rights = await rightsOf(instance, signal);
    if (rights.includes('list_tokens_all')) return 'none';
    throw new Failure('permission-missing', { scope: 'entry', target: instance.upstream.base });
  }
  return record.content.status === 'disabled' ? 'disabled' : 'other';
}

/** Also done when it is gone already: the next look says so. @throws {Failure} */
export async function deleteToken(
  instance: Instance,
  { user, id }: TokenIds,
  signal: AbortSignal,
): Promise<void> {
  const path = `/services/authorization/tokens/${encodeURIComponent(user)}`;
  // Without an id it would hit all tokens of the user.
  const query = { ...JSON_MODE, id };
  const answer = await asAdmin(instance, { method: 'DELETE', path, query, signal });
  answer.json(z.object({}));
}

/** @throws {Failure} */
async function rightsOf(instance: Instance, signal: AbortSignal): Promise<readonly string[]> {
  const answer = await asAdmin(instance, { method: 'GET', path: WHO_AM_I, query: JSON_MODE, signal });
  return answer.json(RIGHTS).entry[0].content.capabilities;
}

/** Never throws. */
export function check(instance: Instance, signal: AbortSignal): Promise<CredentialCheck> {
  return judgedCheck(`${instance.upstream.base} token`, async () => {
    const rights = await rightsOf(instance, signal);
    const isAble = NEEDED.every((right) => rights.includes(right));
    return isAble ? { ok: true } : { ok: false, advice: `Its user needs ${NEEDED.join(', ')}.` };
  });
}

export function asAdmin(
  { upstream, token }: Instance,
  request: Omit<UpstreamRequest, 'headers' | 'statuses'>,
): Promise<Answer> {
  return operatorCalls(upstream, { authorization: bearer(token) })({ ...request, statuses: [200] });
}
