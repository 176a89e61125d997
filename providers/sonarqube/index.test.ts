import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { callsOf, cases, config, ofProject, PROJECT, record, TOKEN } from './cases.ts';
import { sonarqube } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(
  exchanges: readonly Exchange[],
  { configOf = config, token = TOKEN }: { configOf?: (url: string) => unknown; token?: string } = {},
) {
  const bench = await startBench(sonarqube, configOf, exchanges);
  onTestFinished(() => bench.close());
  const kind = token === TOKEN ? 'user-token' : 'analysis-token';
  const ended = await runStep(bench, new Secret(token), { kind });
  bench.verify();
  return ended;
}

const NOON = '2026-11-21T11:59:00+0100';

describe('sonarqube', () => {
  const { valid, nobody, seen, revoke, list } = callsOf(TOKEN);

  it('can act on nothing without a server', async () => {
    const bench = await startBench(sonarqube, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it('leaves it to a person when another token of the user was used within the same hour', async () => {
    const { result } = await run(seen(record('one', NOON), record('other', '2026-11-21T11:05:00+0100')));
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
    const evidence = JSON.stringify(result);
    expect(evidence).toContain('grace.hopper');
    expect(evidence).not.toMatch(/"one"|"other"/);
  });

  it('reads the times of uses with their offset', async () => {
    const look = seen(
      record('long ago', '2026-11-21T11:50:00+0200'),
      record('leaked', '2026-11-21T11:55:00+0000'),
    );
    const { result } = await run([...look, ...look, revoke('leaked'), valid(false)]);
    expect(result.outcome).toBe('revoked');
  });

  it.each([
    ['that it cannot read', [record('one', 'yesterday'), record('other', '2026-11-21T11:05:00+0100')]],
    ['that the server does not write', [record('one'), record('other')]],
  ])('rules no token out by a time %s', async (_, records) => {
    const { result } = await run(seen(...records));
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('takes a list without any token that it could be for an answer it does not know', async () => {
    await expect(run(seen())).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('says after a crash that a token which it saw alive is dead now', async () => {
    let url = '';
    const configOf = (baseUrl: string) => {
      url = `${baseUrl}/sonar`;
      return config(baseUrl);
    };
    const bench = await startBench(sonarqube, configOf, [valid(false)]);
    onTestFinished(() => bench.close());
    const step = { kind: 'user-token', notes: [{ instance: url }] };
    const { result } = await runStep(bench, new Secret(TOKEN), step);
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('shows nothing at a server that takes one of nobody, too, as behind a proxy that signs everybody in', async () => {
    await expect(run([valid(true), nobody(true)])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  const configOf = (url: string) => ({ instances: [{ url: `${url}/other` }, ...config(url).instances] });
  const other = callsOf(TOKEN, '/other');
  const look = seen(record('leaked', NOON));
  const ending = [other.valid(false), ...look, ...look, revoke('leaked')];

  it('asks every server, and the others once more when it is over at the one that knew the token', async () => {
    const deadAtBoth = [other.valid(false), valid(false), other.valid(false)];
    const { verified } = await run([...ending, ...deadAtBoth], { configOf });
    expect(verified).toBe(true);
  });

  it('goes to a person where a server that was restored from a copy cannot tell which one it is', async () => {
    const atCopy = other.seen(record('leaked'), record('unused'));
    const { result } = await run([...ending, ...atCopy], { configOf });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });

  it('takes no token of another type for a record of an older server, which has no types', async () => {
    const untyped = { name: 'leaked', createdAt: '2022-01-10T14:06:05+0100' };
    const looks = [valid(true), nobody(false), list(untyped)];
    const { result } = await run([...looks, ...looks, revoke('leaked'), valid(false)]);
    expect(result.outcome).toBe('revoked');
    await expect(run(callsOf(PROJECT).seen(untyped), { token: PROJECT })).rejects.toMatchObject({
      code: 'unexpected-answer',
    });
  });

  it('needs no token of an administrator, and still reads a configuration that has one', () => {
    const instances = [{ url: 'https://sonar.example.com', adminToken: TOKEN }];
    expect(sonarqube.config.safeParse({ instances }).success).toBe(true);
  });

  it.each(['ftp://sonar.example.com', 'https://user:pw@sonar.example.com', 'https://sonar.example.com?x=1'])(
    'refuses %j as the URL of a server',
    (url) => expect(sonarqube.config.safeParse({ instances: [{ url }] }).success).toBe(false),
  );
});

describe('the token of a project', () => {
  const { seen, opens, revoke, valid } = callsOf(PROJECT);
  const end = async (exchanges: readonly Exchange[]) => (await run(exchanges, { token: PROJECT })).result;

  // SonarQube 9.9.8 and 26.9.0 let it in with any project's key in the header, so that "cart", which is asked about first, was
  // taken for its own, and the token of "cart" revoked in its place.
  it('is told from that of another project by what is open to it', async () => {
    const look = [
      ...seen(ofProject('cart', 'innocent'), ofProject('shop', 'leaked')),
      opens('cart', 403),
      opens('shop', 200),
    ];
    expect(await end([...look, ...look, revoke('leaked'), valid(false)])).toMatchObject({
      outcome: 'revoked',
    });
  });

  it('is left to a person when another one of the same project was used within the same hour', async () => {
    const records = [
      ofProject('cart', 'cart', NOON),
      ofProject('shop', 'one', NOON),
      ofProject('shop', 'other', NOON),
    ];
    const result = await end([...seen(...records), opens('cart', 403), opens('shop', 200)]);
    expect(result).toMatchObject({ reason: 'ambiguous' });
    expect(result).toHaveProperty('evidence.candidates.length', 2);
  });

  it('is left to a person when no project is open to it, as its user may not analyse its own any more', async () => {
    const records = [ofProject('cart', 'cart', NOON), ofProject('shop', 'shop', NOON)];
    const result = await end([...seen(...records), opens('cart', 404), opens('shop', 403)]);
    expect(result).toMatchObject({ reason: 'ambiguous' });
  });

  it('is left to a person when several projects are open to it, so that it is shown to be of none', async () => {
    const records = [ofProject('cart', 'cart', NOON), ofProject('shop', 'shop', NOON)];
    const result = await end([...seen(...records), opens('cart', 200), opens('shop', 200)]);
    expect(result).toMatchObject({ reason: 'ambiguous' });
  });

  it('is left to a person when another one, of which no project is told, may be it', async () => {
    const without = record('cart', NOON, { type: 'PROJECT_ANALYSIS_TOKEN' });
    const records = [without, ofProject('cart', 'other', NOON), ofProject('shop', 'shop', NOON)];
    const result = await end([...seen(...records), opens('cart', 403), opens('shop', 200)]);
    expect(result).toMatchObject({ reason: 'ambiguous' });
  });

  it('is tried with no more than some projects', async () => {
    const records = Array.from({ length: 21 }, (_, index) =>
      ofProject(`project-${index}`, `token ${index}`, NOON),
    );
    expect(await end(seen(...records))).toMatchObject({ reason: 'ambiguous' });
  });
});
