import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, INVALID_TOKEN, revokeCall, TOKEN, validateCall } from './cases.ts';
import { twitch } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('twitch', () => {
  it('knows after a crash that a token which it saw alive is dead now', async () => {
    const notes: unknown[] = [];
    const exchanges = [validateCall(true), revokeCall(), validateCall(false), revokeCall(INVALID_TOKEN)];
    const bench = await startBench(twitch, () => ({}), exchanges);
    const step = { kind: 'access-token', notes };
    const first = await runStep(bench, new Secret(TOKEN), step);
    const second = await runStep(bench, new Secret(TOKEN), step);
    await bench.close();
    expect(first).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
    expect(second).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
    bench.verify();
  });

  it('does not take the answer about an application that is gone for a dead token', async () => {
    const gone = { status: 404, json: { status: 404, message: 'client does not exist' } };
    const bench = await startBench(twitch, () => ({}), [validateCall(true), revokeCall(gone)]);
    const end = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    await expect(end).rejects.toMatchObject({ code: 'unexpected-answer' });
    await bench.close();
  });
});
