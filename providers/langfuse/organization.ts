/** The keys of the projects of one organization. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { firstOfHalves, MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, worksElsewhere } from '../../src/provider/kit/results.ts';
import { placeSeenWith } from '../../src/provider/place.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { LangfuseConfig } from './config.ts';

const PUBLIC_KEY = /(?<![\w-])pk-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/;

const ID = z.string().regex(/^[\w-]{1,100}$/);
export const FOUND = z.object({ publicKey: z.string(), projectId: ID, keyId: ID });
type Found = z.output<typeof FOUND>;
type Itself = Pick<Found, 'publicKey'> & { readonly projectId: string | undefined };
const PROJECTS = z.object({ data: z.tuple([z.object({ id: ID })]) });
const ORGANIZATION_KEY = z.object({ message: z.string().regex(/organization key/) });
const INVALID = z.object({ message: z.string().startsWith('Invalid credentials') });
/** It is let in, but not there, whatever public key is beside it. */
const AGENT_KEY = z.object({ message: z.string().startsWith('Access denied - in-app agent keys') });
const KEYS = z.object({ apiKeys: z.array(z.object({ id: ID, displaySecretKey: z.string() })) });
const DELETED = z.object({ success: z.literal(true) });
const MESSAGE = z.object({ message: z.string() });

const NOT_LET_IN = refused(
  'needs-context',
  'Langfuse does not let this key in, and a very old one works together with its own public key alone, of which none stands beside the leak: look up which project it is of, and delete the key there.',
);
const OF_ORGANIZATION = refused(
  'unsupported-kind',
  'The key works, and is of an organization: delete it in the settings of that organization.',
);
const OF_AGENT = refused(
  'unsupported-kind',
  'The key works, and is one that Langfuse made for its own agent, which no call lists or deletes: have an administrator of the instance delete it, or the support of Langfuse.',
);
const ELSEWHERE = 'The key works, and is of another organization: configure that, and retry.';
const AMBIGUOUS =
  'The key works, but not exactly one key of its project ends like it: look there which one leaked, and delete that.';

export function organizationAccount(
  { name, url, publicKey: ourPublicKey, secretKey }: LangfuseConfig['organizations'][number],
  tools: Tools,
): Account<Found> {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { authorization: basic(ourPublicKey, secretKey) });
  const pathOf = (projectId: string) => `/api/public/projects/${projectId}/apiKeys`;

  /** Undefined where the key is not let in with this public key; without a project, it is of an organization. */
  const signIn = async (
    publicKey: string,
    key: Secret,
    signal: AbortSignal,
  ): Promise<Itself | 'agent' | undefined> => {
    const headers = { authorization: basic(publicKey, key) };
    const request = { method: 'GET', path: '/api/public/projects', headers, signal } as const;
    const { means } = await ask<AnswerRow<Itself | 'agent' | undefined>>(upstream, request, [
      row([200], PROJECTS, ({ data: [{ id: projectId }] }) => ({ publicKey, projectId })),
      row([403], ORGANIZATION_KEY, { publicKey, projectId: undefined }),
      row([401], INVALID, undefined),
      row([401], AGENT_KEY, 'agent'),
    ]);
    return means;
  };
  const search = async (key: Secret, step: Step) => {
    const byOurs = await signIn(ourPublicKey, key, step.signal);
    if (byOurs) return byOurs;
    return firstOfHalves(await publicKeysAround(step), (publicKey) => signIn(publicKey, key, step.signal));
  };
  /** Undefined of a project that is not the organization's. */
  const keysOf = async (projectId: string, signal: AbortSignal) => {
    const request = { method: 'GET', path: pathOf(projectId), statuses: [200], notFound: MESSAGE } as const;
    const answer = await call({ ...request, signal });
    return answer.status === 404 ? undefined : inOnePiece(upstream, answer, answer.json(KEYS).apiKeys);
  };

  return {
    name,
    // A restored copy has the same public key.
    seenWith: placeSeenWith(upstream.base, ourPublicKey),
    async look(key, step, known): Promise<Sight<Found>> {
      const { signal } = step;
      const itself = known ? await signIn(known.publicKey, key, signal) : await search(key, step);
      if (!itself && known) return { state: 'absent' };
      if (!itself) return { state: 'unable', refusal: NOT_LET_IN, maybeElsewhere: true };
      if (itself === 'agent') return { state: 'unable', refusal: OF_AGENT };
      const { publicKey, projectId } = itself;
      if (projectId === undefined) return { state: 'unable', refusal: OF_ORGANIZATION };
      const keys = await keysOf(projectId, signal);
      // It has just worked, so it is not gone.
      if (!keys && known) throw new Failure('still-active', { target: upstream.base });
      if (!keys) return worksElsewhere(ELSEWHERE);
      const [only, ...others] = keys.filter(({ displaySecretKey: shown }) =>
        mayBe(key.reveal(), shown, { fixedHead: 'sk-lf-' }),
      );
      if (!only || others.length > 0) {
        return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, { projectId }) };
      }
      const evidence = { projectId, keyId: only.id };
      return { state: 'alive', found: { publicKey, ...evidence }, by: 'one-fits', toldBy: 'text', evidence };
    },
    async isThere({ projectId, keyId }, signal) {
      return (await keysOf(projectId, signal))?.some(({ id }) => id === keyId) ?? false;
    },
    async revoke({ projectId, keyId }, _key, { signal }) {
      const path = `${pathOf(projectId)}/${keyId}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: MESSAGE, signal });
      if (answer.status === 200) answer.json(DELETED);
      return revoked();
    },
    verify: async ({ publicKey }, key, { signal }) =>
      (await signIn(publicKey, key, signal)) ? 'alive' : 'dead',
    async probe(signal) {
      await call({ method: 'GET', path: '/api/public/organizations/projects', statuses: [200], signal });
    },
  };
}

async function publicKeysAround(step: Step): Promise<readonly string[]> {
  const found = await step.matchesAround(PUBLIC_KEY);
  return found.slice(0, MAX_HALVES).map((each) => each.reveal());
}
