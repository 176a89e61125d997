import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { ADMIN, asAdmin, asToken, CLIENT_SECRET, cases, SECRETS_PATH, secret } from './cases.ts';
import { okta } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function bench(exchanges: readonly Exchange[]) {
  const config = () => ({ organizations: [{ url: 'https://acme.okta.com', apiToken: ADMIN }] });
  const started = await startBench(okta, config, exchanges);
  onTestFinished(() => started.close());
  return started;
}

it("asks for a successor before it deactivates an application's only secret", async () => {
  const list = asAdmin('GET', SECRETS_PATH, 200, [secret('ocs2', CLIENT_SECRET)]);
  const only = await bench([
    asAdmin('GET', '/api/v1/apps?limit=50', 200, [{ id: '0oa2', signOnMode: 'OPENID_CONNECT' }]),
    list,
    list,
    list,
  ]);
  const { result } = await runStep(only, new Secret(CLIENT_SECRET), { kind: 'client-secret' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  only.verify();
});

it('does not revoke its own API token, as that would be its last call', async () => {
  const own = await bench([]);
  const { result } = await runStep(own, new Secret(ADMIN), { kind: 'api-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
});

it('does not take a 401 for another reason as "no such token"', async () => {
  const other = { errorCode: 'E0000004', errorSummary: 'Authentication failed' };
  const odd = await bench([asToken('GET', '/api/v1/users/me', 401, other)]);
  const { token } = cases[0] ?? { token: '' };
  await expect(runStep(odd, new Secret(token), { kind: 'api-token' })).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});
