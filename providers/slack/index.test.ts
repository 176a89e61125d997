import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { called, cases, error, USER } from './cases.ts';
import { slack } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], config: unknown = {}, notes: unknown[] = []) {
  const bench = await startBench(slack, () => config, exchanges);
  try {
    return await runStep(bench, new Secret(USER), { kind: 'token', notes });
  } finally {
    bench.verify();
    await bench.close();
  }
}

const revokedNow = called('auth.revoke', USER, { ok: true, revoked: true });

describe('slack', () => {
  it('takes an invalid token for dead where Slack had revoked it for us, and only there', async () => {
    expect(await run([revokedNow, called('auth.test', USER, error('invalid_auth'))])).toMatchObject({
      verified: true,
    });
    const again = [called('auth.revoke', USER, error('invalid_auth'))];
    expect((await run(again, {}, [{ revoked: true }])).result).toMatchObject({
      outcome: 'already-inactive',
      proven: true,
    });
    expect((await run(again)).result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('takes an invalid token for dead, but not for proven, where the operator says so', async () => {
    const exchanges = [called('auth.revoke', USER, error('invalid_auth'))];
    expect((await run(exchanges, { unknownTokens: 'inactive' })).result).toEqual({
      outcome: 'already-inactive',
      proven: false,
    });
  });

  it.each<[string, unknown, string]>([
    ['ok without a revocation', { ok: true, revoked: false }, 'unexpected-answer'],
    ['ok about something else', { ok: true }, 'unexpected-answer'],
    ['an error that is not known', error('brand_new_error'), 'unexpected-answer'],
    ['an error that passes', error('service_unavailable'), 'unavailable'],
    ['a workspace that is being moved', error('org_login_required'), 'unavailable'],
  ])('does not take %s for the end of a token', async (_name, reply, code) => {
    await expect(run([called('auth.revoke', USER, reply)])).rejects.toMatchObject({ code });
  });

  it.each(['not_allowed_token_type', 'missing_scope', 'access_denied'])(
    'gives %s to a person',
    async (code) => {
      const { result } = await run([called('auth.revoke', USER, error(code))]);
      expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    },
  );

  it('sees that a revoked token still works', async () => {
    const exchanges = [revokedNow, called('auth.test', USER, { ok: true, url: 'https://acme.slack.com/' })];
    await expect(run(exchanges)).rejects.toMatchObject({ code: 'still-active' });
  });
});
