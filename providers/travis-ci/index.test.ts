import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { alive, cases, denied, gone, goneBehindProxy, remove, TOKEN } from './cases.ts';
import { travisCi } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('ends a token at an installation that was restored from a copy, too', async () => {
  const atCopy = [alive('/copy'), alive('/copy'), remove('/copy')];
  const exchanges = [alive(), alive(), remove(), ...atCopy, gone('/copy'), gone()];
  const instances = (url: string) => ({ instances: [{ url }, { url: `${url}/copy` }] });
  const bench = await startBench(travisCi, instances, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  expect(end).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  bench.verify();
});

it('knows the refusal of an installation behind a proxy that repeats a header', async () => {
  const script = [alive(), alive(), remove(), goneBehindProxy];
  const bench = await startBench(travisCi, (url) => ({ instances: [{ url }] }), script);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  expect(end).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  bench.verify();
});

it('takes the words of anybody else for no refusal of the token', async () => {
  const bench = await startBench(travisCi, (url) => ({ instances: [{ url }] }), [alive(), denied]);
  onTestFinished(() => bench.close());
  const end = runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  await expect(end).rejects.toMatchObject({ code: 'unexpected-answer' });
  bench.verify();
});
