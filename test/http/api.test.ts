import { describe, expect, it } from 'vitest';
import { NO_PROGRESS } from '../../src/ledger/entry.ts';
import { LedgerError } from '../../src/ledger/ledger.ts';
import type { AcceptOptions, ReportedToken } from '../../src/ledger/report.ts';
import type { Vault } from '../../src/vault/seal.ts';
import type { Mode } from '../../src/words/mode.ts';
import { Secret } from '../../src/words/secret.ts';
import { FAKE_TYPE, WIDE_TYPE } from '../support/fake-provider.ts';
import {
  type HttpFixtureOptions,
  httpFixture,
  OTHER_TOKEN,
  SUBMIT_TOKEN,
  TOKEN,
} from '../support/http-fixture.ts';

const TYPES = '/v1/revocable_token_types';
const REVOKE = '/v1/revoke_tokens';

function element(token: string, location = 'https://gitlab.example.com/a/b/-/raw/abc/file#L1-2') {
  return { type: FAKE_TYPE, token, location, vulnerability: null };
}

describe('GET /v1/revocable_token_types', () => {
  it('answers the sorted type strings with all aliases', async () => {
    const { app, headers } = httpFixture();
    const response = await app.request(TYPES, { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toEqual({
      types: [
        'gitlab_secret_scanner_rule_id_fake_token',
        'gitlab_secret_scanner_rule_id_fake_wide_token',
        'gitlab_secrets_scanner_rule_id_fake_token',
        'gitlab_secrets_scanner_rule_id_fake_wide_token',
        FAKE_TYPE,
        WIDE_TYPE,
      ],
    });
  });

  it('takes a trailing slash as it comes, without a redirect', async () => {
    const { app, headers } = httpFixture();
    expect((await app.request(`${TYPES}/`, { headers })).status).toBe(200);
  });

  it('lives below the base path, and only there', async () => {
    const { app, headers } = httpFixture({ basePath: '/revocation_service' });
    expect((await app.request(`/revocation_service${TYPES}`, { headers })).status).toBe(200);
    expect((await app.request(TYPES, { headers })).status).toBe(404);
  });
});

describe('authentication', () => {
  it.each([
    ['the bare token', TOKEN],
    ['a bearer token', `Bearer ${TOKEN}`],
    ['a bearer token in lower case', `bearer ${TOKEN}`],
    ['another valid token', OTHER_TOKEN],
  ])('takes %s', async (_name, authorization) => {
    const { app } = httpFixture();
    expect((await app.request(TYPES, { headers: { authorization } })).status).toBe(200);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['a wrong token', `${TOKEN}x`],
    ['a prefix of the token', TOKEN.slice(0, -1)],
    ['basic credentials', `Basic ${TOKEN}`],
  ])('answers 401 to %s', async (_name, authorization) => {
    const { app } = httpFixture();
    const response = await app.request(
      TYPES,
      authorization === undefined ? {} : { headers: { authorization } },
    );
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('does not look at the body of a caller that it does not know', async () => {
    const { post, ledger } = httpFixture();
    expect((await post('not json', { authorization: 'wrong' })).status).toBe(401);
    expect(await ledger.count()).toEqual([]);
  });

  it('answers 429 to too many failures, and still lets the right token in', async () => {
    const { app, headers } = httpFixture({ limits: { failedAuthPerMinute: 3 } });
    const fail = () => app.request(TYPES, { headers: { authorization: 'wrong' } });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await fail()).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect(Number((await fail()).headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await app.request(TYPES, { headers })).status).toBe(200);
  });
});

describe('wrong methods and paths', () => {
  it.each([
    ['POST', TYPES, 'GET, HEAD'],
    ['DELETE', TYPES, 'GET, HEAD'],
    ['GET', REVOKE, 'POST'],
    ['PUT', `${REVOKE}/`, 'POST'],
  ])('%s %s answers 405 with Allow, also without authentication', async (method, path, allow) => {
    const { app } = httpFixture();
    const response = await app.request(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allow);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('answers 404 elsewhere', async () => {
    const { app, headers } = httpFixture();
    expect((await app.request('/', { headers })).status).toBe(404);
  });
});

describe('POST /v1/revoke_tokens', () => {
  it('answers 204 once the tokens are in the ledger', async () => {
    const { post, ledger } = httpFixture();
    expect((await post([element('fake-a'), element('fake-b')])).status).toBe(204);
    expect(await ledger.count()).toEqual([{ provider: 'fake', state: 'queued', entries: 2 }]);
  });

  it('notes who reported a token first', async () => {
    const { app, headers, ledger } = httpFixture();
    const body = JSON.stringify([element('fake-a')]);
    for (const token of [SUBMIT_TOKEN, TOKEN]) {
      const sent = { ...headers, authorization: `Bearer ${token}` };
      expect((await app.request(REVOKE, { method: 'POST', headers: sent, body })).status).toBe(204);
    }
    expect((await ledger.list({ limit: 10 })).entries).toMatchObject([{ reports: 2, caller: 'ci' }]);
  });

  it.each([['an empty array', []]])('answers 204 to %s', async (_name, body) => {
    const { post } = httpFixture();
    expect((await post(body)).status).toBe(204);
  });

  it.each([
    ['"fake-a"'],
    ["'fake-a'"],
    ['  fake-a \n'],
    ['fake-a,'],
    ['"fake-a",'],
    ['TOKEN = "fake-a"; # note'],
  ])('finds the token in %j', async (token) => {
    const { post, ledger } = httpFixture();
    await post([element('fake-a')]);
    expect((await post([element(token)])).status).toBe(204);
    const { entries } = await ledger.list({ limit: 10 });
    expect(entries).toMatchObject([{ reports: 2 }]);
  });

  it('makes one entry of duplicates and keeps their locations', async () => {
    const { post, ledger } = httpFixture();
    await post([
      element('fake-a', 'https://gitlab.example.com/1'),
      element('fake-a', 'https://gitlab.example.com/2'),
    ]);
    await post([element('fake-a', 'https://gitlab.example.com/1')]);
    const [entry] = (await ledger.list({ limit: 10 })).entries;
    expect(entry).toMatchObject({ reports: 3 });
    expect(await ledger.get(entry?.id ?? '')).toMatchObject({
      locations: ['https://gitlab.example.com/1', 'https://gitlab.example.com/2'],
    });
  });

  it('keeps the host of a location as URLs are compared', async () => {
    const { post, ledger } = httpFixture();
    await post([element('fake-a', 'https://GitLab.Example.com/Acme/App/-/raw/0123abc/A#L1')]);
    await post([element('fake-a', 'https://gitlab.example.com:443/Acme/App/-/raw/0123abc/A#L1')]);
    const [entry] = (await ledger.list({ limit: 10 })).entries;
    expect((await ledger.get(entry?.id ?? ''))?.locations).toEqual([
      'https://gitlab.example.com/Acme/App/-/raw/0123abc/A#L1',
    ]);
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['null', null],
    ['a number', 7],
    ['an object', {}],
    ['long', 'x'.repeat(9_000)],
  ])('takes a location that is %s', async (_name, location) => {
    const { post } = httpFixture();
    expect((await post([{ type: FAKE_TYPE, token: 'fake-a', location }])).status).toBe(204);
  });

  it('ignores unknown keys', async () => {
    const { post } = httpFixture();
    expect(
      (await post([{ ...element('fake-a'), vulnerability: { id: 1, title: 't' }, extra: [] }])).status,
    ).toBe(204);
  });

  it('keeps a token out of the location under which it is kept', async () => {
    const { post, ledger } = httpFixture();
    await post([element('fake-a', 'https://gitlab.example.com/-/raw/x/fake-a.txt\u0000\n#L1')]);
    const [entry] = (await ledger.list({ limit: 1 })).entries;
    expect((await ledger.get(entry?.id ?? ''))?.locations).toEqual([
      'https://gitlab.example.com/-/raw/x/[token].txt#L1',
    ]);
  });

  it.each([
    ['a neighbour', 'https://gitlab.example.com/-/raw/x/fake-neighbour/fake-a.txt#L1'],
    ['a percent-encoded neighbour', 'https://gitlab.example.com/-/raw/x/%66ake%2Dneighbour/fake-a.txt#L1'],
  ])('keeps the token of %s out of a location, too', async (_name, location) => {
    const { post, ledger } = httpFixture();
    await post([element('fake-a', location), element('fake-neighbour', location)]);
    const { entries } = await ledger.list({ limit: 2 });
    const kept = await Promise.all(entries.map(({ id }) => ledger.get(id)));
    expect(kept.map((entry) => entry?.locations)).toEqual([
      ['https://gitlab.example.com/-/raw/x/[token]/fake-a.txt#L1'],
      ['https://gitlab.example.com/-/raw/x/[token]/[token].txt#L1'],
    ]);
  });

  it('keeps a percent-encoded token out of a location where it stands plain as well', async () => {
    const { post, ledger } = httpFixture();
    await post([element('fake-a', 'https://gitlab.example.com/-/raw/x/fake-a/%66ake-a/b%20c.txt#L1')]);
    const [entry] = (await ledger.list({ limit: 1 })).entries;
    expect((await ledger.get(entry?.id ?? ''))?.locations).toEqual([
      'https://gitlab.example.com/-/raw/x/[token]/[token]/b c.txt#L1',
    ]);
  });

  it('keeps the rest of a token out of a location that begins like a neighbour of it', async () => {
    const { post, ledger } = httpFixture();
    const location = 'https://gitlab.example.com/-/raw/x/fake-neighbourhood/a.txt';
    await post([
      element('fake-neighbour', `${location}#L1`),
      element('fake-neighbourhood', `${location}#L2`),
    ]);
    const { entries } = await ledger.list({ limit: 2 });
    const kept = await Promise.all(entries.map(({ id }) => ledger.get(id)));
    expect(kept.flatMap((entry) => entry?.locations ?? []).toSorted()).toEqual([
      'https://gitlab.example.com/-/raw/x/[token]/a.txt#L1',
      'https://gitlab.example.com/-/raw/x/[token]/a.txt#L2',
    ]);
  });

  it('keeps the rest of a token out of a location that is percent-encoded behind a neighbour of it', async () => {
    const { post, ledger } = httpFixture();
    const location = 'https://gitlab.example.com/-/raw/x/fake-neighbour%68ood/a%2541b/a.txt';
    await post([
      element('fake-neighbour', `${location}#L1`),
      element('fake-neighbourhood', `${location}#L2`),
      element('fake-a%41b', 'https://gitlab.example.com/-/raw/x/fake-a%41b/a.txt#L3'),
    ]);
    const { entries } = await ledger.list({ limit: 3 });
    const kept = await Promise.all(entries.map(({ id }) => ledger.get(id)));
    expect(kept.flatMap((entry) => entry?.locations ?? []).toSorted()).toEqual([
      'https://gitlab.example.com/-/raw/x/[token]/a%41b/a.txt#L1',
      'https://gitlab.example.com/-/raw/x/[token]/a%41b/a.txt#L2',
      'https://gitlab.example.com/-/raw/x/[token]/a.txt#L3',
    ]);
  });

  it('keeps no half of a token at the end of a location that is too long', async () => {
    const { post, ledger } = httpFixture();
    await post([element('fake-abcdefgh', `${'x'.repeat(2_043)}fake-abcdefgh`)]);
    const [entry] = (await ledger.list({ limit: 1 })).entries;
    expect((await ledger.get(entry?.id ?? ''))?.locations).toEqual([`${'x'.repeat(2_043)}[toke`]);
  });

  it('queues a token whose revocation hits more than itself, which is asked about before a person is', async () => {
    const { post, ledger } = httpFixture();
    await post([{ type: WIDE_TYPE, token: 'wide-a' }]);
    expect(await ledger.count()).toEqual([{ provider: 'fake', state: 'queued', entries: 1 }]);
  });

  it('holds everything in mode hold', async () => {
    const { post, ledger } = httpFixture({ registry: { mode: 'hold' } });
    await post([element('fake-a')]);
    expect(await ledger.count()).toEqual([{ provider: 'fake', state: 'held', entries: 1 }]);
  });
});

describe('a report that is not usable', () => {
  it.each([
    ['not JSON', '{"type":'],
    ['an object', '{}'],
    ['a string', '"x"'],
    ['null', 'null'],
    ['empty', ''],
    ['deeply nested', `${'['.repeat(200_000)}`],
  ])('(%s) gets 400', async (_name, body) => {
    const { post } = httpFixture();
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('(not UTF-8) gets 400', async () => {
    const { app, headers, ledger } = httpFixture();
    const body = Buffer.from(JSON.stringify([{ ...element('fake-a'), location: 'a?' }]));
    body[body.indexOf('?')] = 0xff;
    expect((await app.request(REVOKE, { method: 'POST', headers, body })).status).toBe(400);
    expect((await ledger.list({ limit: 1 })).entries).toEqual([]);
  });

  it('does not name a type that is a token of the same report', async () => {
    const { post } = httpFixture();
    const response = await post([
      element('fake-neighbour'),
      { type: 'fake-neighbour', token: 'fake-a' },
      { type: '"fake-neighbour",' },
    ]);
    expect(await response.text()).not.toContain('neighbour');
  });

  it('does not name a type that stands as a token in a later element', async () => {
    const { post } = httpFixture();
    const response = await post([
      { type: 'fake-neighbour', token: 'fake-a' },
      element('KEY = "fake-neighbour"'),
    ]);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('neighbour');
  });

  it('lists each bad element by index and reason, and accepts the others', async () => {
    const { post, ledger } = httpFixture();
    const response = await post([
      element('fake-a'),
      null,
      [],
      'text',
      { token: 'fake-b' },
      { type: 7, token: 'fake-b' },
      { type: FAKE_TYPE },
      { type: FAKE_TYPE, token: null },
      { type: FAKE_TYPE, token: '   ' },
      { type: 'gitleaks_rule_id_other', token: 'fake-b' },
      { type: FAKE_TYPE, token: '"",' },
      element('fake-c'),
    ]);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      status: 400,
      detail: '10 of 12 elements are not usable; the other 2 are accepted.',
      invalid: [
        { index: 1, reason: 'not-an-object' },
        { index: 2, reason: 'not-an-object' },
        { index: 3, reason: 'not-an-object' },
        { index: 4, reason: 'no-type' },
        { index: 5, reason: 'no-type' },
        { index: 6, reason: 'no-token', type: FAKE_TYPE },
        { index: 7, reason: 'no-token', type: FAKE_TYPE },
        { index: 8, reason: 'no-token', type: FAKE_TYPE },
        { index: 9, reason: 'unsupported-type', type: 'gitleaks_rule_id_other' },
        { index: 10, reason: 'empty', type: FAKE_TYPE },
      ],
    });
    expect(await ledger.count()).toEqual([{ provider: 'fake', state: 'queued', entries: 2 }]);
  });

  it('puts text in which the provider finds no token before a person, and says 400', async () => {
    const { post, ledger } = httpFixture();
    const response = await post([element('nothing of the kind'), element('fake-a and fake-b')]);
    expect(await response.json()).toMatchObject({
      invalid: [{ reason: 'no-match' }, { reason: 'several-tokens' }],
    });
    const { entries } = await ledger.list({ limit: 10 });
    expect(entries).toHaveLength(2);
    for (const entry of entries) {
      expect(entry).toMatchObject({
        state: 'attention',
        outcome: { kind: 'refused', reason: 'unrecognised' },
      });
    }
  });

  it('says of a text that no provider reads whether a person has it on the list already', async () => {
    const { post } = httpFixture();
    await post([element('nothing of the kind')]);

    const response = await post([element('nothing of the kind'), element('nothing else')]);

    expect(await response.json()).toMatchObject({
      invalid: [{ index: 0, known: true }, expect.not.objectContaining({ known: true })],
    });
  });

  it('keeps a hundred texts that no provider reads of each project, type and day, and counts the rest', async () => {
    const { post, ledger } = httpFixture();
    const unread = (project: string, count: number) =>
      Array.from({ length: count }, (_, n) => ({
        ...element(`nothing of the kind ${n}`),
        location: `https://gitlab.example.com/${project}/-/raw/0123abc/a${n}`,
      }));

    await post(unread('evil/app', 150));
    await post([
      { ...element('nothing of a kind'), location: 'https://gitlab.example.com/good/app/-/raw/0/a' },
    ]);

    const { entries } = await ledger.list({ limit: 200 });
    expect(entries).toHaveLength(102);
    expect(entries.filter(({ reports }) => reports > 1)).toMatchObject([
      { state: 'attention', reports: 50, outcome: { reason: 'unrecognised' } },
    ]);
  });

  it.each([
    ['half a character in the token', String.raw`[{"type":"${FAKE_TYPE}","token":"\ud800"}]`, [400, 1]],
    ['half a character beside it', String.raw`[{"type":"${FAKE_TYPE}","token":"fake-a \udfff"}]`, [204, 1]],
    [
      'half a character in the location',
      String.raw`[{"type":"${FAKE_TYPE}","token":"fake-a","location":"\ud800"}]`,
      [204, 1],
    ],
    [
      'a character that is cut in half',
      JSON.stringify([{ type: FAKE_TYPE, token: `x${'\u{1f511}'.repeat(3_000)}` }]),
      [400, 1],
    ],
  ])('keeps %s from spoiling the whole request', async (_name, body, expected) => {
    const { post, ledger } = httpFixture();
    const { status } = await post(body);
    const { entries } = await ledger.list({ limit: 10 });
    expect([status, entries.length]).toEqual(expected);
  });

  it.each([
    [['fake-a', null], '1 of 2 elements is not usable; the other one is accepted.'],
    [[null], '1 of 1 elements is not usable; nothing was accepted.'],
  ])('says of %j how many it accepted', async (tokens, detail) => {
    const { post } = httpFixture();
    const response = await post(tokens.map((token) => token && element(token)));
    expect(await response.json()).toMatchObject({ detail });
  });

  it('accepts nothing at all when the operator wants all or nothing', async () => {
    const { post, ledger } = httpFixture({ settings: { onInvalidItem: 'reject-all' } });
    const response = await post([element('fake-a'), null]);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      detail: '1 of 2 elements is not usable; nothing was accepted.',
    });
    expect(await ledger.count()).toEqual([]);
  });

  it('never repeats a token in the answer, not even one that stands in the place of the type', async () => {
    const { post } = httpFixture();
    const response = await post([
      { type: 'fake-secret1', token: 'fake-secret1' },
      { type: 'line\nbreak', token: 'fake-b' },
      element('many fake-secret1 and fake-secret2'),
    ]);
    const text = await response.text();
    expect(text).not.toContain('fake-secret');
    expect(text).not.toContain('break');
  });
});

describe('limits', () => {
  it('answers 429 with Retry-After above the requests per minute of one caller, and serves the other', async () => {
    const { app, headers } = httpFixture({ limits: { requestsPerMinute: 2 } });
    for (let n = 0; n < 2; n++) expect((await app.request(TYPES, { headers })).status).toBe(200);
    const refused = await app.request(TYPES, { headers });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await app.request(TYPES, { headers: { authorization: OTHER_TOKEN } })).status).toBe(200);
  });

  it('answers 429 above the tokens per minute, but never to a first request for its size alone', async () => {
    const { post, ledger } = httpFixture({ limits: { tokensPerMinute: 3 } });
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => element(`fake-${name}`));
    expect((await post(five)).status).toBe(204);
    expect((await post([element('fake-f')])).status).toBe(429);
    expect(await ledger.count()).toEqual([{ provider: 'fake', state: 'queued', entries: 5 }]);
  });

  it('answers 429 with Retry-After when the backlog is full', async () => {
    const { post } = httpFixture({ settings: { backlog: 1 } });
    expect((await post([element('fake-a')])).status).toBe(204);
    const refused = await post([element('fake-b')]);
    expect(refused.status).toBe(429);
    expect(refused.headers.has('retry-after')).toBe(true);
  });

  it('takes what is known also when the backlog is full', async () => {
    const { post, events } = httpFixture({ settings: { backlog: 1 } });
    for (const name of ['fake-a', 'fake-a']) expect((await post([element(name)])).status).toBe(204);
    expect((await post([element('fake-b')])).status).toBe(429);
    // Whatever kind of report came before.
    for (let n = 0; n < 2; n++) expect((await post([element('fake-a')])).status).toBe(204);
    expect(events.filter(({ type }) => type === 'report-accepted')).toHaveLength(4);
  });

  it('asks about repeats only where the report before had some, or is a large one', async () => {
    const asked: number[] = [];
    const { post } = httpFixture({
      ledger: (real) =>
        Object.assign(Object.create(real), {
          repeat: async (...args: Parameters<typeof real.repeat>) => {
            asked.push(args[0].length);
            return real.repeat(...args);
          },
          accept: (...args: Parameters<typeof real.accept>) => real.accept(...args),
        }),
    });
    const some = (count: number, name: string) =>
      Array.from({ length: count }, (_, n) => element(`fake-${name}${n}`));
    await post(some(1, 'first'));
    await post(some(2, 'new'));
    await post(some(2, 'new'));
    expect(asked).toEqual([1]);
    await post(some(3, 'newer'));
    await post(some(4, 'newest'));
    expect(asked).toEqual([1, 3]);
    await post(some(1_001, 'many'));
    expect(asked).toEqual([1, 3, 1_001]);
  });

  it('answers 413 to a longer body, announced or not', async () => {
    const { post, app, headers } = httpFixture({ settings: { bodyBytes: 100 } });
    expect((await post(`[${' '.repeat(200)}]`, { 'content-length': '202' })).status).toBe(413);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(64)) });
    const streamed = new Request(`http://localhost${REVOKE}`, {
      method: 'POST',
      headers,
      body: endless,
      duplex: 'half',
    } as RequestInit);
    expect((await app.request(streamed)).status).toBe(413);
  });
});

