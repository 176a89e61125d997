/** Many entries at once: lists by what people think in, decisions, search and export. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as schemas from '../../src/admin/schemas.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { FAKE_TYPE } from '../support/fake-provider.ts';
import { adminPort, entryId, placeIn } from './admin-port.ts';

const NOT_PERMITTED: Outcome = { kind: 'refused', verified: false, reason: 'not-permitted', advice: 'Ask.' };
const UNPROVEN: Outcome = { kind: 'held', verified: false, reason: 'unproven', advice: 'Look.' };
const WIDER: Outcome = { kind: 'held', verified: false, reason: 'wider', advice: 'Hits all.' };
const attention = (outcome = NOT_PERMITTED) => ({ initial: { state: 'attention', outcome } }) as const;
const held = (outcome = WIDER) => ({ initial: { state: 'held', outcome } }) as const;
const DECIDE = '/revocations/decide';

function strictly(schema: z.ZodType): z.ZodType {
  return z.fromJSONSchema(z.toJSONSchema(schema));
}

describe('GET /api/revocations', () => {
  it('filters by project, outcome, reason, caller and time, and shows project and caller', async () => {
    const { accept, report, call } = adminPort();
    await accept(
      report(1, { ...attention(), caller: 'ci' }),
      report(2, { ...held(), location: placeIn('acme/lib') }),
      report(3, { location: placeIn('other/app') }),
    );
    const idsOf = async (query: string) => {
      const { body } = await call('GET', `/revocations?${query}`);
      return (body.entries as { id: string }[]).map(({ id }) => id);
    };

    expect(await idsOf('project=acme')).toEqual([entryId(2), entryId(1)]);
    expect(await idsOf('project=https://gitlab.example.com/other/app')).toEqual([entryId(3)]);
    expect(await idsOf('outcome=refused&reason=not-permitted')).toEqual([entryId(1)]);
    expect(await idsOf('caller=ci')).toEqual([entryId(1)]);
    expect(await idsOf('until=2000-01-01')).toEqual([]);
    const { body } = await call('GET', '/revocations?caller=ci');
    expect(body.entries).toMatchObject([{ projects: ['https://gitlab.example.com/acme/app'], caller: 'ci' }]);
    expect(strictly(schemas.listPage).safeParse(body).error?.issues).toBeUndefined();
  });

  it.each([
    ['deploy/prod.env', [1]],
    ['/deploy/', [2, 1]],
    ['deploy', [2, 1]],
    ['prod.env', []],
    ['**/prod.env', [3, 1]],
    ['deploy/*.env', [2, 1]],
    ['app/with space.txt', [4]],
    ['app/100%.txt', [5]],
    ['blob', []],
  ])('filters by file, folder or pattern: %s', async (path, found) => {
    const { accept, report, call } = adminPort();
    const files = ['x', 'deploy/prod.env', 'deploy/test.env', 'a/b/prod.env', 'app/with%20space.txt'];
    const locations = [...files, 'app/100%.txt'].map((file) => placeIn('acme/app', file));
    await accept(...locations.map((location, n) => report(n, { location })));

    const { body } = await call('GET', `/revocations?${new URLSearchParams({ path })}`);

    expect((body.entries as { id: string }[]).map(({ id }) => id)).toEqual(found.map(entryId));
    expect(body.cursor).toBeUndefined();
    expect(strictly(schemas.listPage).safeParse(body).error?.issues).toBeUndefined();
  });

  it('fills pages by path, however dense they lie, and leaves none out and none twice', async () => {
    const { accept, report, call } = adminPort();
    const isMeant = (n: number) => n < 60 || n % 40 === 0;
    await accept(
      ...Array.from({ length: 1_500 }, (_, n) =>
        report(n, { location: placeIn('acme/app', isMeant(n) ? 'a/.env' : 'b/.env') }),
      ),
    );
    const found: string[] = [];
    const sizes: number[] = [];
    let cursor: unknown;
    do {
      const query = new URLSearchParams({
        path: 'a',
        limit: '7',
        ...(cursor ? { cursor: String(cursor) } : {}),
      });
      const { body } = await call('GET', `/revocations?${query}`);
      const entries = body.entries as { id: string }[];
      found.push(...entries.map(({ id }) => id));
      sizes.push(entries.length);
      cursor = body.cursor;
    } while (cursor !== undefined);

    const meant = Array.from({ length: 1_500 }, (_, n) => n).filter(isMeant);
    expect(found).toEqual(meant.reverse().map(entryId));
    expect(Math.max(...sizes)).toBe(7);
  });

  it('says what is wrong with a filter, and what is possible', async () => {
    const { call } = adminPort();

    const { status, body } = await call('GET', '/revocations?state=heldd&limit=1000&since=yesterday');

    expect(status).toBe(400);
    expect(body.detail).toMatch(/state: .*"held".*since: .*2026-01-31.*limit: .*200/);
  });
});

