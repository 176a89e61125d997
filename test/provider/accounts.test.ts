/** Tokens of one of several accounts: found, put on file, and acted on where they were seen to work. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import {
  type Account,
  type AccountsOptions,
  byAccounts,
  type Sight,
} from '../../src/provider/kit/accounts.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { Possession, Step } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { aStep } from '../support/a-step.ts';
import { FakeClock } from '../support/fake-clock.ts';

type Look = Sight<string> | Failure;

/** @param looks what each account says, look by look */
function world(
  looks: Readonly<Record<string, readonly Look[]>>,
  given: Partial<Step> = {},
  more: Partial<Account<string>> = {},
  kind: Partial<Pick<AccountsOptions<string>, 'chosen' | 'copies' | 'knownAfterMs'>> = {},
) {
  const calls: string[] = [];
  const notes: unknown[] = [];
  const seenAlive: string[] = [];
  const proven: Possession[] = [];
  const left = new Map(Object.entries(looks).map(([name, list]) => [name, [...list]]));
  const accounts = Object.keys(looks).map(
    (name): Account<string> => ({
      name,
      isOwn: (token) => token.reveal() === 'our own',
      async look(_token, { remember }, known) {
        calls.push(`look at ${name}${known ? ` for ${known}` : ''}`);
        const next = left.get(name)?.shift();
        if (!next || next instanceof Failure) throw next ?? new Error('It is one look too many.');
        if (next.state === 'later') remember({ ...(notes.at(-1) ?? {}), since: 1 });
        return next;
      },
      async revoke(found) {
        calls.push(`revoke ${found} at ${name}`);
        return revoked();
      },
      async probe() {
        calls.push(`probe ${name}`);
        if (name === 'down') throw new Failure('credential-refused');
      },
      ...more,
    }),
  );
  const step = aStep({
    kind: 'x',
    remember: (note) => notes.push(JSON.parse(JSON.stringify(note))),
    sawAlive: (place) => seenAlive.push(place),
    prove: (by) => proven.push(by),
    seenAlive,
    ...given,
  });
  // As the ledger keeps it: the newest.
  Object.defineProperty(step, 'note', { get: () => notes.at(-1) });
  const log = { warn: (event: string) => calls.push(event), info: () => {} };
  const provider = byAccounts(accounts, { found: z.string(), rights: 'Give it rights.', ...kind, log });
  const token = new Secret('x');
  return {
    ...{ calls, notes, seenAlive, proven, provider },
    revoke: (text = 'x') => provider.revoke(new Secret(text), step),
    look: () => provider.look(token, step),
    verify: () => provider.verify(token, step),
  };
}

const ALIVE: Look = { state: 'alive', found: '7', by: 'signs-in' };
const ABSENT: Look = { state: 'absent' };

const LATER: Look = { state: 'later', afterMs: 1_000 };

