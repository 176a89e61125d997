/**
 * Client secrets of applications, by an administrator's API token.
 *
 * Docs: https://developer.okta.com/okta-sdk-java/apidocs/com/okta/sdk/resource/model/ApplicationCredentialsOAuthClient.html,
 * checked 2026-11-29.
 *
 * - Whoever makes an application may choose its secret, so that several may have the same, in one organization or in two.
 * - An application that our administrator may not see any more is not gone, and one that is takes its secrets along.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { digestOf } from '../../src/provider/kit/searched-list.ts';
import type { Provider, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { call, ID, listApplications, listSecrets, notPermitted, type Organization } from './organization.ts';
import { CLOSED, type Located, secretListOf } from './secret-list.ts';

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

const MAX_EVIDENCE = 20;
const SEVERAL =
  'Several applications have this secret, which somebody must have chosen: give each of them another one.';
const OUT_OF_SIGHT = refused(
  'manual',
  'The application with this secret is gone, or the API token of Quash may not see it any more: see which, and deactivate the secret there.',
);

const FOUND = z.object({ appId: ID, secretId: ID });

/** @param organizations those with an API token of an administrator */
export function clientSecrets(
  organizations: readonly Organization[],
  { clock, log }: Tools,
): Required<Pick<Provider, 'revoke' | 'look' | 'verify' | 'check'>> {
  return byAccounts(
    organizations.map((organization) => accountOf(organization, clock)),
    {
      found: FOUND,
      chosen: true,
      rights: 'The administrator of the API token must be allowed to manage applications.',
      log,
    },
  );
}

function accountOf(organization: Organization, clock: Clock): Account<Located> {
  const secrets = secretListOf(organization, clock);
  return {
    name: organization.upstream.base,
    async look(token, step, known): Promise<Sight<Located>> {
      const found = known ? [known] : await secrets.findAll(digestOf(token), step);
      if (found === 'too-many') return { state: 'unable', refusal: TOO_MANY, maybeElsewhere: true };
      if ('state' in found) return found;
      const [located, ...others] = found;
      if (others.length > 0) {
        const candidates = found.slice(0, MAX_EVIDENCE).map(({ appId, secretId }) => ({ appId, secretId }));
        return { state: 'unable', refusal: refused('ambiguous', SEVERAL, { candidates }) };
      }
      if (located) return confirm(organization, located, token, step);
      const closed = await secrets.findAll(CLOSED, step);
      if (Array.isArray(closed) && closed.length > 0) throw notPermitted(organization.upstream);
      return { state: 'absent' };
    },
    async revoke({ appId, secretId }, _token, { signal }) {
      const all = await listSecrets(organization, appId, signal);
      if (all === 'closed') throw notPermitted(organization.upstream);
      if (all !== 'gone' && all.length === 1) return ONLY_SECRET;
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

/** The list may be some minutes old: what is acted on is shown whole in this step. */
async function confirm(
  organization: Organization,
  found: Located,
  token: Secret,
  { signal }: Step,
): Promise<Sight<Located>> {
  const all = await listSecrets(organization, found.appId, signal);
  if (all === 'closed') throw notPermitted(organization.upstream);
  if (all === 'gone') return { state: 'unable', refusal: OUT_OF_SIGHT };
  const record = all.find(({ id }) => id === found.secretId);
  if (!record) return { state: 'absent' };
  // One that is shown no longer is not gone.
  if (record.client_secret !== token.reveal()) {
    throw new Failure('unexpected-answer', { target: organization.upstream.base });
  }
  return record.status === 'INACTIVE' ? { state: 'dead' } : { state: 'alive', found, by: 'listed-whole' };
}