describe('an entry', () => {
  it('is found by the beginning of its id, from six characters on, while no other begins like it', async () => {
    const { accept, report, call } = adminPort();
    await accept(report(12), report(34), report(35));

    expect((await call('GET', `/revocations/${entryId(12).slice(0, 8)}`)).body).toMatchObject({
      id: entryId(12),
    });
    expect(await call('GET', `/revocations/${entryId(12).slice(0, 5)}`)).toMatchObject({ status: 404 });
    expect(await call('GET', `/revocations/${entryId(34).slice(0, 7)}`)).toMatchObject({
      ...{ status: 409, body: { detail: expect.stringContaining('More than one id') } },
    });
  });
});

describe('a decision in a dry run', () => {
  const HELD = { state: 'held', outcome: { kind: 'held', verified: false, reason: 'wider' } } as const;

  it.each(['approve', 'retry'])('to %s is refused, as it would end without an act', async (action) => {
    const { accept, report, call, ledger } = adminPort();
    await accept(report(1, { initial: HELD }));
    await ledger.setMode('*', 'dry-run');

    const one = await call('POST', `/revocations/${entryId(1)}/${action}`);
    const many = await call('POST', DECIDE, { action, filter: { state: 'held' } });

    expect(one).toMatchObject({
      ...{ status: 409, body: { detail: expect.stringContaining('mode of its provider is dry-run') } },
    });
    expect(many.body).toMatchObject({ done: 0, results: [{ problem: expect.stringContaining('dry-run') }] });
    expect(await ledger.get(entryId(1))).toMatchObject({ state: 'held' });
    await ledger.setMode('*', null);
    expect(await call('POST', `/revocations/${entryId(1)}/${action}`)).toMatchObject({ status: 200 });
  });

  it('to dismiss is taken', async () => {
    const { accept, report, call, ledger } = adminPort();
    await accept(report(1, { initial: HELD }));
    await ledger.setMode('fake', 'dry-run');

    const ids = [entryId(1)];

    expect((await call('POST', DECIDE, { action: 'dismiss', ids, reason: 'a decoy' })).body).toMatchObject({
      done: 1,
    });
  });

  it('has no button on its page, which says why', async () => {
    const { accept, report, page, ledger } = adminPort();
    await accept(report(1, { initial: HELD }));
    const path = `/revocations/${entryId(1)}`;
    expect(await page(path)).toContain('id="approve"');

    await ledger.setMode('fake', 'dry-run');

    const text = await page(path);
    expect(text).not.toContain('id="approve"');
    expect(text).toContain('The mode of Fake is dry-run');
  });
});

