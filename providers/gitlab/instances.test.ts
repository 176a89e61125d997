/** Several GitLab instances: who is asked, and whose word counts. */
import { describe, expect, it } from 'vitest';
import {
  ADMIN,
  benchFor,
  failureOf,
  type Gitlab,
  revoke,
  startGitlab,
  withAdmin,
  withoutAdmin,
} from '../../test/support/gitlab-bench.ts';

describe('several instances', () => {
  it('are asked in order, and only the one that knows the token is asked again', async () => {
    const [first, second, third] = [await startGitlab(), await startGitlab(), await startGitlab()];
    const token = second.addToken('deploy');
    const end = await revoke(withAdmin(first, second, third), 'deploy', token.value);
    expect(end).toMatchObject({ outcome: 'revoked', verified: true, evidence: { instance: second.url } });
    // Once in the search, and once whether they speak against its death.
    expect(first.asked()).toEqual(['POST /admin/token', 'POST /admin/token']);
    expect(third.asked()).toEqual(['POST /admin/token']);
  });

  it('are spared where the token is of the one in which it leaked, as long as it works there', async () => {
    const [first, home, third] = [await startGitlab(), await startGitlab(), await startGitlab()];
    const token = home.addToken('personal');
    const end = await revoke(withoutAdmin(first, home, third), 'personal', token.value, [], leakedAt(home));
    expect(end).toMatchObject({ outcome: 'revoked', verified: true, evidence: { instance: home.url } });
    expect([first.asked(), third.asked()]).toEqual([[], []]);
  });

  it('that are the operator’s own may be copies of that one, and lose the token, too', async () => {
    for (const revoked of [false, true]) {
      const [home, copy] = [await startGitlab(), await startGitlab()];
      const token = home.addToken('deploy');
      const copied = copy.addToken('deploy');
      copied.value = token.value;
      Object.assign(token, { revoked });
      const end = await revoke(withAdmin(home, copy), 'deploy', token.value, [], leakedAt(home));
      expect(end).toMatchObject({ outcome: 'revoked', verified: true, evidence: { instance: copy.url } });
      expect([token.revoked, copied.revoked]).toEqual([true, true]);
    }
  });

  it('of which one had the token of the instance of the leak are waited for while they are down', async () => {
    const [home, copy] = [await startGitlab(), await startGitlab()];
    const token = home.addToken('personal');
    const copied = copy.addToken('personal');
    copied.value = token.value;
    copy.failNext({ method: 'DELETE', path: `/personal_access_tokens/${copied.id}`, status: 503 });
    const bench = withAdmin(home, copy);
    const notes: unknown[] = [];
    const work = () => revoke(bench, 'personal', token.value, notes, leakedAt(home));
    expect(await failureOf(work())).toMatchObject({ code: 'unavailable' });
    await copy.close();
    expect(await failureOf(work())).toMatchObject({ code: 'connection-refused', scope: 'entry' });
    expect([token.revoked, copied.revoked]).toEqual([true, false]);
  });

  it('of which two had the token prove no death while one of them cannot be asked, wherever it leaked', async () => {
    const [one, copy] = [await startGitlab(), await startGitlab()];
    const notes = [{ quash: 1, seenAlive: [one.url, copy.url] }];
    const blind = benchFor({ instances: [{ url: one.url, adminToken: ADMIN }, { url: copy.url }] });
    const [ended, gone] = [one.addToken('deploy', { revoked: true }), copy.addToken('deploy')];
    for (const { value } of [ended, gone]) {
      const end = await revoke(blind, 'deploy', value, notes);
      expect(end).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
    }
    await copy.close();
    for (const { value } of [ended, gone]) {
      const failure = await failureOf(revoke(withAdmin(one, copy), 'deploy', value, notes));
      expect(failure).toMatchObject({ code: 'connection-refused', scope: 'entry' });
    }
  });

  it('prove no death while another one took the token that is not configured any more', async () => {
    const [one, removed] = [await startGitlab(), await startGitlab()];
    const notes = () => [{ quash: 1, seenAlive: [removed.url, one.url] }];
    const gone = removed.addToken('deploy');
    const revoked = one.addToken('deploy', { revoked: true });
    for (const { value } of [gone, revoked]) {
      const end = await revoke(withAdmin(one), 'deploy', value, notes());
      expect(end).toMatchObject({
        outcome: 'refused',
        reason: 'unknown-token',
        advice: expect.stringMatching(/not configured.*dismiss this entry/),
        evidence: { workedAt: removed.url },
      });
    }
    const alive = one.addToken('deploy');
    const end = await revoke(withAdmin(one), 'deploy', alive.value, notes());
    expect(end).toMatchObject({ outcome: 'revoked', verified: false, liveness: 'unknown' });
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
    expect(failure).toMatchObject({ code: 'connection-refused', scope: 'entry', target: down.url });
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
    expect(failure).toMatchObject({ code: 'connection-refused', scope: 'lane' });
  });

  it('do not call a token unknown while one of them cannot say', async () => {
    const [old, current] = [await startGitlab({ version: '18.9' }), await startGitlab()];
    const end = await revoke(withAdmin(old, current), 'scim', old.addToken('scim').value);
    expect(end).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
  });

  it('do not call a token unknown while one of them has no way to say', async () => {
    const [plain, own] = [await startGitlab(), await startGitlab()];
    const config = { instances: [{ url: plain.url }, { url: own.url, adminToken: ADMIN }] };
    for (const unknownTokens of ['attention', 'inactive'] as const) {
      const bench = benchFor(config, unknownTokens);
      const end = await revoke(bench, 'deploy', plain.addToken('deploy').value);
      expect(end).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
    }
  });

  it('skip those without a credential for the kind', async () => {
    const [plain, own] = [await startGitlab(), await startGitlab()];
    const bench = benchFor({ instances: [{ url: plain.url }, { url: own.url, adminToken: ADMIN }] });
    expect(await revoke(bench, 'deploy', own.addToken('deploy').value)).toMatchObject({ outcome: 'revoked' });
    expect(plain.asked()).toEqual([]);
  });
});

