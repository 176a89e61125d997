/** Each status and each trap of GitLab's token APIs, against a fake that keeps state. */
import { describe, expect, it } from 'vitest';
import type { FakeTokenKind } from '../../src/fakes/gitlab-tokens.ts';
import { Secret } from '../../src/words/secret.ts';
import { runStep, stepOf } from '../../test/contract/provider-suite.ts';
import { aStep } from '../../test/support/a-step.ts';
import {
  ADMIN,
  type Bench,
  benchFor,
  failureOf,
  type Gitlab,
  liveness,
  NOW,
  revoke,
  startGitlab,
  withAdmin,
  withoutAdmin,
} from '../../test/support/gitlab-bench.ts';
import { gitlab } from './index.ts';

const HOOK_TOKEN = 'hook-token-of-the-tests';
const DAY_MS = 86_400_000;

const REVOCABLE: readonly FakeTokenKind[] = [
  'personal',
  'deploy',
  'feed',
  'oauth-secret',
  'agent',
  'runner',
  'legacy-runner',
  'trigger',
  'feature-flag-client',
  'session',
  'incoming-mail',
  'scim',
];

/** A call that this GitLab refuses next, as in maintenance mode; its administrator has written the sentence. */
function refuseInMaintenance(fake: Gitlab, method: 'POST' | 'DELETE', path: string): void {
  const body = { message: 'Back at noon.' };
  fake.failNext({ method, path, ...(method === 'POST' ? { status: 403, body } : { status: 301 }) });
}

describe('in maintenance mode', () => {
  const SELF = '/personal_access_tokens/self';

  it.each<[string, FakeTokenKind, typeof withAdmin, 'POST' | 'DELETE', string]>([
    ['an administrator asks', 'personal', withAdmin, 'POST', '/admin/token'],
    ['an administrator revokes', 'personal', withAdmin, 'DELETE', '/personal_access_tokens/2'],
    ['an access token revokes itself', 'personal', withoutAdmin, 'DELETE', SELF],
    ['a runner is asked for', 'runner', withoutAdmin, 'POST', '/runners/verify'],
    ['a runner resets its token', 'runner', withoutAdmin, 'POST', '/runners/reset_authentication_token'],
  ])('GitLab is waited for when %s', async (_name, kind, benchOf, method, path) => {
    const fake = await startGitlab();
    const token = fake.addToken(kind);
    const bench = benchOf(fake);
    refuseInMaintenance(fake, method, path);

    expect(await failureOf(revoke(bench, kind, token.value))).toMatchObject({
      ...{ code: 'unavailable', whose: 'provider' },
    });
    expect(await revoke(bench, kind, token.value)).toMatchObject({ outcome: 'revoked', verified: true });
  });
});

