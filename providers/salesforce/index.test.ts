import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, cases, config, dead, limited, notRevoked, REFRESH, revokeCall, TOKEN } from './cases.ts';
import { salesforce } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(
  exchanges: readonly Exchange[],
  configOf: (url: string) => unknown = config,
  [token, kind]: readonly [string, string] = [TOKEN, 'access-token'],
) {
  const bench = await startBench(salesforce, configOf, exchanges);
  try {
    const ended = await runStep(bench, new Secret(token), { kind });
    bench.verify();
    return ended;
  } finally {
    await bench.close();
  }
}

describe('salesforce', () => {
  it('can act on nothing without a domain', async () => {
    const bench = await startBench(salesforce, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it('revokes at the domain that takes the token', async () => {
    const both = (url: string) => ({ instances: [{ url: `${url}/other` }, ...config(url).instances] });
    const { verified } = await run([dead('/other'), alive, alive, revokeCall(), dead()], both);
    expect(verified).toBe(true);
  });

  it.each(Object.entries(limited))('revokes a token that %s', async (_name, answer) => {
    const { result, verified } = await run([answer, answer, revokeCall(), dead()]);
    expect(result.outcome).toBe('revoked');
    expect(verified).toBe(true);
  });

  it('is not done while a token is only kept from the API', async () => {
    const kept = limited['has no right to the API, or may not come from here'];
    await expect(run([alive, alive, revokeCall(), kept])).rejects.toMatchObject({ code: 'still-active' });
  });

  it('reads a refused revocation as JSON, too, and no other page', async () => {
    const json = { error: 'unsupported_token_type', error_description: 'no' };
    const { result } = await run([alive, alive, revokeCall({ status: 400, json })]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
    const page = revokeCall({ status: 400, text: 'See /login?error=unsupported_token_type' });
    await expect(run([alive, alive, page])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it.each([
    { text: 'error=invalid_token' },
    { text: 'error=invalid_token&error_description=' },
    { text: 'error=invalid_token&error_description=no', headers: { 'content-type': 'application/json' } },
  ])('takes no cut refusal of a revocation for one, such as %o', async (answer) => {
    const cut = revokeCall({ status: 400, ...answer });
    await expect(run([alive, alive, cut])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('leaves the session of a login to a person', async () => {
    const { result } = await run([alive, alive, notRevoked('unsupported_token_type')]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
  });

  it('asks once more when the revocation calls invalid what it took just now', async () => {
    const invalid = [alive, alive, notRevoked('invalid_token')];
    expect((await run([...invalid, alive])).result).toMatchObject({ reason: 'not-permitted' });
    expect((await run([...invalid, dead()])).result).toMatchObject({ outcome: 'already-inactive' });
  });

  it('says after a crash that a token which it saw alive is dead now', async () => {
    let url = '';
    const configOf = (baseUrl: string) => {
      url = `${baseUrl}/example`;
      return config(baseUrl);
    };
    const bench = await startBench(salesforce, configOf, [dead()]);
    const step = { kind: 'access-token', notes: [{ instance: url }] };
    const { result } = await runStep(bench, new Secret(TOKEN), step);
    await bench.close();
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  describe('a refresh token', () => {
    const refresh = [REFRESH, 'refresh-token'] as const;
    const taken = revokeCall({ status: 200 }, REFRESH);

    it('is revoked at the domain that takes it, and asked about there alone', async () => {
      const both = (url: string) => ({ instances: [{ url: `${url}/other` }, ...config(url).instances] });
      const exchanges = [
        notRevoked('invalid_token', REFRESH, '/other'),
        taken,
        notRevoked('invalid_token', REFRESH),
      ];
      expect((await run(exchanges, both, refresh)).result).toMatchObject({
        outcome: 'revoked',
        proven: true,
      });
    });

    it('is not done while its domain takes it once more', async () => {
      await expect(run([taken, taken], config, refresh)).rejects.toMatchObject({ code: 'still-active' });
    });

    it('goes to a person when its domain does not revoke it', async () => {
      const { result } = await run([notRevoked('unsupported_token_type', REFRESH)], config, refresh);
      expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    });
  });
});