/** Options of a step whose token leaked in a project of this instance. */
const leakedAt = ({ url }: Gitlab) => ({ origins: [new URL(url).origin] });

/** It says of every token that it works, takes its revocation, and then calls it revoked. */
function lies(fake: Gitlab): void {
  const path = '/personal_access_tokens/self';
  const record = { revoked: false, active: true, expires_at: null };
  fake.failNext({ method: 'GET', path, status: 200, body: record });
  fake.failNext({ method: 'DELETE', path, status: 204 });
  fake.failNext({ method: 'GET', path, status: 200, body: { ...record, revoked: true } });
}

/** It says of every token that it was revoked. */
function claimsDeath(fake: Gitlab): void {
  const body = { error: 'invalid_token', error_description: 'Token was revoked.' };
  fake.failNext({ method: 'GET', path: '/personal_access_tokens/self', status: 401, body });
}

describe('an instance that lies, and is listed first', () => {
  it('is not even asked where the token leaked at another one', async () => {
    const [liar, home] = [await startGitlab(), await startGitlab()];
    lies(liar);
    const token = home.addToken('personal');
    const end = await revoke(withoutAdmin(liar, home), 'personal', token.value, [], leakedAt(home));
    expect(end).toMatchObject({ outcome: 'revoked', verified: true, evidence: { instance: home.url } });
    expect([liar.calls, token.revocations]).toEqual([[], 1]);
  });

  it('does not end the case when the place of the leak is not known', async () => {
    const [liar, issuer] = [await startGitlab(), await startGitlab()];
    lies(liar);
    const token = issuer.addToken('personal');
    const bench = withoutAdmin(liar, issuer);
    const notes: unknown[] = [];

    const failure = await failureOf(revoke(bench, 'personal', token.value, notes));
    claimsDeath(liar);
    const end = await revoke(bench, 'personal', token.value, notes);

    expect(failure.code).toBe('still-active');
    expect(end).toMatchObject({ outcome: 'revoked', verified: true, evidence: { instance: issuer.url } });
    expect(token.revocations).toBe(1);
  });

  it('does not end the search by calling the token dead', async () => {
    const [liar, issuer] = [await startGitlab(), await startGitlab()];
    claimsDeath(liar);
    const token = issuer.addToken('personal');
    const end = await revoke(withoutAdmin(liar, issuer), 'personal', token.value);
    expect(end).toMatchObject({ outcome: 'revoked', verified: true, evidence: { instance: issuer.url } });
    expect(token.revocations).toBe(1);
  });

  it('proves no death while the instance of the leak is down', async () => {
    const [liar, home] = [await startGitlab(), await startGitlab()];
    claimsDeath(liar);
    await home.close();
    const failure = await failureOf(
      revoke(withoutAdmin(liar, home), 'personal', home.addToken('personal').value, [], leakedAt(home)),
    );
    expect(failure).toMatchObject({ code: 'connection-refused', scope: 'entry', target: home.url });
  });

  it('proves no death while the instance of the leak cannot say', async () => {
    const [liar, home] = [await startGitlab(), await startGitlab()];
    const bench = benchFor({ instances: [{ url: liar.url, adminToken: ADMIN }, { url: home.url }] });
    const { value } = home.addToken('deploy');
    liar.addToken('deploy', { value, revoked: true });
    const end = await revoke(bench, 'deploy', value, [], leakedAt(home));
    expect(end).toMatchObject({ outcome: 'refused', evidence: { claimedBy: liar.url } });
  });
});

