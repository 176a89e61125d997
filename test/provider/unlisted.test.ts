import { expect, it } from 'vitest';
import { refused } from '../../src/provider/kit/results.ts';
import { unlisted, unlistedSight, unlistedSince } from '../../src/provider/kit/unlisted.ts';
import { Secret } from '../../src/words/secret.ts';
import { stepOf } from '../contract/bench.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const MINUTE_MS = 60_000;
const REFUSAL = refused('unknown-token', 'It is in no list.');

/** A step after those that left these notes. */
const stepAfter = (...notes: readonly unknown[]) => {
  const kind = { ...TRUSTED, id: 'token', types: ['t'], pattern: /x/, effect: 'token' } as const;
  return stepOf({ kinds: [kind] }, new Secret('x'), { kind: kind.id, notes: [...notes] });
};

it('waits until a record must have been listed, or a deleted token refused, and then tells a person', () => {
  const clock = new FakeClock();
  const first = stepAfter();
  expect(unlisted(first, clock, REFUSAL)).toEqual({ outcome: 'continue', afterMs: MINUTE_MS });

  clock.jump(4 * MINUTE_MS);
  const second = stepAfter(first.remembered);
  expect(unlistedSight(second, clock, REFUSAL, 'acme')).toEqual({ state: 'later', afterMs: 6 * MINUTE_MS });
  expect(second.seenAlive).toEqual(['acme']);

  clock.jump(6 * MINUTE_MS);
  expect(unlisted(stepAfter(second.remembered), clock, REFUSAL)).toEqual(REFUSAL);
  const last = stepAfter(second.remembered);
  expect(unlistedSight(last, clock, REFUSAL, 'acme')).toEqual({ state: 'unable', refusal: REFUSAL });
});

it('waits no longer where a clock was ahead when the token was found first', () => {
  const clock = new FakeClock();
  const ahead = { quash: 1, seenAlive: [], note: { unlistedSince: clock.now() + 86_400_000 } };
  const first = stepAfter(ahead);
  expect(unlisted(first, clock, REFUSAL)).toMatchObject({ outcome: 'continue' });
  clock.jump(10 * MINUTE_MS);
  expect(unlisted(stepAfter(first.remembered), clock, REFUSAL)).toEqual(REFUSAL);
});

it('waits anew where a person was told, and has the token tried again', () => {
  const clock = new FakeClock();
  const first = stepAfter({ quash: 1, seenAlive: [], note: { home: 'acme' } });
  unlisted(first, clock, REFUSAL);
  clock.jump(10 * MINUTE_MS);
  const told = stepAfter(first.remembered);
  expect(unlisted(told, clock, REFUSAL)).toEqual(REFUSAL);
  expect(told.note).toEqual({ home: 'acme' });

  clock.jump(5 * 24 * 60 * MINUTE_MS);
  const retried = stepAfter(told.remembered);
  expect(unlisted(retried, clock, REFUSAL)).toEqual({ outcome: 'continue', afterMs: MINUTE_MS });
});

it('keeps what else is noted, but for when a list was first searched: it has to be read anew', () => {
  const clock = new FakeClock();
  const step = stepAfter({ quash: 1, seenAlive: [], note: { home: 'acme', since: 5 } });
  unlisted(step, clock, REFUSAL);
  expect(step.note).toEqual({ home: 'acme', unlistedSince: clock.now() });
});

it('goes by a time that was read before a search left a note of its own', () => {
  const clock = new FakeClock();
  const first = stepAfter();
  unlisted(first, clock, REFUSAL);
  clock.jump(10 * MINUTE_MS);
  const second = stepAfter(first.remembered);
  const since = unlistedSince(second);
  second.remember({});
  expect(unlisted(second, clock, REFUSAL, since)).toEqual(REFUSAL);
});
