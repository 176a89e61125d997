import { describe, expect, it } from 'vitest';
import { type Circumstances, judgeUnknown, refusalProves } from '../../src/provider/death.ts';
import { placeSeenWith } from '../../src/provider/place.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const KIND = { id: 'token', types: [], pattern: /x/, effect: 'token', ...TRUSTED } as const;
const OPEN = { open: 'There may be other servers.' };
const ADVICE = 'Add the server that issued it, and retry.';

function adviceFor(
  whole: TokenKind['whole'],
  text: string,
  advice?: string,
  seenAlive: readonly string[] = [],
): string {
  const unknown = {
    outcome: 'unknown',
    asked: ['https://a.example.com'],
    ...(advice && { advice }),
  } as const;
  const kind = { ...KIND, whole, places: OPEN };
  const token = new Secret(text);
  const judged = judgeUnknown(unknown, { kind, token, seenAlive, unknownTokens: 'attention' });
  return judged.outcome === 'refused' ? judged.advice : '';
}

describe('the advice on a token that no place knows', () => {
  it('is what the provider says of a whole one', () => {
    expect(adviceFor('exact', 'acme_0123456789', ADVICE)).toBe(ADVICE);
  });

  it('is that as well of one that may be whole, and that it may be cut', () => {
    for (const whole of ['open', () => false] as const) {
      const advice = adviceFor(whole, 'acme_0123456789', ADVICE);
      expect(advice).toContain(ADVICE);
      expect(advice).toContain('part of a longer token');
    }
  });

  it('is only that it may be cut where the provider says nothing, or a mask stands in it', () => {
    for (const advice of [adviceFor('open', 'acme_0123456789'), adviceFor('open', 'acme_****', ADVICE)]) {
      expect(advice).not.toContain(ADVICE);
      expect(advice).toContain('part of a longer token');
    }
  });
});

it('says of a token that was seen to work, where nobody asks any more, how to see whether it is dead', () => {
  const advice = adviceFor('open', 'acme_0123456789', ADVICE, [placeSeenWith('acme', 'old')]);
  expect(advice).toContain('saw it work');
  expect(advice).toContain('retry');
  expect(advice).toContain(ADVICE);
  // What worked was no part of a token.
  expect(advice).not.toContain('part of a longer token');
  expect(adviceFor('open', 'acme_0123456789', undefined, ['acme'])).toContain('saw it work');
  expect(adviceFor('exact', 'acme_0123456789', ADVICE)).not.toContain('saw it work');
});

describe('a token that was seen with several credentials of ours at one place', () => {
  const [byOld, byNew] = [placeSeenWith('acme', 'old'), placeSeenWith('acme', 'new')];
  const keyAt = (address: string) => placeSeenWith('acme', placeSeenWith(address, 'key'));
  const otherKeyAt = (address: string) => placeSeenWith('acme', placeSeenWith(address, 'other key'));
  const judge = (asked: string, seenAlive: readonly string[]) =>
    judgeUnknown(
      { outcome: 'unknown', asked: [asked] },
      {
        ...{ kind: { ...KIND, places: OPEN }, token: new Secret('acme_0123456789') },
        ...{ seenAlive, unknownTokens: 'attention' },
      },
    ).outcome;

  it.each([
    ['is dead once one that has seen it does not any more', byNew, [byOld, byNew], 'already-inactive'],
    ['is dead so where an earlier version kept the name alone', byNew, ['acme', byNew], 'already-inactive'],
    ['is not dead for another one', byNew, [byOld, 'acme'], 'refused'],
    ['is not dead while another place is not asked', byNew, [byOld, byNew, 'globex'], 'refused'],
    ['is not dead by the name that several have', 'acme', [byOld, byNew], 'refused'],
    [
      'is dead by one of two keys at one address',
      keyAt('b'),
      [keyAt('b'), otherKeyAt('b')],
      'already-inactive',
    ],
    ['is not dead by another address of that name', keyAt('b'), [keyAt('a'), keyAt('b')], 'refused'],
    ['is not dead at all addresses of that name', 'acme', ['acme', keyAt('a')], 'refused'],
  ])('%s', (_what, asked, seenAlive, outcome) => {
    expect(judge(asked, seenAlive)).toBe(outcome);
  });
});

