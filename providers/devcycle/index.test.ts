import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { cases, config, environment, list, page, record, remove, SERVER_KEY, signedIn } from './cases.ts';
import { devcycle } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('does not call a key dead that the project with the same key in another organization does not have', async () => {
  const away = { ...record(SERVER_KEY), answer: { status: 503 } };
  const before = await startBench(devcycle, config, [signedIn, list(SERVER_KEY), away]);
  onTestFinished(() => before.close());
  const notes: unknown[] = [];
  const options = { kind: 'sdk-key', notes };
  await expect(runStep(before, new Secret(SERVER_KEY), options)).rejects.toMatchObject({
    code: 'unavailable',
  });

  const projects = config().projects.map((each) => ({ ...each, clientId: 'of-another-organization' }));
  const { json } = signedIn.expect as { json: object };
  const itsSignIn = {
    ...signedIn,
    expect: { ...signedIn.expect, json: { ...json, client_id: 'of-another-organization' } },
  };
  const after = await startBench(devcycle, () => ({ projects }), [itsSignIn, list()]);
  onTestFinished(() => after.close());
  const { result } = await runStep(after, new Secret(SERVER_KEY), options);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('finds a key that moved to a page which was read before, as another environment was deleted', async () => {
  const others = Array.from({ length: 100 }, (_, index) => ({
    ...environment(),
    _id: String(index).padStart(24, '0'),
  }));
  const moved = [...others.slice(1), environment(SERVER_KEY)];
  const ended = [record(SERVER_KEY), remove(SERVER_KEY, 200), record()];
  const exchanges = [signedIn, page(1, others), page(2, []), page(1, moved), ...ended];
  const bench = await startBench(devcycle, config, exchanges);
  onTestFinished(() => bench.close());
  const { verified } = await runStep(bench, new Secret(SERVER_KEY), { kind: 'sdk-key' });
  expect(verified).toBe(true);
  bench.verify();
});

it('leaves the last key of an environment to a person', async () => {
  const last = remove(SERVER_KEY, 405, { statusCode: 405, message: 'no', error: 'Method Not Allowed' });
  const exchanges = [signedIn, list(SERVER_KEY), record(SERVER_KEY), last];
  const bench = await startBench(devcycle, config, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(SERVER_KEY), { kind: 'sdk-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  bench.verify();
});
