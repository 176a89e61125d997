import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  type StepOptions,
  startBench,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  active,
  another,
  cases,
  config,
  denied,
  done,
  failed,
  found,
  ID,
  inactive,
  key,
  keys,
  known,
  limited,
  paired,
  SECRET,
  unknown,
  update,
  users,
} from './cases.ts';
import { volcengine } from './index.ts';
import { signedHeaders } from './sign.ts';

for (const spec of cases) describeProvider(spec);

async function end(
  exchanges: readonly Exchange[],
  options: Partial<StepOptions> = {},
  settings: object = config,
) {
  const bench = await startBench(volcengine, () => settings, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(ID), { kind: 'access-key-id', context: SECRET, ...options });
  bench.verify();
  return ended;
}

const mine = (status: string) => keys('', [key(status)]);
const updateMine = done('UpdateAccessKey', `&AccessKeyId=${ID}&Status=inactive`);

it('finds a key of whoever the credential belongs to', async () => {
  const script = [...paired, users([]), mine('active'), updateMine, mine('inactive')];
  expect(await end(script)).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
});

it.each([
  [200, 'AccountFlowLimitExceeded', 'throttled'],
  [400, 'FlowLimitExceeded', 'throttled'],
  [401, 'InvalidTimestamp', 'wrong-clock'],
])('waits when Volcengine says by %s that it is %s', async (status, error, code) => {
  await expect(end([limited(status, error)])).rejects.toMatchObject({ code, scope: 'lane' });
});

it('tells the limit of a leaked key, which whoever has it may use up, from that of its own', async () => {
  const code = 'AccountFlowLimitExceeded';
  const ofLeaked = end([limited(200, code)]);
  await expect(ofLeaked).rejects.toMatchObject({ code: 'throttled', byLeaked: true });
  const ofOurs = end([...paired, failed('ListUsers', '&Limit=100&Offset=0', 200, code)]);
  await expect(ofOurs).rejects.toMatchObject({ code: 'throttled', byLeaked: false });
});

it('disables no key for its public id, until a person approves', async () => {
  const held = await end([known, ...found, active], { context: '' });
  expect(held.result).toMatchObject({ outcome: 'held', reason: 'unproven', evidence: { works: 'yes' } });
  const script = [known, ...found, active, update, inactive];
  expect(await end(script, { context: '', mayActUnproven: true })).toMatchObject({
    result: { outcome: 'revoked' },
    verified: true,
  });
});

it('proves nothing by a denial that a secret of nobody gets as well', async () => {
  const { result } = await end([denied, denied, ...found, active]);
  expect(result).toMatchObject({ outcome: 'held', reason: 'unproven' });
});

it('makes no search for an id that Volcengine does not know', async () => {
  expect((await end([unknown])).result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('leaves a key of another account to a person', async () => {
  const { result } = await end([...paired, users([]), keys('', null)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
});

describe('an account that has more users than are searched', () => {
  const names = Array.from({ length: 100 }, (_, index) => `user-${index}`);
  const tooMany = [0, 100, 200, 300].map((offset) =>
    users(names, { total: 500, offset, signer: another.accessKeyId }),
  );

  it('sends a key to a person when no other has it', async () => {
    const script = [...paired, ...tooMany, users([]), keys('', null)];
    const { result } = await end(script, {}, { accounts: [another, ...config.accounts] });
    expect(result).toMatchObject({
      reason: 'needs-context',
      advice: expect.stringContaining('too many users'),
    });
  });

  it('does not end the search', async () => {
    const script = [...paired, ...tooMany, ...found, active, update, inactive];
    const ended = await end(script, {}, { accounts: [another, ...config.accounts] });
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });
});

it('reads the list of users to its end', async () => {
  const first = users(['Alice'], { total: 2 });
  const second = users(['Bob'], { total: 2, offset: 1 });
  const lists = [keys('', []), keys('Alice', []), inactive];
  expect((await end([known, first, second, ...lists])).result).toMatchObject({ outcome: 'already-inactive' });
});

it('does not take the users for all who are given before the list ends early', async () => {
  const script = [known, users(['Alice'], { total: 2 }), users([], { total: 2, offset: 1 })];
  await expect(end(script)).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('has not revoked a key that is still listed as active', async () => {
  const script = [...paired, users([]), mine('active'), updateMine, mine('active')];
  await expect(end(script)).rejects.toMatchObject({ code: 'still-active' });
});

it.each([
  ['while Volcengine knows its id', known, { result: { outcome: 'revoked' }, liveness: 'unknown' }],
  ['once there is no such id', unknown, { result: { outcome: 'revoked' }, verified: true }],
])('has not revoked a key by its absence from the list %s', async (_when, said, expected) => {
  const script = [...paired, users([]), mine('active'), updateMine, keys('', null), said];
  expect(await end(script)).toMatchObject(expected);
});

it('signs what is documented', () => {
  const call = { host: 'iam.example.com', region: 'cn-beijing', service: 'iam' };
  const pair = { id: 'id', secret: new Secret('key') };
  const headers = signedHeaders({ ...call, query: { B: "a b+c'", A: '1' } }, pair, 0);
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const canonical = `GET
/
A=1&B=a%20b%2Bc%27
host:iam.example.com
x-date:19700101T000000Z

host;x-date
${sha256('')}`;
  const toSign = `HMAC-SHA256\n19700101T000000Z\n19700101/cn-beijing/iam/request\n${sha256(canonical)}`;
  const signingKey = hmac(hmac(hmac(hmac('key', '19700101'), 'cn-beijing'), 'iam'), 'request');
  const { authorization } = headers;
  expect(authorization instanceof Secret && authorization.reveal()).toContain(
    `Signature=${hmac(signingKey, toSign).toString('hex')}`,
  );
});
