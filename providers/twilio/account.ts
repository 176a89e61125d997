/** One account, and what can be done there about an API key. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { MAX_HALVES, mustRefuse } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import { basic, secretPath } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { TwilioConfig } from './config.ts';

/** Nothing needs to be kept, as the SID is the reported token itself. */
export const FOUND = z.literal('key');

const KEY = z.object({ sid: z.string() });
const NOT_FOUND = z.object({ code: z.literal(20404) });
const ERROR = z.object({ code: z.int() });
/** What a restricted key is told where it may not go, see TruffleHog's pkg/analyzer/analyzers/twilio/twilio.go. */
const NOT_AUTHORIZED = z.object({ code: z.literal(70051) });
const SERVICES = z.object({ services: z.array(z.unknown()) });

const NOBODYS_SID = new Secret(`SK${'0'.repeat(32)}`);
const NOBODYS_SECRET = new Secret('0'.repeat(32));
const SECRET = /(?<![\w-])[0-9A-Za-z]{32}(?![\w-])/;

export function accountOf(
  { sid, secret, baseUrl }: TwilioConfig['accounts'][number],
  tools: Tools,
): Account<z.output<typeof FOUND>> {
  const upstream = tools.upstream(baseUrl);
  const verification = tools.upstream('https://verify.twilio.com');
  const call = operatorCalls(upstream, { authorization: basic(sid, secret) });
  const isThere = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const path = secretPath`/v1/Keys/${token}`;
    const answer = await call({ method: 'GET', path, statuses: [200], notFound: NOT_FOUND, signal });
    if (answer.status === 404) return false;
    if (answer.json(KEY).sid !== token.reveal()) throw unexpected(upstream, answer);
    return true;
  };
  const signIn = async (token: Secret, half: Secret, signal: AbortSignal) => {
    const headers = { authorization: basic(token.reveal(), half) };
    const request = { method: 'GET', path: '/v2/Services', query: { PageSize: 1 }, headers, signal } as const;
    const { means } = await ask(verification, request, [
      row([200], SERVICES, 'let-in'),
      row([401, 403], NOT_AUTHORIZED, 'kept-out'),
      row([401, 403], ERROR, 'refused'),
    ]);
    return means;
  };
  /** Twilio documents these words for keys that it does not know as well, so each half has to be refused without the other. */
  const isRestricted = async (token: Secret, half: Secret, signal: AbortSignal): Promise<boolean> =>
    (await signIn(NOBODYS_SID, half, signal)) === 'refused' &&
    (await signIn(token, NOBODYS_SECRET, signal)) === 'refused';
  const isProven = async (token: Secret, step: Step): Promise<boolean> => {
    const halves = await step.matchesAround(SECRET);
    for (const half of halves.slice(0, MAX_HALVES)) {
      const means = await signIn(token, half, step.signal);
      if (means === 'kept-out' && (await isRestricted(token, half, step.signal))) return true;
      if (means !== 'let-in') continue;
      const forged = signIn(NOBODYS_SID, half, step.signal);
      await mustRefuse(
        verification,
        forged.then((answer) => answer === 'let-in'),
      );
      return true;
    }
    return false;
  };

  return {
    name: sid,
    // A region has keys of its own.
    seenWith: baseUrl,
    isOwn: (token) => token.reveal().toLowerCase() === sid.toLowerCase(),
    async look(token, step, known) {
      if (!(await isThere(token, step.signal))) {
        // What has no record may be let in all the same.
        if (known && (await isProven(token, step)))
          throw new Failure('still-active', { target: upstream.base });
        return { state: 'absent' };
      }
      return { state: 'alive', found: 'key', by: (await isProven(token, step)) ? 'signs-in' : 'unproven' };
    },
    async revoke(_found, token, { signal }) {
      const path = secretPath`/v1/Keys/${token}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: NOT_FOUND, signal });
      return revoked();
    },
    verify: async (_found, token, { signal }) => ((await isThere(token, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      const path = `/v1/Keys/SK${'0'.repeat(32)}`;
      await call({ method: 'GET', path, statuses: [200], notFound: NOT_FOUND, signal });
    },
  };
}
