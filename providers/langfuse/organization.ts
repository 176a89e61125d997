/** The keys of the projects of one organization. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { inContext, MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { LangfuseConfig } from './config.ts';

const PUBLIC_KEY = /(?<![\w-])pk-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/;

const ID = z.string().regex(/^[\w-]{1,100}$/);
export const FOUND = z.object({ publicKey: z.string(), projectId: ID, keyId: ID });
type Found = z.output<typeof FOUND>;
const PROJECTS = z.object({ data: z.tuple([z.object({ id: ID })]) });
const INVALID = z.object({ message: z.string().startsWith('Invalid credentials') });
const KEYS = z.object({ apiKeys: z.array(z.object({ id: ID, publicKey: z.string() })) });
const DELETED = z.object({ success: z.literal(true) });
const MESSAGE = z.object({ message: z.string() });

const NO_PUBLIC_KEY = refused(
  'needs-context',
  'A secret key works only together with its public key, and none beside the leak lets it in: look up which project it is of, and delete the key there.',
);

export function organizationAccount(
  { name, url, publicKey: ourPublicKey, secretKey }: LangfuseConfig['organizations'][number],
  tools: Tools,
): Account<Found> {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { authorization: basic(ourPublicKey, secretKey) });
  const pathOf = (projectId: string) => `/api/public/projects/${projectId}/apiKeys`;

  /** The project of the pair; undefined where it is not let in. */
  const projectOf = async (publicKey: string, key: Secret, signal: AbortSignal) => {
    const headers = { authorization: basic(publicKey, key) };
    const request = { method: 'GET', path: '/api/public/projects', headers, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], PROJECTS, ({ data: [{ id }] }) => id),
      row([401], INVALID, undefined),
    ]);
    return means;
  };
  const pairOf = async (key: Secret, step: Step, known: Found | undefined) => {
    const around = known ? [known.publicKey] : await publicKeysAround(step);
    for (const publicKey of around) {
      const projectId = await projectOf(publicKey, key, step.signal);
      if (projectId !== undefined) return { publicKey, projectId };
    }
    return undefined;
  };

  return {
    name,
    async look(key, step, known): Promise<Sight<Found>> {
      const pair = await pairOf(key, step, known);
      if (!pair)
        return known
          ? { state: 'absent' }
          : { state: 'unable', refusal: NO_PUBLIC_KEY, maybeElsewhere: true };
      const { signal } = step;
      const request = {
        method: 'GET',
        path: pathOf(pair.projectId),
        statuses: [200],
        notFound: MESSAGE,
      } as const;
      const answer = await call({ ...request, signal });
      const keys = answer.status === 404 ? [] : answer.json(KEYS).apiKeys;
      const record = keys.find(({ publicKey }) => publicKey === pair.publicKey);
      if (record) {
        const evidence = { projectId: pair.projectId, keyId: record.id };
        return { state: 'alive', found: { ...pair, keyId: record.id }, by: 'signs-in', evidence };
      }
      // It has just worked, so it is not gone.
      if (known) throw new Failure('still-active', { target: upstream.base });
      return { state: 'absent' };
    },
    async revoke({ projectId, keyId }, _key, { signal }) {
      const path = `${pathOf(projectId)}/${keyId}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: MESSAGE, signal });
      if (answer.status === 200) answer.json(DELETED);
      return revoked();
    },
    verify: async ({ publicKey }, key, { signal }) =>
      (await projectOf(publicKey, key, signal)) === undefined ? 'dead' : 'alive',
    async probe(signal) {
      await call({ method: 'GET', path: '/api/public/organizations/projects', statuses: [200], signal });
    },
  };
}

async function publicKeysAround(step: Step): Promise<readonly string[]> {
  const found = await inContext(step, PUBLIC_KEY);
  return found.slice(0, MAX_HALVES).map((each) => each.reveal());
}
