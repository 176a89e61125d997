import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { call, cases, config, LEAKED, listPath, OWN_SECRET, signedIn } from './cases.ts';
import { auth0 } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function bench(exchanges: readonly Exchange[]) {
  const started = await startBench(auth0, config, exchanges);
  onTestFinished(() => started.close());
  return started;
}

it('does not take a list without secrets for one without the leaked secret', async () => {
  const blind = await bench([signedIn, call('GET', listPath(), 200, { clients: [{ client_id: 'a' }] })]);
  await expect(runStep(blind, new Secret(LEAKED), { kind: 'client-secret' })).rejects.toMatchObject({
    code: 'permission-missing',
  });
});

it('rotates none of several applications that share a secret', async () => {
  const clients = ['a', 'b'].map((client_id) => ({ client_id, client_secret: LEAKED }));
  const shared = await bench([signedIn, call('GET', listPath(), 200, { clients })]);
  const { result } = await runStep(shared, new Secret(LEAKED), { kind: 'client-secret' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  shared.verify();
});

it('does not rotate its own secret', async () => {
  const own = await bench([]);
  const { result } = await runStep(own, new Secret(OWN_SECRET), { kind: 'client-secret' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
});

it('reads the applications once for a flood of forged secrets', async () => {
  const page = call('GET', listPath(), 200, { clients: [{ client_id: 'a', client_secret: LEAKED }] });
  const flood = await bench([signedIn, page]);
  for (const count of [1, 2, 3]) {
    const forged = new Secret(LEAKED.slice(0, -1) + String(count));
    const { result } = await runStep(flood, forged, { kind: 'client-secret' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  }
  flood.verify();
});
