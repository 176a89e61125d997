import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/provider/failure.ts';
import { SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Step } from '../../src/provider/provider.ts';
import { aStep } from '../support/a-step.ts';
import { FakeClock } from '../support/fake-clock.ts';

const PAGES = 50;
const MAX_CALLS = 100;

let clock: FakeClock;
/** What each page has. */
let pages: (readonly string[])[];
let calls: number[];
let failing: Failure | undefined;
let beforeCall: () => void;
let list: SearchedList<string, number>;
let isByNumber: boolean;

beforeEach(() => {
  clock = new FakeClock();
  pages = Array.from({ length: PAGES }, (_, page) => [`key-${page}`]);
  calls = [];
  failing = undefined;
  beforeCall = () => {};
  isByNumber = false;
  list = new SearchedList({
    ...{ clock, first: 0, maxCalls: MAX_CALLS, isByNumber: (page) => isByNumber && page > 0 },
    async read(page) {
      beforeCall();
      calls.push(page);
      if (failing) throw failing;
      const items = (pages[page] ?? []).map((name) => [name.replace(/^.* /, ''), `item of ${name}`] as const);
      return { items, next: page + 1 < pages.length ? page + 1 : undefined };
    },
  });
});

/** The steps of one token, which keep what it remembers. */
function search(): Step {
  let note: unknown;
  const remember = (kept: unknown) => {
    note = kept;
  };
  return Object.defineProperty(aStep({ kind: 'x', remember }), 'note', { get: () => note });
}

/** As the dispatcher goes on with one token. */
async function end(key: string, step: Step, find: 'find' | 'findAll' | 'findAnew' = 'find') {
  for (let steps = 1; ; steps++) {
    const found = await list[find](key, step);
    if (!(typeof found === 'object' && 'state' in found)) return { found, steps };
    await clock.advance(found.afterMs);
  }
}

