/**
 * Client secrets of Entra applications and service principals.
 *
 * Quirks:
 * - Graph shows the first three characters of each secret (`hint`). They only narrow the search: whose secret it is,
 *   is proven by signing in with it as each application that has such a hint.
 * - Until all of Entra knows a new secret, it is refused now and then, as an unknown one is
 *   (hashicorp/terraform-provider-vault#2079, 2026-11-29): for 4 to 18 seconds, as somebody has measured
 *   (microsoftgraph/microsoft-graph-docs#17966, 2026-11-30).
 * - A removed secret works for some more minutes, and access tokens that were issued before for about an hour.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Liveness, Step, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { Cloud } from './config.ts';
import {
  type Candidate,
  COLLECTIONS,
  candidatesOf,
  hintOf,
  type ListHolders,
  listsOf,
  secretsLike,
  secretsOf,
} from './credentials-list.ts';
import { type Directory, scopeOf } from './directory.ts';
import { probeBy } from './entra-probe.ts';

export const SECRET_KNOWN_AFTER_MS = 60_000;

/** With three characters of hint, an organization has to be huge to have more. */
const MAX_CANDIDATES = 25;

export const secretSchema = z.object({
  collection: z.enum(COLLECTIONS).default('applications'),
  id: z.guid(),
  appId: z.guid(),
  keyId: z.guid(),
});
type Found = z.output<typeof secretSchema>;

const TOO_MANY = refused(
  'ambiguous',
  'There are more applications than Quash searches: find the one with this secret by its first three characters and remove it by hand.',
);
const UNDECIDED = (candidates: readonly Candidate[]) =>
  refused(
    'ambiguous',
    'Entra does not say which of these applications the secret belongs to, nor whether it works: look at the secrets that begin with the same three characters.',
    { candidates: candidates.flatMap(({ appId, keyIds }) => keyIds.map((keyId) => ({ appId, keyId }))) },
  );
const SAME_HINT = (appId: string, keyIds: readonly string[]) =>
  refused(
    'ambiguous',
    'The leaked secret works, but the application has several that begin with the same three characters: find out which one it is and remove it by hand.',
    { appId, candidates: keyIds.map((keyId) => ({ keyId })) },
  );

export interface EntraSecrets {
  readonly account: Account<Found>;
  readonly list: ListHolders;
}

export function createEntraSecrets(directory: Directory, { graph }: Cloud, tools: Tools): EntraSecrets {
  const upstream = tools.upstream(graph);
  const send = directory.sender(scopeOf(graph));
  const list = listsOf(send, upstream);
  const candidates = candidatesOf(list, tools.clock);

  const probe = probeBy(directory, list, scopeOf(graph), tools.clock);

  const search = async (token: Secret, step: Step): Promise<Sight<Found>> => {
    const hint = hintOf(token);
    const known = await candidates.findAll(hint, step);
    const sight = await tried(token, known, step.signal);
    if (sight.state !== 'absent') return sight;
    const all = await candidates.findAnew(hint, step);
    return all === known ? sight : tried(token, all, step.signal);
  };

  const tried = async (
    token: Secret,
    found: Awaited<ReturnType<typeof candidates.findAll>>,
    signal: AbortSignal,
  ): Promise<Sight<Found>> => {
    if (found === 'too-many' || ('length' in found && found.length > MAX_CANDIDATES)) {
      return { state: 'unable', refusal: TOO_MANY };
    }
    if ('state' in found) return found;
    let end: Sight<Found> = { state: 'absent' };
    const open: Candidate[] = [];
    // An application and its service principal sign in by the same id, and may both have such a secret.
    for (const [appId, same] of Map.groupBy(found, (each) => each.appId)) {
      const state = await probe(appId, token, signal);
      if (state === 'expired') end = { state: 'dead', evidence: { appId } };
      if (state === 'open') open.push(...same);
      if (state === 'works') return onlyOneOf(appId, same);
    }
    return open.length > 0 ? { state: 'unable', refusal: UNDECIDED(open) } : end;
  };

  /** The list may be some minutes old: since then, the application may have got another one that begins so. */
  const stillOnly = async (known: Found, token: Secret, signal: AbortSignal): Promise<Sight<Found>> => {
    const secrets = await secretsLike(list, token, known.appId, signal);
    const keyIds = secrets.map(({ keyId }) => keyId);
    // Removed by an earlier step or by hand, and let in for some more minutes.
    if (keyIds.length === 0) throw new Failure('still-active', { target: upstream.base });
    const isOnly = keyIds.every((keyId) => keyId === known.keyId);
    return isOnly ? alive(known) : { state: 'unable', refusal: SAME_HINT(known.appId, keyIds) };
  };

  const account: Account<Found> = {
    name: upstream.base,
    seenWith: directory.tenantId,
    async look(token, step, known) {
      if (!known) return search(token, step);
      const state = await probe(known.appId, token, step.signal);
      if (state === 'works') return stillOnly(known, token, step.signal);
      if (state === 'expired') return { state: 'dead', evidence: { appId: known.appId } };
      if (state === 'foreign') return { state: 'absent' };
      return { state: 'unable', refusal: UNDECIDED([{ ...known, keyIds: [known.keyId] }]) };
    },
    async isThere({ appId, keyId }, signal) {
      return (await secretsOf(list, appId, signal)).some((each) => each.keyId === keyId);
    },
    async revoke({ collection, id, keyId }, _token, { signal }) {
      const path = `/v1.0/${collection}/${id}/removePassword`;
      await send(upstream, { method: 'POST', path, json: { keyId }, statuses: [204], signal });
      return revoked();
    },
    async verify({ appId }, token, { signal }): Promise<Liveness> {
      const state = await probe(appId, token, signal);
      if (state === 'open') return 'unknown';
      return state === 'works' ? 'alive' : 'dead';
    },
  };
  return { account, list };
}

/** The application let it in, so it is one of its secrets, and begins like one of these. */
function onlyOneOf(appId: string, candidates: readonly Candidate[]): Sight<Found> {
  const all = candidates.flatMap(({ collection, id, keyIds }) =>
    keyIds.map((keyId) => ({ collection, id, appId, keyId })),
  );
  const [only, ...others] = all;
  if (only && others.length === 0) return alive(only);
  const keyIds = all.map(({ keyId }) => keyId);
  return { state: 'unable', refusal: SAME_HINT(appId, keyIds) };
}

function alive(found: Found): Sight<Found> {
  const { appId, keyId } = found;
  return { state: 'alive', found, by: 'one-fits', toldBy: 'text', evidence: { appId, keyId } };
}
