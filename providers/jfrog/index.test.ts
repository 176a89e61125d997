import { expect, it, onTestFinished } from 'vitest';
import { isWholeToken } from '../../src/provider/death.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { API_KEY, BLOCKED, cases, INFO, look, remove, TOKEN } from './cases.ts';
import { jfrog } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function bench(exchanges: readonly Exchange[], unknownTokens = 'attention') {
  const started = await startBench(jfrog, (url) => ({ instances: [{ url }], unknownTokens }), exchanges);
  onTestFinished(() => started.close());
  return started;
}

it('deletes nothing by the name of `me`, which an old instance takes for the id of another token', async () => {
  const old = await bench([look(404, { errors: [{ code: 'NOT_FOUND', message: 'Token not found' }] })]);
  const { result } = await runStep(old, new Secret(TOKEN), { kind: 'access-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
  expect(old.requests.map(({ method }) => method)).toEqual(['GET']);
});

it.each([
  ['at first', [look(403, BLOCKED)]],
  ['before it is revoked', [look(200, INFO), look(200, INFO), remove({ status: 403, json: BLOCKED })]],
])('waits while the instance blocks our calls for log-ins that failed, %s', async (_when, exchanges) => {
  const step = runStep(await bench(exchanges), new Secret(TOKEN), { kind: 'access-token' });
  await expect(step).rejects.toMatchObject({ code: 'throttled', retryAfterMs: 30_000 });
});

it('takes a reference token for whole, and no JWT', async () => {
  const { provider } = await bench([]);
  const [kind] = provider.kinds;
  const isWhole = (text: string) => kind && isWholeToken(kind, new Secret(text));
  expect(isWhole(TOKEN)).toBe(true);
  expect(isWhole('eyJh.eyJh.abc')).toBe(false);
});

it('does not delete an API key that is another one than the leaked text', async () => {
  const other = await bench([
    {
      expect: { method: 'GET', path: '/artifactory/api/security/apiKey' },
      answer: { status: 200, json: { apiKey: `${API_KEY.slice(0, -1)}x` } },
    },
  ]);
  const { result } = await runStep(other, new Secret(API_KEY), { kind: 'api-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('does not call a token dead that worked and is refused, as that of a disabled user may be', async () => {
  const refusal = { errors: [{ code: 'UNAUTHORIZED', message: 'Invalid token' }] };
  const { result } = await runStep(await bench([look(200, INFO), look(401, refusal)]), new Secret(TOKEN), {
    kind: 'access-token',
  });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
});

const atCopy = ({ expect: call, answer }: Exchange): Exchange => ({
  expect: { ...call, path: `/copy${call.path}` },
  answer,
});

it('is revoked at an instance that was restored from a copy, too', async () => {
  const gone = look(401, { errors: [{ code: 'UNAUTHORIZED', message: 'Invalid token' }] });
  const here = [look(200, INFO), remove({ status: 204 })];
  const script = [look(200, INFO), ...here, ...[look(200, INFO), ...here].map(atCopy), atCopy(gone), gone];
  const instances = (url: string) => ({ instances: [{ url }, { url: `${url}/copy` }] });
  const started = await startBench(jfrog, instances, script);
  onTestFinished(() => started.close());
  const { result } = await runStep(started, new Secret(TOKEN), { kind: 'access-token' });
  expect(result).toMatchObject({ outcome: 'revoked' });
  started.verify();
});
