/** One organization, and what can be done there about a key. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { MAX_HALVES, mustRefuse } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { credentialFailure, refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import type { Step } from '../../src/provider/provider.ts';
import { basic, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { ConfluentCloudConfig } from './config.ts';

const KEY = /(?<![\w-])[A-Z0-9]{16}(?![\w-])/;
const NOBODYS_KEY = '0'.repeat(16);
/** `signedIn`: the secret was shown to be the key's own. */
export const FOUND = z.object({ key: z.string(), signedIn: z.boolean() });
type Found = z.output<typeof FOUND>;

const KEYS = '/iam/v2/api-keys';
const RECORD = z.object({ id: z.string() });
const LIST = z.object({ data: z.array(z.unknown()) });
const ERRORS = z.object({ errors: z.array(z.looseObject({})) });

const NO_KEY = refused(
  'needs-context',
  'A secret of Confluent Cloud works only together with its key, and none stands beside the leak: look up which key it is of, and delete that.',
);
const SEVERAL =
  'Several keys of the organization stand beside the leak, and the secret signs in with none: find out which of them it is of, and delete that; a key of a cluster is let in by its cluster alone.';

export function organizationAccount(
  upstream: Upstream,
  { name, apiKey, apiSecret }: ConfluentCloudConfig['organizations'][number],
): Account<Found> {
  const own = { authorization: basic(apiKey, apiSecret) };
  const call = operatorCalls(upstream, own);
  const pathOf = (key: string) => `${KEYS}/${encodeURIComponent(key)}`;

  /** Undefined when that is open: a wrong pair may be answered 403, too, like one that may not read keys. */
  const signsIn = async (key: string, secret: Secret, signal: AbortSignal): Promise<boolean | undefined> => {
    const headers = { authorization: basic(key, secret) };
    const query = { page_size: 1 };
    const { means } = await ask(upstream, { method: 'GET', path: KEYS, query, headers, signal }, [
      row([200], LIST, true),
      row([401], ERRORS, false),
      row([403], ERRORS, undefined),
    ]);
    return means;
  };
  const readOwn = (signal: AbortSignal) =>
    call({ method: 'GET', path: pathOf(apiKey), statuses: [200], signal });
  /** @throws {Failure} when our own key may not read records at all: then a 403 says nothing of this one */
  const isOurs = async (key: string, signal: AbortSignal): Promise<boolean> => {
    const request = { method: 'GET', path: pathOf(key), headers: own, signal } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], RECORD, ({ id }) => (id === key ? 'ours' : 'foreign')),
      row([403, 404], ERRORS, 'foreign'),
      row([401], ERRORS, 'refused'),
    ]);
    if (means === 'refused') throw credentialFailure(upstream, answer);
    if (means === 'foreign') await readOwn(signal);
    return means === 'ours';
  };
  const keysBeside = async (step: Step): Promise<readonly string[]> =>
    (await step.matchesAround(KEY)).map((each) => each.reveal()).slice(0, MAX_HALVES);

  return {
    name,
    seenWith: apiKey,
    async look(secret, step, known): Promise<Sight<Found>> {
      const { signal } = step;
      // Our own key is beside no leaked secret: the core spares its own.
      const keys = (known ? [known.key] : await keysBeside(step)).filter((key) => key !== apiKey);
      if (keys.length === 0) return { state: 'unable', refusal: NO_KEY };
      const ours: string[] = [];
      for (const key of keys) {
        const isThere = await isOurs(key, signal);
        if (!isThere && !known?.signedIn) continue;
        const works = await signsIn(key, secret, signal);
        // Its record may only be hidden from ours since, so it is gone once it is refused, too.
        if (!isThere && works === false) continue;
        if (!isThere && works) throw new Failure('still-active', { target: upstream.base });
        if (works) {
          await mustRefuse(upstream, signsIn(NOBODYS_KEY, secret, signal));
          return { state: 'alive', found: { key, signedIn: true }, by: 'signs-in', evidence: { key } };
        }
        // It signed in before and its record is there: its owner may be deactivated, or our address not be let in.
        if (known?.signedIn) throw suspended(upstream);
        ours.push(key);
      }
      const [key, ...others] = ours;
      if (key === undefined) return { state: 'absent' };
      if (others.length > 0) {
        const refusal = refused('ambiguous', SEVERAL, { candidates: ours.map((each) => ({ key: each })) });
        return { state: 'unable', refusal, maybeElsewhere: true };
      }
      return { state: 'alive', found: { key, signedIn: false }, by: 'unproven', evidence: { key } };
    },
    async revoke({ key }, _secret, { signal }) {
      const request = { method: 'DELETE', path: pathOf(key), headers: own, signal } as const;
      const { means, answer } = await ask(upstream, request, [
        row([204], 'deleted'),
        row([401, 403, 404], ERRORS, 'refused'),
      ]);
      if (means === 'refused' && (await isOurs(key, signal))) throw credentialFailure(upstream, answer);
      return revoked();
    },
    async verify({ key, signedIn }, secret, { signal }) {
      const isAlive = signedIn ? await signsIn(key, secret, signal) : await isOurs(key, signal);
      if (isAlive === undefined) return 'unknown';
      return isAlive ? 'alive' : 'dead';
    },
    async probe(signal) {
      await readOwn(signal);
    },
  };
}