describe('a token of one of several accounts', () => {
  it('that is searched for in several steps is asked for at the others meanwhile', async () => {
    const found = world({ a: [LATER], b: [ALIVE] });
    expect(await found.revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(found.notes.at(-1)).toEqual({ account: 'b', found: '7' });

    const unknown = world({ a: [LATER, ABSENT], b: [ABSENT, ABSENT] });
    expect(await unknown.revoke()).toEqual({ outcome: 'continue', afterMs: 1_000 });
    expect(await unknown.revoke()).toMatchObject({ outcome: 'unknown' });
  });

  it('that a person decides about is searched for in several steps, too', async () => {
    const { look } = world({ a: [LATER, ALIVE] });
    expect(await look()).toEqual({ outcome: 'continue', afterMs: 1_000 });
    expect(await look()).toMatchObject({ outcome: 'alive' });
  });

  it('that a look sees to work is kept as such, for a person may revoke it by hand', async () => {
    const { look, seenAlive } = world({ a: [ABSENT], b: [ALIVE] });

    expect(await look()).toMatchObject({ outcome: 'alive', evidence: { account: 'b' } });
    expect(seenAlive).toEqual(['b']);
  });

  it('of which only an id shows that it works was not seen to', async () => {
    const { look, seenAlive } = world({ a: [{ ...ALIVE, by: 'unproven' }] });

    expect(await look()).toMatchObject({ outcome: 'undecided' });
    expect(seenAlive).toEqual([]);
  });

  it('is put on file before anything changes, and proven again in the step that acts', async () => {
    const { revoke, calls, notes, seenAlive, proven } = world({ a: [ABSENT], b: [ALIVE, ALIVE] });

    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect([notes, seenAlive, proven]).toEqual([[{ account: 'b', found: '7' }], ['b'], []]);
    expect(await revoke()).toMatchObject({ outcome: 'revoked', evidence: { account: 'b' } });

    expect(proven).toEqual(['signs-in']);
    expect(calls).toEqual(['look at a', 'look at b', 'look at b for 7', 'revoke 7 at b']);
  });

  it('that alone fits is acted on only where two looks in a row find it, as a new one may take its place', async () => {
    const fits = (found: string): Look => ({ state: 'alive', found, by: 'one-fits', toldBy: 'text' });
    const { revoke, calls, notes } = world({ a: [fits('7'), fits('9'), ABSENT] });

    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 1_000 });
    expect(notes.at(-1)).toEqual({ account: 'a', found: '9' });
    expect(await revoke()).toMatchObject({ outcome: 'already-inactive', death: 'seen-alive' });
    expect(calls).toEqual(['look at a', 'look at a for 7', 'look at a for 9']);
  });

  it('that nothing tells from others is acted on only once it was alone for as long as a revoked one may be let in', async () => {
    const clock = new FakeClock();
    const fits: Look = { state: 'alive', found: '7', by: 'one-fits', toldBy: 'nothing' };
    const other: Look = { ...fits, found: '8' };
    const lag = { ms: 60_000, clock };
    const { revoke, calls } = world({ a: [fits, fits, other, other] }, {}, { lag });

    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 60_000 });
    await clock.advance(20_000);
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 40_000 });
    await clock.advance(40_000);
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 60_000 });
    expect(calls).not.toContain('revoke 7 at a');
    await clock.advance(60_000);
    expect(await revoke()).toMatchObject({ outcome: 'revoked' });
    expect(calls.at(-1)).toBe('revoke 8 at a');
  });

  it('that nothing tells from others waits no longer where a clock was ahead when it was found first', async () => {
    const clock = new FakeClock();
    const fits: Look = { state: 'alive', found: '7', by: 'one-fits', toldBy: 'nothing' };
    const { revoke } = world({ a: [fits, fits, fits] }, {}, { lag: { ms: 60_000, clock } });

    await revoke();
    clock.jump(-7_200_000);
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 60_000 });
    await clock.advance(60_000);
    expect(await revoke()).toMatchObject({ outcome: 'revoked' });
  });

  it('that nothing tells from others has to be alone anew after a look that found something else', async () => {
    const clock = new FakeClock();
    const fits: Look = { state: 'alive', found: '7', by: 'one-fits', toldBy: 'nothing' };
    const several: Look = { state: 'unable', refusal: refused('ambiguous', 'x') };
    for (const way of ['revoke', 'look'] as const) {
      const bench = world({ a: [fits, several, fits, fits] }, {}, { lag: { ms: 60_000, clock } });
      const { revoke, calls } = bench;

      await revoke();
      await clock.advance(30_000);
      expect(await bench[way]()).toMatchObject({ outcome: 'refused' });
      // Days later a person has deleted one of the two, which may have been the leaked one, and lets in for a while more.
      await clock.advance(500_000_000);
      expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 60_000 });
      expect(calls).not.toContain('revoke 7 at a');
      await clock.advance(60_000);
      expect(await revoke()).toMatchObject({ outcome: 'revoked' });
    }
  });

  it('that was seen at an account stays on file there while that is not in the configuration', async () => {
    const note = { account: 'a', found: '7' };
    const elsewhere = world({ b: [LATER, ABSENT, ABSENT] });
    elsewhere.notes.push(note);
    await elsewhere.revoke();
    expect(await elsewhere.revoke()).toMatchObject({ outcome: 'unknown' });
    expect(elsewhere.notes.at(-1)).toMatchObject(note);

    const back = world({ a: [ABSENT] }, { seenAlive: ['a'] }, { isThere: async () => true });
    back.notes.push(elsewhere.notes.at(-1));
    await expect(back.revoke()).rejects.toMatchObject({ code: 'suspended' });
  });

  it('that nothing tells from others is not acted on where nobody says how long a revoked one may be let in', async () => {
    const alone: Look = { state: 'alive', found: '7', by: 'one-fits', toldBy: 'nothing' };
    await expect(world({ a: [alone] }).revoke()).rejects.toMatchObject({ code: 'internal' });

    const atOnce = world({ a: [alone, alone] }, {}, { lag: 'none' });
    expect(await atOnce.revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(await atOnce.revoke()).toMatchObject({ outcome: 'revoked' });
  });

  it('that a look found is not acted on sooner by an approval', async () => {
    const clock = new FakeClock();
    const fits: Look = { state: 'alive', found: '7', by: 'one-fits', toldBy: 'nothing' };
    const found = world({ a: [fits, fits, fits, fits] }, {}, { lag: { ms: 60_000, clock } });

    await found.look();
    await clock.advance(50_000);
    await found.look();
    expect(await found.revoke()).toEqual({ outcome: 'continue', afterMs: 10_000 });
    await clock.advance(10_000);
    expect(await found.revoke()).toMatchObject({ outcome: 'revoked' });
  });

  it('whose record is gone as a whole is searched for anew at all of them', async () => {
    const moved = world({ a: [ABSENT, ALIVE], b: [ALIVE, { state: 'lost' }] });
    await moved.revoke();
    expect(await moved.revoke()).toEqual({ outcome: 'continue', afterMs: 60_000 });
    expect(await moved.revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(moved.notes.at(-1)).toEqual({ account: 'a', found: '7' });

    const deleted = world({ a: [ABSENT, ABSENT], b: [ALIVE, { state: 'lost' }, ABSENT] });
    await deleted.look();
    expect(await deleted.look()).toEqual({ outcome: 'continue', afterMs: 60_000 });
    // As it was seen to work at one of them, the core takes it for dead.
    expect(await deleted.look()).toMatchObject({ outcome: 'unknown', asked: ['a', 'b'] });
    expect(deleted.seenAlive).toEqual(['b']);
  });

  it('is not dead after its revocation because its record is gone as a whole, with which it may have been moved', async () => {
    const { revoke, verify } = world({ a: [ALIVE, ALIVE, { state: 'lost' }, ABSENT] });
    await revoke();
    expect(await revoke()).toMatchObject({ outcome: 'revoked' });
    expect(await verify()).toBe('unknown');
    expect(await verify()).toBe('dead');
  });

  const copiesOf = (looks: Readonly<Record<string, readonly Look[]>>) =>
    world(looks, {}, {}, { copies: true });
  const DEAD: Look = { state: 'dead' };

  it('that a copy of the server lets in as well ends there, too', async () => {
    const { revoke, verify, calls } = copiesOf({
      a: [ALIVE, ALIVE, ABSENT, ABSENT],
      b: [ALIVE, ALIVE, ABSENT],
    });
    await revoke();
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(await revoke()).toMatchObject({ outcome: 'revoked', evidence: { account: 'b' } });
    expect(await verify()).toBe('dead');
    expect(calls.filter((call) => call.startsWith('revoke'))).toEqual(['revoke 7 at a', 'revoke 7 at b']);
  });

  it('is not dead while a copy lets it in by the time that is verified', async () => {
    const { revoke, verify, seenAlive } = copiesOf({
      a: [ALIVE, ALIVE, ABSENT, ABSENT, ABSENT],
      b: [ABSENT, ALIVE, ALIVE, ABSENT],
    });
    await revoke();
    expect(await revoke()).toMatchObject({ outcome: 'revoked', evidence: { account: 'a' } });
    expect(await verify()).toBe('alive');
    // Whoever revokes it there by hand leaves nothing else that shows its death.
    expect(new Set(seenAlive)).toEqual(new Set(['a', 'b']));
    expect(await revoke()).toMatchObject({ outcome: 'revoked', evidence: { account: 'b' } });
  });

  it('is revoked once at each of the copies that let it in still, and again when that is verified', async () => {
    const still = Array.from({ length: 9 }, () => ALIVE);
    const { revoke, verify, calls } = copiesOf({ a: still, b: still });
    const revocations = () => calls.filter((call) => call.startsWith('revoke'));
    await revoke();
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(await revoke()).toMatchObject({ outcome: 'revoked', evidence: { account: 'b' } });
    expect(revocations()).toEqual(['revoke 7 at a', 'revoke 7 at b']);

    expect(await verify()).toBe('alive');
    await revoke();
    expect(revocations()).toHaveLength(3);
  });

  it('that lives again at the first one while it is verified at its copy is revoked there anew', async () => {
    const { revoke, verify, calls } = copiesOf({
      a: [ALIVE, ALIVE, ALIVE, ALIVE, ABSENT],
      b: [ALIVE, ALIVE, ABSENT, ABSENT, ABSENT],
    });
    for (let step = 0; step < 3; step++) await revoke();
    expect(await verify()).toBe('alive');
    expect(await revoke()).toMatchObject({ outcome: 'revoked', evidence: { account: 'a' } });
    expect(await verify()).toBe('dead');
    expect(calls.filter((call) => call.startsWith('revoke'))).toHaveLength(3);
  });

  it('is not dead by the word of the first one while its copy is down', async () => {
    const { revoke } = copiesOf({ a: [DEAD, DEAD], b: [new Failure('unavailable'), ALIVE] });
    await expect(revoke()).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
  });

  it.each([ABSENT, DEAD])(
    'that ended by another hand is looked for at the copies of the server, too',
    async (end) => {
      const alive = copiesOf({ a: [ALIVE, end], b: [ALIVE] });
      await alive.look();
      expect(await alive.look()).toMatchObject({ outcome: 'alive', evidence: { account: 'b' } });

      const dead = copiesOf({ a: [ALIVE, end], b: [end] });
      await dead.look();
      expect(await dead.look()).toMatchObject({ outcome: 'already-inactive' });

      const down = copiesOf({ a: [ALIVE, end], b: [new Failure('unavailable')] });
      await down.look();
      await expect(down.look()).rejects.toMatchObject({ code: 'unavailable' });
    },
  );

  it('that a copy of the server does not settle stays dead where it was seen to work', async () => {
    const refusal = refused('not-permitted', 'Look there.');
    const elsewhere: Look = { state: 'unable', refusal, maybeElsewhere: true };
    const { look } = copiesOf({ a: [ALIVE, ABSENT], b: [elsewhere], c: [{ ...ALIVE, by: 'unproven' }] });
    await look();
    expect(await look()).toMatchObject({ outcome: 'already-inactive' });

    const there = copiesOf({ a: [ALIVE, ABSENT], b: [{ state: 'unable', refusal }] });
    await there.look();
    expect(await there.look()).toEqual(refusal);
  });

  it('that users may choose goes to a person when several have it, however long that takes to find', async () => {
    const several = world({ a: [ALIVE, ALIVE], b: [LATER, ALIVE] }, {}, {}, { chosen: true });
    expect(await several.revoke()).toEqual({ outcome: 'continue', afterMs: 1_000 });
    expect(await several.revoke()).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { candidates: [{ account: 'a' }, { account: 'b' }] },
    });

    const one = world({ a: [ABSENT], b: [ALIVE, ALIVE], c: [ABSENT] }, {}, {}, { chosen: true });
    await one.revoke();
    expect(await one.revoke()).toMatchObject({ outcome: 'revoked' });

    const down = world({ a: [ALIVE], b: [new Failure('unreachable')] }, {}, {}, { chosen: true });
    await expect(down.revoke()).rejects.toMatchObject({ code: 'unreachable', scope: 'entry' });
  });

  it('is dead when it is gone from where it was seen to work', async () => {
    const { revoke } = world({ a: [ALIVE, ABSENT] });
    await revoke();
    expect(await revoke()).toMatchObject({ outcome: 'already-inactive', death: 'seen-alive' });
  });

  it.each([
    [true, 'is suspended', { thrown: { code: 'suspended' } }],
    [false, 'is dead', { outcome: 'already-inactive' }],
  ])('that is refused while its record is there (%s) %s', async (isThere, _what, end) => {
    const asked: string[] = [];
    const { revoke } = world({ a: [ALIVE, ABSENT] }, undefined, {
      async isThere(found) {
        asked.push(found);
        return isThere;
      },
    });
    await revoke();
    expect(await revoke().catch((thrown: unknown) => ({ thrown }))).toMatchObject(end);
    expect(asked).toEqual(['7']);
  });

  it.each([
    ['was not found', ABSENT],
    ['nothing can be done about', { state: 'unable', refusal: refused('ambiguous', 'x') } as const],
  ])('that %s is searched for anew by a retry', async (_end, sight) => {
    const searched = world({ a: [LATER, sight, LATER, sight] });
    await searched.revoke();
    expect(searched.notes).toEqual([{ since: 1 }]);
    await searched.revoke();
    expect(searched.notes.at(-1)).toEqual({});

    await searched.look();
    await searched.look();
    expect(searched.notes.at(-1)).toEqual({});
  });

  it('that a look found is looked for there alone, and judged as by a revocation', async () => {
    const { look, calls, notes } = world({ a: [ABSENT], b: [ALIVE, ALIVE, ABSENT] });
    expect(await look()).toMatchObject({ outcome: 'alive' });
    expect(await look()).toMatchObject({ outcome: 'alive' });
    expect(await look()).toMatchObject({ outcome: 'already-inactive', death: 'seen-alive' });
    expect(calls).toEqual(['look at a', 'look at b', 'look at b for 7', 'look at b for 7']);
    expect(notes.at(-1)).toEqual({ account: 'b', found: '7' });

    const disabled = world({ a: [ALIVE, ABSENT] }, undefined, { isThere: async () => true });
    await disabled.look();
    await expect(disabled.look()).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is looked for once more, whenever somebody tries it again, where a new one is not known at once', async () => {
    const looks = { a: [ABSENT, LATER, ABSENT, ABSENT, ABSENT], b: Array<Look>(5).fill(ABSENT) };
    const { revoke, look } = world(looks, {}, {}, { knownAfterMs: 60_000 });
    const unknown = { outcome: 'unknown', asked: ['a', 'b'] };
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 60_000 });
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 1_000 });
    expect(await revoke()).toEqual(unknown);
    expect(await look()).toEqual({ outcome: 'continue', afterMs: 60_000 });
    expect(await look()).toEqual(unknown);
  });

  it('that is known the second time is revoked, and dead once it is gone both times', async () => {
    const { revoke, look } = world(
      { a: [ABSENT, ALIVE, ...Array<Look>(4).fill(ABSENT)] },
      {},
      {},
      { knownAfterMs: 60_000 },
    );
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 60_000 });
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    for (const ask of [revoke, look]) {
      expect(await ask()).toEqual({ outcome: 'continue', afterMs: 60_000 });
      expect(await ask()).toMatchObject({ outcome: 'already-inactive', death: 'seen-alive' });
    }
  });

  it('is dead at once where its record tells that it is gone', async () => {
    const isThere = async () => false;
    const { revoke } = world({ a: [ALIVE, ABSENT] }, undefined, { isThere }, { knownAfterMs: 60_000 });
    await revoke();
    expect(await revoke()).toMatchObject({ outcome: 'already-inactive', death: 'seen-alive' });
  });

  it('is unknown when every account was asked and none knows it', async () => {
    const { revoke } = world({ a: [ABSENT], b: [ABSENT] });
    expect(await revoke()).toEqual({ outcome: 'unknown', asked: ['a', 'b'] });
  });

  it('is dead when its account says so of it', async () => {
    const { revoke } = world({ a: [{ state: 'dead' }] });
    expect(await revoke()).toMatchObject({ outcome: 'already-inactive', death: 'said' });
  });

  it('is not dead by the word of one account while it works at another, as copies have the same tokens', async () => {
    const { revoke, notes } = world({ a: [{ state: 'dead' }], b: [ALIVE] });
    expect(await revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(notes.at(-1)).toEqual({ account: 'b', found: '7' });
  });

  it('is revoked by us once a copy that was down can be asked, and at once there where that has it', async () => {
    const down = new Failure('unavailable');
    const keptOut = refused('manual', 'See whether it is there.');
    const kind = { copies: true };
    const one = world({ a: [ALIVE, ALIVE, ABSENT, ABSENT], b: [down, down, ABSENT] }, {}, { keptOut }, kind);
    await one.revoke();
    await expect(one.revoke()).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
    await expect(one.revoke()).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
    expect(await one.revoke()).toMatchObject({ outcome: 'revoked', evidence: { account: 'a' } });
    expect(one.calls.filter((call) => call.startsWith('revoke'))).toEqual(['revoke 7 at a']);

    const copy = world({ a: [ALIVE, ALIVE, ABSENT, ABSENT], b: [down, ALIVE, ALIVE] }, {}, {}, kind);
    await copy.revoke();
    await expect(copy.revoke()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await copy.revoke()).toEqual({ outcome: 'continue', afterMs: 0 });
    expect(await copy.revoke()).toMatchObject({ outcome: 'revoked', evidence: { account: 'b' } });
  });

  it('is not done by a revocation where a copy has it for which nothing can be done', async () => {
    const refusal = refused('not-permitted', 'Do it by hand.');
    const looks = { a: [ALIVE, ALIVE], b: [{ state: 'unable', refusal } as const] };
    const { revoke } = world(looks, {}, {}, { copies: true });
    await revoke();
    expect(await revoke()).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('is dead by the word of one account also where another cannot be asked', async () => {
    const { revoke } = world({ a: [{ state: 'dead' }], b: [new Failure('unreachable')] });
    expect(await revoke()).toMatchObject({ outcome: 'already-inactive', death: 'said' });
  });

  it('is not unknown while an account could not be asked, which costs the others nothing', async () => {
    const { revoke } = world({ a: [new Failure('unreachable')], b: [ABSENT] });
    await expect(revoke()).rejects.toMatchObject({ code: 'unreachable', scope: 'entry' });
  });

  it('is held where only an id names it, until a person approves', async () => {
    const unproven: Look = { state: 'alive', found: '7', by: 'unproven' };
    const held = world({ a: [unproven, unproven] });
    await held.revoke();
    expect(await held.revoke()).toMatchObject({ outcome: 'held' });
    expect(held.seenAlive).toEqual([]);

    const approved = world({ a: [unproven, unproven] }, { mayActUnproven: true });
    await approved.revoke();
    expect(await approved.revoke()).toMatchObject({ outcome: 'revoked' });
    expect(approved.proven).toEqual([]);
  });

  it('is never revoked when it is a credential of Quash itself', async () => {
    const { revoke, calls } = world({ a: [], b: [] });
    expect(await revoke('our own')).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
    expect(calls).toEqual(['own-credential-leaked']);
  });

  it('is only asked about by a look and a verification', async () => {
    const { look, verify, calls } = world({ a: [ABSENT, ALIVE, ALIVE, ABSENT] });
    expect(await verify()).toBe('unknown');
    expect(await look()).toMatchObject({ outcome: 'alive', evidence: { account: 'a' } });
    expect(await verify()).toBe('alive');
    expect(await verify()).toBe('dead');
    expect(calls.filter((call) => call.startsWith('revoke'))).toEqual([]);
  });
});

describe('a token of which nothing is on file, as one that was dead and is reported again', () => {
  it('is alive where an account lets it in, and is revoked there', async () => {
    const again = world({ a: [ABSENT], b: [ALIVE, ALIVE, ALIVE] });
    expect(await again.verify()).toBe('alive');
    expect(again.seenAlive).toEqual(['b']);
    expect(await again.revoke()).toMatchObject({ outcome: 'revoked', evidence: { account: 'b' } });
  });

  it('is neither alive nor dead where none does, an id alone says so, or a list is still read, or old', async () => {
    const byId: Look = { state: 'alive', found: '7', by: 'unproven' };
    const fromOldList: Look[] = [ALIVE, ABSENT];
    for (const looks of [[ABSENT], [byId, byId], [LATER], [{ state: 'dead' } as const], fromOldList]) {
      const again = world({ a: looks });
      expect(await again.verify()).toBe('unknown');
      expect(again.seenAlive).toEqual([]);
    }
  });
});

describe('the accounts', () => {
  it('are checked one by one, with what to do', async () => {
    const { provider } = world({ up: [], down: [] });
    expect(await provider.check(new AbortController().signal)).toEqual([
      { name: 'credential of up', ok: true },
      { name: 'credential of down', ok: false, advice: 'Give it rights.' },
    ]);
  });

  it('must have names of their own', () => {
    const account = {
      name: 'same',
      look: async () => ABSENT as Sight<string>,
      revoke: async () => revoked(),
    };
    const options = { found: z.string(), log: { warn: () => {}, info: () => {} } };
    expect(() => byAccounts([account, account], options)).toThrow('the same name');
  });
});
