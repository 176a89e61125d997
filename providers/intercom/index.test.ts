import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { AU, absent, alive, cases, EU, TOKEN, US, uninstalled } from './cases.ts';
import { intercom } from './index.ts';

for (const spec of cases) describeProvider(spec);

it.each(['token_revoked', 'token_expired', 'token_not_found'])(
  'knows a token that one region calls %s and no other knows to be dead',
  async (code) => {
    const bench = await startBench(intercom, () => ({}), [absent(US, code), absent(EU), absent(AU)]);
    onTestFinished(() => bench.close());
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
    bench.verify();
  },
);

it.each([
  [401, 'token_unauthorized'],
  [403, 'action_forbidden'],
])('leaves a token to a person that may not uninstall its app, told so by %i %s', async (status, code) => {
  const exchanges = [absent(US), alive, alive, uninstalled(status, code)];
  const bench = await startBench(intercom, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  bench.verify();
});
