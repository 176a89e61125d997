import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { itEndsAtCopies } from '../../test/contract/copies.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  account,
  alive,
  cases,
  config,
  found,
  gone,
  loggedOut,
  logout,
  mfa,
  revoke,
  sessions,
  settings,
  TOKEN,
  tokens,
  used,
} from './cases.ts';
import { mattermost } from './index.ts';

for (const spec of cases) describeProvider(spec);

for (const spec of cases) {
  itEndsAtCopies(spec, (urls) => ({ servers: urls.flatMap((url) => config(url).servers) }), {
    look: [alive],
    revoke: [logout, loggedOut, ...used, loggedOut, revoke],
    gone: [gone],
  });
}

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(mattermost, config, exchanges);
  onTestFinished(() => bench.close());
  const { result, verified } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  bench.verify();
  return { ...result, verified };
}

describe('a token', () => {
  it('that is a session ends by logging out, and no access token of its user with it', async () => {
    expect(await run([...found, gone, gone])).toMatchObject({
      outcome: 'revoked',
      verified: true,
      evidence: { kind: 'session' },
    });
  });

  it.each([
    ['no session is new', { web: undefined, bot: 'pat-1' }],
    ['two access tokens have new sessions', { bot: 'pat-1', again: 'pat-2', other: 'pat-3' }],
    ['the new session is of no access token', { bot: 'pat-1', web2: undefined }],
  ])('is not revoked by id when %s', async (_when, given) => {
    expect(await run([...found, alive, sessions(given)])).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
    });
  });

  it('is not revoked by id when the new session is left after another log-out', async () => {
    expect(await run([...found, ...used, sessions({ bot: 'pat-1', again: 'pat-2' })])).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
    });
  });

  it('is not called dead while its user is deactivated', async () => {
    const off = account(200, { id: 'u', delete_at: 1_750_000_000_000 });
    await expect(run([alive, gone, off])).rejects.toMatchObject({ code: 'suspended' });
  });

  const on = account(200, { id: 'u', delete_at: 0 });
  const letIn = settings('true');
  const page = Array.from({ length: 200 }, () => true);

  it.each([
    ['active', [on, letIn, tokens([true])]],
    ['gone', [account(404, { id: 'app.user.missing_account.const', status_code: 404 })]],
  ])('that worked before is dead when its user is %s', async (_what, user) => {
    expect(await run([alive, gone, ...user])).toMatchObject({ outcome: 'already-inactive' });
  });

  it('is not called dead while its user has a disabled one, on whatever page', async () => {
    const exchanges = [alive, gone, on, letIn, tokens(page), tokens([false], 1)];
    await expect(run(exchanges)).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is not called dead while the server lets no access token in', async () => {
    await expect(run([alive, gone, on, settings('false')])).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is not called dead when a second factor is asked for', async () => {
    await expect(run([mfa])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });
});
