import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  type ProviderBench,
  runStep,
  startBench,
  stepOf,
  untilTold,
} from '../../test/contract/provider-suite.ts';
import type { Exchange, PlainAnswer } from '../../test/support/scripted-upstream.ts';
import {
  ALIVE,
  cases,
  deleted,
  FORBIDDEN,
  gone,
  INVALID,
  KEY_ID,
  NOT_FOUND,
  OWN_KEY,
  operatorDeletes,
  otherId,
  probed,
  TOKEN,
  withAccount,
} from './cases.ts';
import { sendgrid } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function onBench<T>(
  exchanges: readonly Exchange[],
  work: (bench: ProviderBench) => Promise<T>,
  config: () => unknown = () => ({}),
): Promise<T> {
  const bench = await startBench(sendgrid, config, exchanges);
  try {
    const result = await work(bench);
    bench.verify();
    return result;
  } finally {
    await bench.close();
  }
}

const revoke = (bench: ProviderBench) => runStep(bench, new Secret(TOKEN), { kind: 'api-key' });

describe('sendgrid', () => {
  const EU = 'api.eu.sendgrid.com';

  it('revokes a European key in Europe, though the global host calls it invalid', async () => {
    const exchanges = [probed(INVALID), probed(ALIVE, EU), deleted({ status: 204 }, EU), ...gone];
    expect(await onBench(exchanges, revoke)).toMatchObject({
      result: { outcome: 'revoked', evidence: { key: KEY_ID } },
      verified: true,
    });
  });

  it('calls a key dead that a look saw work', async () => {
    await onBench([probed(ALIVE), ...gone], async (bench) => {
      const token = new Secret(TOKEN);
      const looking = stepOf(bench.provider, token, { kind: 'api-key' });
      expect(await bench.provider.look?.(token, looking)).toMatchObject({ outcome: 'alive' });
      const end = await runStep(bench, token, { kind: 'api-key', notes: [looking.remembered] });
      expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
    });
  });

  it('never uses an account of another region', async () => {
    const exchanges = [probed(INVALID), probed(ALIVE, EU), deleted(FORBIDDEN, EU)];
    const { result } = await onBench(exchanges, revoke, withAccount);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted', evidence: { key: KEY_ID } });
  });

  it('leaves a key that is of no configured account to a person', async () => {
    const { result } = await onBench(untilTold(operatorDeletes(NOT_FOUND)), revoke, withAccount);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted', evidence: { key: KEY_ID } });
  });

  // SendGrid says of itself that the end of a key takes effect with some delay.
  it.each([
    ['it does not find itself', [probed(ALIVE), deleted(NOT_FOUND)], () => ({})],
    ['its account does not find it', operatorDeletes(NOT_FOUND), withAccount],
  ])('knows that a key was deleted a while before it is refused: %s', async (_by, exchanges, settings) => {
    const end = await onBench([...exchanges, ...gone], revoke, settings);
    expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
  });

  it('asks the next account when SendGrid refuses the key of one', async () => {
    const other = 'the api key of another account';
    const two = () => ({ accounts: [{ apiKey: other }, ...withAccount().accounts] });
    const seen = [probed(ALIVE), deleted(FORBIDDEN), otherId, deleted(INVALID, undefined, other)];
    const last = (answer: PlainAnswer) => deleted(answer, undefined, OWN_KEY);
    const done = await onBench([...seen, last({ status: 204 }), ...gone], revoke, two);
    expect(done).toMatchObject({ verified: true });
    await onBench(
      [...seen, last(NOT_FOUND)],
      (bench) => expect(revoke(bench)).rejects.toMatchObject({ code: 'credential-refused', scope: 'entry' }),
      two,
    );
  });

  it('does not take a 401 for want of credits for a dead key', async () => {
    const credits = { status: 401, json: { errors: [{ message: 'Maximum credits exceeded' }] } };
    await onBench([probed(credits), probed(INVALID, EU)], (bench) =>
      expect(revoke(bench)).rejects.toMatchObject({ code: 'unexpected-answer' }),
    );
  });

  it('does not delete the key of Quash itself, nor one with its id', async () => {
    const own = (apiKey: string) => () => ({ accounts: [{ apiKey }] });
    const refusal = { result: { outcome: 'refused', reason: 'own-credential' } };
    expect(await onBench([], revoke, own(TOKEN))).toMatchObject(refusal);
    const sameId = ['SG', KEY_ID, 'another'].join('.');
    expect(await onBench([probed(ALIVE)], revoke, own(sameId))).toMatchObject(refusal);
  });

  it('says when its own key cannot delete keys', async () => {
    const weak = { status: 200, json: { scopes: ['mail.send'] } };
    const exchanges = [probed(ALIVE, undefined, OWN_KEY), probed(weak, undefined, OWN_KEY)];
    await onBench(
      exchanges,
      async ({ provider }) => {
        const check = () => provider.check?.(new AbortController().signal);
        expect(await check()).toMatchObject([{ ok: true }]);
        expect(await check()).toMatchObject([
          { ok: false, advice: expect.stringContaining('api_keys.delete') },
        ]);
      },
      withAccount,
    );
  });
});
