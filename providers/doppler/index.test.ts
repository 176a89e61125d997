import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { ALIVE, callsWith, cases, INVALID, PERSONAL } from './cases.ts';
import { doppler } from './index.ts';

for (const spec of cases) describeProvider(spec);

const { revoke, me } = callsWith(PERSONAL);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(doppler, () => ({}), exchanges);
  try {
    return await runStep(bench, new Secret(PERSONAL), { kind: 'token' });
  } finally {
    await bench.close();
  }
}

describe('doppler', () => {
  it('does not take a refused revocation for a dead token', async () => {
    const { result } = await run([me(200, ALIVE), revoke(400, INVALID), me(200, ALIVE)]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('knows that a token is gone which it saw work before', async () => {
    const { result, verified } = await run([me(200, ALIVE), revoke(400, INVALID), me(401, INVALID)]);
    expect([result.outcome, verified]).toEqual(['already-inactive', true]);
  });

  it('is not content with a 200 when the token still works', async () => {
    const script = [me(200, ALIVE), revoke(200), me(200, ALIVE)];
    await expect(run(script)).rejects.toMatchObject({ code: 'still-active' });
  });

  it('takes a 403 neither for a sign of life nor for a proof', async () => {
    const kept = { messages: ['You are not allowed to do that'], success: false };
    // Whatever is told of it later, it was never seen to work.
    const later = await run([me(403, kept), revoke(400, INVALID)]);
    expect(later.result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    const taken = await run([me(403, kept), revoke(200), me(401, INVALID)]);
    expect(taken).toMatchObject({ result: { outcome: 'accepted' }, verified: false });
    const seen = await run([me(200, ALIVE), revoke(200), me(403, kept)]);
    expect(seen).toMatchObject({ result: { outcome: 'revoked' }, verified: false, liveness: 'unknown' });
  });

  it('does not take a 401 in other words for a dead token', async () => {
    const blocked = { messages: ['Your IP address is not trusted'], success: false };
    await expect(run([me(401, blocked)])).rejects.toMatchObject({ code: 'unexpected-answer' });
    const script = [me(200, ALIVE), revoke(200), me(401, blocked)];
    await expect(run(script)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });
});
