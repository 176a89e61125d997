import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, untilTold } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import * as script from './cases.ts';
import { cloudflare } from './index.ts';

for (const spec of script.cases) describeProvider(spec);

const { ACCOUNT_HOME, ACCOUNT_ID, ACCOUNT_TOKEN, OLD_TOKEN, OURS, USER_HOME, USER_TOKEN } = script;
const forAccount = { credentials: [{ token: OURS, accountId: ACCOUNT_ID }] };

const refusedToken = (token: string) => script.accounts(token, 403, script.failing(9109));

async function endOf(token: string, config: unknown, exchanges: readonly Exchange[], notes: unknown[] = []) {
  const bench = await startBench(cloudflare, () => config, exchanges);
  try {
    const ended = await runStep(bench, new Secret(token), {
      kind: token.startsWith('cfut_') ? 'user-token' : 'api-token',
      notes,
    });
    bench.verify();
    return ended;
  } finally {
    await bench.close();
  }
}

describe('a token that does not say whose it is', () => {
  it('is looked for among the tokens of accounts, too', async () => {
    const { result, verified } = await endOf(OLD_TOKEN, forAccount, [
      script.invalid(USER_HOME, OLD_TOKEN),
      script.seen(ACCOUNT_HOME, OLD_TOKEN),
      script.deleted(ACCOUNT_HOME, OLD_TOKEN),
      script.invalid(ACCOUNT_HOME, OLD_TOKEN),
    ]);
    expect([result.outcome, verified]).toEqual(['revoked', true]);
  });

  it('is not dead because users do not have it', async () => {
    const exchanges = [script.invalid(USER_HOME, OLD_TOKEN), refusedToken(OLD_TOKEN)];
    const { result } = await endOf(OLD_TOKEN, {}, exchanges);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is dead when it is gone from where it was seen', async () => {
    const notes = [{ home: '/client/v4/user/tokens' }];
    const exchanges = [script.invalid(USER_HOME, OLD_TOKEN), refusedToken(OLD_TOKEN)];
    const { result } = await endOf(OLD_TOKEN, {}, exchanges, notes);
    expect(result.outcome).toBe('already-inactive');
  });
});

it('deletes a token that has expired, as it may be given another end', async () => {
  const { result, verified } = await endOf(ACCOUNT_TOKEN, forAccount, [
    script.seen(ACCOUNT_HOME, ACCOUNT_TOKEN, 'expired'),
    script.deletion(ACCOUNT_HOME, ACCOUNT_TOKEN, 401, script.failing(1000)),
    script.deleted(ACCOUNT_HOME, OURS),
    script.invalid(ACCOUNT_HOME, ACCOUNT_TOKEN),
  ]);
  expect([result.outcome, verified]).toEqual(['revoked', true]);
});

it('lets no other token wait for our credential by one that has expired', async () => {
  const ended = endOf(ACCOUNT_TOKEN, forAccount, [
    script.seen(ACCOUNT_HOME, ACCOUNT_TOKEN, 'expired'),
    script.deletion(ACCOUNT_HOME, ACCOUNT_TOKEN, 401, script.failing(1000)),
    script.deletion(ACCOUNT_HOME, OURS, 401, script.failing(1000)),
  ]);
  await expect(ended).rejects.toMatchObject({ code: 'credential-refused', scope: 'entry' });
});

