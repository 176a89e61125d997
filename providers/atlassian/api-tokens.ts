/** API tokens of managed accounts: who logs in with one, and whether it is the account's only token. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { foundSince, lagLeft } from '../../src/provider/kit/on-file.ts';
import { Refusals } from '../../src/provider/kit/refusals.ts';
import { goneSinceSeen, refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import { unlisted, unlistedSince } from '../../src/provider/kit/unlisted.ts';
import type { Provider, RevokeResult, Step, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { addressesAround, findAccount } from './account.ts';
import { deleteToken, LAG_MS, listOrganizations, listTokens, type Note, noteSchema } from './admin.ts';

export interface Settings {
  readonly sites: readonly string[];
  readonly domains: readonly string[];
  readonly organizationKey: Secret;
}

/** Its list, in which the absence of a token that was there is its end; a refused log-in may pass. */
const ORGANIZATION = 'https://api.atlassian.com';

const NO_ADDRESS = refused(
  'needs-context',
  'An Atlassian token works with its user’s e-mail address only, and Quash found none of providers.atlassian.domains near the leak: ask the author of the commit, and revoke the token by hand.',
);
const UNKNOWN =
  'No configured site takes this token with the e-mail addresses near the leak: it may have scopes or belong to somebody else; ask the author of the commit.';
const MAX_REFUSALS = 3;

/** Whose token logged in while its account had none on record. */
const UNLISTED = z.object({ unlistedOf: z.string() });

const NOT_MANAGED = refused(
  'not-permitted',
  'The leaked token works, but the organization’s API key may not manage the tokens of its account, because another organization has that, or because the key was made with scopes: its user has to revoke it, or give Quash a key without.',
);
const NOT_LISTED = refused(
  'unknown-token',
  'The leaked token works, and its account has no token on record: its user has to revoke it.',
);
const NO_DOMAINS =
  'No address is tried without providers.atlassian.domains: name the e-mail domains of the managed accounts.';

export function apiTokens(
  { sites, domains, organizationKey }: Settings,
  tools: Tools,
): Required<Pick<Provider, 'revoke' | 'verify' | 'check'>> {
  const upstreams = sites.map((url) => tools.upstream(url));
  const { clock } = tools;
  const admin = { upstream: tools.upstream(ORGANIZATION), key: organizationKey, clock };
  const refusals = new Refusals(clock, MAX_REFUSALS);
  const places = upstreams.map(({ base }) => base);

  const ownerOf = (token: Secret, emails: readonly string[], { signal }: Step) =>
    findAccount(upstreams, emails, token, refusals, signal);

  /** The list may be ahead of the sites. A denial that may pass, or an address to be left alone, says nothing. */
  const stillLogsIn = async (token: Secret, { email }: Note, step: Step): Promise<boolean> => {
    if (email === undefined || refusals.waitMs(email) > 0) return false;
    try {
      return (await ownerOf(token, [email], step)) !== undefined;
    } catch (error) {
      if (error instanceof Failure && error.code === 'suspended') return false;
      throw error;
    }
  };

  /** One that was revoked a moment ago logs in for a while more. */
  const unlistedOf = (accountId: string, step: Step): RevokeResult => {
    const since = unlistedSince(step);
    step.sawAlive(ORGANIZATION);
    step.remember({ unlistedOf: accountId } satisfies z.output<typeof UNLISTED>);
    return unlisted(step, clock, NOT_LISTED, since, LAG_MS);
  };

  /** It does not log in any more, and its account had no token when it did. */
  const isGone = async (step: Step): Promise<boolean> => {
    const seen = UNLISTED.safeParse(step.note).data;
    return seen !== undefined && (await listTokens(admin, seen.unlistedOf, step.signal))?.length === 0;
  };

  /** The whole list comes at once; with a single token in it, that is the one that logged in. */
  const onlyToken = async (accountId: string, step: Step): Promise<string | RevokeResult> => {
    const { signal } = step;
    const tokens = await listTokens(admin, accountId, signal);
    if (!tokens) return NOT_MANAGED;
    const [first, ...others] = tokens;
    if (!first) return unlistedOf(accountId, step);
    // One that is left later was not the only one all the time.
    if (others.length > 0) step.remember({});
    return others.length > 0 ? ambiguous(accountId, [first, ...others]) : first;
  };

  return {
    async revoke(token, step) {
      const note = noteSchema.safeParse(step.note).data;
      if (note) {
        const tokens = await listTokens(admin, note.accountId, step.signal);
        if (!tokens) return NOT_MANAGED;
        if (!tokens.includes(note.tokenId) && step.seenAlive.includes(ORGANIZATION)) {
          // Another one that is the only one by now is not it.
          if (await stillLogsIn(token, note, step))
            throw new Failure('still-active', { target: ORGANIZATION });
          return goneSinceSeen(idsOf(note));
        }
      }
      const emails = note?.email === undefined ? await addressesAround(step, domains) : [note.email];
      if (emails.length === 0) return NO_ADDRESS;
      const owner = await ownerOf(token, emails, step);
      if (!owner) return (await isGone(step)) ? goneSinceSeen() : unknownAt(places, UNKNOWN);
      if ('outcome' in owner) return owner;
      const { accountId, email } = owner;
      const tokenId = await onlyToken(accountId, step);
      if (typeof tokenId !== 'string') return tokenId;
      const isSame = note?.accountId === accountId && note.tokenId === tokenId;
      const since = foundSince({ clock }, isSame ? note.since : undefined);
      const found: Note = { accountId, tokenId, email, since };
      const afterMs = lagLeft({ ms: LAG_MS, clock }, since);
      if (!isSame || afterMs > 0) {
        // On file before anything changes: a token that is gone looks like one of another user.
        step.remember(found);
        step.sawAlive(ORGANIZATION);
        return { outcome: 'continue', afterMs };
      }
      step.prove('one-fits');
      await deleteToken(admin, found, step.signal);
      return revoked(idsOf(found));
    },
    async verify(token, step) {
      const note = noteSchema.safeParse(step.note).data;
      if (!note) return 'unknown';
      const tokens = await listTokens(admin, note.accountId, step.signal);
      if (!tokens) throw new Failure('unexpected-answer', { target: ORGANIZATION });
      return tokens.includes(note.tokenId) || (await stillLogsIn(token, note, step)) ? 'alive' : 'dead';
    },
    check: async (signal) => [
      await checkOf('Atlassian organization key', () => listOrganizations(admin, signal), {
        refused: 'Atlassian refused the API key of the organization: create a new one.',
        forbidden:
          'The API key must be of an organization, and may not be limited to scopes: none of them lets it manage tokens of users.',
      }),
      ...(domains.length > 0 ? [] : [{ name: 'Atlassian domains', ok: false, advice: NO_DOMAINS }]),
    ],
  };
}

/** For the evidence, which is shown. */
function idsOf({ accountId, tokenId }: Note) {
  return { accountId, tokenId };
}

const MAX_EVIDENCE = 20;
function ambiguous(accountId: string, tokenIds: readonly string[]): RevokeResult {
  return refused(
    'ambiguous',
    'The leaked token works and its account has several: ask the user which one it is, and revoke that.',
    { accountId, candidates: tokenIds.slice(0, MAX_EVIDENCE).map((tokenId) => ({ tokenId })) },
  );
}
