/** Client secrets of applications, by an administrator's API token. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type {
  LookResult,
  Provider,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { call, ID, listApplications, listSecrets, type Organization } from './organization.ts';
import { type Located, SecretIndex } from './secret-index.ts';

export const CLIENT_SECRET: TokenKind = {
  id: 'client-secret',
  types: ['gitleaks_rule_id_oktaclientsecret'],
  pattern: /(?<![\w-])(?:[\w-]{64}|[\w-]{40})(?![\w-])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Every organization has its own, and only the configured ones are asked.' },
  // The longer ones begin like the shorter ones.
  whole: 'open',
  undo: 'yes',
};

const ONLY_SECRET = refused(
  'not-permitted',
  "Okta does not deactivate an application's only secret: add a second one to the application, hand it out, and retry.",
);
const TOO_MANY = refused(
  'ambiguous',
  'The organization has more applications than Quash searches: find the one with this secret and deactivate it by hand.',
);

const FOUND = z.object({ appId: ID, secretId: ID });

/** In ms since the epoch, when the token was seen first. */
const NOTE = z.object({ since: z.number() });

/** Thrown when the reading of an organization goes on in a later step. */
class ReadingGoesOn extends Error {
  readonly waitMs: number;

  constructor(waitMs: number) {
    super('The reading of an organization goes on in a later step.');
    this.waitMs = waitMs;
  }
}

/** @param organizations those with an API token of an administrator */
export function clientSecrets(
  organizations: readonly Organization[],
  { clock, log }: Tools,
): Required<Pick<Provider, 'revoke' | 'look' | 'verify' | 'check'>> {
  const accounts = byAccounts(
    organizations.map((organization) => accountOf(organization, clock)),
    {
      found: FOUND,
      rights: 'The administrator of the API token must be allowed to manage applications.',
      log,
    },
  );
  return {
    ...accounts,
    async revoke(token, step): Promise<RevokeResult> {
      if (step.note === undefined) step.remember({ since: clock.now() } satisfies z.output<typeof NOTE>);
      return accounts.revoke(token, step).catch((error: unknown) => {
        if (!(error instanceof ReadingGoesOn)) throw error;
        return { outcome: 'continue', afterMs: error.waitMs };
      });
    },
    async look(token, step): Promise<LookResult> {
      return accounts.look(token, step).catch((error: unknown) => {
        if (!(error instanceof ReadingGoesOn)) throw error;
        return { outcome: 'undecided' };
      });
    },
  };
}

function accountOf(organization: Organization, clock: Clock): Account<Located> {
  const index = new SecretIndex(organization, clock);
  return {
    name: organization.upstream.base,
    async look(token, step, known): Promise<Sight<Located>> {
      const located = known ?? (await index.locate(token, since(step, clock), step.signal));
      if (located === 'too-many') return { state: 'unable', refusal: TOO_MANY, maybeElsewhere: true };
      if (located === 'absent') return { state: located };
      if ('waitMs' in located) throw new ReadingGoesOn(located.waitMs);
      return confirm(organization, located, token, step);
    },
    async revoke({ appId, secretId }, _token, { signal }) {
      const all = await listSecrets(organization, appId, signal);
      if (all?.length === 1) return ONLY_SECRET;
      const answer = await call(organization, {
        method: 'POST',
        path: `/api/v1/apps/${appId}/credentials/secrets/${secretId}/lifecycle/deactivate`,
        statuses: [200],
        signal,
      });
      // The answer holds the secret: only its status is of interest.
      answer.json(z.object({ id: z.literal(secretId), status: z.literal('INACTIVE') }));
      return revoked({ appId, secretId });
    },
    async probe(signal) {
      await listApplications(organization, { limit: 1 }, signal);
    },
  };
}

function since({ note }: Step, clock: Clock): number {
  return NOTE.safeParse(note).data?.since ?? clock.now();
}

/** Reads the secret again, because the index may be some minutes old and the proof must be of this step. */
async function confirm(
  organization: Organization,
  found: Located,
  token: Secret,
  { signal }: Step,
): Promise<Sight<Located>> {
  const all = await listSecrets(organization, found.appId, signal);
  const record = all?.find(({ id }) => id === found.secretId);
  if (!record) return { state: 'absent' };
  // One that is shown no longer is not gone.
  if (record.client_secret !== token.reveal()) {
    throw new Failure('unexpected-answer', { target: organization.upstream.base });
  }
  return record.status === 'INACTIVE' ? { state: 'dead' } : { state: 'alive', found, by: 'listed-whole' };
}
