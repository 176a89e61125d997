/**
 * Secrets of service accounts.
 *
 * Docs: https://www.mongodb.com/docs/atlas/api/service-accounts-overview/ and, for the calls and their answers,
 * https://github.com/mongodb/atlas-sdk-go (ServiceAccountsApi, ServiceAccountSecret), checked 2026-11-28.
 *
 * - A secret logs in only together with the id of its client, `mdb_sa_id_…`, which is looked for in the lines around
 *   the leak.
 * - A client has at most a few secrets. The `maskedSecretValue` of one was seen to show its last four characters (tests
 *   of mongodb/terraform-provider-mongodbatlas, package orgserviceaccount), but that is documented nowhere. So the leaked
 *   one is known when it is the client's only one, or when the mask shows enough of it. How soon one that was deleted is
 *   refused is not documented either: one that is alone may be another meanwhile.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import { firstOfHalves, MAX_HALVES, mustRefuse } from '../../src/provider/kit/halves.ts';
import { UNDOCUMENTED_LAG_MS } from '../../src/provider/kit/on-file.ts';
import { cannotBe, mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { unlistedSight } from '../../src/provider/kit/unlisted.ts';
import type { Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { logsIn, NOT_FOUND, type Organization } from './organization.ts';

export const SERVICE_ACCOUNT_SECRET: TokenKind = {
  id: 'service-account-secret',
  types: ['gitleaks_rule_id_mongodb-atlas-service-account-secret'],
  pattern: /(?<![\w-])mdb_sa_sk_[\w-]{40}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Any organization may have this service account.' },
  whole: 'exact',
  undo: 'no',
};

const CLIENT_ID = /(?<![\w-])mdb_sa_id_[a-f0-9]{24}(?![\w-])/;
const NOBODYS_CLIENT = `mdb_sa_id_${'0'.repeat(24)}`;
const SECRET_ID = z.string().regex(/^[a-f0-9]{24}$/);
const FOUND = z.object({ clientId: z.string().regex(/^mdb_sa_id_[a-f0-9]{24}$/), secretId: SECRET_ID });
type Found = z.output<typeof FOUND>;
/** Of a client that lets the secret in and does not list it: later lines may not show it any more. */
const NOTE = z.looseObject({ client: FOUND.shape.clientId.optional() }).catch({});
const LISTED = z.object({
  id: SECRET_ID,
  maskedSecretValue: z.string().nullish(),
  expiresAt: z.string().nullish(),
});
type ListedSecret = z.output<typeof LISTED>;
const ACCOUNT = z.object({ clientId: z.string(), secrets: z.array(LISTED) });

const NO_CLIENT = refused(
  'needs-context',
  'A service account secret works only together with its client id, and none beside the leak lets it in: look up which service account it is of, and delete the secret there.',
);
const AMBIGUOUS =
  'The secret works, and it cannot be told which of those of its service account it is: delete it in the organization at cloud.mongodb.com.';

export function serviceAccountSecrets(organizations: readonly Organization[], tools: Tools): Part {
  const { check: _, ...work } = byAccounts(
    organizations.map((organization) => accountOf(organization, tools)),
    {
      found: FOUND,
      unknown:
        'The secret works, but no configured Atlas organization has its service account: add that to providers.mongodb-atlas.organizations and retry.',
      log: tools.log,
    },
  );
  return { kinds: [SERVICE_ACCOUNT_SECRET], isAble: organizations.length > 0, ...work };
}

function accountOf(
  { id: organization, upstream, aboutAccounts: call }: Organization,
  { clock }: Tools,
): Account<Found> {
  const accounts = `/api/atlas/v2/orgs/${organization}/serviceAccounts`;
  const path = (clientId: string) => `${accounts}/${clientId}`;
  /** An expired one may stay on record, and never logs in again. */
  const valid = (answer: Answer) =>
    answer.json(ACCOUNT).secrets.filter(({ expiresAt }) => !hasSurelyEnded(expiresAt, clock, answer));
  return {
    name: organization,
    lag: { ms: UNDOCUMENTED_LAG_MS, clock },
    async look(token, step, known) {
      const { signal } = step;
      const note = NOTE.parse(step.note);
      const noted = known?.clientId ?? note.client;
      const clientId = await clientOf(upstream, token, step, noted);
      if (clientId === undefined) {
        return noted === undefined ? { state: 'unable', refusal: NO_CLIENT } : { state: 'absent' };
      }
      await mustRefuse(upstream, logsIn(upstream, NOBODYS_CLIENT, token, signal));
      const request = { method: 'GET', path: path(clientId), statuses: [200], notFound: NOT_FOUND } as const;
      const answer = await call({ ...request, signal });
      // It has just logged in, so it is not gone: its account is out of our credential's sight.
      if (answer.status === 404 && known) throw new Failure('still-active', { target: upstream.base });
      if (answer.status === 404) return { state: 'absent' };
      const secrets = valid(answer);
      const possible = secrets.filter((each) => !cannotBe(token.reveal(), each.maskedSecretValue ?? ''));
      const alike = possible.length === 1 ? possible : possible.filter(shows(token));
      const [only, ...others] = alike;
      const evidence = { client: clientId, ...(only && { secret: only.id }) };
      const refusal = refused('ambiguous', AMBIGUOUS, { client: clientId });
      if (possible.length === 0) {
        step.remember({ ...note, client: clientId });
        return unlistedSight(step, clock, refusal, organization);
      }
      if (!only || others.length > 0) return { state: 'unable', refusal };
      const toldBy = shows(token)(only) ? 'text' : 'nothing';
      return { state: 'alive', found: { clientId, secretId: only.id }, by: 'one-fits', toldBy, evidence };
    },
    async isThere({ clientId, secretId }, signal) {
      const within = {
        path: accounts,
        shows: z.object({ results: z.array(z.object({ clientId: z.string() })) }),
      };
      const request = { method: 'GET', path: path(clientId), statuses: [200], notFound: NOT_FOUND } as const;
      const answer = await call({ ...request, within, signal });
      if (answer.status === 404) return false;
      return valid(answer).some((each) => each.id === secretId);
    },
    async revoke({ clientId, secretId }, _token, { signal }) {
      await call({
        method: 'DELETE',
        path: `${path(clientId)}/secrets/${secretId}`,
        statuses: [204],
        notFound: NOT_FOUND,
        signal,
      });
      return revoked();
    },
    verify: async ({ clientId }, token, { signal }) =>
      (await logsIn(upstream, clientId, token, signal)) ? 'alive' : 'dead',
  };
}

/** The client that logs in with this secret. */
async function clientOf(
  upstream: Upstream,
  token: Secret,
  step: Step,
  known: string | undefined,
): Promise<string | undefined> {
  const ids =
    known === undefined ? (await step.matchesAround(CLIENT_ID)).map((each) => each.reveal()) : [known];
  return firstOfHalves(ids.slice(0, MAX_HALVES), async (id) =>
    (await logsIn(upstream, id, token, step.signal)) ? id : undefined,
  );
}

function shows(token: Secret) {
  return ({ maskedSecretValue }: ListedSecret) =>
    mayBe(token.reveal(), maskedSecretValue ?? '', { fixedHead: 'mdb_sa_sk_' });
}
