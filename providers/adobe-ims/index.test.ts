import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, config, jwt, revoke, TOKEN, token, valid } from './cases.ts';
import { adobeIms } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function start(exchanges: readonly Exchange[]) {
  const bench = await startBench(adobeIms, () => config, exchanges);
  onTestFinished(() => bench.close());
  return bench;
}

async function end(leaked: string, exchanges: readonly Exchange[]) {
  const bench = await start(exchanges);
  const ended = await runStep(bench, new Secret(leaked), { kind: 'access-token' });
  bench.verify();
  return ended;
}

it('leaves the working token of a client that is not configured to a person', async () => {
  const other = token('other-client');
  expect((await end(other, [valid(true, other, 'other-client')])).result).toMatchObject({
    outcome: 'refused',
    reason: 'unknown-token',
  });
});

it('sends no other JWT to Adobe', async () => {
  const other = jwt({ iss: 'https://accounts.example.com', sub: 'somebody'.repeat(8) });
  expect((await end(other, [])).result).toMatchObject({ outcome: 'refused', reason: 'unrecognised' });
});

it.each(['ims-na1-stg1', 'ims-eu1', undefined])('asks about no token that the IMS %s issued', async (as) => {
  const other = jwt({ id: '1700000000000_f00', type: 'access_token', client_id: 'quash-client', as });
  expect((await end(other, [])).result).toMatchObject({ outcome: 'refused', reason: 'unrecognised' });
});

it.each(['quash\nclient', 'клиент'])('sends no JWT to Adobe that names the client %j', async (client) => {
  expect((await end(token(client), [])).result).toMatchObject({ outcome: 'refused', reason: 'unrecognised' });
});

it('does not call a cut token dead', async () => {
  const cut = TOKEN.slice(0, -10);
  expect((await end(cut, [valid(false, cut)])).result).toMatchObject({
    outcome: 'refused',
    reason: 'unknown-token',
  });
});

it('has not revoked a token that is still valid', async () => {
  const ended = end(TOKEN, [valid(true), revoke(200, {}), valid(true)]);
  await expect(ended).rejects.toMatchObject({ code: 'still-active' });
});

it.each([
  [200, {}, true],
  [400, { error: 'invalid_request' }, true],
  [401, { error: 'invalid_client' }, false],
])('checks its client by what a %i says of a token that is none', async (status, json, ok) => {
  const { provider } = await start([revoke(status, json, 'not-a-token')]);
  expect(await provider.check?.(new AbortController().signal)).toMatchObject([{ ok }]);
});
