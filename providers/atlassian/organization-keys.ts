/**
 * API keys of organizations.
 *
 * Docs: https://developer.atlassian.com/cloud/admin/api-access/rest/api-group-api-key/ and, for the records,
 * https://github.com/ctreminiom/go-atlassian (OrgKeyScheme); checked 2026-11-28.
 *
 * - A key says of which organization it is. The list of the organization's keys shows nothing of their text, so the
 *   leaked one is known only when it is the only active one beside our own.
 * - Access tokens of Bitbucket's repositories, projects and workspaces look the same. No call ends them.
 */
import { z } from 'zod';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { AS_JSON, ask, isEmptyOrJson, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { LAG_MS } from './admin.ts';
import { OUT_OF_SCOPE } from './gateway.ts';

const HOST = 'https://api.atlassian.com';

const ORGANIZATION_KEY: TokenKind = {
  id: 'organization-key',
  types: ['gitleaks_rule_id_atlassianapikey'],
  pattern: /(?<![\w-])ATCTT3[\w-]{60,250}=[0-9A-F]{8}(?![\w=-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Access tokens of Bitbucket look the same, and are not asked about.' },
  whole: 'exact',
  undo: 'no',
};

const FOUND = z.object({ organization: z.string(), key: z.string() });
type Found = z.output<typeof FOUND>;

const ORGANIZATIONS_PATH = '/admin/v1/orgs';
const ORGANIZATIONS = z.object({ data: z.array(z.object({ id: z.string().min(1) })).length(1) });
const KEYS = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1),
      expiresAt: z.string().nullish(),
      revocationDate: z.string().nullish(),
    }),
  ),
  links: z.object({ next: z.string().nullish() }).nullish(),
});
const UNAUTHORIZED = z.object({ code: z.literal(401), message: z.string() });
const PAGE_SIZE = 100;

const UNKNOWN =
  'Atlassian lets this in as no key of an organization: it is dead, or an access token of a Bitbucket repository, project or workspace. Look there, and revoke it by hand.';
const AMBIGUOUS =
  'The leaked key works, and cannot be told from the other active keys of its organization: revoke it at admin.atlassian.com.';
const NOT_PERMITTED = refused(
  'not-permitted',
  'The leaked key works, but may not say of which organization it is: find it at admin.atlassian.com, and revoke it there.',
);

const ELSEWHERE =
  'The leaked key works, and is of another organization than the configured one: have that one revoke it at admin.atlassian.com.';

export interface OwnKey {
  readonly key: Secret;
  /** As the list of keys has it. */
  readonly id: string;
}

export function organizationKeys(own: OwnKey | undefined, tools: Tools): Part {
  const { revoke, look, verify, check } = byAccounts(own ? [accountOf(own, tools)] : [], {
    found: FOUND,
    unknown: UNKNOWN,
    rights:
      'The key of the organization needs the scopes read:keys:admin and delete:keys:admin, and must be let in to read its organization.',
    log: tools.log,
  });
  return { kinds: [ORGANIZATION_KEY], isAble: own !== undefined, revoke, look, verify, check };
}

function accountOf({ key: ownKey, id: ownId }: OwnKey, { upstream: client, clock }: Tools): Account<Found> {
  const upstream = client(HOST);
  const authorization = bearer(ownKey);
  const call = operatorCalls(upstream, { ...AS_JSON, authorization });
  const path = (organization: string) =>
    `/admin/api-access/v1/orgs/${encodeURIComponent(organization)}/api-keys`;

  /** Whose key it is. */
  const organizationOf = async (key: Secret, signal: AbortSignal) => {
    const headers = { ...AS_JSON, authorization: bearer(key) };
    const request = { method: 'GET', path: ORGANIZATIONS_PATH, headers, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], ORGANIZATIONS, ({ data }) => data[0]?.id ?? ''),
      row([401], OUT_OF_SCOPE, ''),
      row([401], UNAUTHORIZED, undefined),
      row([403], z.looseObject({}), ''),
    ]);
    return means;
  };

  const ownOrganization = async (signal: AbortSignal): Promise<string | undefined> => {
    const answer = await call({ method: 'GET', path: ORGANIZATIONS_PATH, statuses: [200], signal });
    return answer.json(ORGANIZATIONS).data[0]?.id;
  };

  /** The active ones beside ours; undefined when that is not known for sure, as with more than a page of them. */
  const othersIn = async (organization: string, signal: AbortSignal) => {
    const query = { pageSize: PAGE_SIZE };
    const answer = await call({ method: 'GET', path: path(organization), query, statuses: [200], signal });
    const { data, links } = answer.json(KEYS);
    const isActive = ({ expiresAt, revocationDate }: (typeof data)[number]) =>
      !revocationDate && !hasSurelyEnded(expiresAt, clock, answer);
    const active = data.filter(isActive).map(({ id }) => id);
    return links?.next || !active.includes(ownId) ? undefined : active.filter((id) => id !== ownId);
  };

  return {
    name: HOST,
    lag: { ms: LAG_MS, clock },
    async look(token, { signal }): Promise<Sight<Found>> {
      const organization = await organizationOf(token, signal);
      if (organization === undefined) return { state: 'absent' };
      if (organization === '') return { state: 'unable', refusal: NOT_PERMITTED };
      // What another one answers to our key says nothing of our key.
      if (organization !== (await ownOrganization(signal)))
        return { state: 'unable', refusal: refused('not-permitted', ELSEWHERE, { organization }) };
      const [key, ...more] = (await othersIn(organization, signal)) ?? [];
      if (key === undefined || more.length > 0)
        return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, { organization }) };
      return {
        state: 'alive',
        found: { organization, key },
        by: 'one-fits',
        toldBy: 'nothing',
        evidence: { organization, key },
      };
    },
    async revoke({ organization, key }, _token, { signal }) {
      const target = `${path(organization)}/revoke/${encodeURIComponent(key)}`;
      // What it says is documented nowhere, so no format is asked for; a page of HTML would be a proxy's.
      const revocation = { method: 'PATCH', path: target, statuses: [200, 204], signal } as const;
      const answer = await operatorCalls(upstream, { authorization })(revocation);
      if (!isEmptyOrJson(answer)) throw unexpected(upstream, answer);
      return revoked();
    },
    async isThere({ organization, key }, signal) {
      return (await othersIn(organization, signal))?.includes(key) ?? true;
    },
    async verify(_found, token, { signal }) {
      return (await organizationOf(token, signal)) === undefined ? 'dead' : 'alive';
    },
    async probe(signal) {
      const organization = await ownOrganization(signal);
      if (organization) await othersIn(organization, signal);
    },
  };
}
