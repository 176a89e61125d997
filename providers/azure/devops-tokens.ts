/**
 * Personal access tokens of Azure DevOps (experimental, see `index.ts`).
 *
 * Quirks:
 * - A token says whose it is (`connectionData`), but may not list or revoke tokens; an administrator may.
 * - The list shows nothing of the tokens' text: only when the user has a single valid one it is known to be it.
 * - A revoked token may work for another hour (https://learn.microsoft.com/en-us/azure/devops/organizations/accounts/admin-revoke-user-pats,
 *   2026-11-29). So the only record has to be that for an hour: before, it may be of another one.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { userOf } from './devops-user.ts';
import { DEVOPS_SCOPE, type Directory } from './directory.ts';

const API_VERSION = '7.1-preview.1';
const PAGE_SIZE = 100;
const MAX_PAGES = 20;
const MAX_EVIDENCE = 20;
const REVOKED_WORKS_MS = 60 * 60 * 1000;

/** Version 0.1.0 kept no user. */
export const patSchema = z.object({ authorizationId: z.guid(), user: z.string().optional() });
type Found = z.output<typeof patSchema>;

const TOKENS = z.object({
  value: z.array(
    z.object({
      authorizationId: z.guid(),
      validTo: z.string(),
      isValid: z.boolean().optional(),
    }),
  ),
  continuationToken: z.string().nullish(),
});

interface Organization {
  readonly upstream: Upstream;
  /** For users and their tokens. */
  readonly users: Upstream;
}

const TOO_MANY = refused(
  'ambiguous',
  'The leaked token works and its user has more tokens than Quash reads: ask the user which one it is, and revoke that.',
);
const NOT_LISTED = refused(
  'unsupported-kind',
  'Azure DevOps takes this token but does not list it among those of its user: ask the user to revoke it.',
);

export function createDevOpsTokens(
  directory: Directory,
  organizations: readonly string[],
  tools: Tools,
): readonly Account<Found>[] {
  const send = directory.sender(DEVOPS_SCOPE);

  /** The valid ones; undefined when there are too many. */
  const listTokens = async ({ users }: Organization, user: string, signal: AbortSignal) => {
    return readPages({}, MAX_PAGES, async (cursor: { readonly continuationToken?: string }) => {
      const answer = await send(users, {
        method: 'GET',
        path: `/_apis/tokenadmin/personalaccesstokens/${encodeURIComponent(user)}`,
        query: { 'api-version': API_VERSION, isPublic: 'false', pageSize: PAGE_SIZE, ...cursor },
        statuses: [200],
        signal,
      });
      const { value, continuationToken } = answer.json(TOKENS);
      const isLast = !continuationToken || /^[0-]+$/.test(continuationToken);
      const isUsable = ({ isValid, validTo }: (typeof value)[number]) =>
        isValid !== false && !hasSurelyEnded(validTo, tools.clock, answer);
      return { items: value.filter(isUsable), next: isLast ? undefined : { continuationToken } };
    });
  };

  const identify = async (
    organization: Organization,
    user: string,
    known: Found | undefined,
    signal: AbortSignal,
  ): Promise<Sight<Found>> => {
    const tokens = await listTokens(organization, user, signal);
    if (!tokens) return { state: 'unable', refusal: TOO_MANY };
    const [only, ...others] = tokens;
    // Revoked by an earlier step or by hand, and let in for some more time.
    if (!only && known) throw new Failure('still-active', { target: organization.upstream.base });
    if (!only) return { state: 'unable', refusal: NOT_LISTED };
    const { authorizationId } = only;
    if (others.length === 0) {
      return {
        ...{ state: 'alive', found: { authorizationId, user }, evidence: { authorizationId } },
        ...{ by: 'one-fits', toldBy: 'nothing' },
      };
    }
    const candidates = tokens.slice(0, MAX_EVIDENCE).map(({ authorizationId }) => ({ authorizationId }));
    const advice =
      'The leaked token works and its user has several: ask the user which one it is, and revoke that.';
    return { state: 'unable', refusal: refused('ambiguous', advice, { user, candidates }) };
  };

  const accountOf = (organization: Organization): Account<Found> => ({
    name: organization.upstream.base,
    lag: { ms: REVOKED_WORKS_MS, clock: tools.clock },
    async look(token, { signal }, known) {
      const user = await userOf(organization.upstream, token, signal);
      return user === undefined ? { state: 'absent' } : identify(organization, user, known, signal);
    },
    async isThere({ authorizationId, user }, signal) {
      if (user === undefined) return false;
      const tokens = await listTokens(organization, user, signal);
      return tokens?.some((each) => each.authorizationId === authorizationId) ?? true;
    },
    async revoke({ authorizationId }, _token, { signal }) {
      await send(organization.users, {
        method: 'POST',
        path: '/_apis/tokenadmin/revocations',
        query: { 'api-version': API_VERSION, isPublic: 'false' },
        json: [{ authorizationId }],
        statuses: [204],
        signal,
      });
      return revoked();
    },
    // Its record is gone at once, while it may be let in for some more time.
    async verify(_found, token, { signal }) {
      return (await userOf(organization.upstream, token, signal)) === undefined ? 'dead' : 'alive';
    },
  });

  return organizations.map((name) =>
    accountOf({
      upstream: tools.upstream(`https://dev.azure.com/${name}`),
      users: tools.upstream(`https://vssps.dev.azure.com/${name}`),
    }),
  );
}