describe('a token that the places that were asked do not know', () => {
  const kind = { ...KIND, places: { all: ['eu', 'us'] } } as const;
  const judge = (asked: readonly string[], given: Partial<Circumstances> = {}) =>
    judgeUnknown(
      { outcome: 'unknown', asked, evidence: { name: 'ci' } },
      {
        ...{ kind, token: new Secret('acme_0123456789'), seenAlive: [], unknownTokens: 'attention' },
        ...given,
      },
    );
  const PROVEN = { outcome: 'already-inactive', proven: true };
  const UNKNOWN = { outcome: 'refused', reason: 'unknown-token', advice: expect.any(String) };

  it('is dead where each that may have issued it was asked', () => {
    expect(judge(['us', 'eu'])).toEqual({ ...PROVEN, evidence: { name: 'ci', asked: 'us, eu' } });
    expect(judge(['us'])).toEqual({ ...UNKNOWN, evidence: { name: 'ci', asked: 'us' } });
    expect(judge([])).toEqual({ ...UNKNOWN, evidence: { name: 'ci' } });
    expect(judge([placeSeenWith('eu', 'our key'), 'us'])).toMatchObject({ evidence: { asked: 'eu, us' } });
  });

  it('is dead by a credential of ours at all places unless only another one of ours had seen it there', () => {
    const asked = [placeSeenWith('eu', 'our key'), 'us'];
    expect(judge(asked)).toMatchObject(PROVEN);
    expect(judge(asked, { seenAlive: ['eu'] })).toMatchObject(PROVEN);
    expect(judge(asked, { seenAlive: [placeSeenWith('eu', 'our key')] })).toMatchObject(PROVEN);
    expect(judge(asked, { seenAlive: [placeSeenWith('eu', 'another key')] })).toMatchObject({
      ...{ outcome: 'refused', reason: 'unknown-token' },
    });
    // Where the token itself is asked, no credential of ours matters.
    expect(judge(['eu', 'us'], { seenAlive: [placeSeenWith('acme', 'another key')] })).toMatchObject(PROVEN);
  });

  it('is dead once one of them had let it in, whatever the others say, and how much of it there is', () => {
    const cut = { kind: { ...kind, whole: 'open' }, seenAlive: ['eu'] } as const;
    expect(judge(['us', 'eu'], cut)).toMatchObject(PROVEN);
    expect(judge(['us'], cut)).toMatchObject(UNKNOWN);
  });

  it('is not dead while another place that had let it in was not asked', () => {
    const open = {
      kind: { ...kind, places: OPEN },
      seenAlive: ['eu', 'a server that is not configured now'],
    };
    expect(judge(['us', 'eu'], open)).toMatchObject(UNKNOWN);
  });

  it('is not dead as long as it may be a part of one', () => {
    const masked = new Secret('acme_****');
    const notWhole = () => false;
    for (const unknownTokens of ['attention', 'inactive'] as const) {
      expect(judge(['eu', 'us'], { token: masked, unknownTokens })).toMatchObject(UNKNOWN);
      expect(judge(['eu', 'us'], { kind: { ...kind, whole: notWhole }, unknownTokens })).toMatchObject(
        UNKNOWN,
      );
    }
    expect(judge(['eu', 'us'], { kind: { ...kind, whole: () => true } })).toMatchObject(PROVEN);
  });

  it('is taken for dead, without a proof, where the operator wants that', () => {
    const dead = { outcome: 'already-inactive', proven: false };
    expect(judge(['eu'], { unknownTokens: 'inactive' })).toMatchObject(dead);
  });

  it('is a case for a person where it was seen to work elsewhere, whatever the operator wants', () => {
    for (const seenAt of ['us', placeSeenWith('eu', 'another key')]) {
      const seen = { seenAlive: [seenAt], unknownTokens: 'inactive' } as const;
      const advice = expect.stringContaining('saw it work before');
      expect(judge([placeSeenWith('eu', 'our key')], seen)).toMatchObject({ ...UNKNOWN, advice });
    }
  });
});

describe('a refusal after an accepted revocation', () => {
  it.each([
    ['a whole token of places that are all known', {}, 'acme_0123456789', true],
    ['one that may come from elsewhere', { places: OPEN }, 'acme_0123456789', false],
    ['one that may be cut', { whole: 'open' }, 'acme_0123456789', false],
    ['one with a mask in it', {}, 'acme_****', false],
  ] as const)('proves the death of %s: %s %s %s', (_which, given, text, proves) => {
    expect(refusalProves({ kind: { ...KIND, ...given }, token: new Secret(text) })).toBe(proves);
  });
});
