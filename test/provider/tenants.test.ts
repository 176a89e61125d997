import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { revoked } from '../../src/provider/kit/results.ts';
import { byTenant, type Sight, type TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { Step } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

type Found = { id: string };
type Look = Sight<Found> | Failure;

/** Tenants that answer a look with what stands in the lists, first to last. */
function start(
  looks: Readonly<Record<string, readonly Look[]>>,
  unknownTokens: 'attention' | 'inactive' = 'attention',
) {
  const calls: string[] = [];
  const left = new Map(Object.entries(looks).map(([name, list]) => [name, [...list]]));
  const method: TenantMethod<{ upstream: Upstream }, Found> = {
    found: z.object({ id: z.string() }),
    async look({ upstream }, _token, _step, known) {
      calls.push(`look at ${upstream.base}${known ? ` for ${known.id}` : ''}`);
      const next = left.get(upstream.base)?.shift();
      if (!next || next instanceof Failure) throw next ?? new Error('It is one look too many.');
      return next;
    },
    async revoke({ upstream }, _token, { id }) {
      calls.push(`revoke ${id} at ${upstream.base}`);
      return revoked();
    },
  };
  const tenants = Object.keys(looks).map((base) => ({
    upstream: { base, request: () => Promise.reject(new Error('Nothing is called.')) },
  }));
  const notes: unknown[] = [];
  const step: Step = {
    kind: 'x',
    get note() {
      return notes.at(-1);
    },
    remember: (note) => notes.push(note),
    signal: new AbortController().signal,
    parts: () => [],
    context: async () => undefined,
    prove: () => {},
    sawAlive: () => {},
    seenAlive: [],
    origins: [],
    mayActUnproven: false,
  };
  const provider = byTenant(method, tenants, unknownTokens);
  const token = new Secret('x');
  return {
    calls,
    notes,
    revoke: () => provider.revoke(token, step),
    verify: () => provider.verify(token, step),
  };
}

const ALIVE: Look = { state: 'alive', found: { id: '7' } };
const ABSENT: Look = { state: 'absent' };

describe('a token of one of several tenants', () => {
  it('is noted before it is revoked where it lives, and asked for there alone from then on', async () => {
    const { calls, notes, revoke, verify } = start({ a: [ABSENT], b: [ALIVE, ALIVE, ABSENT] });
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(notes).toEqual([{ tenant: 'b', found: { id: '7' } }]);
    expect(await revoke()).toMatchObject({ outcome: 'revoked' });
    expect(await verify()).toBe('dead');
    expect(calls).toEqual(['look at a', 'look at b', 'look at b for 7', 'revoke 7 at b', 'look at b for 7']);
  });

  it('was dead already when a crash came between its revocation and the next step', async () => {
    const { revoke } = start({ a: [ALIVE, ABSENT] });
    await revoke();
    expect(await revoke()).toMatchObject({ outcome: 'already-inactive', death: 'said' });
  });

  it('is not called dead because none knows it', async () => {
    const { revoke, verify } = start({ a: [ABSENT], b: [ABSENT] });
    expect(await revoke()).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
    expect(await verify()).toBe('unknown');
  });

  it('is called inactive, without proof, when the operator says that unknown ones are', async () => {
    const { revoke } = start({ a: [ABSENT] }, 'inactive');
    expect(await revoke()).toEqual({ outcome: 'already-inactive', proven: false });
  });

  it('is found although another tenant is down', async () => {
    const { revoke } = start({ a: [new Failure('unreachable')], b: [ALIVE] });
    expect(await revoke()).toMatchObject({ outcome: 'continue' });
  });

  it('waits alone when a tenant is down and no other one knows it', async () => {
    const down = new Failure('throttled', { retryAfterMs: 9, target: 'a', status: 429 });
    const { revoke } = start({ a: [down], b: [ABSENT] });
    await expect(revoke()).rejects.toMatchObject({
      code: 'throttled',
      scope: 'entry',
      retryAfterMs: 9,
      target: 'a',
    });
  });

  it('stops the lane when the only tenant is down', async () => {
    const { revoke } = start({ a: [new Failure('unreachable')] });
    await expect(revoke()).rejects.toMatchObject({ code: 'unreachable', scope: 'lane' });
  });

  it('passes on what is no failure of a call, such as an abort', async () => {
    const { revoke } = start({ a: [], b: [ALIVE] });
    await expect(revoke()).rejects.toThrow('It is one look too many.');
  });
});

describe('a base URL', () => {
  it.each(['https://x.example.com/path', 'http://10.0.0.1:8080'])('may be %s', (url) => {
    expect(baseUrl().safeParse(url).success).toBe(true);
  });

  it.each([
    'ftp://x.example.com',
    'https://u:p@x.example.com',
    'https://x.example.com?a',
    'https://x.example.com#a',
  ])('may not be %s', (url) => expect(baseUrl().safeParse(url).success).toBe(false));
});
