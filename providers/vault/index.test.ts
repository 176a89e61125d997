import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { BATCH, callsWith, cases, DENIED, SERVICE } from './cases.ts';
import { vault } from './index.ts';

for (const spec of cases) describeProvider(spec);

interface Run {
  readonly token?: string;
  readonly servers?: (url: string) => readonly object[];
}

async function run(exchanges: readonly Exchange[], { token = SERVICE, servers }: Run = {}) {
  const config = (url: string) => ({ servers: servers?.(url) ?? [{ url }] });
  const bench = await startBench(vault, config, exchanges);
  try {
    const kind = token === BATCH ? 'batch-token' : 'service-token';
    const { result, verified } = await runStep(bench, new Secret(token), { kind });
    bench.verify();
    return { ...result, verified };
  } finally {
    await bench.close();
  }
}

describe('vault', () => {
  const { look, alive, invalid, revoke } = callsWith(SERVICE);

  it('can act on nothing without a server', async () => {
    const bench = await startBench(vault, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it('lets service tokens wait for approval, because their children and leases go with them', async () => {
    const bench = await startBench(vault, (url) => ({ servers: [{ url }] }), []);
    await bench.close();
    expect(bench.provider.kinds[0]).toMatchObject({ id: 'service-token', effect: 'wider' });
  });

  it('does not take a token for dead that may not look itself up', async () => {
    expect(await run([look(403, DENIED)])).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('names the accessor when the policies do not let a token revoke itself', async () => {
    expect(await run([alive, alive, revoke(403, DENIED)])).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
      evidence: { accessor: '8609694a-cdbc-db9b-d345-e782dbb562ed' },
    });
  });

  it('says until when a batch token works', async () => {
    const batch = callsWith(BATCH);
    expect(await run([batch.alive, batch.alive], { token: BATCH })).toMatchObject({
      outcome: 'refused',
      reason: 'manual',
      evidence: { expires: '2026-05-19T11:35:54.466476215Z' },
    });
  });

  it('goes back to the namespace in which the token was found, of one server with several', async () => {
    const spaced = callsWith(SERVICE, '/v1/team');
    const exchanges = [invalid, spaced.alive, spaced.alive, spaced.revoke(204), spaced.invalid];
    const servers = (url: string) => [{ url }, { url, namespace: 'team' }];
    expect(await run(exchanges, { servers })).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('says that a sealed server is not available', async () => {
    const sealed = { ...alive, answer: { status: 503, json: { errors: ['Vault is sealed'] } } };
    await expect(run([sealed])).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([`s.${'k3Y9'.repeat(6)}`, `s.${'k3Y9'.repeat(6)}.a1B2c`])(
    'takes the older form %s whole',
    async (token) => {
      const bench = await startBench(vault, (url) => ({ servers: [{ url }] }), []);
      await bench.close();
      expect(bench.provider.kinds[0]?.pattern.exec(`token: ${token}, "`)?.[0]).toBe(token);
    },
  );

  it.each(['/team', 'team//a', 'te am', '../sys'])('refuses %j as a namespace', (namespace) => {
    const servers = [{ url: 'https://vault.example.com', namespace }];
    expect(vault.config.safeParse({ servers }).success).toBe(false);
  });
});