describe('POST /api/revocations/decide', () => {
  it('answers for each id, and goes on past what cannot be done', async () => {
    const { accept, report, call, events, ledger } = adminPort();
    await accept(report(1, attention()), report(2), report(3, attention()));

    const ids = [entryId(1).slice(0, 8), entryId(2), 'nobody', entryId(3)];
    const { status, body } = await call('POST', DECIDE, { action: 'retry', ids });

    expect(status).toBe(200);
    expect(body).toEqual({
      results: [
        { id: entryId(1).slice(0, 8), done: true, state: 'queued' },
        { id: entryId(2), done: false, state: 'queued', problem: expect.stringContaining('in work already') },
        { id: 'nobody', done: false, problem: 'No such entry' },
        { id: entryId(3), done: true, state: 'queued' },
      ],
      ...{ done: 2, failed: 2, at: expect.any(Number) },
    });
    expect(strictly(schemas.decided).safeParse(body).error?.issues).toBeUndefined();
    expect(events.filter(({ type }) => type === 'acted')).toHaveLength(2);
    expect((await ledger.get(entryId(1)))?.history.at(-1)).toMatchObject({
      event: 'retried',
      by: expect.any(String),
    });
  });

  it('takes all that a filter fits, in the state that the action is about', async () => {
    const { accept, report, call, ledger } = adminPort();
    await accept(
      report(1, attention()),
      report(2, attention({ ...NOT_PERMITTED, reason: 'manual' })),
      report(3, held()),
      report(4, { ...attention(), location: placeIn('other/app') }),
    );

    const { body } = await call('POST', DECIDE, {
      ...{ action: 'dismiss', reason: 'A test.', filter: { reason: 'not-permitted', project: 'acme' } },
    });

    expect(body).toMatchObject({ done: 1, failed: 0, results: [{ id: entryId(1), state: 'dismissed' }] });
    expect((await ledger.get(entryId(1)))?.history.at(-1)).toMatchObject({ message: 'A test.' });
    expect(await call('POST', DECIDE, { action: 'approve', filter: { project: 'acme' } })).toMatchObject({
      body: { results: [{ id: entryId(3), done: true }] },
    });
  });

  it('takes what was found in a file', async () => {
    const { accept, report, call } = adminPort();
    await accept(
      report(1, attention()),
      report(2, { ...attention(), location: placeIn('acme/app', 'a/.env') }),
    );

    const { body } = await call('POST', DECIDE, { action: 'retry', filter: { path: '**/.env' } });

    expect(body).toMatchObject({ results: [{ id: entryId(2), done: true }], done: 1 });
  });

  it('goes through many in parts', async () => {
    const { accept, report, call } = adminPort();
    await accept(...Array.from({ length: 1_010 }, (_, n) => report(n, attention())));
    const order = { action: 'retry', filter: { state: 'attention' } };

    const { body: first } = await call('POST', DECIDE, order);
    const { body: rest } = await call('POST', DECIDE, { ...order, cursor: first.cursor });

    expect([first.done, rest.done]).toEqual([1_000, 10]);
    expect(rest.cursor).toBeUndefined();
  });

  it('only tells what would be done in a dry run', async () => {
    const { accept, report, call, ledger, clock } = adminPort();
    await accept(report(1, held()), report(2, held(UNPROVEN)));
    const before = clock.now();

    const { body } = await call('POST', DECIDE, {
      action: 'approve',
      filter: { state: 'held' },
      dryRun: true,
    });

    expect(body).toMatchObject({ done: 1, failed: 1 });
    expect(await ledger.get(entryId(1))).toMatchObject({ state: 'held' });
    // By the service's clock: what `asOf` may be for these.
    expect(body.at).toBeGreaterThanOrEqual(before);
    expect(body.at).toBeLessThanOrEqual(clock.now());
  });

  it.each(['approve', 'retry', 'dismiss'])(
    'leaves one as it is that has changed since somebody saw it: %s',
    async (action) => {
      const { accept, report, call, ledger } = adminPort();
      await accept(report(1, held()));
      const { at = 0 } = (await ledger.get(entryId(1)))?.history.at(-1) ?? {};
      const decide = (asOf: number) => {
        const query = new URLSearchParams({ asOf: new Date(asOf).toISOString() });
        return call('POST', `/revocations/${entryId(1)}/${action}?${query}`, { reason: 'A test.' });
      };

      const before = await decide(at - 1);

      expect(before).toMatchObject({ status: 409, body: { title: 'Changed meanwhile' } });
      expect(await ledger.get(entryId(1))).toMatchObject({ state: 'held' });
      expect(await decide(at)).toMatchObject({ status: 200 });
    },
  );

  it('approves what is unproven alone, or where the filter says so', async () => {
    const { accept, report, call } = adminPort();
    await accept(
      report(1, held(UNPROVEN)),
      report(2, held(UNPROVEN)),
      report(3, held(UNPROVEN)),
      report(4, held()),
    );
    const approve = async (order: object) => {
      const { body } = await call('POST', DECIDE, { action: 'approve', ...order });
      return (body.results as { id: string; done: boolean }[]).flatMap(({ id, done }) => (done ? [id] : []));
    };

    expect(await approve({ ids: [entryId(1), entryId(2)] })).toEqual([]);
    expect(await approve({ filter: { provider: 'fake' } })).toEqual([entryId(4)]);
    expect(await approve({ ids: [entryId(1)] })).toEqual([entryId(1)]);
    expect(await approve({ filter: { reason: 'unproven' } })).toEqual([entryId(3), entryId(2)]);
  });

  it.each([
    ['neither ids nor a filter', { action: 'retry' }, /either ids or a filter/],
    ['both', { action: 'retry', ids: ['x'], filter: { state: 'held' } }, /either ids or a filter/],
    ['a filter that fits everything', { action: 'retry', filter: {} }, /filter: an empty filter/],
    ['a dismissal without a reason', { action: 'dismiss', ids: ['x'] }, /reason: a dismissal needs a reason/],
    ['too many ids', { action: 'retry', ids: Array.from({ length: 1_001 }, String) }, /ids: /],
  ])('refuses %s', async (_name, order, detail) => {
    const { call } = adminPort();

    const { status, body } = await call('POST', DECIDE, order);

    expect(status).toBe(400);
    expect(body.detail).toMatch(detail);
  });
});

