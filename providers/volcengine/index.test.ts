import { createHash, createHmac } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, config, done, ID, key, keys, users } from './cases.ts';
import { volcengine } from './index.ts';
import { signedHeaders } from './sign.ts';

for (const spec of cases) describeProvider(spec);

async function end(exchanges: readonly Exchange[]) {
  const bench = await startBench(volcengine, () => config, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(ID), { kind: 'access-key-id' });
  bench.verify();
  return ended;
}

it('finds a key of whoever the credential belongs to', async () => {
  const mine = (status: string) => keys('', [key(status)]);
  const update = done('UpdateAccessKey', `&AccessKeyId=${ID}&Status=inactive`);
  const ended = await end([users([]), mine('active'), mine('active'), update, mine('inactive')]);
  expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
});

it('reads the list of users to its end', async () => {
  const first = users(['Alice'], { total: 2 });
  const second = users(['Bob'], { total: 2, offset: 1 });
  const ended = await end([first, second, keys('', []), keys('Alice', []), keys('Bob', [key('inactive')])]);
  expect(ended.result).toMatchObject({ outcome: 'already-inactive' });
});

it('has not revoked a key that is still listed as active', async () => {
  const mine = keys('', [key('active')]);
  const update = done('UpdateAccessKey', `&AccessKeyId=${ID}&Status=inactive`);
  await expect(end([users([]), mine, mine, update, mine])).rejects.toMatchObject({ code: 'still-active' });
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
