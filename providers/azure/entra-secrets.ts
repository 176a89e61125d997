/**
 * Client secrets of Entra applications.
 *
 * Quirks:
 * - Graph shows the first three characters of each secret (`hint`). They only narrow the search: whose secret it is,
 *   is proven by signing in with it as each application that has such a hint.
 * - AADSTS7000215 means "no secret of this application", AADSTS7000222 "a secret of this application, but expired".
 *   All other refusals (no service principal, conditional access, ...) leave it open.
 * - A removed secret works for some more minutes, and access tokens that were issued before for about an hour.
 */
import { z } from 'zod';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Sight, Tenant, TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Directory, GRAPH_SCOPE } from './directory.ts';

const NOT_A_SECRET = 7000215;
const EXPIRED = 7000222;

const PAGE_SIZE = 200;
const MAX_PAGES = 100;
/** With three characters of hint, an organization has to be huge to have more. */
const MAX_CANDIDATES = 25;

const foundSchema = z.object({ id: z.guid(), appId: z.guid(), keyId: z.guid() });
type Found = z.output<typeof foundSchema>;

const APPLICATIONS = z.object({
  value: z.array(
    z.object({
      id: z.guid(),
      appId: z.guid(),
      passwordCredentials: z.array(z.object({ keyId: z.guid(), hint: z.string().nullish() })),
    }),
  ),
  '@odata.nextLink': z.string().optional(),
});

interface Candidate {
  readonly id: string;
  readonly appId: string;
  readonly keyIds: readonly string[];
}

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
const SAME_HINT = ({ appId, keyIds }: Candidate) =>
  refused(
    'ambiguous',
    'The leaked secret works, but the application has several that begin with the same three characters: find out which one it is and remove it by hand.',
    { appId, candidates: keyIds.map((keyId) => ({ keyId })) },
  );

export interface Graph {
  readonly tenants: readonly Tenant[];
  readonly method: TenantMethod<Tenant, Found>;
  listApplications(query: Readonly<Record<string, string | number>>, signal: AbortSignal): Promise<Answer>;
}

export function createEntraSecrets(directory: Directory, tools: Tools): Graph {
  const upstream = tools.upstream('https://graph.microsoft.com');
  const send = directory.sender(GRAPH_SCOPE);

  const listApplications: Graph['listApplications'] = (query, signal) =>
    send(upstream, { method: 'GET', path: '/v1.0/applications', query, statuses: [200], signal });

  /** Undefined when there are too many. */
  const findCandidates = async (hint: string, signal: AbortSignal): Promise<Candidate[] | undefined> => {
    const candidates: Candidate[] = [];
    const query = { $select: 'id,appId,passwordCredentials', $top: PAGE_SIZE };
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await listApplications({ ...query, ...(cursor && { $skiptoken: cursor }) }, signal);
      const { value, '@odata.nextLink': next } = answer.json(APPLICATIONS);
      for (const { id, appId, passwordCredentials } of value) {
        const keyIds = passwordCredentials.filter((each) => each.hint === hint).map((each) => each.keyId);
        if (keyIds.length > 0) candidates.push({ id, appId, keyIds });
      }
      if (candidates.length > MAX_CANDIDATES) return undefined;
      if (next === undefined) return candidates;
      // The link's host is the answer's word, so only the cursor is taken from it.
      cursor = URL.parse(next)?.searchParams.get('$skiptoken') ?? undefined;
      if (cursor === undefined) return undefined;
    }
    return undefined;
  };

  const probe = async (appId: string, token: Secret, signal: AbortSignal) => {
    const result = await directory.signIn(appId, token, GRAPH_SCOPE, signal);
    if (result.ok) return 'works';
    if (result.errors.includes(NOT_A_SECRET)) return 'foreign';
    return result.errors.includes(EXPIRED) ? 'expired' : 'open';
  };

  const search = async (token: Secret, signal: AbortSignal): Promise<Sight<Found>> => {
    const candidates = await findCandidates(token.reveal().slice(0, 3), signal);
    if (!candidates) return { state: 'unable', refusal: TOO_MANY };
    const open: Candidate[] = [];
    for (const candidate of candidates) {
      const state = await probe(candidate.appId, token, signal);
      if (state === 'expired') return { state: 'dead' };
      if (state === 'open') open.push(candidate);
      if (state !== 'works') continue;
      const [keyId, ...others] = candidate.keyIds;
      if (keyId === undefined || others.length > 0) return { state: 'unable', refusal: SAME_HINT(candidate) };
      return { state: 'alive', found: { id: candidate.id, appId: candidate.appId, keyId } };
    }
    return open.length > 0 ? { state: 'unable', refusal: UNDECIDED(open) } : { state: 'absent' };
  };

  const method: TenantMethod<Tenant, Found> = {
    found: foundSchema,
    async look(_tenant, token, { signal }, known) {
      if (!known) return search(token, signal);
      const state = await probe(known.appId, token, signal);
      if (state === 'works') return { state: 'alive', found: known };
      if (state !== 'open') return { state: 'dead' };
      return { state: 'unable', refusal: UNDECIDED([{ ...known, keyIds: [known.keyId] }]) };
    },
    async revoke(_tenant, _token, { id, appId, keyId }, { signal }) {
      const path = `/v1.0/applications/${id}/removePassword`;
      await send(upstream, { method: 'POST', path, json: { keyId }, statuses: [204], signal });
      return revoked({ appId, keyId });
    },
  };

  return { tenants: [{ upstream }], method, listApplications };
}
