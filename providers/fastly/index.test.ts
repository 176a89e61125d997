import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, untilTold } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  alive,
  asAutomation,
  asUsers,
  automationTokens,
  call,
  cases,
  DECLINED,
  DENIED,
  declined,
  NOT_FOUND,
  SUPERUSER,
  self,
  TOKEN,
} from './cases.ts';
import { fastly } from './index.ts';

for (const spec of cases) describeProvider(spec);

const withSuperuser = () => ({ superuserToken: SUPERUSER });

async function run(exchanges: readonly Exchange[], token = TOKEN) {
  const bench = await startBench(fastly, withSuperuser, exchanges);
  try {
    const { result } = await runStep(bench, new Secret(token), { kind: 'api-token' });
    bench.verify();
    return result;
  } finally {
    await bench.close();
  }
}

describe('fastly', () => {
  it('does not take a 401 in other words for a dead token', async () => {
    const other = self('GET', 401, { msg: 'Your address is not allowed' });
    await expect(run([other])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('knows that a token is dead of which Fastly says that it has expired', async () => {
    const expired = self('GET', 401, { msg: 'Token 5Yo3XXnrQpjc20u0ybrf2g expired at 2026-01-01T00:00:00Z' });
    expect(await run([expired])).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('revokes one that may only read by the superuser, as one of a user', async () => {
    const readOnly = { msg: 'Read only tokens are not allowed to access this endpoint.' };
    const script = [alive, self('DELETE', 403, readOnly), asAutomation(404, NOT_FOUND), asUsers(204)];
    expect(await run([...script, self('GET', 401, DENIED)])).toMatchObject({ outcome: 'revoked' });
  });

  it.each([
    [400, { msg: 'Could not revoke the token' }],
    [403, DECLINED],
    [404, NOT_FOUND],
  ])(
    'says so when the superuser has no token of the id that the token told, answered with %i',
    async (...answer) => {
      const script = [...declined, asAutomation(404, NOT_FOUND), asUsers(...answer)];
      expect(await run(script)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    },
  );

  it('holds up no other token where ours may not revoke one of another account', async () => {
    const script = [...declined, asAutomation(403, DECLINED), automationTokens, asUsers(403, DECLINED)];
    expect(await run(script)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('knows that a token was revoked a while before it is refused', async () => {
    const isGone = [
      alive,
      self('DELETE', 404, NOT_FOUND),
      asAutomation(404, NOT_FOUND),
      asUsers(404, NOT_FOUND),
    ];
    const end = await run([...isGone, self('GET', 401, DENIED)]);
    expect(end).toMatchObject({ outcome: 'already-inactive', proven: true });
    expect(await run(untilTold(isGone))).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('never revokes its own credential', async () => {
    expect(await run([], SUPERUSER)).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
  });

  it.each([
    [200, [], true],
    [401, DENIED, false],
    [403, DECLINED, false],
  ])('checks its credential, which is answered with %i', async (status, json, ok) => {
    const exchange = call('GET', '/automation-tokens', status, json, SUPERUSER);
    const bench = await startBench(fastly, withSuperuser, [exchange]);
    try {
      expect(await bench.provider.check?.(new AbortController().signal)).toMatchObject([{ ok }]);
    } finally {
      await bench.close();
    }
  });
});
