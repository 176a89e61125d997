import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { problemSchema } from '../../src/admin/schemas.ts';
import { SWEEPS } from '../../src/gitlab/sweep-order.ts';
import { LedgerError } from '../../src/ledger/ledger.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { newsroom } from '../notify/news.ts';
import { ADMIN, adminFixture } from '../support/admin-fixture.ts';
import { adminPort as adminPortWithReports } from './admin-port.ts';

function adminPort() {
  const { ledger, clock, announces, ends } = newsroom();
  const { app, events } = adminFixture({ ledger, clock });
  const signIn = (fields: Record<string, string> = {}) =>
    app.request('/sign-in', {
      method: 'POST',
      body: new URLSearchParams({ token: ADMIN, next: '/', ...fields }),
    });
  /** The text of a page, as somebody who is signed in sees it. */
  const page = async (path: string) => {
    const cookie = (await signIn()).headers.get('set-cookie')?.split(';')[0] ?? '';
    const answer = await app.request(path, { headers: { cookie } });
    return { status: answer.status, text: await answer.text() };
  };
  const faults = () => events.filter(({ type }) => type === 'internal-error');
  return { app, clock, events, announces, ends, faults, page, signIn };
}

describe('the sign-in', () => {
  it.each([
    ['/revocations?state=held', '/revocations?state=held'],
    ['https://evil.example/', '/'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['http://dashboard//evil.example/', '/'],
    ['/.//evil.example/', '/'],
    ['/..//evil.example/', '/'],
  ])('that is to lead to %s leads to %s', async (next, expected) => {
    const { signIn } = adminPort();

    const answer = await signIn({ next });

    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(expected);
  });

  it.each([
    [
      'too long a form',
      413,
      { body: `token=${'x'.repeat(20_000)}`, type: 'application/x-www-form-urlencoded' },
    ],
    ['a form that is broken off', 400, { body: '--x\r\nContent-', type: 'multipart/form-data; boundary=x' }],
  ])('refuses %s as a fault of the request', async (_name, status, { body, type }) => {
    const { app, faults } = adminPort();

    const answer = await app.request('/sign-in', {
      method: 'POST',
      headers: { 'content-type': type, 'content-length': String(body.length) },
      body,
    });

    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(faults()).toEqual([]);
  });
});

it('refuses a body of the admin API that is no JSON as a fault of the request', async () => {
  const { app, faults } = adminPort();

  const answer = await app.request('/api/mode', {
    method: 'PUT',
    headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
    body: '{"mode":',
  });

  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ title: 'Bad request', status: 400 });
  expect(faults()).toEqual([]);
});

it('describes its problems as they are', async () => {
  const { app } = adminPort();
  const headers = { authorization: `Bearer ${ADMIN}` };
  const shape = z.fromJSONSchema(z.toJSONSchema(problemSchema));

  const answers = await Promise.all(
    ['/api/revocations?limit=x', '/api/revocations/none', '/api/providers/none/check'].map(async (path) => {
      const method = path.endsWith('check') ? 'POST' : 'GET';
      return (await app.request(path, { headers, method })).json();
    }),
  );

  for (const answer of answers) expect(shape.safeParse(answer).error?.issues).toBeUndefined();
});

it('records who had the credentials of a provider checked', async () => {
  const { app, events } = adminPort();

  await app.request('/api/providers/fake/check', {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN}` },
  });

  expect(events).toContainEqual({
    ...{ type: 'acted', action: 'check', provider: 'fake', by: expect.stringMatching(/^token-/) },
  });
});

describe('a page of the dashboard', () => {
  it.each(['/', '/revocations/', '/providers/'])(
    'takes the slash at the end of %s as it comes',
    async (path) => {
      const { page } = adminPort();

      expect(await page(path)).toMatchObject({ status: 200 });
    },
  );

  it('says nothing of an action that there is not', async () => {
    const { page } = adminPort();

    const { text } = await page('/?did=constructor');

    expect(text).not.toContain('class="notice"');
  });

  it('does not take those that died for some of those that were reported', async () => {
    const { announces, ends, clock, page } = adminPort();
    await announces('reported-before', 'finding');
    clock.jump(48 * 3_600_000);
    await ends('reported-before', { kind: 'revoked', verified: true });

    const { text } = await page('/');

    expect(text).toContain('<dd>1</dd><dd class="more">in 24h; 0 reported</dd>');
  });

  it('calls dead only what was shown to be dead', async () => {
    const { ends, page } = adminPort();
    await ends('known', { kind: 'already-inactive', verified: true });
    await ends('unknown', { kind: 'already-inactive', verified: false });

    const [known, unknown] = [await page('/revocations/known'), await page('/revocations/unknown')];

    expect(known.text).toContain('Was dead already');
    expect(unknown.text).not.toContain('Was dead already');
    expect(unknown.text).toContain('Taken for dead, no proof');
  });
});

describe('an address that leads nowhere', () => {
  it('is told to a browser by a page that leads on, and to a tool by a problem document', async () => {
    const { app } = adminPort();

    const page = await app.request('/leaks', { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8']);
    expect(await page.text()).toContain('<a href="/sign-in">Go to the sign-in</a>');

    const document = await app.request('/leaks', { headers: { accept: '*/*' } });
    expect(document.status).toBe(404);
    expect(await document.json()).toMatchObject({ title: 'No such path' });
  });
});

describe('while the ledger is away', () => {
  it('a question is answered with where the reason stands, and not that it may have been done in part', async () => {
    const { ledger, clock } = newsroom();
    const away = async () => {
      throw new LedgerError('unavailable', 'Redis was emptied.');
    };
    const { app } = adminFixture({ ledger: new Proxy(ledger, { get: () => away }), clock });

    for (const path of ['/readyz', '/api/stats']) {
      const answer = await app.request(path, { headers: { authorization: `Bearer ${ADMIN}` } });
      expect(answer.status).toBe(503);
      expect(answer.headers.has('retry-after')).toBe(true);
      expect(await answer.json()).toMatchObject({
        title: 'The ledger cannot be used',
        detail: 'The log of Quash says why: look for ledger-unavailable.',
      });
    }
  });
});

describe('the metrics', () => {
  it.each([
    [true, 1, 200],
    [false, 0, 503],
  ])(
    'say whether the ledger can be written (%s), as the readiness does',
    async (isWritable, value, status) => {
      const { ledger, clock } = newsroom();
      ledger.ping = async () => {
        if (!isWritable) throw new LedgerError('unavailable', 'The disk is full.');
      };
      const { app } = adminFixture({ ledger, clock, metrics: createMetrics() });

      const text = await (await app.request('/metrics')).text();

      expect(text).toContain(`\nquash_ledger_writable ${value}\n`);
      expect(text).toContain('\nquash_ledger_up 1\n');
      expect((await app.request('/readyz')).status).toBe(status);
    },
  );

  it('tell of no sweep as of a leak that waits', async () => {
    const { ledger, clock } = newsroom();
    const { report } = adminPortWithReports();
    const { app } = adminFixture({ ledger, clock, metrics: createMetrics() });
    await ledger.accept([report(1, { provider: SWEEPS })], { now: clock.now() - 60_000, backlog: 10 });
    await ledger.accept([report(2)], { now: clock.now() - 5_000, backlog: 10 });

    expect(await (await app.request('/metrics')).text()).toContain('\nquash_oldest_queued_seconds 5\n');
  });
});
