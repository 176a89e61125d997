/** One host. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { UNDOCUMENTED_LAG_MS } from '../../src/provider/kit/on-file.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';

const id = z.string().regex(/^[\w-]+$/);
export const FOUND = z.union([z.object({ tokenId: id }), z.object({ organization: id })]);
type Found = z.output<typeof FOUND>;

const ACCOUNT = z.object({
  data: z.object({
    id,
    type: z.literal('users'),
    attributes: z.object({ 'is-service-account': z.boolean() }),
    relationships: z.object({
      'authenticated-resource': z.object({ data: z.object({ id, type: z.string() }) }).optional(),
    }),
  }),
});
const TOKEN_LIST = z.object({
  data: z.array(
    z.object({
      id,
      type: z.literal('authentication-tokens'),
    }),
  ),
  // Where the list came in pages all the same, this is one of several.
  meta: z.object({ pagination: z.object({ 'next-page': z.int().nullish() }).optional() }).optional(),
});
const ERRORS = z.object({ errors: z.array(z.object({ status: z.string() })).min(1) });

/** It looks like a token, and nobody has it. */
const NOBODYS = new Secret(['0'.repeat(14), 'atlasv1', '0'.repeat(67)].join('.'));

const NOT_A_USERS = refused(
  'unsupported-kind',
  'This is the token of a team: delete it on the page of the team, where it can be told from others.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'Terraform knows this token but does not let it delete itself: delete it by hand.',
);
const KEPT_OUT = refused(
  'manual',
  'Terraform took this token before and refuses it now, as it does with one that lives longer than its organization allows, and Terraform Enterprise while the SAML session of its user is over: see in the settings of the user or the organization whether it is gone, and delete it if it is not.',
);
const AMBIGUOUS =
  'The leaked token works and its user has several: ask the user which one it is, and delete that.';

/** @param isOwn an installation of Terraform Enterprise, whose proxy may sign everybody in */
export function hostAccount(
  upstream: Upstream,
  clock: Clock,
  { isOwn }: { readonly isOwn: boolean },
): Account<Found> {
  const accountOf = async (token: Secret, signal: AbortSignal) => {
    const request = {
      method: 'GET',
      path: '/api/v2/account/details',
      ...as(token),
      signal,
      tells: { owner: ['data.attributes.email', 'data.attributes.username'] },
    } as const;
    const { means } = await ask(upstream, request, [
      row([200], ACCOUNT, ({ data }) => data),
      row([401], ERRORS, undefined),
    ]);
    return means;
  };
  return {
    name: upstream.base,
    lag: { ms: UNDOCUMENTED_LAG_MS, clock },
    keptOut: KEPT_OUT,
    async look(token, { signal }) {
      const account = await accountOf(token, signal);
      if (!account) return { state: 'absent' };
      if (isOwn) await mustRefuse(upstream, accountOf(NOBODYS, signal));
      if (!account.attributes['is-service-account']) {
        return lookAtUser(upstream, account.id, token, signal);
      }
      const owner = account.relationships['authenticated-resource']?.data;
      if (owner?.type !== 'organizations') return { state: 'unable', refusal: NOT_A_USERS };
      return { state: 'alive', found: { organization: owner.id }, by: 'signs-in' };
    },
    async revoke(found, token, { signal }) {
      const path =
        'tokenId' in found
          ? `/api/v2/authentication-tokens/${found.tokenId}`
          : `/api/v2/organizations/${found.organization}/authentication-token`;
      const { means } = await ask(upstream, { method: 'DELETE', path, ...as(token), signal }, [
        row([204], 'revoked'),
        row([404], ERRORS, 'not-permitted'),
      ]);
      return means === 'revoked' ? revoked({ ...found }) : NOT_PERMITTED;
    },
    async verify(_found, token, { signal }) {
      return (await accountOf(token, signal)) ? 'alive' : 'dead';
    },
  };
}

const MAX_EVIDENCE = 20;

async function lookAtUser(
  upstream: Upstream,
  userId: string,
  token: Secret,
  signal: AbortSignal,
): Promise<Sight<Found>> {
  const path = `/api/v2/users/${userId}/authentication-tokens`;
  const answer = await upstream.request({
    method: 'GET',
    path,
    ...as(token),
    statuses: [200],
    signal,
  });
  const { data, meta } = answer.json(TOKEN_LIST);
  const [first, ...others] = data;
  // The token works, so an empty list has no known meaning.
  if (!first) throw unexpected(upstream, answer);
  const isWhole = meta?.pagination?.['next-page'] == null;
  if (others.length === 0 && isWhole) {
    return { state: 'alive', found: { tokenId: first.id }, by: 'one-fits', toldBy: 'nothing' };
  }
  const candidates = data.slice(0, MAX_EVIDENCE).map((each) => ({ tokenId: each.id }));
  const evidence = { host: upstream.base, user: userId, candidates };
  return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS, evidence) };
}

/** The vendor's own client asks so, too (go-tfe, v2/api/account/details_request_builder.go). */
function as(token: Secret) {
  return { headers: { authorization: bearer(token), accept: 'application/vnd.api+json' } };
}