describe('when things fail', () => {
  it('answers 503 with Retry-After when the ledger cannot be written', async () => {
    const { post, events } = httpFixture({
      ledger: (real) =>
        Object.assign(Object.create(real), {
          repeat: async (reports: readonly unknown[]) => reports.map(() => false),
          accept: async () => {
            throw new LedgerError('unavailable', 'The disk with fake-a is full.');
          },
        }),
    });
    const response = await post([element('fake-a')]);
    expect(response.status).toBe(503);
    expect(events).toContainEqual(expect.objectContaining({ type: 'ledger-unavailable', during: 'request' }));
    expect(response.headers.has('retry-after')).toBe(true);
    expect(await response.text()).not.toContain('fake-a');
  });

  it('says that a part may be done where the ledger fails between two parts', async () => {
    const { post, ledger } = httpFixture({
      ledger: (real) =>
        Object.assign(Object.create(real), {
          list: real.list.bind(real),
          repeat: async (reports: readonly unknown[]) => reports.map(() => false),
          accept: async (reports: readonly ReportedToken[], options: AcceptOptions) => {
            await real.accept(reports.slice(0, 1), options);
            throw new LedgerError('unavailable', 'The disk is full.');
          },
        }),
    });
    const response = await post([element('fake-a'), element('fake-b')]);
    expect(response.status).toBe(503);
    expect((await ledger.list({ limit: 10 })).entries).toHaveLength(1);
    const { detail } = (await response.json()) as { detail: string };
    expect(detail).toContain('A part of this request may be done already.');
  });

  it('answers 500 without detail to anything else, and reports it', async () => {
    const { post, events } = httpFixture({
      ledger: (real) =>
        Object.assign(Object.create(real), {
          repeat: async (reports: readonly unknown[]) => reports.map(() => false),
          accept: async () => {
            throw new Error('secret detail');
          },
        }),
    });
    const response = await post([element('fake-a')]);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Internal error',
      status: 500,
      requestId: expect.any(String),
    });
    expect(events.some((event) => event.type === 'internal-error')).toBe(true);
  });
});

