/** The page of one leak. */
import { describe, expect, it } from 'vitest';
import { AT_ONCE_AHEAD_MS } from '../../src/ledger/claim.ts';
import { type HistoryEvent, NO_PROGRESS } from '../../src/ledger/entry.ts';
import { adminPort, entryId } from './admin-port.ts';

const SECOND_MS = 1_000;

it('tells what happened again and again once, with how often and until when', async () => {
  const { accept, report, page, clock, ledger } = adminPort();
  await accept(report(1));
  const first = clock.now();
  const put = async (n: number, event: Omit<HistoryEvent, 'at' | 'dueAt'>) => {
    const now = first + n * SECOND_MS;
    const { claims } = await ledger.claim('fake', { now, limit: 1, leaseMs: SECOND_MS, maxPerHour: 0 });
    const [claim] = claims;
    if (!claim) throw new Error('Nothing to claim.');
    const events = [{ ...event, at: now, dueAt: now + 1 }];
    await ledger.putOff(claim, { now, dueAt: now + 1, progress: NO_PROGRESS, events });
  };
  for (const n of [1, 2, 3]) await put(n, { event: 'continued' });
  await put(4, { event: 'failed', code: 'timeout' });
  await put(5, { event: 'failed', code: 'unavailable' });

  const text = await page(`/revocations/${entryId(1)}`);

  expect(text.match(/The provider needs more time/g)).toHaveLength(1);
  const until = new Date(first + 3 * SECOND_MS).toISOString();
  expect(text).toContain(`</strong> 3 times, until <time datetime="${until}">`);
  expect(text.match(/The attempt failed/g)).toHaveLength(2);
});

it('dismisses what was seen, and no other thing that it has become since', async () => {
  const { accept, report, page, clock, ledger } = adminPort();
  const attention = { kind: 'refused', verified: false, reason: 'unknown-token' } as const;
  await accept(report(1, { initial: { state: 'attention', outcome: attention } }));
  const path = `/revocations/${entryId(1)}`;
  const [, seen = ''] = /name="as-of" value="(\d+)"/.exec(await page(path)) ?? [];
  const now = clock.now() + SECOND_MS;
  const event = { at: now, event: 'retried', by: 'somebody' } as const;
  await ledger.requeue(entryId(1), { now, approve: false, event });

  const answer = await page(`${path}/dismiss`, { reason: 'dead', 'as-of': seen, from: path });

  expect(answer).toContain('Something has happened to the entry since it was looked at');
  expect((await ledger.get(entryId(1)))?.state).toBe('queued');
});

it('dismisses what is in work, however often that changes', async () => {
  const { accept, report, page, ledger } = adminPort();
  await accept(report(1));
  const path = `/revocations/${entryId(1)}`;

  expect(await page(path)).not.toContain('name="as-of"');
  await page(`${path}/dismiss`, { reason: 'a decoy', from: path });

  expect((await ledger.get(entryId(1)))?.state).toBe('dismissed');
});

describe('a leak in work', () => {
  const shown = async ({ page }: ReturnType<typeof adminPort>) => page(`/revocations/${entryId(1)}`);
  const IN_WORK = 'It is in work; nothing needs to be done.';

  it('needs nobody while its provider works', async () => {
    const port = adminPort();
    await port.accept(port.report(1));

    expect(await shown(port)).toContain(IN_WORK);
  });

  it('says why its provider is not worked with, and until when', async () => {
    const port = adminPort();
    const { accept, report, ledger, clock } = port;
    await accept(report(1));
    const until = clock.now() + 60_000;
    await ledger.pauseLane('fake', { epoch: 0, until, reason: 'credential-refused', now: clock.now() });

    const text = await shown(port);

    expect(text).not.toContain(IN_WORK);
    expect(text).toMatch(
      new RegExp(
        `Paused: our credential is refused, until <time datetime="${new Date(until).toISOString()}">`,
      ),
    );
    expect(text).toContain('href="/providers#provider-fake"');
  });

  it('says that its provider is off', async () => {
    const port = adminPort();
    await port.accept(port.report(1, { provider: 'gone' }));

    const text = await shown(port);

    expect(text).not.toContain(IN_WORK);
    expect(text).toContain('gone is off');
  });

  it('says that a namespace has had its share of the safety valve, and its provider lets as many again through', async () => {
    const port = adminPort();
    const { accept, report, ledger, clock, page } = port;
    const share = { group: 'gitlab', namespace: 'acme', project: 'acme/app' };
    await accept(report(1, { share }), report(2, { share }));
    const now = clock.now();
    const revoke = async () => {
      const { claims } = await ledger.claim('fake', { now, limit: 1, leaseMs: SECOND_MS, maxPerHour: 10 });
      const end = { now, state: 'done', progress: NO_PROGRESS, events: [] } as const;
      for (const claim of claims)
        await ledger.settle(claim, { ...end, outcome: { kind: 'revoked', verified: true } });
      return claims.map(({ id }) => id);
    };
    const [dead] = await revoke();
    expect(await revoke()).toEqual([]);
    const other = dead === entryId(1) ? entryId(2) : entryId(1);

    expect(await page(`/revocations/${other}`)).toContain('a top-level namespace has had its tenth');
    expect(await page('/')).toContain('a top-level namespace has had its tenth');
    expect(await page('/providers')).toContain('a top-level namespace has had its tenth');

    expect(await page('/providers')).toContain('Let as many again through');
    await page('/providers/fake/resume', { from: '/providers' });

    expect(await revoke()).toEqual([other]);
  });
});

it('is told as due since it was put there, where it goes on at once', async () => {
  const { accept, report, app, headers, call, clock, ledger } = adminPort();
  await accept(report(1));
  const now = clock.now();
  const { claims } = await ledger.claim('fake', { now, limit: 1, leaseMs: SECOND_MS, maxPerHour: 0 });
  const [claim] = claims;
  if (!claim) throw new Error('Nothing to claim.');
  const dueAt = now - AT_ONCE_AHEAD_MS;
  await ledger.putOff(claim, { now, dueAt, progress: NO_PROGRESS, events: [] });
  const listed = await call('GET', '/revocations');
  const exported = await app.request('/api/export?format=ndjson', { headers });

  expect(listed.body).toMatchObject({ entries: [{ dueAt: now }] });
  expect((await call('GET', `/revocations/${entryId(1)}`)).body).toMatchObject({ dueAt: now });
  expect(JSON.parse(await exported.text())).toMatchObject({ dueAt: now });
});
