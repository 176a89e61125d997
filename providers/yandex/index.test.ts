import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { COOKIE, cases, clouds, done, revoke, TOKEN } from './cases.ts';
import { yandex } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function end(token: string, exchanges: readonly Exchange[]) {
  const bench = await startBench(yandex, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const kind = bench.provider.kinds.find(({ pattern }) => pattern.test(token))?.id ?? 'none';
  const ended = await runStep(bench, new Secret(token), { kind });
  bench.verify();
  return ended;
}

it('leaves a session cookie to a person, whatever rule reports it', async () => {
  expect((await end(COOKIE, [])).result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
});

it.each([
  [200, {}],
  [200, { clouds: [{ id: 'b1g' }], nextPageToken: 'next' }],
  [403, { code: 7, message: 'Permission denied' }],
])('takes a token that is answered %i for one that still works', async (status, json) => {
  await expect(end(TOKEN, [done, clouds(status, json)])).rejects.toMatchObject({ code: 'still-active' });
});

it('does not take any other 401 for the end of the token', async () => {
  const refusal = revoke(401, { code: 7, message: 'No.' });
  await expect(end(TOKEN, [refusal])).rejects.toMatchObject({ code: 'unexpected-answer' });
});