describe('a list that is searched', () => {
  it('is read in parts of twenty calls, which go on from step to step', async () => {
    const step = search();
    expect(await list.find('nowhere', step)).toEqual({ state: 'later', afterMs: 1_000 });
    expect(calls).toHaveLength(20);
    expect(await list.find('nowhere', step)).toMatchObject({ state: 'later' });
    expect(await list.find('nowhere', step)).toEqual([]);
    expect(calls).toEqual([...pages.keys()]);
  });

  it('is read once for all tokens that wait', async () => {
    const ends = await Promise.all(Array.from({ length: 1_000 }, (_, n) => end(`forged-${n}`, search())));
    expect(ends.every(({ found }) => found.length === 0)).toBe(true);
    expect(calls).toHaveLength(PAGES);
  });

  it('is read by one step at a time', async () => {
    const both = await Promise.all([list.find('nowhere', search()), list.find('nowhere', search())]);
    expect(both).toEqual([
      { state: 'later', afterMs: 1_000 },
      { state: 'later', afterMs: 10_000 },
    ]);
    expect(calls).toHaveLength(20);
  });

  it('tells what it has as soon as it comes upon it, and for some time afterwards', async () => {
    expect(await list.find('key-3', search())).toEqual(['item of key-3']);
    expect(calls).toHaveLength(4);
    await end('nowhere', search());
    expect(await list.find('key-3', search())).toEqual(['item of key-3']);
    expect(calls).toHaveLength(PAGES);
  });

  it('tells nothing of an older reading after that time', async () => {
    pages = [['key']];
    await end('nowhere', search());
    await clock.advance(60_001);
    pages = [['other']];
    expect(await list.find('key', search())).toEqual([]);
    expect(calls).toHaveLength(2);
  });

  it('is read to its end where all that it has under a key is wanted', async () => {
    pages[40] = ['other key-3'];
    expect(await end('key-3', search(), 'findAll')).toMatchObject({
      found: ['item of key-3', 'item of other key-3'],
    });
  });

  it('is read anew for a key that tells only a part of the token', async () => {
    pages = [['key']];
    await end('key', search());
    await clock.advance(1);
    pages = [['key', 'other key']];
    expect((await end('key', search(), 'findAll')).found).toHaveLength(1);
    expect((await end('key', search(), 'findAnew')).found).toHaveLength(2);
  });

  it('is read anew before a token that came after the reading is called unknown, and not too soon', async () => {
    pages = [['old']];
    await end('nowhere', search());
    const read = clock.now();
    await clock.advance(1);
    pages = [['new']];
    expect(await end('new', search())).toMatchObject({ found: ['item of new'], steps: 2 });
    expect(clock.now() - read).toBe(60_000);
    expect(calls).toHaveLength(2);
  });

  it('leaves a long list alone for longer', async () => {
    pages = Array.from({ length: MAX_CALLS }, () => []);
    const start = clock.now();
    await end('nowhere', search());
    await clock.advance(1);
    await end('nowhere either', search());
    expect(calls).toHaveLength(2 * MAX_CALLS);
    expect(clock.now() - start).toBeGreaterThanOrEqual(75_000);
  });

  it('waits no longer where a clock was ahead when the token was searched for first', async () => {
    const step = search();
    step.remember({ since: clock.now() + 86_400_000 });
    const before = clock.now();
    expect(await end('nowhere', step)).toMatchObject({ found: [] });
    expect(clock.now() - before).toBeLessThan(60_000);
  });

  it('is read anew once the clock was set back, as nobody knows how old it is', async () => {
    await end('nowhere', search());
    clock.jump(-86_400_000);
    pages[7] = ['new'];
    expect(await end('new', search())).toMatchObject({ found: ['item of new'] });
  });

  it('is read anew where the clock was set back while it was read', async () => {
    beforeCall = () => {
      if (calls.length === 3) clock.jump(-86_400_000);
    };
    await end('nowhere', search());
    await clock.advance(1);
    pages[7] = ['new'];
    expect(await end('new', search())).toMatchObject({ found: ['item of new'] });
  });

  it('leaves what else is noted', async () => {
    const step = search();
    step.remember({ account: 'elsewhere' });
    await list.find('nowhere', step);
    expect(step.note).toEqual({ account: 'elsewhere', since: clock.now() });
  });

  it('goes on where a call failed', async () => {
    await list.find('nowhere', search());
    failing = new Failure('unavailable');
    await expect(list.find('nowhere', search())).rejects.toMatchObject({ code: 'unavailable' });
    failing = undefined;
    await end('nowhere', search());
    expect(calls).toEqual([...pages.keys()].toSpliced(20, 0, 20));
  });

  it('is read anew where its cursor is refused, and no sooner than after a whole reading', async () => {
    const step = search();
    await list.find('nowhere', step);
    failing = new Failure('unexpected-answer');
    for (let tries = 0; tries < 2; tries++) {
      await clock.advance(29_999);
      await expect(list.find('nowhere', step)).rejects.toMatchObject({ code: 'unexpected-answer' });
    }
    failing = undefined;
    await clock.advance(2);
    await end('nowhere', step);
    expect(calls).toEqual([...[...pages.keys()].slice(0, 20), 20, 20, ...pages.keys()]);
  });

  it('goes on, however slowly, once an answer that was no page is over', async () => {
    const step = search();
    beforeCall = () => clock.jump(2_000);
    failing = new Failure('unexpected-answer');
    await expect(list.find('nowhere', step)).rejects.toMatchObject({ code: 'unexpected-answer' });
    failing = undefined;
    await end('nowhere', step);
    expect(calls).toEqual([0, ...pages.keys()]);
  });

  it('has a record once that was listed twice, as another one was made meanwhile', async () => {
    pages = [['alike', 'moved'], ['moved']];
    expect(await end('moved', search(), 'findAll')).toMatchObject({ found: ['item of moved'] });
    expect(await end('moved', search(), 'findAnew')).toMatchObject({ found: ['item of moved'] });
  });

  describe('of which pages are asked for by number', () => {
    /** What is deleted from the first page moves the rest forward, while the first was read already. */
    const movesAfter = (readings: number) => {
      beforeCall = () => {
        if (calls.length !== readings * 2 + 1) return;
        const [first = [], second = []] = pages;
        pages = [[...first.slice(1), ...second.slice(0, 1)], second.slice(1)];
      };
    };

    beforeEach(() => {
      isByNumber = true;
      pages = [
        ['deleted', 'other'],
        ['moved', 'last'],
      ];
    });

    it('lacks nothing that another reading has', async () => {
      movesAfter(0);
      const started = clock.now();
      expect(await end('moved', search())).toMatchObject({ found: ['item of moved'] });
      expect(clock.now() - started).toBe(60_000);
    });

    it('lacks nothing that the reading before had', async () => {
      const step = search();
      await list.find('nowhere', step);
      step.remember({ since: clock.now() });
      await clock.advance(60_000);
      movesAfter(1);
      await list.find('nowhere', step);
      expect(await list.find('moved', step)).toEqual(['item of moved']);
    });

    it('lacks what two readings do not have, which began after it was searched for', async () => {
      await end('nowhere', search());
      expect(calls).toEqual([0, 1, 0, 1]);
      await clock.advance(1);
      await end('nowhere either', search());
      expect(calls).toHaveLength(8);
    });

    it('tells at once what it has, and reads one page no second time', async () => {
      expect(await list.find('last', search())).toEqual(['item of last']);
      expect(await list.findAnew('last', search())).toEqual(['item of last']);
      expect(calls).toEqual([0, 1]);
      await clock.advance(120_000);
      pages = [['only']];
      expect(await list.find('nowhere', search())).toEqual([]);
      expect(calls).toEqual([0, 1, 0]);
    });

    it('lacks none of those that look alike in the reading before', async () => {
      pages = [
        ['deleted', 'one alike'],
        ['other alike', 'last'],
      ];
      const [step, late] = [search(), search()];
      late.remember({ since: clock.now() });
      expect(await list.findAnew('alike', step)).toHaveLength(2);
      movesAfter(1);
      await clock.advance(60_000);
      await end('nowhere', step);
      const alike = await list.findAnew('alike', late);
      expect(alike).toEqual(['item of one alike', 'item of other alike']);
      expect(list.notAmong(alike as readonly string[])).toBeUndefined();
    });

    it('says nothing by a reading that another token began while those that look alike were tried', async () => {
      pages = [
        ['deleted', 'one alike'],
        ['other alike', 'last'],
      ];
      movesAfter(0);
      const step = search();
      const alike = await list.findAnew('alike', step);
      expect(alike).toEqual(['item of one alike']);
      await clock.advance(60_000);
      await end('nowhere', search());
      expect(list.notAmong(alike as readonly string[])).toEqual({ state: 'later', afterMs: 1_000 });
      expect(await list.findAnew('alike', step)).toHaveLength(2);
    });

    it('has none of those that only look alike before another reading had no more', async () => {
      pages = [
        ['deleted', 'one alike'],
        ['other alike', 'last'],
      ];
      movesAfter(0);
      const step = search();
      const one = await list.findAnew('alike', step);
      expect(one).toHaveLength(1);
      const until = list.notAmong(one as readonly string[]);
      expect(until).toEqual({ state: 'later', afterMs: 60_000 });
      await clock.advance(until?.afterMs ?? 0);
      const both = await list.findAnew('alike', step);
      expect(both).toHaveLength(2);
      expect(list.notAmong(both as readonly string[])).toBeUndefined();
    });
  });

  it('says that it is too long after so many calls', async () => {
    pages = Array.from({ length: MAX_CALLS + 1 }, () => []);
    expect(await end('nowhere', search())).toMatchObject({ found: 'too-many' });
    expect(calls).toHaveLength(MAX_CALLS);
  });
});
