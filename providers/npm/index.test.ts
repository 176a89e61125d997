import { describe, expect, it, onTestFinished } from 'vitest';
import { isWholeToken } from '../../src/provider/death.ts';
import { recognise } from '../../src/provider/recognise.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  alive,
  cases,
  logout,
  noAccess,
  nobody,
  remove,
  TOKEN,
  unauthorized,
  unauthorizedBare,
  whoami,
} from './cases.ts';
import { npm } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], config = (url: string) => ({ registries: [{ url }] })) {
  const bench = await startBench(npm, config, exchanges);
  try {
    const { result, verified } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    bench.verify();
    return { ...result, verified };
  } finally {
    await bench.close();
  }
}

describe('npm', () => {
  it('has no registry of its own', async () => {
    const bench = await startBench(npm, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it.each<[string, Exchange]>([
    ['a one-time password is asked for', whoami(401, {}, { 'www-authenticate': 'OTP' })],
    ['our address is not allowed', whoami(401, {}, { 'www-authenticate': 'Bearer, ipaddress' })],
    [
      'only the words ask for a one-time password',
      whoami(401, { error: 'You must provide a one-time pass.' }),
    ],
  ])('does not take a token for dead when %s', async (_name, exchange) => {
    expect(await run([exchange])).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('leaves it to the owner when a revocation needs a one-time password', async () => {
    const exchanges = [alive, alive, logout(403, {}), remove(401, {}, { 'www-authenticate': 'OTP' })];
    expect(await run(exchanges)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('does not believe a registry that says "logged out" and goes on knowing the token', async () => {
    const exchanges = [alive, alive, logout(200, { ok: 'Logged out' }), remove(404, {}), alive];
    await expect(run(exchanges)).rejects.toMatchObject({ code: 'still-active' });
  });

  it('does not fail for a registry that fails at what it has ended already', async () => {
    const failing = remove(500, { error: 'internal server error' });
    const exchanges = [alive, alive, logout(200, { ok: 'Logged out' }), failing];
    expect(await run([...exchanges, noAccess])).toMatchObject({ outcome: 'revoked', verified: true });
    await expect(run([...exchanges, alive])).rejects.toMatchObject({ code: 'still-active' });
    await expect(run([alive, alive, logout(404, {}), failing])).rejects.toMatchObject({
      code: 'upstream-error',
    });
  });

  it('goes on trying while a token still works that the registry has already forgotten', async () => {
    const exchanges = [alive, alive, logout(404, {}), remove(404, {})];
    await expect(run(exchanges)).rejects.toMatchObject({ code: 'still-active' });
  });

  it('knows a refusal without a body where the challenge is that of Nexus Repository', async () => {
    const refusal = unauthorizedBare('BASIC realm="Sonatype Nexus Repository Manager"');
    const exchanges = [alive, alive, logout(200, { ok: 'Logged out' }), remove(401)];
    expect(await run([...exchanges, refusal])).toMatchObject({ outcome: 'revoked', verified: true });
    expect(await run([refusal])).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    const page = { ...refusal, answer: { ...refusal.answer, text: '<html>Sign in.</html>' } };
    for (const other of [unauthorizedBare(), unauthorizedBare('Basic realm="proxy"'), page]) {
      await expect(run([other])).rejects.toMatchObject({ code: 'unexpected-answer' });
    }
  });

  it.each([nobody, noAccess])(
    'does not know a token that a registry greets as nobody or lets not in',
    async (answer) => {
      expect(await run([answer])).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    },
  );

  it('takes no refusal that says something else for the greeting of nobody', async () => {
    const refusal = whoami(200, { ok: false, error: 'ratelimited' });
    await expect(run([refusal])).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it.each([nobody, noAccess])('takes the same for dead once the token was revoked', async (answer) => {
    const gone = [alive, alive, logout(200, {}), remove(404, {}), answer];
    expect(await run(gone)).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('leaves a token to a person that worked before, as its user may be locked', async () => {
    for (const answer of [unauthorized, nobody, noAccess]) {
      expect(await run([alive, answer])).toMatchObject({ outcome: 'refused', reason: 'manual' });
    }
  });

  it('does not take a blocked address for a dead token, although it worked before', async () => {
    const blocked = whoami(403, { error: 'Your address is not allowed' });
    await expect(run([alive, blocked])).rejects.toMatchObject({ code: 'suspended' });
  });

  it('sends no token to a registry of whose pattern it is not', async () => {
    const config = (url: string) => ({
      registries: [{ url }, { url: `${url}/v`, pattern: 'verdaccio-[a-z]{9}' }],
    });
    const bench = await startBench(npm, config, []);
    await bench.close();
    const kindOf = (text: string) => {
      const found = recognise(bench.provider.kinds, text);
      return found.ok && found.kind.id;
    };
    expect(kindOf(TOKEN)).toBe('access-token');
    expect(kindOf('verdaccio-abcdefghi')).toMatch(/^127\.0\.0\.1/);
  });

  it('holds up no tokens of other registries while one is down, be they of another kind', async () => {
    const down = { ...alive, answer: { status: 503 } };
    const endOf = async (more: readonly object[]) => {
      const bench = await startBench(npm, (url) => ({ registries: [{ url }, ...more] }), [down]);
      onTestFinished(() => bench.close());
      return runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    };
    const other = { url: 'https://npm.example.com', pattern: 'verdaccio-[a-z]{9}' };
    await expect(endOf([other])).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
    await expect(endOf([])).rejects.toMatchObject({ code: 'unavailable', scope: 'lane' });
  });

  it('has whole tokens of npm by their checksum', async () => {
    const bench = await startBench(npm, (url) => ({ registries: [{ url }] }), []);
    await bench.close();
    const [kind] = bench.provider.kinds;
    expect(kind && isWholeToken(kind, new Secret(TOKEN))).toBe(true);
    expect(kind && isWholeToken(kind, new Secret(TOKEN.replace('a1', 'a2')))).toBe(false);
  });

  it('finds the registry that knows the token, also behind one that is down', async () => {
    const at = (prefix: string, { expect: call, answer }: Exchange): Exchange => ({
      expect: { ...call, path: prefix + call.path },
      answer,
    });
    const exchanges = [
      { ...at('/a', alive), answer: { status: 503 } },
      at('/b', unauthorized),
      ...[alive, alive, logout(200, {}), remove(401, {}), unauthorized].map((each) => at('/c', each)),
    ];
    const config = (url: string) => ({
      registries: ['a', 'b', 'c'].map((name) => ({ url: `${url}/${name}` })),
    });
    expect(await run(exchanges, config)).toMatchObject({ outcome: 'revoked', verified: true });
  });
});
