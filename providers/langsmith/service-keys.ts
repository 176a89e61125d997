/**
 * Service keys, which an organization's own service key deletes.
 *
 * Docs: https://docs.langchain.com/langsmith/smith-api/orgs/delete-org-service-key
 *
 * - A key counts as found when it is the only one whose `short_key` fits, and works in the same organization.
 * - A deleted one goes on for as long as LangSmith has it in its cache, so it has to be refused as well.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { ask, isEmptyOrJson, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked, suspended, unexpected } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { LangsmithConfig } from './config.ts';
import { ERROR, fitting, KEYS, LEGACY, ORGANIZATION } from './records.ts';

export const SERVICE: TokenKind = {
  id: 'service-key',
  types: ['gitleaks_rule_id_langchainapikey', 'gitleaks_rule_id_langchain-langsmith-service-key'],
  pattern: /(?<![\w-])lsv2_sk_[a-f0-9]{32}_[a-f0-9]{10}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Any organization may have this key, and each knows only its own.' },
  whole: 'exact',
  undo: 'no',
};

const UNCERTAIN =
  'Keys of the organization look like the leaked one, but it cannot be told which one it is: ask their owners, and revoke the leaked one.';

const INFO = z.object({ id: z.uuid() });
const SERVICE_KEYS = `${ORGANIZATION}/service-keys`;

export function serviceKeys({ organizations }: LangsmithConfig, tools: Tools): Part {
  const accounts = organizations.map((organization) => accountOf(organization, tools));
  const work = byAccounts(accounts, {
    found: z.uuid(),
    unknown:
      'No configured LangSmith organization has this key: add its organization to providers.langsmith.organizations and retry.',
    rights: 'The service key must be of the organization itself and have the role Organization Admin.',
    log: tools.log,
  });
  return { kinds: [SERVICE], isAble: accounts.length > 0, ...work };
}

function accountOf(
  { id: organization, url, serviceKey }: LangsmithConfig['organizations'][number],
  tools: Tools,
): Account<string> {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { 'x-api-key': serviceKey, 'x-organization-id': organization });
  const liveKeys = async (signal: AbortSignal) => {
    const answer = await call({ method: 'GET', path: SERVICE_KEYS, statuses: [200], signal });
    return inOnePiece(upstream, answer, answer.json(KEYS)).filter(({ revoked_at }) => !revoked_at);
  };
  /** `forbidden`: also of keys that work. */
  const worksAt = async (token: Secret, signal: AbortSignal) => {
    const path = `${ORGANIZATION}/info`;
    const request = { method: 'GET', path, headers: { 'x-api-key': token }, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], INFO, ({ id }) => (id === organization ? ('here' as const) : ('elsewhere' as const))),
      row([401], LEGACY, 'legacy'),
      row([401], ERROR, 'refused'),
      row([403], ERROR, 'forbidden'),
    ]);
    if (means === 'legacy') throw suspended(upstream, 401);
    return means;
  };

  return {
    name: organization,
    async look(token, { signal }, known) {
      const alike = fitting(await liveKeys(signal), token);
      const [only, ...others] = alike;
      if (!only) {
        if (known !== undefined && (await worksAt(token, signal)) !== 'refused') {
          throw new Failure('still-active', { target: upstream.base });
        }
        return { state: 'absent' };
      }
      if (others.length === 0 && (await worksAt(token, signal)) === 'here') {
        return {
          state: 'alive',
          found: only.id,
          by: 'one-fits',
          toldBy: 'text',
          evidence: { keyId: only.id },
        };
      }
      const evidence = { organization, candidates: alike.map(({ id }) => ({ keyId: id })) };
      // It only looks like theirs, so that it may as well be the next organization's.
      return { state: 'unable', refusal: refused('ambiguous', UNCERTAIN, evidence), maybeElsewhere: true };
    },
    async revoke(id, _token, { signal }) {
      const path = `${SERVICE_KEYS}/${id}`;
      const statuses = [200, 201, 204];
      const answer = await call({ method: 'DELETE', path, statuses, notFound: ERROR, signal });
      if (!isEmptyOrJson(answer)) throw unexpected(upstream, answer);
      return revoked();
    },
    async verify(id, token, { signal }) {
      if ((await liveKeys(signal)).some((key) => key.id === id)) return 'alive';
      const seen = await worksAt(token, signal);
      if (seen === 'forbidden') return 'unknown';
      return seen === 'refused' ? 'dead' : 'alive';
    },
    async probe(signal) {
      await liveKeys(signal);
    },
  };
}
