/** What became of notices, by API and by page, and sending one again. */
import { describe, expect, it } from 'vitest';
import type { LoggedNotice } from '../../src/ledger/notice.ts';
import { adminPort } from './admin-port.ts';

const FAILED = {
  delivered: false,
  code: 'timeout',
  message: 'The receiver did not answer in time.',
} as const;

function world() {
  const port = adminPort();
  const { ledger, clock } = port;
  let now = clock.now();
  const keep = async (id: string, changes: Partial<LoggedNotice> = {}) => {
    now += 1;
    await ledger.saveNotice({
      ...{ id, channel: 'siem', target: 'https://siem.example.com', firstAt: now, lastAt: now, attempts: 1 },
      ...{
        answer: { delivered: true },
        counts: [{ event: 'held', provider: 'acme', entries: 2 }],
        missed: 0,
      },
      ...{ content: 'the whole message', ...changes },
    });
  };
  const announced = async () => {
    const taken = await ledger.takeAnnouncements('siem', { now: clock.now(), limit: 10, leaseMs: 1 });
    return taken?.announcements.map(({ kind, notice }) => [kind, notice]);
  };
  return { ...port, keep, announced };
}

describe('notices', () => {
  it('are listed with what came of them, the newest first, and without what they said', async () => {
    const { keep, call } = world();
    await keep('a');
    await keep('b', { answer: FAILED, attempts: 3 });

    const { status, body } = await call('GET', '/notices');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      notices: [
        { id: 'b', answer: FAILED, attempts: 3 },
        { id: 'a', channel: 'siem', target: 'https://siem.example.com', answer: { delivered: true } },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('the whole message');
  });

  it('can be narrowed to what failed, however much was delivered since', async () => {
    const { keep, call } = world();
    await keep('a', { answer: FAILED });
    for (const id of ['b', 'c', 'd']) await keep(id);

    expect((await call('GET', '/notices?delivered=false&limit=2')).body).toMatchObject({
      notices: [{ id: 'a' }],
    });
    expect((await call('GET', '/notices?limit=2')).body.notices).toHaveLength(2);
    for (const query of ['limit=1001', 'delivered=maybe']) {
      expect((await call('GET', `/notices?${query}`)).status).toBe(400);
    }
  });

  it('are sent again to their channel, and the log says by whom', async () => {
    const { keep, call, ledger, events, announced } = world();
    await ledger.setChannels(['siem']);
    await keep('a');

    expect(await call('POST', '/notices/a/send-again')).toMatchObject({ status: 200, body: { id: 'a' } });

    expect(await announced()).toEqual([['send-again', 'a']]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'acted', action: 'send-again', id: 'a' }));
  });

  it('are not sent when there is no such notice, or nobody has its name any more', async () => {
    const { keep, call, ledger, announced } = world();
    await ledger.setChannels(['siem']);
    await keep('a', { channel: 'gone' });

    expect((await call('POST', '/notices/b/send-again')).status).toBe(404);
    expect((await call('POST', '/notices/a/send-again')).status).toBe(409);

    expect(await announced()).toBeUndefined();
  });
});

describe('the page of notices', () => {
  it('shows what failed and why, and sends it again', async () => {
    const { keep, page, ledger, announced } = world();
    await ledger.setChannels(['siem']);
    await keep('a', { answer: { ...FAILED, status: 503 }, target: '<b>x</b>' });

    const text = await page('/notices');
    expect(text).toContain('aria-label="Send again to siem">Send again<');
    for (const shown of ['siem', '&lt;b&gt;x', 'did not answer in time', 'Status 503', 'acme: 2 held']) {
      expect(text).toContain(shown);
    }

    expect(await page('/notices/a/send-again', { from: '/notices' })).toBe('/notices?did=send-again');
    expect(await announced()).toEqual([['send-again', 'a']]);
  });

  it('has no button for a receiver that is not there any more, and no row of what was delivered', async () => {
    const { keep, page } = world();
    await keep('a', { channel: 'gone', answer: FAILED });
    await keep('b');

    const text = await page('/notices?delivered=false');

    expect(text).toContain('gone');
    expect(text).not.toContain('>Delivered<');
    expect(text).not.toContain('Send again</button>');
  });
});
