/** Each status and each trap of GitLab's token APIs, against a fake that keeps state. */
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeGitlab, type FakeGitlabOptions, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { FakeTokenKind } from '../../src/fakes/gitlab-tokens.ts';
import { Failure } from '../../src/provider/failure.ts';
import type { Provider } from '../../src/provider/provider.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { runStep, stepOf } from '../../test/contract/provider-suite.ts';
import { aStep } from '../../test/support/a-step.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { gitlab } from './index.ts';

const ADMIN = ['gl', 'pat-', 'Adm1'.repeat(5)].join('');

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

interface Gitlab extends FakeGitlab {
  /** `METHOD path` of all calls so far. */
  readonly asked: () => string[];
}

async function startGitlab(options: FakeGitlabOptions = {}): Promise<Gitlab> {
  const fake = await startFakeGitlab({ adminToken: ADMIN, ...options });
  closers.push(fake.close);
  return { ...fake, asked: () => fake.calls.map(({ method, path }) => `${method} ${path}`) };
}

interface Bench {
  readonly provider: Provider;
  readonly clock: FakeClock;
  readonly logged: unknown[];
}

function benchFor(config: unknown): Bench {
  const clock = new FakeClock(Date.now());
  const logged: unknown[] = [];
  const factory = createUpstreamFactory({ timeoutMs: 5000, proxy: null, allowPrivate: ['127.0.0.1'], clock });
  closers.push(factory.close);
  const log = (event: string, fields?: unknown) => void logged.push({ event, fields });
  const tools = {
    upstream: (url: string) => factory.for('gitlab', url),
    clock,
    log: { warn: log, info: log },
  };
  return { provider: gitlab.create(gitlab.config.parse(config), tools), clock, logged };
}

const withAdmin = (...fakes: FakeGitlab[]) =>
  benchFor({ instances: fakes.map(({ url }) => ({ url, adminToken: ADMIN })) });
const withoutAdmin = (...fakes: FakeGitlab[]) => benchFor({ instances: fakes.map(({ url }) => ({ url })) });

const KIND_IDS: Readonly<Record<FakeTokenKind, string>> = {
  personal: 'personal-access-token',
  deploy: 'deploy-token',
  feed: 'feed-token',
  'oauth-secret': 'oauth-secret',
  agent: 'agent-token',
  runner: 'runner',
  'legacy-runner': 'legacy-runner',
  'runner-registration': 'runner-registration-token',
  trigger: 'trigger-token',
  job: 'job-token',
  'feature-flag-client': 'feature-flag-client',
  session: 'session',
  'incoming-mail': 'incoming-mail-token',
  scim: 'scim-token',
};

/** Revokes and verifies as the dispatcher does. */
async function revoke(bench: Bench, kind: FakeTokenKind, leaked: string, notes: unknown[] = []) {
  const { result, verified } = await runStep(bench, new Secret(leaked), { kind: KIND_IDS[kind], notes });
  return { ...result, verified };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw new Error('Expected a failure.');
  return error;
}

function liveness(bench: Bench, kind: FakeTokenKind, leaked: string, note?: unknown) {
  const token = new Secret(leaked);
  const step = stepOf(bench.provider, token, {
    kind: KIND_IDS[kind],
    notes: note === undefined ? [] : [note],
  });
  return bench.provider.verify?.(token, step);
}

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