it('knows that a token was deleted a while before it is invalid', async () => {
  const lacks = (token: string) => script.deletion(ACCOUNT_HOME, token, 404, script.failing(1003));
  const isGone = [script.seen(ACCOUNT_HOME, ACCOUNT_TOKEN), lacks(ACCOUNT_TOKEN), lacks(OURS)];
  const end = await endOf(ACCOUNT_TOKEN, forAccount, [
    ...isGone,
    script.invalid(ACCOUNT_HOME, ACCOUNT_TOKEN),
    refusedToken(ACCOUNT_TOKEN),
  ]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
  // That of another user is as unknown to ours.
  const { result } = await endOf(ACCOUNT_TOKEN, forAccount, untilTold(isGone));
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('leaves a token that ours does not know to a person after the same time, although Cloudflare was away meanwhile', async () => {
  const lacks = (token: string) => script.deletion(ACCOUNT_HOME, token, 404, script.failing(1003));
  const sight = script.seen(ACCOUNT_HOME, ACCOUNT_TOKEN);
  const isGone = [sight, lacks(ACCOUNT_TOKEN), lacks(OURS)];
  const away: Exchange = { ...lacks(ACCOUNT_TOKEN), answer: { status: 503 } };
  const bench = await startBench(cloudflare, () => forAccount, [...isGone, sight, away, ...isGone]);
  onTestFinished(() => bench.close());
  const before = bench.clock.now();
  const options = { kind: 'api-token', notes: [] };
  const run = () => runStep(bench, new Secret(ACCOUNT_TOKEN), options);
  await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
  await bench.clock.advance(before + 600_000 - bench.clock.now());
  expect((await run()).result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  bench.verify();
});

it('sees the token of an account work when no account is configured', async () => {
  const exchanges = [script.accounts(ACCOUNT_TOKEN, 200, { success: true, errors: [], result: [] })];
  const { result } = await endOf(ACCOUNT_TOKEN, {}, exchanges);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('sees it work by what is said of tokens of accounts alone', async () => {
  const notForAccounts = script.failing(
    1001,
    'List accounts endpoint does not support account owned tokens.',
  );
  for (const token of [ACCOUNT_TOKEN, OLD_TOKEN]) {
    const before = token === OLD_TOKEN ? [script.invalid(USER_HOME, token)] : [];
    const { result } = await endOf(token, { unknownTokens: 'inactive' }, [
      ...before,
      script.accounts(token, 400, notForAccounts),
    ]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  }
});

it('takes a text in a wrong format for no token that is dead, and tells a person of it at once', async () => {
  const longer = `${USER_TOKEN}0a1b2c3d`;
  const malformed = {
    ...script.failing(6003),
    errors: [
      {
        code: 6003,
        message: 'Invalid request headers',
        error_chain: [{ code: 6111, message: 'Invalid format for Authorization header' }],
      },
    ],
  };
  const exchanges = [
    script.verifying(USER_HOME, longer, 400, malformed),
    script.accounts(longer, 400, malformed),
  ];
  const { result } = await endOf(longer, { unknownTokens: 'inactive' }, exchanges);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  const notes = [{ home: '/client/v4/user/tokens' }];
  const again = await endOf(longer, {}, exchanges, notes);
  expect(again.result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('waits for a token that is called invalid because of our address', async () => {
  const exchanges = [script.invalid(USER_HOME, USER_TOKEN), script.accounts(USER_TOKEN, 403, script.BLOCKED)];
  await expect(endOf(USER_TOKEN, {}, exchanges)).rejects.toMatchObject({ code: 'suspended' });
});

it('deletes a disabled token, which could be enabled again', async () => {
  const { result, verified } = await endOf(ACCOUNT_TOKEN, forAccount, [
    script.seen(ACCOUNT_HOME, ACCOUNT_TOKEN, 'disabled'),
    script.mayNot(ACCOUNT_HOME, ACCOUNT_TOKEN),
    script.deleted(ACCOUNT_HOME, OURS),
    script.invalid(ACCOUNT_HOME, ACCOUNT_TOKEN),
  ]);
  expect([result.outcome, verified]).toEqual(['revoked', true]);
});

it('does not call a disabled token dead that it may not delete', async () => {
  const { result } = await endOf(USER_TOKEN, {}, [
    script.seen(USER_HOME, USER_TOKEN, 'disabled'),
    script.mayNot(USER_HOME, USER_TOKEN),
  ]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('goes on with other tokens when somebody reports a token of a user who is not ours', async () => {
  const ours = { credentials: [{ token: OURS }] };
  const { result } = await endOf(USER_TOKEN, ours, [
    script.seen(USER_HOME, USER_TOKEN),
    script.mayNot(USER_HOME, USER_TOKEN),
    script.mayNot(USER_HOME, OURS),
  ]);
  // A failure of ours would pause the whole lane, each time it is tried again.
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('does not use the credential of an account on the token of a user', async () => {
  const { result } = await endOf(USER_TOKEN, forAccount, [
    script.seen(USER_HOME, USER_TOKEN),
    script.mayNot(USER_HOME, USER_TOKEN),
  ]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('takes no global API key', async () => {
  const bench = await startBench(cloudflare, () => ({}), []);
  await bench.close();
  const globalKeys = [USER_TOKEN.replace('cfut_', 'cfk_'), '0a1b2'.repeat(8).slice(0, 37)];
  const { kinds } = bench.provider;
  expect(globalKeys.filter((key) => kinds.some(({ pattern }) => pattern.test(key)))).toEqual([]);
});

it('says whether its credential works', async () => {
  const bench = await startBench(cloudflare, () => ({ credentials: [{ token: OURS }] }), [
    script.seen(USER_HOME, OURS),
    script.seen(USER_HOME, OURS, 'disabled'),
  ]);
  try {
    const { signal } = new AbortController();
    expect(await bench.provider.check?.(signal)).toEqual([{ name: 'token of a user', ok: true }]);
    expect(await bench.provider.check?.(signal)).toMatchObject([{ ok: false }]);
  } finally {
    await bench.close();
  }
});
