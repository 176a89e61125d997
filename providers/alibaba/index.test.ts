import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  type EndedStep,
  runStep,
  type StepOptions,
  startBench,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, deactivated, failed, ID, identity, inactive, mismatch, SECRET, turns } from './cases.ts';
import { alibaba } from './index.ts';
import { signedHeaders } from './sign.ts';

for (const spec of cases) describeProvider(spec);

async function end(
  token: string,
  exchanges: readonly Exchange[],
  options: Omit<StepOptions, 'kind'>,
): Promise<EndedStep> {
  const bench = await startBench(alibaba, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const kind = token === ID ? 'access-key-id' : 'access-key-secret';
  const ended = await runStep(bench, new Secret(token), { kind, ...options });
  bench.verify();
  return ended;
}

describe('access keys', () => {
  it('take their secret from the lines around, when it proves itself', async () => {
    const context = `checksum ${'x1y2z3'.repeat(5)}\naccess_key_secret=${SECRET}`;
    const script = [mismatch, identity(), deactivated(), inactive];
    expect(await end(ID, script, { context })).toMatchObject({
      result: { outcome: 'revoked' },
      verified: true,
    });
  });

  it('go to a person when no secret is near', async () => {
    expect((await end(ID, [], { context: 'nothing here' })).result).toMatchObject({
      reason: 'needs-context',
    });
  });

  it('are proven dead by their secret once that has proven itself', async () => {
    const notes: unknown[] = [];
    const options = { context: `id: ${ID}`, notes };
    await end(SECRET, [identity(), deactivated(), inactive], options);
    expect((await end(SECRET, [inactive], options)).result).toMatchObject({ outcome: 'already-inactive' });
  });

  it('are not dead because they are refused from here', async () => {
    const options = { parts: { 'access-key-secret': [SECRET] } };
    expect((await end(ID, [inactive], options)).result).toMatchObject({
      outcome: 'refused',
      reason: 'unknown-token',
    });
  });

  it('leave the key to their secret of the same report, and are known to be dead then', async () => {
    const options = { parts: { 'access-key-secret': [SECRET] } };
    expect(await end(ID, [identity(), inactive], options)).toMatchObject({
      result: { outcome: 'already-inactive' },
      verified: true,
    });
  });

  it('are looked at again when another one disabled the key a moment before', async () => {
    const tooLate = deactivated(403, failed('InvalidAccessKeyId.Inactive'));
    const ended = await end(SECRET, [identity(), tooLate, inactive], { context: `id: ${ID}` });
    expect(ended).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
  });

  it('are not looked at for ever that sign and are called inactive, nor dead by the next refusal', async () => {
    const notes: unknown[] = [];
    const options = { context: `id: ${ID}`, notes };
    const limited = [identity(), deactivated(403, failed('InvalidAccessKeyId.Inactive'))];
    const looks = Array.from({ length: 6 }, () => limited).flat();
    await expect(end(SECRET, looks, options)).rejects.toMatchObject({ code: 'suspended' });
    const { result } = await end(SECRET, [inactive], options);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  });

  it('are not dead when they are refused from here since, as what is limited to other addresses is', async () => {
    const notes: unknown[] = [];
    const options = { context: `id: ${ID}`, notes };
    const forbidden = deactivated(403, failed('Forbidden'));
    const first = await end(SECRET, [identity(), forbidden], options);
    expect(first.result).toMatchObject({ reason: 'not-permitted' });
    const second = await end(SECRET, [inactive], options);
    expect(second.result).toMatchObject({ outcome: 'refused', reason: 'manual' });
    const third = await end(SECRET, [identity('InvalidAccessKeyId.NotFound', 404)], options);
    expect(third.result).toMatchObject({ outcome: 'already-inactive' });
  });

  it('may keep working for some time', async () => {
    const options = { parts: { 'access-key-secret': [SECRET] } };
    const script = [...turns, identity(), deactivated(), identity()];
    await expect(end(ID, script, options)).rejects.toMatchObject({ code: 'still-active' });
  });

  it('wait when Alibaba Cloud throttles with a 400', async () => {
    const options = { parts: { 'access-key-secret': [SECRET] } };
    const throttled = end(ID, [identity('Throttling.User')], options);
    await expect(throttled).rejects.toMatchObject({ code: 'throttled' });
  });

  it('wait while our clock is wrong', async () => {
    const options = { parts: { 'access-key-secret': [SECRET] } };
    const late = end(ID, [identity('InvalidTimeStamp.Expired')], options);
    await expect(late).rejects.toMatchObject({ code: 'wrong-clock' });
  });
});

it('signs what is documented', () => {
  const call = {
    host: 'sts.aliyuncs.com',
    action: 'Act',
    version: '2015-04-01',
    query: { B: '2', A: 'b c' },
  };
  const headers = signedHeaders(call, { id: ID, secret: new Secret(SECRET) }, 0, 'nonce');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const canonical = `POST
/
A=b%20c&B=2
host:sts.aliyuncs.com
x-acs-action:Act
x-acs-content-sha256:${sha256('')}
x-acs-date:1970-01-01T00:00:00Z
x-acs-signature-nonce:nonce
x-acs-version:2015-04-01

host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version
${sha256('')}`;
  const signature = createHmac('sha256', SECRET)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  expect(headers.authorization?.reveal()).toContain(`,Signature=${signature}`);
});
