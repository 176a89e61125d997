import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/provider/failure.ts';
import { recognise } from '../../src/provider/recognise.ts';
import { Secret } from '../../src/words/secret.ts';
import { itEndsAtCopies } from '../../test/contract/copies.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { BATCH, BY_POLICY, callsWith, cases, DENIED, FORBIDDEN, health, SERVICE, SPACED } from './cases.ts';
import { vault } from './index.ts';
import { REFUSED } from './refusals.ts';

for (const spec of cases) describeProvider(spec);

for (const spec of cases.slice(0, 1)) {
  const { alive, revoke, invalid } = callsWith(SERVICE);
  itEndsAtCopies(spec, (urls) => ({ servers: urls.map((url) => ({ url })) }), {
    look: [alive, health('d5638002')],
    again: [alive],
    revoke: [revoke(204)],
    gone: [invalid],
  });
}

interface Run {
  readonly token?: string;
  /** Of an earlier look at the server. */
  readonly noted?: object;
  readonly servers?: (url: string) => readonly object[];
  /** From one run to the next. */
  readonly notes?: unknown[];
}

/** A server is asked which cluster it is, by each look until it tells, and by a refusal after that. Here it never tells. */
function withHealth(exchanges: readonly Exchange[]): readonly Exchange[] {
  if (exchanges.some(({ expect: { path } }) => path.includes('/sys/health'))) return exchanges;
  const saysOf = ({ answer }: Exchange) => ('json' in answer ? answer.json : undefined);
  const isLimited = (each: Exchange) => JSON.stringify(saysOf(each)) === JSON.stringify(FORBIDDEN);
  const isRefused = (each: Exchange) => !isLimited(each) && REFUSED.safeParse(saysOf(each)).success;
  const isLetIn = (each: Exchange) =>
    each.expect.method === 'GET' && (each.answer.status === 200 || isLimited(each));
  const first = exchanges.findIndex(isLetIn);
  if (first === -1 || first === exchanges.length - 1) return exchanges;
  const revoked = exchanges.findIndex(({ answer }) => answer.status === 204);
  return exchanges.flatMap((each, index) => {
    const isAsked = revoked === -1 && index > first && isRefused(each);
    return isAsked || isLetIn(each) ? [each, health(undefined)] : [each];
  });
}

