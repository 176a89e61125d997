import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  ABSENT,
  API_TOKEN,
  AUTH_KEY,
  AUTH_RECORD,
  CLIENT_RECORD,
  CLIENT_SECRET,
  cases,
  DENIED,
  FORBIDDEN,
  issue,
  loggedIn,
  logIn,
  OURS,
  ours,
  RECORD,
  self,
  shown,
  verified,
  WITH_ANOTHER_ID,
  WITH_ANOTHER_SECRET,
} from './cases.ts';
import { tailscale } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(token: string, kind: string, exchanges: readonly Exchange[], mayActUnproven = false) {
  const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), exchanges);
  try {
    const { result, verified } = await runStep(bench, new Secret(token), { kind, mayActUnproven });
    bench.verify();
    return { ...result, verified };
  } finally {
    await bench.close();
  }
}

describe('tailscale', () => {
  it('offers API tokens only when there is no OAuth client', async () => {
    const bench = await startBench(tailscale, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['api-token']);
  });

  it.each([
    ['that does not work', [verified(401)]],
    ['of which nothing is said', [verified(404)]],
    ['of which is said in bare words that it does not work', [verified(401, AUTH_KEY, 'Unauthorized\n')]],
    ['where there is no such call', [verified(404, AUTH_KEY, '404 page not found\n')]],
    ['where nothing is said of any other id', [verified(204), verified(404, WITH_ANOTHER_ID)]],
    [
      'where nothing is said of any other secret',
      [verified(204), verified(401, WITH_ANOTHER_ID), verified(403, WITH_ANOTHER_SECRET)],
    ],
    ['that works with any id', [verified(204), verified(204, WITH_ANOTHER_ID)]],
    [
      'that works with any secret',
      [verified(204), verified(401, WITH_ANOTHER_ID), verified(204, WITH_ANOTHER_SECRET)],
    ],
  ])('deletes no auth key by its id, which is public, %s', async (_what, tries) => {
    const exchanges = [issue(), ours.look(200, AUTH_RECORD), ...tries];
    expect(await run(AUTH_KEY, 'auth-key', exchanges)).toMatchObject({ outcome: 'held', reason: 'unproven' });
  });

  const unproven = [issue(), ours.look(200, AUTH_RECORD), verified(401)];
  const deleted = [...unproven, ours.remove(200), ours.look(404, ABSENT)];

  it('takes "not found" for the end of an approved key only right after its deletion', async () => {
    const end = await run(AUTH_KEY, 'auth-key', [...deleted, ours.list(200, { keys: [] })], true);
    expect(end).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('does not take it so while the key is listed, or no keys are shown', async () => {
    const listed = run(AUTH_KEY, 'auth-key', [...deleted, ours.list(200, { keys: [AUTH_RECORD] })], true);
    expect(await listed).toMatchObject({ verified: false });
    const hidden = run(AUTH_KEY, 'auth-key', [...deleted, ours.list(404, ABSENT)], true);
    await expect(hidden).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it.each([
    ['its record has ended', [ours.look(200, { ...AUTH_RECORD, invalid: true })], 'already-inactive'],
    ['it is not found', [ours.look(404, ABSENT), ours.list(200, { keys: [] })], 'already-inactive'],
    [
      'it is not found, unless listed',
      [ours.look(404, ABSENT), ours.list(200, { keys: [AUTH_RECORD] })],
      'refused',
    ],
  ])(
    'knows after a crash that an auth key which worked and was deleted is dead, as %s',
    async (_as, seen, outcome) => {
      const exchanges = [
        ...[issue(), ours.look(200, AUTH_RECORD), ...shown, ours.remove(200), ours.look(403, FORBIDDEN)],
        ...[issue(), ...seen],
      ];
      const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), exchanges);
      onTestFinished(() => bench.close());
      const notes: unknown[] = [];
      const step = () => runStep(bench, new Secret(AUTH_KEY), { kind: 'auth-key', notes });
      await expect(step()).rejects.toMatchObject({ code: 'permission-missing' });
      const { result, verified: isShown } = await step();
      expect([result.outcome, isShown]).toEqual([outcome, outcome === 'already-inactive']);
      bench.verify();
    },
  );

  it('does not take "not found" for the end of an auth key that worked: the tailnet may be another one now', async () => {
    const notes = [{ quash: 1, seenAlive: ['https://api.tailscale.com'] }];
    const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), [
      issue(),
      ours.look(404, ABSENT),
    ]);
    onTestFinished(() => bench.close());
    const { result } = await runStep(bench, new Secret(AUTH_KEY), { kind: 'auth-key', notes });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it.each([
    ['an OAuth client', CLIENT_RECORD],
    ['an API token', { ...RECORD, keyType: 'api' }],
    ['something that does not say what it is', RECORD],
  ])('never deletes %s by the id in an auth key, not even with approval', async (_what, record) => {
    const result = await run(AUTH_KEY, 'auth-key', [issue(), ours.look(200, record)], true);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record' });
  });

  it('deletes no OAuth client whose secret does not log in', async () => {
    const result = await run(CLIENT_SECRET, 'oauth-client', [logIn(401)], true);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('does not call an OAuth client dead that logs in, whatever its record says', async () => {
    const ended = ours.look(200, { ...CLIENT_RECORD, invalid: true });
    const notes: unknown[] = [];
    const exchanges = [
      ...loggedIn,
      issue(),
      ended,
      { ...logIn(), answer: { status: 403, json: FORBIDDEN } },
      logIn(401),
    ];
    const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), exchanges);
    onTestFinished(() => bench.close());
    const step = () => runStep(bench, new Secret(CLIENT_SECRET), { kind: 'oauth-client', notes });
    await expect(step()).rejects.toMatchObject({ code: 'still-active' });
    // Kept out for now is not gone, either.
    expect((await step()).result).toMatchObject({ reason: 'unknown-token' });
    expect(await step()).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
    bench.verify();
  });

  it('is not done while an OAuth client that was deleted logs in', async () => {
    const record = ours.look(200, CLIENT_RECORD);
    const gone = ours.look(200, { ...CLIENT_RECORD, invalid: true });
    const exchanges = [...loggedIn, issue(), record, ours.remove(200), gone, logIn()];
    const ended = run(CLIENT_SECRET, 'oauth-client', exchanges);
    await expect(ended).rejects.toMatchObject({ code: 'still-active' });
  });

  it('does not call an OAuth client of another tailnet unknown, as it works', async () => {
    const exchanges = [...loggedIn, issue(), ours.look(404, ABSENT)];
    const result = await run(CLIENT_SECRET, 'oauth-client', exchanges);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('does not take a 401 of another reason for the end of a token that worked', async () => {
    const suspended = self.look(401, { message: 'account suspended' });
    const bench = await startBench(tailscale, () => ({}), [
      self.look(200, RECORD),
      self.remove(200),
      suspended,
      suspended,
    ]);
    try {
      const notes: unknown[] = [];
      const step = () => runStep(bench, new Secret(API_TOKEN), { kind: 'api-token', notes });
      expect(await step()).toMatchObject({ verified: false, liveness: 'unknown' });
      expect(await step()).toMatchObject({ result: { outcome: 'refused', reason: 'unknown-token' } });
    } finally {
      await bench.close();
    }
  });

  it('does not call an API token dead whose user may be suspended since it worked', async () => {
    const bench = await startBench(tailscale, () => ({}), [
      ...[self.look(200, RECORD), self.remove(403, FORBIDDEN)],
      self.look(401, DENIED),
    ]);
    onTestFinished(() => bench.close());
    const notes: unknown[] = [];
    const step = () => runStep(bench, new Secret(API_TOKEN), { kind: 'api-token', notes });
    expect(await step()).toMatchObject({ result: { reason: 'not-permitted' } });
    expect(await step()).toMatchObject({ result: { outcome: 'refused', reason: 'unknown-token' } });
  });

  it('calls an API token dead whose deletion was taken, and that is refused', async () => {
    const bench = await startBench(tailscale, () => ({}), [
      ...[self.look(200, RECORD), self.remove(200), self.look(401, { message: 'try again' })],
      self.look(401, DENIED),
    ]);
    onTestFinished(() => bench.close());
    const notes: unknown[] = [];
    const step = () => runStep(bench, new Secret(API_TOKEN), { kind: 'api-token', notes });
    expect(await step()).toMatchObject({ verified: false });
    expect(await step()).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
  });

  it('does not take "not found" for the end of a token', async () => {
    const result = await run(API_TOKEN, 'api-token', [self.look(404, ABSENT)]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('keeps that a look saw a token or key work, but nothing of an auth key that was not shown to', async () => {
    const exchanges = [self.look(200, RECORD), ...unproven, ours.look(200, AUTH_RECORD), ...shown];
    const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), exchanges);
    const looked = async (text: string, kind: string) => {
      const token = new Secret(text);
      const step = stepOf(bench.provider, token, { kind });
      const result = await bench.provider.look?.(token, step);
      return [result?.outcome, step.seenAlive];
    };
    try {
      expect(await looked(API_TOKEN, 'api-token')).toEqual(['alive', ['https://api.tailscale.com']]);
      expect(await looked(AUTH_KEY, 'auth-key')).toEqual(['undecided', []]);
      expect(await looked(AUTH_KEY, 'auth-key')).toEqual(['alive', ['https://api.tailscale.com']]);
    } finally {
      await bench.close();
    }
  });

  it('acts on no key of another id', async () => {
    const exchanges = [issue(), ours.look(200, { ...AUTH_RECORD, id: 'k999999CNTRL' })];
    await expect(run(AUTH_KEY, 'auth-key', exchanges)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('lets an API token act for itself, whatever is configured', async () => {
    const exchanges = [self.look(200, RECORD), self.remove(200), self.look(401, DENIED)];
    expect(await run(API_TOKEN, 'api-token', exchanges)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('never deletes its own credential', async () => {
    const forged = AUTH_KEY.replace(/k\w+CNTRL/, OURS.id);
    for (const [token, kind] of [
      [OURS.secret, 'oauth-client'],
      [forged, 'auth-key'],
    ] as const) {
      expect(await run(token, kind, [], true)).toMatchObject({
        outcome: 'refused',
        reason: 'own-credential',
      });
    }
  });

  it('fetches another access token after one was refused', async () => {
    const exchanges = [
      issue(),
      ours.look(401, DENIED),
      issue(),
      ours.look(200, { ...AUTH_RECORD, invalid: true }),
    ];
    const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), exchanges);
    try {
      const step = () => runStep(bench, new Secret(AUTH_KEY), { kind: 'auth-key' });
      await expect(step()).rejects.toMatchObject({ code: 'credential-refused' });
      expect((await step()).result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it.each<[number, unknown, boolean]>([
    [200, { keys: [] }, true],
    [401, DENIED, false],
    [403, FORBIDDEN, false],
  ])('checks its credential, which is answered with %i', async (status, json, ok) => {
    const exchanges = [issue(), ours.list(status, json)];
    const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), exchanges);
    try {
      expect(await bench.provider.check?.(new AbortController().signal)).toMatchObject([{ ok }]);
    } finally {
      await bench.close();
    }
  });
});