describe('the instance in which a token leaked', () => {
  it('may not know the token, and then the word of another one counts', async () => {
    const [home, issuer] = [await startGitlab(), await startGitlab()];
    const [alive, dead] = [issuer.addToken('deploy'), issuer.addToken('deploy', { revoked: true })];
    const bench = withAdmin(home, issuer);
    expect(await revoke(bench, 'deploy', alive.value, [], leakedAt(home))).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
    expect(await revoke(bench, 'deploy', dead.value, [], leakedAt(home))).toMatchObject({
      outcome: 'already-inactive',
      verified: true,
    });
  });

  it('leaves a revocation elsewhere without a proof as long as it cannot say', async () => {
    const [home, issuer] = [await startGitlab(), await startGitlab()];
    const bench = benchFor({ instances: [{ url: home.url }, { url: issuer.url, adminToken: ADMIN }] });
    const token = issuer.addToken('deploy');
    const end = await revoke(bench, 'deploy', token.value, [], leakedAt(home));
    expect(end).toMatchObject({ outcome: 'revoked', verified: false, liveness: 'unknown' });
    expect(token.revocations).toBe(1);
  });

  it('has the last word also where several are the place of a leak', async () => {
    const [liar, issuer] = [await startGitlab(), await startGitlab()];
    claimsDeath(liar);
    const token = issuer.addToken('personal');
    const origins = [liar, issuer].flatMap((each) => leakedAt(each).origins);
    const end = await revoke(withoutAdmin(liar, issuer), 'personal', token.value, [], { origins });
    expect(end).toMatchObject({ outcome: 'revoked', evidence: { instance: issuer.url } });
    expect(token.revocations).toBe(1);
  });
});

describe('an instance that may not be shown tokens of other places', () => {
  const bench = (closed: Gitlab, open: Gitlab) =>
    benchFor({
      instances: [
        { url: closed.url, adminToken: ADMIN, searchOthers: false },
        { url: open.url, adminToken: ADMIN },
      ],
    });

  it('is asked about what leaked there', async () => {
    const [closed, open] = [await startGitlab(), await startGitlab()];
    const token = closed.addToken('deploy');
    const end = await revoke(bench(closed, open), 'deploy', token.value, [], leakedAt(closed));
    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('is not asked about anything else, and such a token is called neither unknown everywhere nor dead', async () => {
    const [closed, open] = [await startGitlab(), await startGitlab()];
    const { value } = closed.addToken('oauth-secret');
    for (const options of [leakedAt(open), {}]) {
      const inactive = { ...bench(closed, open), unknownTokens: 'inactive' } as const;
      const end = await revoke(inactive, 'oauth-secret', value, [], options);
      expect(end).toMatchObject({
        outcome: 'refused',
        reason: 'unknown-token',
        advice: expect.stringContaining('searchOthers'),
      });
    }
    expect(closed.calls).toEqual([]);
  });

  it('makes the provider ask for the places of a leak', () => {
    const one = { url: 'https://gitlab.example.com' };
    expect(benchFor({ instances: [one] }).provider.wantsOrigins).toBe(false);
    expect(benchFor({ instances: [{ ...one, searchOthers: false }] }).provider.wantsOrigins).toBe(true);
    expect(benchFor({ instances: [one, { url: 'https://gitlab.com' }] }).provider.wantsOrigins).toBe(true);
  });
});