describe('an administrator token', () => {
  it.each(REVOCABLE)('revokes a %s token once and proves it', async (kind) => {
    const fake = await startGitlab({ expireTriggersFlag: true });
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

  it.each(['personal', 'deploy', 'trigger'] as const)(
    'leaves a %s token alone that has expired',
    async (kind) => {
      const fake = await startGitlab();
      const token = fake.addToken(kind, { expiresAtMs: Date.now() - 1000 });
      const end = await revoke(withAdmin(fake), kind, token.value);
      expect(end).toMatchObject({ outcome: 'already-inactive', verified: true });
      expect(token.revocations).toBe(0);
    },
  );

  it('revokes a trigger token that expires in the future', async () => {
    const fake = await startGitlab({ expireTriggersFlag: true });
    const token = fake.addToken('trigger', { expiresAtMs: Date.now() + 3_600_000 });
    await revoke(withAdmin(fake), 'trigger', token.value);
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

  it('removes the bot user when the operator wants that', async () => {
    const fake = await startGitlab();
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

  it('names the flag that a trigger token needs (500 although all is well)', async () => {
    const fake = await startGitlab({ expireTriggersFlag: false });
    const token = fake.addToken('trigger');
    const end = await revoke(withAdmin(fake), 'trigger', token.value);
    expect(end).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
      advice: expect.stringContaining('token_api_expire_pipeline_triggers'),
    });
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
    const notes: unknown[] = [];
    const remember = (note: unknown) => void notes.push(note);
    const step = aStep({ kind: 'feed-token', remember });
    const result = await withAdmin(fake).provider.revoke(new Secret(token.value), step);
    expect(result).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(notes).toEqual([{ instance: fake.url }]);
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

  it('counts as inactive, unproven, when the operator says so', async () => {
    const here = await startGitlab();
    const bench = benchFor({ instances: [{ url: here.url, adminToken: ADMIN }], unknownTokens: 'inactive' });
    const { value } = (await startGitlab()).addToken('deploy');
    expect(await revoke(bench, 'deploy', value)).toMatchObject({
      outcome: 'already-inactive',
      verified: false,
    });
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

describe('several instances', () => {
  it('are asked in order, and only the one that knows the token is asked again', async () => {
    const [first, second, third] = [await startGitlab(), await startGitlab(), await startGitlab()];
    const token = second.addToken('deploy');
    const end = await revoke(withAdmin(first, second, third), 'deploy', token.value);
    expect(end).toMatchObject({ outcome: 'revoked', verified: true, evidence: { instance: second.url } });
    expect(first.asked()).toEqual(['POST /admin/token']);
    expect(third.asked()).toEqual([]);
  });

  it('find a token although one of them is down', async () => {
    const [down, up] = [await startGitlab(), await startGitlab()];
    await down.close();
    const token = up.addToken('deploy');
    expect(await revoke(withAdmin(down, up), 'deploy', token.value)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('leave the question open for this token alone while one of them is down', async () => {
    const [down, up] = [await startGitlab(), await startGitlab()];
    await down.close();
    const failure = await failureOf(revoke(withAdmin(down, up), 'deploy', down.addToken('deploy').value));
    expect(failure).toMatchObject({ code: 'unreachable', scope: 'entry', target: down.url });
  });

  it('leave the question open for this token alone while one of them refuses our credential', async () => {
    const [refusing, other] = [await startGitlab(), await startGitlab()];
    Object.assign(refusing.tokens[0] ?? {}, { revoked: true });
    const failure = await failureOf(
      revoke(withAdmin(refusing, other), 'deploy', refusing.addToken('deploy').value),
    );
    expect(failure).toMatchObject({ code: 'credential-refused', scope: 'entry', target: refusing.url });
  });

  it('pass on how long the one that knows the token asked to wait', async () => {
    const [busy, other] = [await startGitlab({ callsLeft: 1, retryAfterSeconds: 9 }), await startGitlab()];
    const failure = await failureOf(revoke(withAdmin(other, busy), 'deploy', busy.addToken('deploy').value));
    expect(failure).toMatchObject({ code: 'throttled', scope: 'entry', retryAfterMs: 9000 });
  });

  it('stop the whole lane when it is the only one that is down', async () => {
    const down = await startGitlab();
    await down.close();
    const failure = await failureOf(revoke(withAdmin(down), 'deploy', down.addToken('deploy').value));
    expect(failure).toMatchObject({ code: 'unreachable', scope: 'lane' });
  });

  it('do not call a token unknown while one of them cannot say', async () => {
    const [old, current] = [await startGitlab({ version: '18.9' }), await startGitlab()];
    const end = await revoke(withAdmin(old, current), 'scim', old.addToken('scim').value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
  });

  it('skip those without a credential for the kind', async () => {
    const [plain, own] = [await startGitlab(), await startGitlab()];
    const bench = benchFor({ instances: [{ url: plain.url }, { url: own.url, adminToken: ADMIN }] });
    expect(await revoke(bench, 'deploy', own.addToken('deploy').value)).toMatchObject({ outcome: 'revoked' });
    expect(plain.asked()).toEqual([]);
  });
});

describe('a token that must not be sent', () => {
  it.each([
    ['runner-registration', `GR134${'8941'}${'k3y9'.repeat(5)}`, 'runner-registration-token'],
    ['path-dependent feed', ['gl', 'ft-', '0a'.repeat(32), '-17'].join(''), 'path-feed-token'],
    ['unprefixed feed', 'k3y9'.repeat(5), 'bare-feed-token'],
    ['workspace', ['gl', 'wt-', 'k3y9'.repeat(5)].join(''), 'workspace-token'],
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

  it('has nothing to check without a credential', async () => {
    expect(await check(withoutAdmin(await startGitlab()))).toEqual([]);
  });
});