describe('POST /api/revocations/find', () => {
  const find = async (port: ReturnType<typeof adminPort>, token: string, type?: string) => {
    const { body } = await port.call('POST', '/revocations/find', { token, ...(type && { type }) });
    return (body.entries as { id: string }[]).map(({ id }) => id);
  };

  it('finds the entry of a secret, with or without its type, and keeps nothing', async () => {
    const port = adminPort();
    const { vault, ledger, events } = port;
    await port.post([{ type: FAKE_TYPE, token: 'fake-known', location: '' }]);
    const [{ id } = { id: '' }] = (await ledger.list({ limit: 1 })).entries;

    expect(await find(port, ' "fake-known",')).toEqual([id]);
    expect(await find(port, 'fake-known', FAKE_TYPE)).toEqual([id]);
    expect(await find(port, 'fake-other')).toEqual([]);
    expect(await find(port, 'fake-known', 'no_such_type')).toEqual([]);
    expect(await ledger.count()).toEqual([expect.objectContaining({ entries: 1 })]);
    expect(JSON.stringify(events)).not.toContain('fake-known');
    expect(vault).toBeDefined();
  });

  it('finds a text that its provider could not read', async () => {
    const port = adminPort();
    await port.post([{ type: FAKE_TYPE, token: 'no token at all', location: '' }]);

    expect(await find(port, 'no token at all')).toHaveLength(1);
    expect(await find(port, 'no token at all', FAKE_TYPE)).toHaveLength(1);
  });
});

describe('GET /api/export', () => {
  const download = async ({ app, headers }: ReturnType<typeof adminPort>, query: string) => {
    const answer = await app.request(`/api/export?${query}`, { headers });
    return { type: answer.headers.get('content-type'), text: await answer.text() };
  };

  it('writes a line of JSON for each entry that fits, with places and history', async () => {
    const port = adminPort();
    const { accept, report } = port;
    await accept(...Array.from({ length: 250 }, (_, n) => report(n, n % 2 ? attention() : {})));

    const { type, text } = await download(port, 'format=ndjson&state=attention');
    const entries = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

    expect(type).toBe('application/x-ndjson');
    expect(entries).toHaveLength(125);
    expect(entries[0]).toMatchObject({
      id: entryId(249),
      locations: [placeIn('acme/app')],
      history: [{ event: 'reported' }],
    });
    expect(strictly(schemas.entryDetails).safeParse(entries[0]).error?.issues).toBeUndefined();
  });

  it('takes what was found below a folder', async () => {
    const port = adminPort();
    const { accept, report } = port;
    await accept(report(1), report(2, { location: placeIn('acme/app', 'a/.env') }));

    const { text } = await download(port, 'format=ndjson&path=a');

    expect(text.trimEnd().split('\n')).toEqual([expect.stringContaining(entryId(2))]);
  });

  it('writes a table that no spreadsheet runs', async () => {
    const port = adminPort();
    const { accept, report } = port;
    const places = ['=1+1', '+1', '-1', '@x', '\t=1', '\r=1', '\u200e=1', ' =1', '＝1', 'say "x", y'];
    await accept(...places.map((location, n) => report(n, { location })));

    const { type, text } = await download(port, 'format=csv');
    const [header, ...lines] = text.trimEnd().split('\r\n');

    expect(type).toBe('text/csv; charset=utf-8; header=present');
    expect(header?.split(',')).toContain('"locations"');
    expect(lines).toHaveLength(places.length);
    for (const line of lines.slice(1)) expect(line).toMatch(/"'\s*[=+\-@＝]/);
    expect(lines[0]).toContain('"say ""x"", y"');
    expect(text).not.toMatch(/"\s*[=+\-@＝]/);
  });
});

describe('GET /api/projects', () => {
  it('tells how many leaks each has, and how fast they died', async () => {
    const { accept, report, call } = adminPort();
    await accept(
      report(1, attention()),
      report(2, held()),
      report(3, { location: placeIn('other/app'), ...attention() }),
    );

    const { body } = await call('GET', '/projects?limit=1');
    const { body: next } = await call('GET', `/projects?limit=1&cursor=${body.cursor}`);

    expect(body.projects).toMatchObject([
      {
        project: 'https://gitlab.example.com/acme/app',
        ...{ open: 2, entries: { attention: 1, held: 1 }, delayMs: { median: null } },
      },
    ]);
    expect(next).toMatchObject({ projects: [{ project: 'https://gitlab.example.com/other/app', open: 1 }] });
    expect(next.cursor).toBeUndefined();
    expect(strictly(schemas.projectList).safeParse(body).error?.issues).toBeUndefined();
  });
});