async function run(
  exchanges: readonly Exchange[],
  { token = SERVICE, servers, noted, notes = [] }: Run = {},
) {
  const config = (url: string) => {
    const place = `${url}/v1`;
    if (noted) notes.push({ quash: 1, note: { account: place, found: noted }, seenAlive: [place] });
    return { servers: servers?.(url) ?? [{ url }] };
  };
  const bench = await startBench(vault, config, noted ? exchanges : withHealth(exchanges));
  try {
    const kind = token === BATCH ? 'batch-token' : 'service-token';
    const { result, verified } = await runStep(bench, new Secret(token), { kind, notes });
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

  it('ends nothing where another token than the leaked one is looked at, as behind an Agent that signs in', async () => {
    const ofAgent = callsWith(SERVICE).aliveAs(SERVICE.replace('CAES', 'CAEQ'));
    expect(await run([ofAgent])).toMatchObject({
      ...{ outcome: 'refused', reason: 'manual' },
      advice: expect.stringContaining('`url`'),
    });
  });

  it('knows a token whose server keeps only what stands within it', async () => {
    const inner = `hvs.${'k3Y9'.repeat(6)}`;
    const leaked = `hvs.${Buffer.from(`\b\u0001\u0012 \u001a\u001e\n\u001c${inner}`).toString('base64url')}`;
    const { revoke, invalid, aliveAs } = callsWith(leaked);
    const script = [aliveAs(inner), aliveAs(inner), revoke(204), invalid];
    expect(await run(script, { token: leaked })).toMatchObject({ outcome: 'revoked', verified: true });
  });

  it('sees that a token works which may not look itself up, and lets it revoke itself', async () => {
    const forbidden = look(403, FORBIDDEN);
    const script = [forbidden, forbidden, revoke(204), look(403, DENIED)];
    expect(await run(script)).toMatchObject({ outcome: 'revoked', verified: true });
    expect(await run([forbidden, forbidden, revoke(403, FORBIDDEN)])).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
    });
  });

  it('never takes a token for dead that may not look itself up, whatever the operator says', async () => {
    const bench = await startBench(vault, (url) => ({ servers: [{ url }], unknownTokens: 'inactive' }), [
      look(403, FORBIDDEN),
      health(undefined),
      look(403, FORBIDDEN),
      health(undefined),
      revoke(403, FORBIDDEN),
    ]);
    try {
      const { result } = await runStep(bench, new Secret(SERVICE), { kind: 'service-token' });
      expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    } finally {
      await bench.close();
    }
  });

  it('names the accessor when the policies do not let a token revoke itself', async () => {
    for (const words of [DENIED, FORBIDDEN]) {
      expect(await run([alive, alive, revoke(403, words)])).toMatchObject({
        outcome: 'refused',
        reason: 'not-permitted',
        evidence: { accessor: '8609694a-cdbc-db9b-d345-e782dbb562ed' },
      });
    }
  });

  it('knows that the looks have used up a token with so many uses', async () => {
    const data = { accessor: 'a1', expire_time: null, num_uses: 1 };
    const last = { ...data, num_uses: -1 };
    const twice = [look(200, { data }), look(200, { data: last }), revoke(403, DENIED)];
    expect(await run(twice)).toMatchObject({ outcome: 'already-inactive', verified: true });
    const once = [look(200, { data: last }), look(403, DENIED)];
    expect(await run(once)).toMatchObject({ outcome: 'already-inactive', verified: true });
    const forbidden = [look(200, { data }), look(200, { data: last }), revoke(403, FORBIDDEN)];
    expect(await run(forbidden)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('never takes a token for dead that a policy of the server keeps out for now', async () => {
    await expect(run([alive, look(403, BY_POLICY)])).rejects.toMatchObject({ code: 'suspended' });
    expect(await run([alive, alive, revoke(403, BY_POLICY)])).toMatchObject({ reason: 'not-permitted' });
    const data = { accessor: 'a1', expire_time: null, num_uses: 2 };
    const limited = [look(200, { data }), look(200, { data }), revoke(403, BY_POLICY)];
    expect(await run(limited)).toMatchObject({ reason: 'not-permitted' });
  });

  describe('a token that was let in and is refused', () => {
    const ownedBy = (entity_id: string) =>
      look(200, { data: { accessor: 'a1', entity_id, expire_time: '2026-05-19T11:35:54Z' } });

    it('may be one whose entity is disabled, and goes to a person', async () => {
      for (const first of [ownedBy('95023316-3d82'), look(403, FORBIDDEN)]) {
        const result = await run([first, look(403, DENIED)]);
        expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
      }
    });

    it('is not dead by the word of another cluster at the same address, which knows its own tokens alone', async () => {
      for (const refusal of [invalid, look(403, DENIED)]) {
        const first = ownedBy('');
        expect(await run([first, health('c-1'), refusal, health('c-1')])).toMatchObject({
          ...{ outcome: 'already-inactive', verified: true },
        });
        const byAnother = run([first, health('c-1'), refusal, health('c-2')]);
        await expect(byAnother).rejects.toMatchObject({ code: 'suspended' });
        const revoking = run([first, health('c-1'), first, revoke(403, DENIED), health('c-2')]);
        await expect(revoking).rejects.toMatchObject({ code: 'suspended' });
        const byNobody = run([first, health('c-1'), refusal, health(undefined)]);
        await expect(byNobody).rejects.toMatchObject({ code: 'suspended' });
      }
    });

    it.each([
      { status: 200, json: { initialized: true } },
      ...[302, 307, 410, 429, 472, 473, 500, 501, 502, 503, 504].map((status) => ({ status, json: {} })),
    ])('is revoked although whoever asks for the health of its server gets %j', async (answer) => {
      const blocked = { ...health(undefined), answer };
      expect(await run([alive, blocked, alive, blocked, revoke(204), invalid])).toMatchObject({
        ...{ outcome: 'revoked', verified: true },
      });
      // Asked again, it tells, so that an end of which the answer was lost is known.
      const notes: unknown[] = [];
      const lost = { ...revoke(204), answer: { status: 502 } };
      await expect(run([alive, blocked, alive, health('c-1'), lost], { notes })).rejects.toThrow(Failure);
      expect(await run([invalid, health('c-1')], { notes })).toMatchObject({
        ...{ outcome: 'already-inactive', verified: true },
      });
      const refused = run([alive, health('c-1'), invalid, blocked]);
      await expect(refused).rejects.toMatchObject({ code: 'suspended' });
      // Which cluster let it in is not known, so it may be another one that does not.
      const byWhich = run([alive, blocked, invalid, health('c-2')]);
      await expect(byWhich).rejects.toMatchObject({ code: 'suspended' });
      expect(await run([alive, blocked, invalid, blocked])).toMatchObject({
        ...{ outcome: 'already-inactive', verified: true },
      });
    });

    it('may be one that is bound to other addresses, although it has no entity', async () => {
      const data = { accessor: 'a1', entity_id: '', expire_time: null, bound_cidrs: ['192.0.2.1'] };
      const bound = look(200, { data });
      expect(await run([bound, look(403, DENIED)])).toMatchObject({ outcome: 'refused', reason: 'manual' });
      expect(await run([bound, invalid])).toMatchObject({ outcome: 'already-inactive', verified: true });
      const unbound = look(200, { data: { ...data, bound_cidrs: null } });
      expect(await run([unbound, look(403, DENIED)])).toMatchObject({ outcome: 'already-inactive' });
    });

    it('may be bound where that was not noted when it was let in, as by an earlier version', async () => {
      const noted = { accessor: 'a1', expires: null, isUsedUp: false, hasEntity: false };
      const refused = [look(403, DENIED)];
      expect(await run(refused, { noted })).toMatchObject({ outcome: 'refused', reason: 'manual' });
      const unbound = { ...noted, isBound: false };
      expect(await run(refused, { noted: unbound })).toMatchObject({ outcome: 'already-inactive' });
    });

    it('may be such a one, too, while it had uses left', async () => {
      const left = look(200, { data: { accessor: 'a1', entity_id: 'e1', expire_time: null, num_uses: 40 } });
      expect(await run([left, look(403, DENIED)])).toMatchObject({ outcome: 'refused', reason: 'manual' });
      const script = [left, left, revoke(403, DENIED)];
      expect(await run(script)).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
    });

    it('is dead when the server says so, or where it had no entity', async () => {
      const dead = { outcome: 'already-inactive', verified: true };
      expect(await run([ownedBy('95023316-3d82'), invalid])).toMatchObject(dead);
      expect(await run([ownedBy(''), look(403, DENIED)])).toMatchObject(dead);
    });

    it.each([
      ['so long ago that it has by any clock', '2025-12-30T23:59:59Z', { outcome: 'already-inactive' }],
      ['by our clock alone', '2025-12-31T23:00:00Z', { outcome: 'refused', reason: 'manual' }],
    ])('as a batch token, has ended %s', async (_when, expire_time, end) => {
      const batch = callsWith(BATCH);
      const seen = batch.look(200, { data: { accessor: '', entity_id: 'e1', expire_time } });
      expect(await run([seen, batch.look(403, DENIED)], { token: BATCH })).toMatchObject(end);
    });

    it('is dead once it was revoked', async () => {
      const first = ownedBy('95023316-3d82');
      const script = [first, first, revoke(204), look(403, DENIED)];
      expect(await run(script)).toMatchObject({ outcome: 'revoked', verified: true });
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
    const exchanges = [invalid, spaced.alive, spaced.alive, spaced.revoke(204)];
    const servers = (url: string) => [{ url }, { url, namespace: 'team' }];
    const deadInBoth = [invalid, spaced.invalid, invalid];
    expect(await run([...exchanges, ...deadInBoth], { servers })).toMatchObject({
      outcome: 'revoked',
      verified: true,
    });
  });

  it('says that a sealed server is not available', async () => {
    const sealed = { ...alive, answer: { status: 503, json: { errors: ['Vault is sealed'] } } };
    await expect(run([sealed])).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([`s.${'k3Y9'.repeat(6)}`, `s.${'k3Y9'.repeat(6)}.a1B2c`, SPACED])(
    'takes the older form %s whole',
    async (token) => {
      const bench = await startBench(vault, (url) => ({ servers: [{ url }] }), []);
      await bench.close();
      expect(bench.provider.kinds[0]?.pattern.exec(`token: ${token}, "`)?.[0]).toBe(token);
    },
  );

  it.each([
    `s.${'k3Y9'.repeat(6)}.a1B2`,
    `s.${'k3Y9'.repeat(6)}.a1B2c3D`,
    `s.${'k3Y9'.repeat(6)}.a1B2c.x`,
    `${SERVICE}.a1B2c3D`,
    `${BATCH}.a1B2c3D`,
  ])('takes no part of %s, whose suffix it does not know', async (text) => {
    const bench = await startBench(vault, (url) => ({ servers: [{ url }] }), []);
    await bench.close();
    expect(recognise(bench.provider.kinds, text)).toMatchObject({ ok: false });
  });

  it.each(['/team', 'team//a', 'te am', '../sys'])('refuses %j as a namespace', (namespace) => {
    const servers = [{ url: 'https://vault.example.com', namespace }];
    expect(vault.config.safeParse({ servers }).success).toBe(false);
  });
});
