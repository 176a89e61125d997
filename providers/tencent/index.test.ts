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
  disabled,
  failed,
  found,
  ID,
  INTERNATIONAL,
  identity,
  itself,
  keys,
  MISMATCH,
  NOT_FOUND,
  SECRET,
  update,
  users,
  withOperator,
} from './cases.ts';
import { tencent } from './index.ts';
import { signedHeaders } from './sign.ts';

for (const spec of cases) describeProvider(spec);

async function end(exchanges: readonly Exchange[], options: Partial<StepOptions>, config: object = {}) {
  const bench = await startBench(tencent, () => config, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(ID), { kind: 'secret-id', ...options });
  bench.verify();
  return ended;
}

describe('a key without an operator', () => {
  it('goes to a person when no secret is near', async () => {
    const { result } = await end([active], { context: `id ${ID}` });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  });

  it('is looked at again when another one disabled the key a moment before', async () => {
    const script = [identity(), itself(failed(NOT_FOUND)), identity(NOT_FOUND)];
    expect(await end(script, { context: SECRET })).toMatchObject({
      result: { outcome: 'already-inactive' },
      verified: true,
    });
  });

  it('is not dead when one site does not know it and the other knows it by another secret', async () => {
    const script = [identity(NOT_FOUND), identity(MISMATCH, INTERNATIONAL)];
    expect((await end(script, { context: SECRET })).result).toMatchObject({ reason: 'needs-context' });
  });

  it('takes the next candidate when one does not fit', async () => {
    const script = [identity(MISMATCH), identity(), disabled, identity(NOT_FOUND)];
    const context = `checksum ${'0123abcd'.repeat(4)}\nkey ${SECRET}`;
    expect(await end(script, { context })).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('has not been revoked while it still signs', async () => {
    const ended = end([identity(), disabled, identity()], { context: SECRET });
    await expect(ended).rejects.toMatchObject({ code: 'still-active' });
  });

  it('waits when Tencent Cloud throttles with a 200', async () => {
    const ended = end([identity('RequestLimitExceeded')], { context: SECRET });
    await expect(ended).rejects.toMatchObject({ code: 'throttled' });
  });

  it('waits while our clock is wrong', async () => {
    const ended = end([identity('AuthFailure.SignatureExpire')], { context: SECRET });
    await expect(ended).rejects.toMatchObject({ code: 'wrong-clock' });
  });
});

describe('a key with an operator', () => {
  it('proves itself by its secret first', async () => {
    const script = [identity(), disabled, identity(NOT_FOUND)];
    expect(await end(script, { context: SECRET }, withOperator)).toMatchObject({ verified: true });
  });

  it('is disabled by the operator when its user may not', async () => {
    const denied = itself(failed('AuthFailure.UnauthorizedOperation'));
    const script = [identity(), denied, ...found, update, identity(NOT_FOUND)];
    expect(await end(script, { context: SECRET }, withOperator)).toMatchObject({
      result: { outcome: 'revoked' },
      verified: true,
    });
  });

  it('is not disabled for its public id, until a person approves', async () => {
    const { result } = await end([active, ...found], {}, withOperator);
    expect(result).toMatchObject({
      outcome: 'held',
      reason: 'unproven',
      evidence: { works: 'yes', user: 1002 },
    });
    const script = [active, ...found, update, identity(NOT_FOUND)];
    const approved = await end(script, { mayActUnproven: true }, withOperator);
    expect(approved).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('makes no search for an id that no site knows', async () => {
    const script = [identity(NOT_FOUND), identity(NOT_FOUND, INTERNATIONAL)];
    expect((await end(script, {}, withOperator)).result).toMatchObject({ outcome: 'already-inactive' });
  });

  it('goes to a person when the account has more users than can be searched', async () => {
    const uins = Array.from({ length: 301 }, (_, index) => index + 1);
    const { result } = await end([active, users(uins)], {}, withOperator);
    expect(result).toMatchObject({ reason: 'needs-context' });
  });

  it('is looked for in the next account when one has more users than can be searched', async () => {
    const uins = Array.from({ length: 301 }, (_, index) => index + 1);
    const two = { accounts: [another, ...withOperator.accounts] };
    const first = [active, users(uins, another.secretId)];
    const { result } = await end([...first, ...found], {}, two);
    expect(result).toMatchObject({ outcome: 'held', evidence: { user: 1002 } });
    const nowhere = await end([...first, users([]), keys({}, null)], {}, two);
    expect(nowhere.result).toMatchObject({ advice: expect.stringContaining('too many users') });
  });
});

it('signs what is documented', () => {
  const call = { host: 'cam.example.com', service: 'cam', action: 'Act', version: '1', region: 'r' };
  const pair = { id: 'id', secret: new Secret('key') };
  const headers = signedHeaders({ ...call, payload: '{"A":1}' }, pair, 0);
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const canonical = `POST
/

content-type:application/json
host:cam.example.com

content-type;host
${sha256('{"A":1}')}`;
  const toSign = `TC3-HMAC-SHA256\n0\n1970-01-01/cam/tc3_request\n${sha256(canonical)}`;
  const key = hmac(hmac(hmac('TC3key', '1970-01-01'), 'cam'), 'tc3_request');
  const { authorization } = headers;
  expect(authorization instanceof Secret && authorization.reveal()).toContain(
    `Signature=${hmac(key, toSign).toString('hex')}`,
  );
});

it.each(['-', '_'])('takes no part of a temporary id, which goes on behind a %j', async (sign) => {
  const bench = await startBench(tencent, () => ({}), []);
  onTestFinished(() => bench.close());
  const texts = [ID, `${ID}${sign}3d`, `3d${sign}${ID}`];
  const [kind] = bench.provider.kinds;
  expect(texts.map((text) => kind?.pattern.test(text))).toEqual([true, false, false]);
});
