import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { itEndsAtCopies } from '../../test/contract/copies.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { ALIVE, cases, config, DELETED, INVALID, look, remove, TOKEN } from './cases.ts';
import { sourcegraph } from './index.ts';

for (const spec of cases) describeProvider(spec);

for (const spec of cases.slice(0, 1)) {
  itEndsAtCopies(spec, (urls) => ({ instances: urls.map((url) => ({ url })) }), {
    look: [look(TOKEN, ALIVE)],
    revoke: [remove(TOKEN, DELETED)],
    gone: [look(TOKEN, INVALID)],
  });
}

it('takes an error of the mutation for no deletion', async () => {
  const errors = { status: 200, json: { data: { deleteAccessToken: null }, errors: [{ message: 'no' }] } };
  const bench = await startBench(sourcegraph, config, [
    look(TOKEN, ALIVE),
    look(TOKEN, ALIVE),
    remove(TOKEN, errors),
  ]);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  bench.verify();
});

it('does not call a token dead that may be kept out since it worked', async () => {
  const bench = await startBench(sourcegraph, config, [look(TOKEN, ALIVE), look(TOKEN, INVALID)]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  bench.verify();
});
