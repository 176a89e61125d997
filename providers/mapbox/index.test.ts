import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { cases, DECLINED, look, OURS, REVOKED, remove, TOKEN, VALID } from './cases.ts';
import { mapbox } from './index.ts';

for (const spec of cases) describeProvider(spec);

const withAccount = (username: string) => () => ({ accounts: [{ username, token: OURS }] });

async function run(
  exchanges: readonly Exchange[],
  config: () => unknown,
  token = TOKEN,
  kind = 'secret-token',
) {
  const bench = await startBench(mapbox, config, exchanges);
  try {
    const { result } = await runStep(bench, new Secret(token), { kind });
    bench.verify();
    return result;
  } finally {
    await bench.close();
  }
}

describe('mapbox', () => {
  it('uses no token of another account', async () => {
    const exchanges = [look(200, VALID), remove(TOKEN, 404, DECLINED)];
    expect(await run(exchanges, withAccount('bob'))).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
      evidence: { account: 'alice' },
    });
  });

  it('does not call a token dead that its account does not know', async () => {
    const exchanges = [look(200, VALID), remove(TOKEN, 404, DECLINED), remove(OURS, 404, DECLINED)];
    const step = run(exchanges, withAccount('alice'));
    await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('does not call a token dead that is malformed', async () => {
    for (const status of [200, 401]) {
      const result = await run([look(status, { code: 'TokenMalformed' })], () => ({}));
      expect(result).toMatchObject({ outcome: 'refused', reason: 'unrecognised' });
    }
  });

  it('never deletes its own credential', async () => {
    const result = await run([], withAccount('alice'), OURS);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
  });

  it('leaves a public token alone', async () => {
    const result = await run([], () => ({}), TOKEN.replace('sk', 'pk'), 'public-token');
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
  });

  it('puts no id into a path that is none', async () => {
    const hostile = { ...VALID, token: { ...VALID.token, user: '../styles' } };
    await expect(run([look(200, hostile)], () => ({}))).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it.each<[string, object, boolean]>([
    ['is valid', VALID, true],
    ['was revoked', REVOKED, false],
    ['is of another account', { ...VALID, token: { ...VALID.token, user: 'bob' } }, false],
  ])('says whether its credential %s', async (_name, answer, ok) => {
    const bench = await startBench(mapbox, withAccount('alice'), [look(200, answer, OURS)]);
    try {
      expect(await bench.provider.check?.(new AbortController().signal)).toMatchObject([{ ok }]);
    } finally {
      await bench.close();
    }
  });
});
