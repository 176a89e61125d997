import { describe, expect, it } from 'vitest';
import type { Announcement } from '../../src/ledger/announcement.ts';
import { createNotice, type NoticeOptions } from '../../src/notify/notice.ts';
import { isWanted } from '../../src/notify/notice-event.ts';
import { slackText } from '../../src/notify/slack.ts';
import { inWords } from '../../src/notify/words.ts';
import { LOCATION, newsOf, newsroom, UNKNOWN } from './news.ts';

const PUBLIC_URL = 'https://quash.example.com';

async function noticing(options: Partial<NoticeOptions> = {}) {
  const news = newsroom();
  await news.ledger.setChannels(['test']);
  const taken = async () => {
    const all = { now: news.clock.now(), limit: 10_000, leaseMs: 1 };
    const batch = await news.ledger.takeAnnouncements('test', all);
    news.clock.jump(1);
    return batch?.announcements ?? [];
  };
  const create = async (announcements?: readonly Announcement[]) =>
    createNotice(newsOf(announcements ?? (await taken())), {
      ...{ channel: 'test', ledger: news.ledger, listed: 10, publicUrl: PUBLIC_URL },
      ...options,
    });
  return { ...news, taken, create };
}

describe('a notice', () => {
  it('counts a thousand leaks, lists the first ten and says how many more there are', async () => {
    const { needsPerson, held, create } = await noticing();
    const numbers = (length: number) => Array.from({ length }, (_, n) => n);
    await Promise.all(numbers(600).map((n) => needsPerson(`a${n}`)));
    await Promise.all(numbers(400).map((n) => held(`h${n}`, { provider: 'other' })));

    const notice = await create();

    expect(notice.counts).toEqual([
      {
        ...{ event: 'attention', provider: 'acme', entries: 600 },
        outcome: { kind: 'refused', verified: false, reason: 'unknown-token' },
      },
      { event: 'held', provider: 'other', entries: 400 },
    ]);
    expect([notice.entries.length, notice.moreEntries]).toEqual([10, 990]);
    const text = slackText(notice);
    expect(text).toContain('*Quash: 600 tokens need a person, 400 tokens wait for approval*');
    expect(text).toContain('• other: 400');
    expect(text).toContain('*and 990 more*');
    expect(text.split('\n').length).toBeLessThan(30);
  });

  it('describes an entry with what a person should do and where', async () => {
    const { needsPerson, create } = await noticing();
    await needsPerson('a');

    expect((await create()).entries).toEqual([
      {
        ...{ event: 'attention', id: 'a', provider: 'acme', kind: 'api-key', types: ['acme_key'] },
        outcome: { kind: 'refused', verified: false, reason: 'unknown-token' },
        advice: 'Ask the owner.',
        url: `${PUBLIC_URL}/revocations/a`,
      },
    ]);
  });

  it('holds neither a location nor what a provider found, nor the sealed token', async () => {
    const { needsPerson, create } = await noticing();
    await needsPerson('a', {}, { ...UNKNOWN, evidence: { owner: 'somebody-private' } });

    const text = JSON.stringify(await create());

    for (const hidden of [LOCATION, 'secret-file', 'somebody-private', 'sealed'])
      expect(text).not.toContain(hidden);
  });

  it('puts what may have hit something else first', async () => {
    const { needsPerson, held, ledger, clock, create } = await noticing();
    await ledger.parkLane('acme', 'operator', clock.now());
    await held('h');
    await needsPerson('a');
    await needsPerson('w', {}, { kind: 'refused', verified: false, reason: 'wrong-record' });

    const notice = await create();

    expect(notice.entries.map(({ event, id }) => [event, id])).toEqual([
      ['wrong-record', 'w'],
      ['attention', 'a'],
      ['held', 'h'],
    ]);
    expect(notice.lanes).toEqual([{ event: 'lane-parked', provider: 'acme', reason: 'operator' }]);
    expect(inWords(notice).subject).toBe(
      'Quash: 1 token may have been mistaken for another, 1 token needs a person, 1 token waits for approval, 1 provider is stopped',
    );
  });

  it('says of what is held where the harm of an approval stands, and not that it works', async () => {
    const { held, create } = await noticing();
    await held('h');

    const [section] = inWords(await create()).sections;

    expect(section?.next).toMatch(/^These may still work\. .*`quash show ID`.* what else an approval hits/);
  });

  it('tells what happened twice to an entry once', async () => {
    const { needsPerson, taken, create } = await noticing();
    await needsPerson('a');
    const once = await taken();

    expect(await create([...once, ...once])).toMatchObject({
      counts: [{ entries: 1 }],
      entries: [{ id: 'a' }],
    });
  });

  it('has the same id when it is sent again, and another one for other news or another channel', async () => {
    const { needsPerson, taken, create, ledger } = await noticing();
    await needsPerson('a');
    await needsPerson('b');
    const both = await taken();

    const { id } = await create(both);

    expect((await create(both)).id).toBe(id);
    expect((await create(both.slice(0, 1))).id).not.toBe(id);
    const other = { channel: 'other', ledger, listed: 10 };
    expect((await createNotice(newsOf(both), other)).id).not.toBe(id);
  });

  it('has another id than one of another ledger, which counts the same numbers', async () => {
    const ids = await Promise.all(
      ['a', 'b'].map(async (entry) => {
        const { needsPerson, create } = await noticing();
        await needsPerson(entry);
        return (await create()).id;
      }),
    );

    expect(ids[0]).not.toBe(ids[1]);
  });

  it('tells once of a lane that comes and goes', async () => {
    const { create } = await noticing();
    const paused = (seq: number, provider: string, reason: string): Announcement => ({
      ...{ seq: `${seq}`, at: seq, kind: 'lane-paused', provider, reason },
    });

    const notice = await create([
      paused(1, 'acme', 'unreachable'),
      paused(2, 'other', 'throttled'),
      paused(3, 'acme', 'timeout'),
    ]);

    expect(notice.lanes).toEqual([
      { event: 'lane-paused', provider: 'acme', reason: 'timeout' },
      { event: 'lane-paused', provider: 'other', reason: 'throttled' },
    ]);
    expect(inWords(notice).subject).toBe('Quash: 2 providers are paused');
  });

  it('tells of each lane how it is in the end', async () => {
    const { create } = await noticing();
    let seq = 0;
    const of = (provider: string, kind: Announcement['kind'], reason?: string): Announcement => {
      seq += 1;
      return { ...{ seq: `${seq}`, at: seq, kind, provider }, ...(reason !== undefined && { reason }) };
    };

    const notice = await create([
      of('a', 'lane-paused', 'unreachable'),
      of('b', 'lane-parked', 'operator'),
      of('c', 'lane-parked', 'operator'),
      of('d', 'lane-resumed', 'recovered'),
      of('a', 'lane-resumed', 'recovered'),
      of('b', 'lane-resumed'),
      of('c', 'lane-paused', 'throttled'),
      of('d', 'lane-paused', 'timeout'),
      of('e', 'lane-paused', 'credential-refused'),
      of('e', 'lane-resumed', 'in-part'),
    ]);

    expect(notice.lanes).toEqual([
      { event: 'lane-parked', provider: 'c', reason: 'operator' },
      { event: 'lane-paused', provider: 'c', reason: 'throttled' },
      { event: 'lane-paused', provider: 'd', reason: 'timeout' },
      { event: 'lane-resumed', provider: 'a', reason: 'recovered' },
      { event: 'lane-resumed', provider: 'b' },
      { event: 'lane-resumed', provider: 'e', reason: 'in-part' },
    ]);
    expect(inWords(notice).sections.at(-1)).toEqual({
      heading: '3 providers go on',
      counts: [
        'a: what was paused goes on, by itself',
        'b: resumed by a person',
        'e: what does without our credential goes on; the rest waits for that',
      ],
      entries: [],
    });
  });

  it('says how much is not told, and where to look for it, also when that is all', async () => {
    const { needsPerson, taken, ledger } = await noticing();
    await needsPerson('a');
    const told = newsOf(await taken());
    const of = { channel: 'test', ledger, listed: 10, publicUrl: PUBLIC_URL };

    const notice = await createNotice({ ...told, missed: 7 }, of);
    const alone = await createNotice({ ...told, announcements: [], missed: 7 }, of);

    expect(notice.missed).toBe(7);
    expect(slackText(notice)).toContain(
      '*Quash: 1 token needs a person, 7 earlier events are not told here*',
    );
    expect(slackText(notice)).toContain('`quash list --state attention`');
    expect(alone).toMatchObject({ at: told.newest.at, counts: [], entries: [], lanes: [] });
    expect(inWords(alone).subject).toBe('Quash: 7 earlier events are not told here');
  });

  it('leaves nothing in a type string that could be taken for markup', async () => {
    const { needsPerson, create } = await noticing();
    const type = 'x<script>[click](https://evil.example)`*@here "\'&\u202e';
    await needsPerson('a', { type });

    const [entry] = (await create()).entries;

    expect(entry?.types[0]).not.toMatch(/[<>[\]`*@"'&\u202e]/);
  });

  it('names an entry that is no longer kept', async () => {
    const { create } = await noticing();
    const gone: Announcement = { seq: '1', at: 0, kind: 'held', provider: 'acme', id: 'gone' };

    expect((await create([gone])).entries).toMatchObject([{ id: 'gone', types: [] }]);
  });
});

describe('what is no news', () => {
  it('is an entry that only led to others, which are told themselves', () => {
    const done = (kind: 'followed' | 'revoked'): Announcement => ({
      ...{ seq: '1', at: 1, kind: 'done', provider: 'acme', id: 'a' },
      outcome: { kind, verified: false },
    });
    expect(isWanted(done('revoked'), ['done'])).toBe(true);
    expect(isWanted(done('followed'), ['done'])).toBe(false);
  });
});

describe('a message for Slack', () => {
  it('escapes what it did not write itself, and calls nobody', async () => {
    const { needsPerson, create } = await noticing();
    await needsPerson('a', {}, { ...UNKNOWN, advice: 'Ask <!channel> & @here > *' });

    const text = slackText(await create());

    expect(text).toContain('Ask &lt;!channel&gt; &amp; @\u200bhere &gt; *');
    expect(text).toContain(`<${PUBLIC_URL}/revocations/a|a>`);
    expect(text).toContain(`<${PUBLIC_URL}/|Dashboard>`);
  });

  it('is cut behind a line, and leads to the dashboard, however long names vendors tell', async () => {
    const { ends, create } = await noticing();
    const name = '\u{1d518}'.repeat(60);
    const scopes = Array.from({ length: 20 }, () => '\u{1d518}'.repeat(40));
    for (let n = 0; n < 10; n++) await ends(`a${n}`, UNKNOWN, {}, 'attention', { owner: name, name, scopes });

    const text = slackText(await create());

    expect(text.length).toBeLessThanOrEqual(16_000);
    expect(text.isWellFormed()).toBe(true);
    const lines = text.split('\n');
    expect(lines.slice(-2)).toEqual(['…', `<${PUBLIC_URL}/|Dashboard>`]);
    expect(lines.at(-3)).toMatch(/Ask the owner\.$/);
  });

  it('names the entry where no address of the dashboard is known', async () => {
    const { needsPerson, ledger, taken } = await noticing();
    await needsPerson('a');

    const text = slackText(
      await createNotice(newsOf(await taken()), { channel: 'test', ledger, listed: 10 }),
    );

    expect(text).toContain('`a`');
    expect(text).not.toContain('Dashboard');
  });
});
