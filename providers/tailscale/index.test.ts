import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  ABSENT,
  API_TOKEN,
  AUTH_KEY,
  cases,
  DENIED,
  FORBIDDEN,
  issue,
  OURS,
  ours,
  RECORD,
  self,
} from './cases.ts';
import { tailscale } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(token: string, kind: string, exchanges: readonly Exchange[]) {
  const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), exchanges);
  try {
    const { result, verified } = await runStep(bench, new Secret(token), { kind });
    bench.verify();
    return { ...result, verified };
  } finally {
    await bench.close();
  }
}

describe('tailscale', () => {
  it('offers API tokens only when there is no OAuth client', async () => {
    const bench = await startBench(tailscale, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['api-token']);
  });

  it('takes "not found" for the end of a key only right after its deletion', async () => {
    const exchanges = [issue(), ours.look(200, RECORD), ours.remove(200), ours.look(404, ABSENT)];
    expect(await run(AUTH_KEY, 'auth-key', exchanges)).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('acts on no key of another id', async () => {
    const exchanges = [issue(), ours.look(200, { ...RECORD, id: 'k999999CNTRL' })];
    await expect(run(AUTH_KEY, 'auth-key', exchanges)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('lets an API token act for itself, whatever is configured', async () => {
    const exchanges = [self.look(200, RECORD), self.remove(200), self.look(401, DENIED)];
    expect(await run(API_TOKEN, 'api-token', exchanges)).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('never deletes its own credential', async () => {
    const result = await run(OURS.secret, 'oauth-client', []);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
  });

  it('fetches another access token after one was refused', async () => {
    const exchanges = [
      issue(),
      ours.look(401, DENIED),
      issue(),
      ours.look(200, { ...RECORD, invalid: true }),
    ];
    const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), exchanges);
    try {
      const step = () => runStep(bench, new Secret(AUTH_KEY), { kind: 'auth-key' });
      await expect(step()).rejects.toMatchObject({ code: 'credential-refused' });
      expect((await step()).result).toMatchObject({ outcome: 'already-inactive' });
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it.each<[number, unknown, boolean]>([
    [200, { keys: [] }, true],
    [401, DENIED, false],
    [403, FORBIDDEN, false],
  ])('checks its credential, which is answered with %i', async (status, json, ok) => {
    const exchanges = [issue(), ours.list(status, json)];
    const bench = await startBench(tailscale, () => ({ oauthClient: OURS }), exchanges);
    try {
      expect(await bench.provider.check?.(new AbortController().signal)).toMatchObject([{ ok }]);
    } finally {
      await bench.close();
    }
  });
});
