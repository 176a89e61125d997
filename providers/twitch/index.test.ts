import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, INVALID_TOKEN, revokeCall, TOKEN, validateCall } from './cases.ts';
import { twitch } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('twitch', () => {
  it('knows after a crash that a token which it saw alive is dead now', async () => {
    const notes: unknown[] = [];
    const seen = [validateCall(true), validateCall(true)];
    const exchanges = [...seen, revokeCall(), validateCall(false), validateCall(false)];
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
    const bench = await startBench(twitch, () => ({}), [
      validateCall(true),
      validateCall(true),
      revokeCall(gone),
    ]);
    const end = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    await expect(end).rejects.toMatchObject({ code: 'unexpected-answer' });
    await bench.close();
  });

  it('takes only the documented words of the validation for a refusal', async () => {
    const json = { status: 401, message: 'missing authorization token' };
    const bench = await startBench(twitch, () => ({}), [
      { ...validateCall(false), answer: { status: 401, json } },
    ]);
    const end = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    await expect(end).rejects.toMatchObject({ code: 'unexpected-answer' });
    await bench.close();
  });

  it.each<[boolean, unknown]>([
    [true, { outcome: 'refused', reason: 'not-permitted' }],
    [false, { outcome: 'already-inactive' }],
  ])('asks once more when the revocation calls a valid token invalid: %s', async (isValid, end) => {
    const refused = [validateCall(true), validateCall(true), revokeCall(INVALID_TOKEN)];
    const bench = await startBench(twitch, () => ({}), [...refused, validateCall(isValid)]);
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    await bench.close();
    expect(result).toMatchObject(end as object);
  });

  it('never calls what may be a client secret dead', async () => {
    const bench = await startBench(twitch, () => ({}), [validateCall(false)]);
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    await bench.close();
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    expect(bench.provider.kinds[0]?.places).toHaveProperty('open');
  });
});
