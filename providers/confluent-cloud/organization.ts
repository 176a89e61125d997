/** One organization, and what can be done there about a key. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { inContext, MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Step } from '../../src/provider/provider.ts';
import { basic, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { ConfluentCloudConfig } from './config.ts';

const KEY = /(?<![\w-])[A-Z0-9]{16}(?![\w-])/;
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

export function organizationAccount(
  upstream: Upstream,
  { name, apiKey, apiSecret }: ConfluentCloudConfig['organizations'][number],
): Account<Found> {
  const call = operatorCalls(upstream, { authorization: basic(apiKey, apiSecret) });
  const pathOf = (key: string) => `${KEYS}/${encodeURIComponent(key)}`;

  const signsIn = async (key: string, secret: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = { authorization: basic(key, secret) };
    const query = { page_size: 1 };
    const { means } = await ask(upstream, { method: 'GET', path: KEYS, query, headers, signal }, [
      row([200], LIST, true),
      // It is let in, and may not read keys.
      row([403], ERRORS, true),
      row([401], ERRORS, false),
    ]);
    return means;
  };
  const isOurs = async (key: string, signal: AbortSignal): Promise<boolean> => {
    const request = { method: 'GET', path: pathOf(key), statuses: [200], notFound: ERRORS, signal } as const;
    const answer = await call(request);
    return answer.status === 200 && answer.json(RECORD).id === key;
  };
  const keysBeside = async (step: Step): Promise<readonly string[]> =>
    (await inContext(step, KEY)).map((each) => each.reveal()).slice(0, MAX_HALVES);

  return {
    name,
    async look(secret, step, known): Promise<Sight<Found>> {
      const { signal } = step;
      const keys = known ? [known.key] : await keysBeside(step);
      if (keys.length === 0) return { state: 'unable', refusal: NO_KEY };
      const ours: string[] = [];
      for (const key of keys) {
        const mine = await isOurs(key, signal);
        if (mine && (await signsIn(key, secret, signal))) {
          return { state: 'alive', found: { key, signedIn: true }, by: 'signs-in', evidence: { key } };
        }
        if (mine) ours.push(key);
      }
      // What signed in before is dead now, whether its record is there or not.
      const [key, ...others] = known?.signedIn ? [] : ours;
      if (key === undefined || others.length > 0) return { state: 'absent' };
      return { state: 'alive', found: { key, signedIn: false }, by: 'unproven', evidence: { key } };
    },
    async revoke({ key }, _secret, { signal }) {
      await call({ method: 'DELETE', path: pathOf(key), statuses: [204], notFound: ERRORS, signal });
      return revoked();
    },
    async verify({ key, signedIn }, secret, { signal }) {
      const isAlive = signedIn ? await signsIn(key, secret, signal) : await isOurs(key, signal);
      return isAlive ? 'alive' : 'dead';
    },
    async probe(signal) {
      await call({ method: 'GET', path: pathOf(apiKey), statuses: [200], signal });
    },
  };
}