describe('what comes with a token', () => {
  const idOf = (vault: Vault, token: string) => vault.fingerprint('fake', new Secret(token));

  it('names the vulnerability in GitLab, where the report has one', async () => {
    const { post, ledger, vault } = httpFixture();
    await post([{ ...element('fake-a'), vulnerability: { id: 4711, title: 'x' } }, element('fake-b')]);
    expect(await ledger.get(idOf(vault, 'fake-a'))).toMatchObject({
      findings: ['https://gitlab.example.com 4711'],
    });
    expect(await ledger.get(idOf(vault, 'fake-b'))).toMatchObject({ findings: [] });
  });

  async function deadForDays(options: HttpFixtureOptions, beforeItsRepeat = () => {}) {
    const fixture = httpFixture(options);
    const { post, ledger, vault } = fixture;
    await post([element('fake-a')]);
    const now = Date.now() - 48 * 3_600_000;
    const { claims } = await ledger.claim('fake', {
      now: Date.now(),
      limit: 1,
      leaseMs: 1_000,
      maxPerHour: 0,
    });
    const [claim] = claims;
    if (!claim) throw new Error('nothing to claim');
    const outcome = { kind: 'revoked', verified: true } as const;
    await ledger.settle(claim, { now, state: 'done', outcome, progress: NO_PROGRESS, events: [] });
    beforeItsRepeat();
    await post([element('fake-a')]);
    return ledger.get(idOf(vault, 'fake-a'));
  }

  it('has a dead token asked about again, once it has been dead for long enough', async () => {
    const verify = async () => 'dead' as const;
    expect(await deadForDays({ verify })).toMatchObject({ state: 'queued', phase: 'recheck', reports: 2 });
  });

  it.each([
    ['its provider cannot tell', {}],
    ['nothing is to be called', { verify: async () => 'dead', settings: { overrideOf: () => 'dry-run' } }],
    ['it died lately', { verify: async () => 'dead', settings: { reverifyAfterMs: 72 * 3_600_000 } }],
  ] satisfies [string, HttpFixtureOptions][])('leaves a dead token alone when %s', async (_, options) => {
    expect(await deadForDays(options)).toMatchObject({ state: 'done', reports: 2 });
  });

  it('leaves a dead token alone while everything is held, as nobody is called then', async () => {
    let mode: Mode | null = null;
    const options: HttpFixtureOptions = { verify: async () => 'dead', settings: { overrideOf: () => mode } };
    const setHold = () => {
      mode = 'hold';
    };
    expect(await deadForDays(options, setHold)).toMatchObject({ state: 'done', reports: 2 });
  });

  it('is held at once when a person has set that mode', async () => {
    const { post, ledger, vault } = httpFixture({ settings: { overrideOf: () => 'hold' } });
    await post([element('fake-a')]);
    expect(await ledger.get(idOf(vault, 'fake-a'))).toMatchObject({ state: 'held' });
  });
});
