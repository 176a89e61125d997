import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import * as script from './cases.ts';
import { splunk } from './index.ts';

for (const spec of script.cases) describeProvider(spec);

const { HEC, OURS, TOKEN } = script;
const one = (url: string) => ({ instances: [{ url, token: OURS }] });
const two = (url: string) => ({
  instances: ['a', 'b'].map((name) => ({ url: `${url}/${name}`, token: OURS })),
});

async function endOf(token: string, exchanges: readonly Exchange[], config = one, notes: unknown[] = []) {
  const bench = await startBench(splunk, config, exchanges);
  try {
    const kind = token === HEC ? 'hec-token' : 'authentication-token';
    const ended = await runStep(bench, new Secret(token), { kind, notes });
    bench.verify();
    return ended;
  } finally {
    await bench.close();
  }
}

describe('an authentication token', () => {
  it('is deleted only after it was let in, as anyone can write a token with the id of another', async () => {
    const { result } = await endOf(TOKEN, [script.shutOut()]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is not deleted when the instance knows it as that of another user', async () => {
    await expect(endOf(TOKEN, [script.letIn('admin')])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is not deleted without an id, which would hit all tokens of the user', async () => {
    const { result } = await endOf(script.tokenWith({ sub: 'ci user', jti: '' }), []);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  describe('that was let in before', () => {
    const step = async (exchanges: readonly Exchange[]) => {
      const notes: unknown[] = [];
      const first = [script.letIn(), { ...script.letIn(), answer: { status: 503 } }];
      const bench = await startBench(splunk, one, [...first, ...exchanges]);
      onTestFinished(() => bench.close());
      const run = () => runStep(bench, new Secret(TOKEN), { kind: 'authentication-token', notes });
      await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
      return run();
    };

    it.each([
      ['gone', script.none()],
      ['gone, while another one is there', script.recordOf('enabled', 'another')],
    ])('is dead when its record is %s', async (_how, records) => {
      const { result, verified } = await step([script.shutOut(), records, script.sees.all]);
      expect([result.outcome, verified]).toEqual(['already-inactive', true]);
    });

    it('is not dead by a list that shows our own tokens alone', async () => {
      const ended = step([script.shutOut(), script.none(), script.sees.own]);
      await expect(ended).rejects.toMatchObject({ code: 'permission-missing', scope: 'entry' });
    });

    it('is not dead when its record is disabled, as it can be enabled again', async () => {
      const { result } = await step([script.shutOut(), script.recordOf('disabled')]);
      expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
    });

    it('is not dead while its record is there, as token authentication may be turned off', async () => {
      const ended = step([script.shutOut(), script.recordOf('enabled')]);
      await expect(ended).rejects.toMatchObject({ code: 'suspended' });
    });
  });

  it('is not deleted when it has the id of the one that Quash works with', async () => {
    const ours = script.tokenWith({ sub: 'ci user', jti: script.ID, aud: 'quash' });
    const config = (url: string) => ({ instances: [{ url, token: ours }] });
    const { result } = await endOf(TOKEN, [], config);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
  });
});

describe('an HEC token', () => {
  it('is disabled on all instances that have it', async () => {
    const { result, verified } = await endOf(
      HEC,
      [
        script.inputsWith(HEC, false, '/a'),
        script.disabling(200, {}, '/a'),
        script.inputsWith(HEC, '0', '/b'),
        script.disabling(200, {}, '/b'),
        script.inputsWith(HEC, true, '/a'),
        script.inputsWith(HEC, '1', '/b'),
      ],
      two,
    );
    expect([result.outcome, verified]).toEqual(['revoked', true]);
  });

  it('is disabled where it can be, and not done while an instance is down', async () => {
    const down: Exchange = { ...script.inputs(200, {}, '/a'), answer: { status: 503 } };
    const exchanges = [down, script.inputsWith(HEC, false, '/b'), script.disabling(200, {}, '/b')];
    await expect(endOf(HEC, exchanges, two)).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
  });

  it('is not dead by one input while an instance has another one with it that is enabled', async () => {
    const inputs = (first: boolean, second: boolean) => {
      const input = (name: string, disabled: boolean) => ({
        ...{ name: `http://${name}`, acl: { app: 'search' }, content: { token: HEC, disabled } },
      });
      return script.inputs(200, { entry: [input('old', first), input('app logs', second)] });
    };
    const bench = await startBench(splunk, one, [inputs(true, false)]);
    onTestFinished(() => bench.close());
    const looking = stepOf(bench.provider, new Secret(HEC), { kind: 'hec-token' });
    expect(await bench.provider.look?.(new Secret(HEC), looking)).toMatchObject({ outcome: 'alive' });

    const exchanges = [inputs(true, false), script.disabling(200, {}), inputs(true, true)];
    const { result, verified } = await endOf(HEC, exchanges, one);
    expect([result.outcome, verified]).toEqual(['revoked', true]);
  });

  it('is not called dead because the instances that are asked have disabled it', async () => {
    const both = [script.inputsWith(HEC, true, '/a'), script.inputsWith(HEC, '1', '/b')];
    const { result } = await endOf(HEC, both, two);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('is dead when it is disabled where a look saw it enabled', async () => {
    const bench = await startBench(splunk, one, [
      script.inputsWith(HEC, false),
      script.inputsWith(HEC, true),
    ]);
    onTestFinished(() => bench.close());
    const token = new Secret(HEC);
    const looking = stepOf(bench.provider, token, { kind: 'hec-token' });
    expect(await bench.provider.look?.(token, looking)).toMatchObject({ outcome: 'alive' });
    const { result } = await runStep(bench, token, { kind: 'hec-token', notes: [looking.remembered] });
    expect(result).toMatchObject({ outcome: 'already-inactive' });
  });

  it('is dead when it is gone for the token of ours that saw it enabled, and not for one of less reach', async () => {
    const saw = await startBench(splunk, one, [script.inputsWith(HEC, false)]);
    onTestFinished(() => saw.close());
    const looking = stepOf(saw.provider, new Secret(HEC), { kind: 'hec-token' });
    await saw.provider.look?.(new Secret(HEC), looking);
    const gone = script.inputs(200, { entry: [] });
    const again = await endOf(HEC, [gone], one, [looking.remembered]);
    expect(again).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });

    const token = ['of', 'less', 'reach'].join('-');
    const less = (url: string) => ({ instances: [{ url, token }] });
    const toLess = { ...gone, expect: { ...gone.expect, headers: { authorization: `Bearer ${token}` } } };
    const { result } = await endOf(HEC, [toLess], less, [looking.remembered]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    const disabled = script.inputsWith(HEC, true);
    const shown = { ...disabled, expect: { ...disabled.expect, headers: toLess.expect.headers } };
    const ended = await endOf(HEC, [shown], less, [looking.remembered]);
    expect(ended).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
  });

  it('is not dead where an instance that had it enabled shows no input to the token of ours that is of less reach', async () => {
    const withToken = (token: string) => (url: string) => ({
      instances: [
        { url: `${url}/a`, token },
        { url: `${url}/b`, token: OURS },
      ],
    });
    const none = script.inputs(200, { entry: [] }, '/a');
    const hidden = { ...none, expect: { ...none.expect, headers: {} } };
    const enabled = script.inputsWith(HEC, false, '/b');
    const disabled = script.inputsWith(HEC, true, '/b');
    const both = [script.inputsWith(HEC, false, '/a'), enabled];
    const saw = await startBench(splunk, withToken(OURS), both);
    onTestFinished(() => saw.close());
    const looking = stepOf(saw.provider, new Secret(HEC), { kind: 'hec-token' });
    await saw.provider.look?.(new Secret(HEC), looking);

    const less = withToken(['of', 'less', 'reach'].join('-'));
    const byHand = await endOf(HEC, [hidden, disabled], less, [looking.remembered]);
    expect(byHand).toMatchObject({ result: { outcome: 'refused', reason: 'unknown-token' } });
    const revoking = [hidden, enabled, script.disabling(200, {}, '/b'), hidden, disabled];
    const revoked = await endOf(HEC, revoking, less, [looking.remembered]);
    expect(revoked).toMatchObject({ verified: false, liveness: 'unknown' });
  });

  it.each(['********', ''])('is not dead while the list shows %j in its place', async (standIn) => {
    const bench = await startBench(splunk, one, [
      script.inputsWith(HEC, false),
      script.inputsWith(standIn, false),
    ]);
    onTestFinished(() => bench.close());
    const token = new Secret(HEC);
    const looking = stepOf(bench.provider, token, { kind: 'hec-token' });
    await bench.provider.look?.(token, looking);
    const ended = runStep(bench, token, { kind: 'hec-token', notes: [looking.remembered] });
    await expect(ended).rejects.toMatchObject({ code: 'permission-missing', scope: 'entry' });
  });

  it('is not dead by the instances that are asked while another took it that is not configured any more', async () => {
    const disabled = script.inputsWith(HEC, true);
    const run = async (exchanges: readonly Exchange[]) => {
      let base = '';
      const at = (url: string) => {
        base = url;
        return one(url);
      };
      const bench = await startBench(splunk, at, exchanges);
      onTestFinished(() => bench.close());
      const notes = [{ quash: 1, seenAlive: [base, 'https://removed.example.com'] }];
      return runStep(bench, new Secret(HEC), { kind: 'hec-token', notes });
    };
    expect(await run([disabled])).toMatchObject({ result: { outcome: 'refused', reason: 'unknown-token' } });
    const revoking = [script.inputsWith(HEC, false), script.disabling(200, {}), disabled];
    expect(await run(revoking)).toMatchObject({ verified: false, liveness: 'unknown' });
  });

  it('is still alive when its input is', async () => {
    const exchanges = [
      script.inputsWith(HEC, false),
      script.disabling(200, {}),
      script.inputsWith(HEC, false),
    ];
    await expect(endOf(HEC, exchanges)).rejects.toMatchObject({ code: 'still-active' });
  });
});

it('takes no token when no instance is configured', async () => {
  const bench = await startBench(splunk, () => ({}), []);
  await bench.close();
  expect(bench.provider.kinds).toEqual([]);
});

it.each([
  ['ok', script.sees.all, { ok: true }],
  ['not ok without the right to list all tokens', script.sees.own, { ok: false, advice: /list_tokens_all/ }],
])('our own credential is %s', async (_what, answer, expected) => {
  const bench = await startBench(splunk, one, [answer]);
  onTestFinished(() => bench.close());
  const [check] = (await bench.provider.check?.(new AbortController().signal)) ?? [];
  expect(check?.ok).toBe(expected.ok);
  if ('advice' in expected) expect(check?.advice).toMatch(expected.advice);
});

const atCopy = ({ expect: call, answer }: Exchange): Exchange => ({
  expect: { ...call, path: `/copy${call.path}` },
  answer,
});

it('an authentication token is deleted at an instance that was restored from a copy, too', async () => {
  const here = [script.letIn(), script.deleted()];
  const gone = [script.shutOut(), script.none(), script.sees.all];
  const both = [script.letIn(), ...here, ...[script.letIn(), ...here].map(atCopy)];
  const settings = (url: string) => ({
    instances: [url, `${url}/copy`].map((each) => ({ url: each, token: OURS })),
  });
  const { result } = await endOf(TOKEN, [...both, ...gone.map(atCopy), script.shutOut()], settings);
  expect(result).toMatchObject({ outcome: 'revoked' });
});