describe('an administrator token', () => {
  it.each(REVOCABLE)('revokes a %s token once and proves it', async (kind) => {
    const fake = await startGitlab();
    const token = fake.addToken(kind);

    const end = await revoke(withAdmin(fake), kind, token.value);

    expect(end).toMatchObject({ outcome: 'revoked', verified: true, evidence: { instance: fake.url } });
    expect(token.revocations).toBe(1);
    expect(fake.calls.filter(({ unexpected }) => unexpected)).toEqual([]);
  });

  it.each(['personal', 'deploy', 'agent'] as const)(
    'leaves a %s token alone that is revoked already',
    async (kind) => {
      const fake = await startGitlab();
      const token = fake.addToken(kind, { revoked: true });

      const end = await revoke(withAdmin(fake), kind, token.value);

      expect(end).toMatchObject({ outcome: 'already-inactive', verified: true });
      expect(token.revocations).toBe(0);
    },
  );

  it.each(['personal', 'deploy'] as const)('leaves a %s token alone that has expired', async (kind) => {
    const fake = await startGitlab();
    const token = fake.addToken(kind, { expiresAtMs: NOW - 2 * DAY_MS });
    const end = await revoke(withAdmin(fake), kind, token.value);
    expect(end).toMatchObject({ outcome: 'already-inactive', verified: true });
    expect(token.revocations).toBe(0);
  });

  it('revokes an access token that is only inactive, as it may work again', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', { dormant: true });
    const end = await revoke(withAdmin(fake), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
    expect(token.revocations).toBe(1);
  });

  it('revokes an access token whose last day is not over everywhere', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', { expiresAtMs: NOW });
    await revoke(withAdmin(fake), 'personal', token.value);
    expect(token.revocations).toBe(1);
  });

  it('revokes an access token that revokes itself and has ended by our clock alone', async () => {
    const fake = await startGitlab({ now: () => NOW - 3 * DAY_MS });
    const token = fake.addToken('personal', { expiresAtMs: NOW - 2 * DAY_MS });
    const end = await revoke(withoutAdmin(fake), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'revoked' });
    expect(token.revocations).toBe(1);
  });

  it('revokes an access token that ended days ago by our clock, and works by that of GitLab', async () => {
    const fake = await startGitlab({ now: () => NOW - 3 * DAY_MS });
    const token = fake.addToken('personal', { expiresAtMs: NOW - 2 * DAY_MS });
    const end = await revoke(withAdmin(fake), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
    expect(token.revocations).toBe(1);
  });

  it('sends the owner of an access token one e-mail, however often the token is reported', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal');
    const bench = withAdmin(fake);
    await revoke(bench, 'personal', token.value);
    await revoke(bench, 'personal', token.value);
    expect(token.mails).toBe(1);
  });

  it.each([
    ['of a service account', { owner: 'service-account' }],
    ['that impersonates', { impersonation: true }],
    ['of a blocked user', { userState: 'blocked' }],
  ] as const)('revokes an access token %s by its id', async (_name, options) => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', options);
    const end = await revoke(withAdmin(fake), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
    expect(fake.asked()).toContain(`DELETE /personal_access_tokens/${token.id}`);
  });

  it('keeps the bot user of a project access token', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', { owner: 'project-bot' });
    await revoke(withAdmin(fake), 'personal', token.value);
    fake.runBackgroundJobs();
    expect(token).toMatchObject({ revoked: true, deleted: false });
  });

  it('leaves the bot user to GitLab from 17.9 on, also when the operator wants it removed', async () => {
    const fake = await startGitlab({ version: '17.9' });
    const token = fake.addToken('personal', { owner: 'project-bot' });
    const bench = benchFor({ instances: [{ url: fake.url, adminToken: ADMIN }], botTokens: 'admin-delete' });
    const end = await revoke(bench, 'personal', token.value);
    fake.runBackgroundJobs();
    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
    expect(token).toMatchObject({ revoked: true, deleted: false, mails: 1 });
  });

  it('removes the bot user when the operator wants that, where GitLab does it', async () => {
    const fake = await startGitlab({ version: '17.8' });
    const token = fake.addToken('personal', { owner: 'project-bot' });
    const bench = benchFor({ instances: [{ url: fake.url, adminToken: ADMIN }], botTokens: 'admin-delete' });
    const notes: unknown[] = [];

    const end = await revoke(bench, 'personal', token.value, notes);
    fake.runBackgroundJobs();

    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
    expect(token).toMatchObject({ revoked: true, deleted: true, mails: 1 });
    expect(await liveness(bench, 'personal', token.value, notes.at(-1))).toBe('dead');
  });

  it("deletes a service account's token by its id also when bot users are to be removed", async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', { owner: 'service-account' });
    const bench = benchFor({ instances: [{ url: fake.url, adminToken: ADMIN }], botTokens: 'admin-delete' });
    expect(await revoke(bench, 'personal', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
    expect(token.revocations).toBe(1);
  });

  it('revokes access tokens on GitLab 17.5, which cannot delete by plaintext', async () => {
    const fake = await startGitlab({ version: '17.5' });
    const token = fake.addToken('personal');
    expect(await revoke(withAdmin(fake), 'personal', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('falls back to the access token itself where the token API is missing', async () => {
    const fake = await startGitlab({ version: '17.4' });
    const token = fake.addToken('personal');
    expect(await revoke(withAdmin(fake), 'personal', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('falls back to the access token itself where the finder flag is off', async () => {
    const fake = await startGitlab({ version: '17.5', finderFlag: false });
    const token = fake.addToken('personal');
    expect(await revoke(withAdmin(fake), 'personal', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('falls back to the access token itself when it has a former custom prefix (422)', async () => {
    const fake = await startGitlab({ personalAccessTokenPrefix: 'new-' });
    const token = fake.addToken('personal', { value: `old-${'k3y9'.repeat(5)}` });
    expect(await revoke(withAdmin(fake), 'personal', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('falls back to the access token itself when GitLab refuses by id (400)', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal');
    fake.failNext({ method: 'DELETE', path: `/personal_access_tokens/${token.id}`, status: 400, body: {} });
    expect(await revoke(withAdmin(fake), 'personal', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('does not believe the access token to be gone while the administrator still sees it', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal');
    fake.failNext({ method: 'DELETE', path: `/personal_access_tokens/${token.id}`, status: 400, body: {} });
    const body = { message: '401 Unauthorized' };
    fake.failNext({ method: 'GET', path: '/personal_access_tokens/self', status: 401, body });
    const end = await revoke(withAdmin(fake), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('hands an access token that GitLab refuses to revoke in every way to a person', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', { refusal: 'Not permitted to revoke' });
    const end = await revoke(withAdmin(fake), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('hands a deploy token that GitLab refuses to revoke (400) to a person', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('deploy', { refusal: 'Failed to find bot user' });
    const end = await revoke(withAdmin(fake), 'deploy', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('names the feature flags when DELETE is gated by one (404)', async () => {
    const fake = await startGitlab({ version: '17.7', revokeFlag: false });
    const token = fake.addToken('deploy');
    const end = await revoke(withAdmin(fake), 'deploy', token.value);
    expect(end).toMatchObject({
      outcome: 'refused',
      reason: 'unsupported-kind',
      advice: expect.stringContaining('api_admin_token_revoke'),
    });
  });

  it('does not take a missing route (404) for a dead token', async () => {
    const fake = await startGitlab({ version: '17.6' });
    const token = fake.addToken('deploy');
    const end = await revoke(withAdmin(fake), 'deploy', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
  });

  it('does not take a wrong base URL for a dead token, even of an instance that knew it', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('deploy');
    const bench = benchFor({ instances: [{ url: `${fake.url}/wrong`, adminToken: ADMIN }] });
    const note = { instance: `${fake.url}/wrong` };
    expect(await liveness(bench, 'deploy', token.value, note)).toBe('unknown');
    expect(await revoke(bench, 'deploy', token.value, [note])).toMatchObject({ reason: 'unsupported-kind' });
  });

  it('works below a relative URL root', async () => {
    const fake = await startGitlab({ basePath: '/gitlab' });
    const token = fake.addToken('deploy');
    expect(await revoke(withAdmin(fake), 'deploy', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('hands a SCIM token to a person where GitLab is too old for it (422)', async () => {
    const fake = await startGitlab({ version: '18.9' });
    const token = fake.addToken('scim');
    const end = await revoke(withAdmin(fake), 'scim', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
    expect(token.revocations).toBe(0);
  });

  it('hands a SCIM token to a person where GitLab knows it but cannot reset it yet (400)', async () => {
    const fake = await startGitlab({ version: '19.0' });
    const token = fake.addToken('scim');
    const end = await revoke(withAdmin(fake), 'scim', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    expect(token.revocations).toBe(0);
  });

  it('says why GitLab does not recognise a token, which may be a former prefix (422)', async () => {
    const fake = await startGitlab({ instanceTokenPrefix: 'new' });
    const token = fake.addToken('deploy', { value: ['old-gl', 'dt-', 'k3y9'.repeat(5)].join('') });
    const instance = { url: fake.url, adminToken: ADMIN, instanceTokenPrefixes: ['new', 'old'] };
    const end = await revoke(benchFor({ instances: [instance] }), 'deploy', token.value);
    expect(end).toMatchObject({
      outcome: 'refused',
      reason: 'unsupported-kind',
      advice: expect.stringContaining('former prefix'),
    });
  });

  it.each(['glrtr-', 't1_', 't2_', 't3_'])(
    'resets the token %s... of a runner that was registered',
    async (prefix) => {
      const fake = await startGitlab();
      const token = fake.addToken('legacy-runner', { value: prefix + 'k3y9'.repeat(5) });
      const end = await revoke(withAdmin(fake), 'legacy-runner', token.value);
      expect(end).toMatchObject({ outcome: 'revoked', verified: true });
      expect(token).toMatchObject({ revocations: 1, heartbeats: 0 });
    },
  );

  it.each([
    ['works', {}],
    ['has ended, as that keeps nobody from using it', { expiresAtMs: NOW - 40 * DAY_MS }],
  ])('deletes a trigger token that %s', async (_name, state) => {
    const fake = await startGitlab({ expireTriggersFlag: true });
    const token = fake.addToken('trigger', state);
    const end = await revoke(withAdmin(fake), 'trigger', token.value);
    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
    expect(token).toMatchObject({ deleted: true, revocations: 1 });
    expect(fake.asked()).not.toContain('DELETE /admin/token');
  });

  const QUERY = { method: 'POST', path: '/api/graphql', status: 200 } as const;

  it.each([
    [
      'is not allowed',
      { errors: [{ message: 'The resource that you are attempting to access does not exist' }] },
    ],
    ['fails', { data: { pipelineTriggerDelete: { errors: ['Attempted to destroy it but failed'] } } }],
  ])('hands a trigger token whose deletion %s to a person', async (_name, body) => {
    const fake = await startGitlab();
    const token = fake.addToken('trigger');
    fake.failNext({ ...QUERY, body });
    const end = await revoke(withAdmin(fake), 'trigger', token.value);
    expect(end).toMatchObject({
      ...{ outcome: 'refused', reason: 'not-permitted' },
      advice: expect.stringContaining('CI/CD settings'),
    });
  });

  it('waits with a trigger token for a GitLab that takes no changes', async () => {
    const fake = await startGitlab();
    const message = 'You cannot perform write operations on a read-only instance';
    fake.failNext({ ...QUERY, body: { errors: [{ message }] } });
    const failure = await failureOf(revoke(withAdmin(fake), 'trigger', fake.addToken('trigger').value));
    expect(failure).toMatchObject({ code: 'unavailable', whose: 'provider' });
  });

  it('tries again later when GitLab fails at a kind that has no other way (500)', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('agent');
    fake.failNext({ method: 'DELETE', path: '/admin/token', status: 500, body: { message: '500' } });
    const bench = withAdmin(fake);
    const failure = await failureOf(revoke(bench, 'agent', token.value));
    expect(failure).toMatchObject({ code: 'upstream-error', whose: 'token' });
    expect(await revoke(bench, 'agent', token.value)).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('believes a second look when GitLab answered 500 after it had revoked', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('agent');
    fake.failNext({ method: 'DELETE', path: '/admin/token', status: 500, body: {}, afterWork: true });
    expect(await revoke(withAdmin(fake), 'agent', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
    expect(token.revocations).toBe(1);
  });

  it('takes an access token for revoked whose record has gone meanwhile (404), once a look shows it dead', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal');
    const gone = {
      method: 'DELETE',
      path: `/personal_access_tokens/${token.id}`,
      status: 404,
      body: { message: '404 Token Not Found' },
    } as const;
    const bench = withAdmin(fake);
    fake.failNext({ ...gone, afterWork: true });
    expect(await revoke(bench, 'personal', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });

    const other = fake.addToken('personal');
    fake.failNext({ ...gone, path: `/personal_access_tokens/${other.id}` });
    const failure = await failureOf(revoke(bench, 'personal', other.value));
    expect(failure).toMatchObject({ code: 'still-active' });
  });

  it.each(['drop', 502] as const)(
    'revokes once when the answer to the revocation is lost (%s)',
    async (status) => {
      const fake = await startGitlab();
      const token = fake.addToken('personal');
      const path = `/personal_access_tokens/${token.id}`;
      fake.failNext({ method: 'DELETE', path, status, afterWork: true });
      const bench = withAdmin(fake);
      await failureOf(revoke(bench, 'personal', token.value));
      expect(await revoke(bench, 'personal', token.value)).toMatchObject({
        outcome: 'already-inactive',
        verified: true,
      });
      expect(token.mails).toBe(1);
    },
  );

  it('knows after a lost answer that a reset token is dead, because it remembered where it had lived', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('feed');
    const leaked = token.value;
    fake.failNext({ method: 'DELETE', path: '/admin/token', status: 'drop', afterWork: true });
    const bench = withAdmin(fake);
    const notes: unknown[] = [];
    await failureOf(revoke(bench, 'feed', leaked, notes));
    expect(await revoke(bench, 'feed', leaked, notes)).toMatchObject({
      outcome: 'already-inactive',
      verified: true,
    });
    expect(token.revocations).toBe(1);
  });

  it('puts on record where a token lives before it resets it', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('feed');
    const places: string[] = [];
    const step = aStep({ kind: 'feed-token', sawAlive: (place) => void places.push(place) });
    const result = await withAdmin(fake).provider.revoke(new Secret(token.value), step);
    expect(result).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(places).toEqual([fake.url]);
    expect(token.revocations).toBe(0);
  });

  it.each([
    ['revoked', { revoked: true }],
    ['expired', { expiresAtMs: 1 }],
  ])('pauses when our own token is %s (401)', async (_name, state) => {
    const fake = await startGitlab();
    Object.assign(fake.tokens[0] ?? {}, state);
    const failure = await failureOf(revoke(withAdmin(fake), 'deploy', fake.addToken('deploy').value));
    expect(failure).toMatchObject({
      code: 'credential-refused',
      whose: 'provider',
      scope: 'lane',
      target: fake.url,
    });
  });

  it.each([
    ["is not an administrator's", { admin: false }],
    ['lacks the scope admin_mode', { scopes: ['api'] }],
    ['lacks the scope api', { scopes: ['read_api', 'admin_mode'] }],
  ])('pauses when our own token %s (403)', async (_name, state) => {
    const fake = await startGitlab();
    Object.assign(fake.tokens[0] ?? {}, state);
    const failure = await failureOf(revoke(withAdmin(fake), 'deploy', fake.addToken('deploy').value));
    expect(failure).toMatchObject({ code: 'permission-missing', whose: 'provider', scope: 'lane' });
  });

  it('waits as long as Rack::Attack asks for (429 in plain text)', async () => {
    const fake = await startGitlab({ callsLeft: 0, retryAfterSeconds: 42 });
    const token = fake.addToken('personal');
    const failure = await failureOf(revoke(withAdmin(fake), 'personal', token.value));
    expect(failure).toMatchObject({ code: 'throttled', whose: 'provider', retryAfterMs: 42_000 });
    expect(token.revocations).toBe(0);
  });

  it.each([502, 503, 504])('pauses when GitLab is not available (%i)', async (status) => {
    const fake = await startGitlab();
    fake.failNext({ method: 'POST', path: '/admin/token', status, body: 'GitLab is not responding' });
    const failure = await failureOf(revoke(withAdmin(fake), 'deploy', fake.addToken('deploy').value));
    expect(failure).toMatchObject({ code: 'unavailable', whose: 'provider' });
  });

  it('does not trust an answer without the fields that say whether the token lives', async () => {
    const fake = await startGitlab();
    fake.failNext({ method: 'POST', path: '/admin/token', status: 200, body: { id: 1 } });
    const failure = await failureOf(revoke(withAdmin(fake), 'deploy', fake.addToken('deploy').value));
    expect(failure).toMatchObject({ code: 'unexpected-answer', whose: 'token' });
  });

  it('says that the token still works when GitLab did nothing', async () => {
    const fake = await startGitlab();
    fake.failNext({ method: 'DELETE', path: '/admin/token', status: 204 });
    const failure = await failureOf(revoke(withAdmin(fake), 'deploy', fake.addToken('deploy').value));
    expect(failure.code).toBe('still-active');
  });
});

describe('a token that the instances do not know', () => {
  it.each(['deploy', 'feed', 'personal', 'runner'] as const)(
    'goes to a person when it is a %s token',
    async (kind) => {
      const here = await startGitlab();
      const elsewhere = await startGitlab();
      const { value } = elsewhere.addToken(kind);
      const end = await revoke(withAdmin(here), kind, value);
      expect(end).toMatchObject({ outcome: 'refused', reason: 'unknown-token', verified: false });
    },
  );

  it.each(['oauth-secret', 'trigger', 'personal'] as const)(
    'counts as inactive, unproven, when the operator says so and it is surely whole: %s',
    async (kind) => {
      const here = await startGitlab();
      const bench = benchFor({ instances: [{ url: here.url, adminToken: ADMIN }] }, 'inactive');
      const { value } = (await startGitlab()).addToken(kind);
      expect(await revoke(bench, kind, value)).toMatchObject({
        outcome: 'already-inactive',
        verified: false,
      });
    },
  );

  it.each(REVOCABLE)('is never advised to be left alone: %s', async (kind) => {
    const here = await startGitlab();
    const { value } = (await startGitlab()).addToken(kind);
    const { outcome, ...more } = await revoke(withAdmin(here), kind, value);
    expect(outcome).toBe('refused');
    expect(JSON.stringify(more)).not.toMatch(/dismiss|gone already/i);
  });

  it('goes to a person on an old GitLab that takes every string for an access token', async () => {
    const fake = await startGitlab({ version: '17.6', personalAccessTokenPrefix: '' });
    const token = fake.addToken('agent');
    const end = await revoke(withAdmin(fake), 'agent', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is not called dead by a verification that has no memory of it', async () => {
    const fake = await startGitlab();
    const { value } = (await startGitlab()).addToken('deploy');
    expect(await liveness(withAdmin(fake), 'deploy', value)).toBe('unknown');
  });

  it('is dead at an instance that knew it before', async () => {
    const fake = await startGitlab();
    const { value } = (await startGitlab()).addToken('feed');
    const end = await revoke(withAdmin(fake), 'feed', value, [{ instance: fake.url }]);
    expect(end).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  it('is not called dead because of a memory of an instance that is no longer configured', async () => {
    const fake = await startGitlab();
    const { value } = (await startGitlab()).addToken('feed');
    const end = await revoke(withAdmin(fake), 'feed', value, [{ instance: 'https://former.example.com' }]);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });
});

describe('a token that must not be sent', () => {
  it.each([
    ['runner-registration', `GR134${'8941'}${'k3y9'.repeat(5)}`, 'runner-registration-token'],
    ['path-dependent feed', ['gl', 'ft-', '0a'.repeat(32), '-17'].join(''), 'path-feed-token'],
    ['unprefixed feed', 'k3y9'.repeat(5), 'bare-feed-token'],
    ['workspace', ['gl', 'wt-', 'k3y9'.repeat(5)].join(''), 'workspace-token'],
    ['runner controller', ['gl', 'rct-', 'k3y9'.repeat(5)].join(''), 'runner-controller-token'],
  ])('goes to a person without any call: %s token', async (_name, leaked, kind) => {
    const fake = await startGitlab();
    const { result } = await runStep(withAdmin(fake), new Secret(leaked), { kind });
    expect(result).toMatchObject({
      outcome: 'refused',
      reason: 'unsupported-kind',
      advice: expect.any(String),
    });
    expect(fake.calls).toEqual([]);
  });

  it('is our own administrator token, of whichever instance, and the operator hears of it', async () => {
    const [first, second] = [await startGitlab(), await startGitlab()];
    const other = second.addToken('personal', { admin: true, scopes: ['api', 'admin_mode'] });
    const bench = benchFor({
      instances: [
        { url: first.url, adminToken: ADMIN },
        { url: second.url, adminToken: other.value },
      ],
    });
    const end = await revoke(bench, 'personal', other.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
    expect(bench.logged).toEqual([{ event: 'own-credential-leaked', fields: { instance: second.url } }]);
    expect([...first.calls, ...second.calls]).toEqual([]);
  });

  it.each(['readToken', 'writeBackToken'] as const)('is our own %s', async (key) => {
    const fake = await startGitlab();
    const token = fake.addToken('personal');
    const bench = benchFor({ instances: [{ url: fake.url, adminToken: ADMIN, [key]: token.value }] });

    const end = await revoke(bench, 'personal', token.value);

    expect(end).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
    expect(fake.calls).toEqual([]);
  });
});

describe('an access token on its own', () => {
  it.each(['human', 'project-bot', 'service-account'] as const)('revokes itself once: %s', async (owner) => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', { owner });
    const bench = withoutAdmin(fake);
    expect(await revoke(bench, 'personal', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
    expect(await revoke(bench, 'personal', token.value)).toMatchObject({
      outcome: 'already-inactive',
      verified: true,
    });
    expect(token.mails).toBe(1);
  });

  it.each([
    ['revoked', { revoked: true }],
    ['expired', { expiresAtMs: 1 }],
  ])('was already inactive when GitLab says that it is %s (401)', async (_name, state) => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', state);
    const end = await revoke(withoutAdmin(fake), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  it('is found at the second instance after the first does not know it (401)', async () => {
    const [first, second] = [await startGitlab(), await startGitlab()];
    const token = second.addToken('personal');
    const end = await revoke(withoutAdmin(first, second), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'revoked', verified: true, evidence: { instance: second.url } });
  });

  it('is not called dead where GitLab does not take it for now, and says as little as of one that it does not know', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal');
    const body = { message: '401 Unauthorized' };
    fake.failNext({ method: 'GET', path: '/personal_access_tokens/self', status: 401, body });
    const seen = [{ instance: fake.url }];
    const end = await revoke(withoutAdmin(fake), 'personal', token.value, seen);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    expect(await revoke(withAdmin(fake), 'personal', token.value, seen)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('was already inactive where an administrator is told that it is gone', async () => {
    const fake = await startGitlab();
    const { value } = (await startGitlab()).addToken('personal');
    const end = await revoke(withAdmin(fake), 'personal', value, [{ instance: fake.url }]);
    expect(end).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  it('goes to a person when it impersonates, because then it cannot revoke itself (400)', async () => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', { impersonation: true });
    const end = await revoke(withoutAdmin(fake), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it.each([
    ['its user is blocked (403)', { userState: 'blocked' }, {}],
    ['GitLab wants DPoP (401)', {}, { dpopRequired: true }],
    ['impersonation is turned off (401)', { impersonation: true }, { impersonationDisabled: true }],
  ] as const)('is not called dead when %s', async (_name, tokenOptions, settings) => {
    const fake = await startGitlab(settings);
    const token = fake.addToken('personal', tokenOptions);
    const bench = withoutAdmin(fake);
    const end = await revoke(bench, 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    expect(await liveness(bench, 'personal', token.value, { instance: fake.url })).toBe('unknown');
  });

  describe('that is fine-grained and may not see itself (403)', () => {
    const path = '/personal_access_tokens/self';
    const body = { error: 'insufficient_granular_scope', error_description: 'Access denied.' };

    it('revokes itself all the same where it may do that', async () => {
      const fake = await startGitlab();
      const token = fake.addToken('personal');
      fake.failNext({ method: 'GET', path, status: 403, body });
      const end = await revoke(withoutAdmin(fake), 'personal', token.value);
      expect(end).toMatchObject({ outcome: 'revoked', verified: true });
      expect(token.revocations).toBe(1);
    });

    it('goes to a person, who hears that the token lacks a permission, where it may not', async () => {
      const fake = await startGitlab();
      const token = fake.addToken('personal');
      for (const method of ['GET', 'DELETE']) fake.failNext({ method, path, status: 403, body });
      const end = await revoke(withoutAdmin(fake), 'personal', token.value);
      expect(end).toMatchObject({
        outcome: 'refused',
        reason: 'not-permitted',
        advice: expect.stringContaining('lacks the permission'),
      });
    });
  });

  it('goes to a person when its user is blocked before it can revoke itself (403)', async () => {
    const fake = await startGitlab();
    const body = { message: '403 Forbidden - Your account has been blocked.' };
    fake.failNext({ method: 'DELETE', path: '/personal_access_tokens/self', status: 403, body });
    const end = await revoke(withoutAdmin(fake), 'personal', fake.addToken('personal').value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('goes to a person when GitLab knows it as something else (400)', async () => {
    const fake = await startGitlab();
    const body = {
      message: '400 Bad request - This endpoint requires token type to be a personal access token',
    };
    fake.failNext({ method: 'GET', path: '/personal_access_tokens/self', status: 400, body });
    const end = await revoke(withoutAdmin(fake), 'personal', fake.addToken('personal').value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
  });

  it('waits when an address ban answers 403 in place of GitLab', async () => {
    const fake = await startGitlab();
    fake.failNext({ method: 'GET', path: '/personal_access_tokens/self', status: 403, body: 'Forbidden\n' });
    const failure = await failureOf(revoke(withoutAdmin(fake), 'personal', fake.addToken('personal').value));
    expect(failure).toMatchObject({ code: 'unavailable', whose: 'provider' });
  });

  it("is not called unknown because of a 401 that is not GitLab's", async () => {
    const fake = await startGitlab();
    fake.failNext({
      method: 'GET',
      path: '/personal_access_tokens/self',
      status: 401,
      body: { message: 'Sign in.' },
    });
    const failure = await failureOf(revoke(withoutAdmin(fake), 'personal', fake.addToken('personal').value));
    expect(failure.code).toBe('unexpected-answer');
  });

  it('stops the lane when the base URL is wrong (404)', async () => {
    const fake = await startGitlab();
    const bench = benchFor({ instances: [{ url: `${fake.url}/wrong` }] });
    const failure = await failureOf(revoke(bench, 'personal', fake.addToken('personal').value));
    expect(failure).toMatchObject({ code: 'misconfigured', whose: 'provider' });
  });
});

describe('a runner on its own', () => {
  it.each(['runner', 'legacy-runner'] as const)(
    'has its token reset, and the new one is kept nowhere: %s',
    async (kind) => {
      const fake = await startGitlab();
      const token = fake.addToken(kind);
      const leaked = token.value;
      const bench = withoutAdmin(fake);
      const notes: unknown[] = [];
      const end = await revoke(bench, kind, leaked, notes);
      expect(end).toMatchObject({ outcome: 'revoked', verified: true });
      expect(token.value).not.toBe(leaked);
      expect(JSON.stringify([end, notes, bench.logged])).not.toContain(token.value);
    },
  );

  it.each(['runner', 'legacy-runner'] as const)(
    'is given one sign of life, also when a person is asked in between: %s',
    async (kind) => {
      const fake = await startGitlab();
      const token = fake.addToken(kind);
      const bench = withoutAdmin(fake);
      const leaked = new Secret(token.value);
      const step = stepOf(bench.provider, leaked, { kind: kind === 'runner' ? 'runner' : 'legacy-runner' });
      const seen = await bench.provider.look?.(leaked, step);
      const end = await revoke(bench, kind, leaked.reveal(), [step.remembered]);
      expect(seen).toMatchObject({ outcome: 'alive', evidence: { instance: fake.url } });
      expect(end).toMatchObject({ outcome: 'revoked', verified: true });
      expect([token.heartbeats, token.revocations]).toEqual([1, 1]);
    },
  );

  it('goes to a person when its project is gone (422)', async () => {
    const fake = await startGitlab();
    fake.failNext({
      ...{ method: 'POST', path: '/runners/verify', status: 422 },
      body: { message: 'Runner is orphaned' },
    });
    const end = await revoke(withoutAdmin(fake), 'runner', fake.addToken('runner').value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('is dead when the runner that was seen before is refused (403)', async () => {
    const fake = await startGitlab();
    const { value } = (await startGitlab()).addToken('runner');
    const end = await revoke(withoutAdmin(fake), 'runner', value, [{ instance: fake.url }]);
    expect(end).toMatchObject({ outcome: 'already-inactive', verified: true });
  });

  it('is not called dead when the deadline of its rotation has passed (403)', async () => {
    const fake = await startGitlab({ runnerRotationClosed: true });
    const token = fake.addToken('runner');
    const bench = withoutAdmin(fake);
    const end = await revoke(bench, 'runner', token.value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    expect(await liveness(bench, 'runner', token.value, { instance: fake.url })).toBe('alive');
  });

  it('waits when a proxy answers 403 in place of GitLab', async () => {
    const fake = await startGitlab();
    fake.failNext({ method: 'POST', path: '/runners/verify', status: 403, body: 'Forbidden' });
    const note = { instance: fake.url };
    const failure = await failureOf(
      revoke(withoutAdmin(fake), 'runner', fake.addToken('runner').value, [note]),
    );
    expect(failure).toMatchObject({ code: 'unavailable' });
  });

  it('revokes itself where GitLab is too old to do it for an administrator', async () => {
    const fake = await startGitlab({ version: '17.6' });
    const token = fake.addToken('runner');
    expect(await revoke(withAdmin(fake), 'runner', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });
});

describe('a job token', () => {
  it('expires with its job, which the evidence places', async () => {
    const fake = await startGitlab();
    const end = await revoke(withAdmin(fake), 'job', fake.addToken('job').value);
    expect(end).toMatchObject({
      outcome: 'expires',
      evidence: { instance: fake.url, job: expect.any(Number) },
    });
  });

  it('expires also when its job has ended, or runs elsewhere (404)', async () => {
    const fake = await startGitlab();
    const end = await revoke(withAdmin(fake), 'job', fake.addToken('job', { deleted: true }).value);
    expect(end).toMatchObject({ outcome: 'expires' });
  });
});

describe('the check of our credential', () => {
  const check = async (bench: Bench) => (await bench.provider.check?.(new AbortController().signal)) ?? [];

  it('is content with an administrator token that has both scopes', async () => {
    const fake = await startGitlab();
    expect(await check(withAdmin(fake))).toEqual([{ name: `${fake.url} administrator token`, ok: true }]);
  });

  it.each([
    ['is revoked', { revoked: true }, 'Create a new one'],
    ['lacks admin_mode', { scopes: ['api'] }, 'admin_mode'],
    ["is not an administrator's", { admin: false }, 'administrator'],
  ])('says what to do when the token %s', async (_name, state, advice) => {
    const fake = await startGitlab();
    Object.assign(fake.tokens[0] ?? {}, state);
    expect(await check(withAdmin(fake))).toMatchObject([
      { ok: false, advice: expect.stringContaining(advice) },
    ]);
  });

  it('says when GitLab has no token information API', async () => {
    const fake = await startGitlab({ version: '17.4' });
    expect(await check(withAdmin(fake))).toMatchObject([
      { ok: false, advice: expect.stringContaining('17.5') },
    ]);
  });

  it.each([
    ['its version', { version: '17.6' }],
    ['a feature flag', { version: '17.9', revokeFlag: false }],
  ])('says when %s limits GitLab to access tokens', async (_name, settings) => {
    const fake = await startGitlab(settings);
    const checks = await check(withAdmin(fake));
    expect(checks).toMatchObject([{ ok: true, advice: expect.stringContaining('api_admin_token_revoke') }]);
  });

  it.each([
    ['readToken', 'read token', 'read_api'],
    ['writeBackToken', 'write-back token', 'api'],
  ] as const)('asks about the %s, too', async (key, name, scope) => {
    const fake = await startGitlab();
    const token = fake.addToken('personal', { scopes: [scope] });
    const bench = benchFor({ instances: [{ url: fake.url, [key]: token.value }] });
    expect(await check(bench)).toEqual([{ name: `${fake.url} ${name}`, ok: true }]);

    Object.assign(token, { scopes: ['read_user'] });
    expect(await check(bench)).toMatchObject([{ ok: false, advice: expect.stringContaining(scope) }]);
    Object.assign(token, { revoked: true });
    expect(await check(bench)).toMatchObject([{ ok: false, advice: expect.stringContaining('new one') }]);
  });

  it('does not say of a fine-grained token that it lacks a scope', async () => {
    const fake = await startGitlab();
    const { value } = fake.addToken('personal', { scopes: ['granular'] });
    const bench = benchFor({ instances: [{ url: fake.url, readToken: value }] });
    expect(await check(bench)).toMatchObject([{ ok: true, advice: expect.stringContaining('fine-grained') }]);

    const body = { error: 'insufficient_granular_scope', error_description: 'Access denied.' };
    fake.failNext({ method: 'GET', path: '/personal_access_tokens/self', status: 403, body });
    expect(await check(bench)).toMatchObject([
      { ok: false, advice: expect.stringContaining('fine-grained') },
    ]);
  });

  it('wants more of a read token that has to read findings than of one that reads files', async () => {
    const fake = await startGitlab();
    const { value } = fake.addToken('personal', { scopes: ['read_repository'] });
    const instance = { url: fake.url, readToken: value };
    expect(await check(benchFor({ instances: [instance] }))).toMatchObject([{ ok: true }]);
    for (const more of [{ hookTokens: [HOOK_TOKEN] }, { sweep: { groups: ['group'] } }]) {
      const checks = await check(benchFor({ instances: [{ ...instance, ...more }] }));
      expect(checks).toMatchObject([{ ok: false, advice: expect.stringContaining('read_api') }]);
    }
  });

  it.each([
    ['hookTokens', [HOOK_TOKEN]],
    ['hookSigningKeys', [`whsec_${'A'.repeat(43)}=`]],
    ['sweep', { groups: ['group/sub'] }],
  ])('needs a read token for %s', (key, value) => {
    const instance = { url: 'https://gitlab.example.com', [key]: value };
    const faults = gitlab.config.safeParse({ instances: [instance] }).error?.issues;
    expect(faults).toMatchObject([{ path: ['instances', 0, 'readToken'] }]);
    const complete = { ...instance, readToken: 'a-read-token' };
    expect(gitlab.config.safeParse({ instances: [complete] }).success).toBe(true);
  });

  it('has nothing to check without a credential', async () => {
    expect(await check(withoutAdmin(await startGitlab()))).toEqual([]);
  });
});
