import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, dead, refusal, revokeCall, TOKEN } from './cases.ts';
import { linear } from './index.ts';

for (const spec of cases) describeProvider(spec);

const run = async (...exchanges: Parameters<typeof startBench>[2]) => {
  const bench = await startBench(linear, () => ({}), exchanges);
  try {
    return await runStep(bench, new Secret(TOKEN), { kind: 'oauth-token' });
  } finally {
    await bench.close();
  }
};

describe('linear', () => {
  it('believes an accepted revocation only when the token no longer works', async () => {
    const end = run(alive, revokeCall({ status: 200 }), alive);
    await expect(end).rejects.toMatchObject({ code: 'still-active' });
  });

  it('takes the older answer to a dead token, too', async () => {
    const { result } = await run(refusal(400, 'AUTHENTICATION_ERROR'));
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('changes nothing by a query', async () => {
    const bench = await startBench(linear, () => ({}), [dead]);
    try {
      const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'oauth-token' });
      expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
      expect(bench.requests.map(({ url }) => url)).toEqual(['/api.linear.app/graphql']);
    } finally {
      await bench.close();
    }
  });

  it('does not take another refusal for a dead token', async () => {
    const end = run(refusal(400, 'FORBIDDEN'));
    await expect(end).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('revokes a token whose calls are used up, and waits to see that it is dead', async () => {
    const limited = refusal(400, 'RATELIMITED');
    const { result, verified } = await run(limited, revokeCall(), dead);
    // Nothing showed that it had worked.
    expect(result).toMatchObject({ outcome: 'accepted', evidence: { revocation: 'accepted' } });
    expect(verified).toBe(true);
    await expect(run(limited, revokeCall(), limited)).rejects.toMatchObject({ code: 'throttled' });
  });
});
