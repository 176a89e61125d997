/**
 * API keys.
 *
 * Docs: https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/keys
 *
 * - The list shows ids only. A key is `<32 hex>-<8 hex>-<8 hex>` and its id the last two groups; the documentation
 *   does not say so, but answers name the id of the key that was let in, in the header `X-Mailgun-Key-Id` (recorded in
 *   mailgun/mailgun-ruby, vcr_cassettes/templates.yml). The id is public, so a key counts as the listed one only once Mailgun
 *   has let the whole key in.
 * - A sending key may ask for nothing, and an account may let in some addresses only: both are refused like a wrong key,
 *   so a refusal says nothing, and a person decides.
 * - A key that was reset works for up to 48 hours more (https://www.mailgun.com/blog/product/swap-out-your-api-keys-with-no-downtime/,
 *   checked 2026-11-29), so one that is listed no more is tried before it is called dead.
 * - Anybody may invent keys, so one reading of the list serves all that wait.
 * - Old keys, `key-<32 hex>`, hold no id, so they are found nowhere and go to a person.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { ask, row, textRow } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { SearchedList } from '../../src/provider/kit/searched-list.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { connect, type MailgunAccount, MESSAGE } from './account.ts';

export const API_KEY: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_mailgun_private_api_token'],
  pattern: /(?<![\w-])(?:key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: {
    open: 'Any account of Mailgun may have issued a key, and those that only send can ask for nothing.',
  },
  whole: 'exact',
  undo: 'no',
};

const LIST = z.object({ total_count: z.int(), items: z.array(z.object({ id: z.string() })) });
const INVALID = z.object({ message: z.literal('Invalid private key') });
const DOMAINS = z.object({ items: z.array(z.unknown()) });

const SUFFIX = /-(?<id>[0-9a-f]{8}-[0-9a-f]{8})$/;

/** Whoever has a key may write the id of another one into it. */
const withAnotherId = (key: Secret) => new Secret(key.reveal().replace(SUFFIX, '-00000000-00000000'));
const idOf = (key: Secret) => key.reveal().match(SUFFIX)?.groups?.id;

export function apiKeyAccount(account: MailgunAccount, tools: Tools): Account<string> {
  const { name, apiKey } = account;
  const { upstream, call } = connect(account, tools);
  const listIds = async (signal: AbortSignal): Promise<string[]> => {
    const answer = await call({ method: 'GET', path: '/v1/keys', statuses: [200], signal });
    const { total_count, items } = answer.json(LIST);
    if (items.length < total_count) throw unexpected(upstream, answer);
    return items.map(({ id }) => id);
  };
  const searched = new SearchedList<string, true>({
    ...{ clock: tools.clock, first: true, maxCalls: 1 },
    async read(_cursor, signal) {
      return { items: (await listIds(signal)).map((id) => [id, id] as const), next: undefined };
    },
  });
  /**
   * `another`: let in, and Mailgun names another id than its text. `kept-out`: also of a key that works, from elsewhere or for
   * sending alone.
   */
  const tryKey = async (
    token: Secret,
    signal: AbortSignal,
  ): Promise<'let-in' | 'another' | 'refused' | 'kept-out'> => {
    const headers = { authorization: basic('api', token) };
    const request = { method: 'GET', path: '/v3/domains', query: { limit: 1 }, headers, signal } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], DOMAINS, 'let-in'),
      row([401], INVALID, 'refused'),
      row([401, 403], MESSAGE, 'kept-out'),
      // It is a word, without quotes or braces.
      textRow([401], /^\s*Forbidden\s*$/, 'refused'),
    ]);
    if (means !== 'let-in') return means;
    const named = answer.header('x-mailgun-key-id');
    return named === undefined || named === idOf(token) ? 'let-in' : 'another';
  };
  const letsIn = async (token: Secret, signal: AbortSignal) => (await tryKey(token, signal)) === 'let-in';
  return {
    name,
    seenWith: credentialMark(apiKey),
    // A forged key with the id of ours would end ours, too.
    isOwn: (token) => idOf(token) !== undefined && idOf(token) === idOf(apiKey),
    async look(token, step, known) {
      const { signal } = step;
      const id = idOf(token);
      if (id === undefined) return { state: 'absent' };
      const found =
        known === undefined
          ? await searched.find(id, step)
          : (await listIds(signal)).filter((each) => each === id);
      if (found === 'too-many' || (!('state' in found) && found.length > 1)) {
        return { state: 'unable', refusal: SEVERAL };
      }
      if ('state' in found) return found;
      if (found.length === 0) {
        const itself = known === undefined ? 'refused' : await tryKey(token, signal);
        if (itself === 'refused') return { state: 'absent' };
        const code = itself === 'kept-out' ? 'suspended' : 'still-active';
        throw new Failure(code, { target: upstream.base });
      }
      const isLetIn = await letsIn(token, signal);
      if (isLetIn) await mustRefuse(upstream, letsIn(withAnotherId(token), signal));
      const by = isLetIn ? ({ by: 'one-fits', toldBy: 'text' } as const) : ({ by: 'unproven' } as const);
      return { state: 'alive', found: id, ...by, evidence: { keyId: id } };
    },
    async revoke(id, _token, { signal }) {
      const path = `/v1/keys/${encodeURIComponent(id)}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: MESSAGE, signal });
      answer.json(MESSAGE);
      return revoked({ keyId: id });
    },
    async verify(id, token, { signal }) {
      if ((await listIds(signal)).includes(id)) return 'alive';
      const seen = await tryKey(token, signal);
      if (seen === 'kept-out') return 'unknown';
      return seen === 'refused' ? 'dead' : 'alive';
    },
    async probe(signal) {
      await listIds(signal);
    },
  };
}

const SEVERAL = refused('ambiguous', 'Several keys have this id: revoke the key by hand.');
