import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, INVALID, NO_CREDITS, probed, revocation, TOKEN } from './cases.ts';
import { perplexity } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('perplexity', () => {
  const other = { status: 401, json: { error: { message: 'No.', type: 'another', code: 401 } } };
  const working = { status: 200, json: { object: 'list', data: [] } };

  it.each<[string, Exchange[], string]>([
    ['a 401 for another reason', [revocation(other)], 'unexpected-answer'],
    ['a lack of credits', [revocation(NO_CREDITS)], 'suspended'],
    ['a lack of credits afterwards', [revocation({ status: 200 }), probed(NO_CREDITS)], 'suspended'],
    ['a key that still works', [revocation({ status: 200, json: {} }), probed(working)], 'still-active'],
  ])('does not take %s for its end', async (_name, exchanges, code) => {
    const bench = await startBench(perplexity, () => ({}), exchanges);
    try {
      await expect(runStep(bench, new Secret(TOKEN), { kind: 'api-key' })).rejects.toMatchObject({ code });
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it('tells a person that the account of a refused key may have no credits', async () => {
    const bench = await startBench(perplexity, () => ({}), [revocation(INVALID)]);
    onTestFinished(() => bench.close());
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'api-key' });
    expect(result).toMatchObject({ reason: 'unknown-token', advice: expect.stringContaining('credits') });
  });
});
