import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { BOT, called, cases, error, GOV, PAIR, REFRESH, rotated, USER } from './cases.ts';
import { slack } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], notes: unknown[] = [], token = USER, kind = 'token') {
  const bench = await startBench(slack, () => ({}), exchanges);
  try {
    return await runStep(bench, new Secret(token), { kind, notes });
  } finally {
    bench.verify();
    await bench.close();
  }
}

const invalid = (method: 'auth.revoke' | 'auth.test') => [
  called(method, USER, error('invalid_auth')),
  called(method, USER, error('invalid_auth'), GOV),
];
const revokedNow = called('auth.revoke', USER, { ok: true, revoked: true });

describe('a refresh token of an app configuration', () => {
  const use = (reply: unknown) => run([rotated(reply)], [], REFRESH, 'refresh-token');

  it('is not called used up when Slack gives it back', async () => {
    const step = use({ ...PAIR, refresh_token: REFRESH });
    await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is tried again when Slack refuses it for a while', async () => {
    await expect(use(error('unknown_error'))).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
  });
});

describe('slack', () => {
  it('takes an invalid token for dead where Slack had revoked it for us, and only there', async () => {
    const notes: unknown[] = [];
    expect(await run([revokedNow, ...invalid('auth.test')], notes)).toMatchObject({ verified: true });
    for (const kept of [notes, [{ revoked: true }]]) {
      expect(await run(invalid('auth.revoke'), kept)).toMatchObject({
        result: { outcome: 'already-inactive' },
        verified: true,
      });
    }
    expect((await run(invalid('auth.revoke'))).result).toMatchObject({
      outcome: 'refused',
      reason: 'unknown-token',
      evidence: { asked: 'https://slack.com, https://slack-gov.com' },
    });
  });

  it('revokes at GovSlack what Slack does not know', async () => {
    const exchanges = [
      called('auth.revoke', USER, error('invalid_auth')),
      called('auth.revoke', USER, { ok: true, revoked: true }, GOV),
      called('auth.test', USER, error('invalid_auth')),
      called('auth.test', USER, error('token_revoked'), GOV),
    ];
    expect(await run(exchanges)).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('calls a deactivated bot dead only once it has revoked its token', async () => {
    const before = run([called('auth.revoke', BOT, error('account_inactive'))], [], BOT, 'bot-token');
    await expect(before).rejects.toMatchObject({ code: 'suspended' });
    const revokes = called('auth.revoke', BOT, { ok: true, revoked: true });
    const after = [revokes, called('auth.test', BOT, error('account_inactive'))];
    expect(await run(after, [], BOT, 'bot-token')).toMatchObject({ verified: true });
  });

  it.each<[string, unknown, string]>([
    ['ok without a revocation', { ok: true, revoked: false }, 'unexpected-answer'],
    ['ok about something else', { ok: true }, 'unexpected-answer'],
    ['an error that is not known', error('brand_new_error'), 'unexpected-answer'],
    ['an error that passes', error('service_unavailable'), 'unavailable'],
    ['a network that may not call', error('accesslimited'), 'suspended'],
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
