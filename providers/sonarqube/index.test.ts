import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  ADMIN,
  adasTokens,
  administered,
  adminRevoke,
  cases,
  config,
  GLOBAL,
  global,
  globalSearch,
  gracesTokens,
  listCall,
  nobodysCall,
  ofProject,
  PROJECT,
  record,
  revokeCall,
  scan,
  seen,
  TOKEN,
  taken,
  tokensOf,
  users,
  usersByV2,
  validCall,
} from './cases.ts';
import { sonarqube } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], configOf: (url: string) => unknown = config) {
  const bench = await startBench(sonarqube, configOf, exchanges);
  try {
    const ended = await runStep(bench, new Secret(TOKEN), { kind: 'user-token' });
    bench.verify();
    return ended;
  } finally {
    await bench.close();
  }
}

describe('sonarqube', () => {
  it('can act on nothing without a server', async () => {
    const bench = await startBench(sonarqube, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it('leaves it to a person when another token of the user was used within the same hour', async () => {
    const list = listCall(
      record('one', '2026-11-21T11:59:00+0100'),
      record('other', '2026-11-21T11:05:00+0100'),
    );
    const { result } = await run(seen(list));
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
    const evidence = JSON.stringify(result);
    expect(evidence).toContain('grace.hopper');
    expect(evidence).not.toMatch(/"one"|"other"/);
  });

  it('reads the times of uses with their offset', async () => {
    const list = listCall(
      record('long ago', '2026-11-21T11:50:00+0200'),
      record('leaked', '2026-11-21T11:55:00+0000'),
    );
    const { result } = await run([...seen(list), ...seen(list), revokeCall('leaked'), validCall(false)]);
    expect(result.outcome).toBe('revoked');
  });

  it('rules no token out by a time that it cannot read, or when the server writes none', async () => {
    const unreadable = listCall(record('one', 'yesterday'), record('other', '2026-11-21T11:05:00+0100'));
    const untold = listCall(record('one'), record('other'));
    for (const list of [unreadable, untold]) {
      const { result } = await run(seen(list));
      expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
    }
  });

  it('takes a list without any token that it could be for an answer it does not know', async () => {
    await expect(run(seen(listCall()))).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('says after a crash that a token which it saw alive is dead now', async () => {
    let url = '';
    const configOf = (baseUrl: string) => {
      url = `${baseUrl}/sonar`;
      return config(baseUrl);
    };
    const bench = await startBench(sonarqube, configOf, [validCall(false)]);
    const step = { kind: 'user-token', notes: [{ instance: url }] };
    const { result } = await runStep(bench, new Secret(TOKEN), step);
    await bench.close();
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  const both = (url: string) => ({ instances: [{ url: `${url}/other` }, ...config(url).instances] });
  const ending = () => {
    const list = listCall(record('leaked', '2026-11-21T11:59:00+0100'));
    return [validCall(false, '/other'), ...seen(list), ...seen(list), revokeCall('leaked')];
  };

  const deadAtBoth = [validCall(false, '/other'), validCall(false), validCall(false, '/other')];

  it('asks every server, and the others once more when it is over at the one that knew the token', async () => {
    const { verified } = await run([...ending(), ...deadAtBoth], both);
    expect(verified).toBe(true);
  });

  it('goes to a person where a server that was restored from a copy cannot tell which one it is', async () => {
    const list = listCall(record('leaked'), record('unused'));
    const atOther = { ...list, expect: { ...list.expect, path: '/other/api/user_tokens/search' } };
    const atCopy = [validCall(true, '/other'), nobodysCall(false, '/other'), atOther];
    const { result } = await run([...ending(), ...atCopy], both);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it.each(['ftp://sonar.example.com', 'https://user:pw@sonar.example.com', 'https://sonar.example.com?x=1'])(
    'refuses %j as the URL of a server',
    (url) => expect(sonarqube.config.safeParse({ instances: [{ url }] }).success).toBe(false),
  );
});

describe('a global analysis token', () => {
  const endOf = async (exchanges: readonly Exchange[], token = GLOBAL, kind = 'analysis-token') => {
    const bench = await startBench(sonarqube, administered, exchanges);
    try {
      const ended = await runStep(bench, new Secret(token), { kind });
      bench.verify();
      return ended;
    } finally {
      await bench.close();
    }
  };
  const end = async (...given: Parameters<typeof endOf>) => (await endOf(...given)).result;

  it('is left to a person when another one, of any user, was used within the same hour', async () => {
    const busy = tokensOf('grace', global('leaked', '09:30'));
    const result = await end([...globalSearch.slice(0, -1), busy]);
    expect(result).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { candidates: [{ login: 'ada' }, { login: 'grace' }] },
    });
  });

  it('is not called dead on the word of the list while the server still takes it', async () => {
    const revocation = adminRevoke('grace', 'leaked');
    const again = [scan(GLOBAL, 200), gracesTokens, revocation];
    const living = endOf([...globalSearch, ...again, scan(GLOBAL, 200)]);
    await expect(living).rejects.toMatchObject({ code: 'still-active' });
    const { liveness } = await endOf([...globalSearch, ...again, scan(GLOBAL, 401), gracesTokens]);
    expect(liveness).toBe('unknown');
  });

  it('is not called dead, and nothing is revoked, while its record is there and the server refuses it', async () => {
    expect(await end([...globalSearch, scan(GLOBAL, 401), gracesTokens])).toMatchObject({
      outcome: 'refused',
      reason: 'wrong-record',
    });
  });

  it('is found by the newer list of users where the older one is gone', async () => {
    const result = await end([
      ...taken(GLOBAL),
      ...usersByV2,
      adasTokens,
      gracesTokens,
      scan(GLOBAL, 200),
      gracesTokens,
      adminRevoke('grace', 'leaked'),
      scan(GLOBAL, 401),
      tokensOf('grace'),
    ]);
    expect(result).toMatchObject({ outcome: 'revoked', evidence: { login: 'grace' } });
  });

  it('is left to a person when another token took the name of what was thought to be its record', async () => {
    const another = tokensOf('grace', global('leaked', '12:05', { createdAt: '2026-11-21T12:05:00+0100' }));
    const result = await end([...globalSearch, scan(GLOBAL, 200), another]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'wrong-record' });
  });

  it('shows nothing at a server that takes one of nobody, too, as behind a proxy that signs everybody in', async () => {
    const [itself, nobodys] = taken(GLOBAL);
    if (!itself || !nobodys) throw new Error('no calls');
    const everybody = [itself, { ...nobodys, answer: itself.answer }];
    await expect(end(everybody)).rejects.toMatchObject({ code: 'unexpected-answer' });
    const user = end([validCall(true), nobodysCall(true)], TOKEN, 'user-token');
    await expect(user).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is tried with some projects a step, by one reading, however many are forged', async () => {
    const keys = Array.from({ length: 25 }, (_, index) => `project-${String.fromCharCode(97 + index)}`);
    const reading = [
      users(1, 1, ['grace', 25]),
      tokensOf('grace', ...keys.map((key) => ofProject(key, '12:00', key))),
    ];
    const forged = ['1', '2'].map((digit) => PROJECT.slice(0, -1) + digit);
    const tries = forged.map((text) => keys.map((key) => scan(text, 401, key)));
    const bench = await startBench(sonarqube, administered, [...reading, ...tries.flat()]);
    const [first = '', second = ''] = forged;
    const step = stepOf(bench.provider, new Secret(first), { kind: 'analysis-token' });
    expect(await bench.provider.revoke(new Secret(first), step)).toMatchObject({ outcome: 'continue' });
    expect(bench.requests).toHaveLength(reading.length + 20);
    const options = { kind: 'analysis-token', notes: [step.remembered] };
    expect((await runStep(bench, new Secret(first), options)).result).toMatchObject({
      reason: 'unknown-token',
    });
    const { result } = await runStep(bench, new Secret(second), { kind: 'analysis-token' });
    expect(result).toMatchObject({ reason: 'unknown-token' });
    bench.verify();
    await bench.close();
  });

  it('is not looked for without the token of an administrator', async () => {
    const bench = await startBench(sonarqube, config, []);
    await bench.close();
    expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['user-token']);
  });

  it('does not let the token of Quash itself be revoked', async () => {
    expect(await end([], ADMIN, 'user-token')).toMatchObject({ reason: 'own-credential' });
  });
});
