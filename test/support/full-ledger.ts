/** A ledger that has something of everything, and all that can be seen of one. */
import type { Claim } from '../../src/ledger/claim.ts';
import { type HistoryEvent, NO_PROGRESS } from '../../src/ledger/entry.ts';
import { ALL_LANES } from '../../src/ledger/lane-state.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { ReportedToken } from '../../src/ledger/report.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { aReport } from '../contract/ledger-suite.ts';

/** Later than any clock of a test. */
const FAR = Date.UTC(2099, 0, 1);
const LEASE_MS = 60_000;
const PROVIDERS = ['acme', 'other', 'third'];
const CHANNELS = ['chat', 'mail'];

const REVOKED: Outcome = { kind: 'revoked', verified: true, evidence: { id: 7 } };
const UNPROVEN: Outcome = { kind: 'held', verified: false, reason: 'unproven', advice: 'Look.' };
const EXHAUSTED: Outcome = { kind: 'exhausted', verified: false, reason: 'upstream-error' };
const HELD = { initial: { state: 'held', outcome: UNPROVEN } } as const;

/** @param now of all that is in it @param each how many entries there are of each sort */
export async function fillLedger(ledger: Ledger, now: number, each: number): Promise<void> {
  await ledger.setChannels(CHANNELS);
  const by = (event: string): HistoryEvent => ({ at: now, event, by: 'ada' });
  const of = (sort: string, changes: Partial<ReportedToken> = {}) =>
    Array.from({ length: each }, (_, index) => {
      const project = `group-${index % 3}/app-${index % 5}`;
      const id = `${sort}-${index}`;
      return aReport(id, {
        provider: PROVIDERS[index % PROVIDERS.length] ?? '',
        location: `https://git.test/${project}/-/blob/main/${id}`,
        caller: `caller-${index % 2}`,
        finding: `https://git.test ${index}`,
        share: { group: 'gitlab', namespace: `group-${index % 3}`, project },
        ...changes,
      });
    });
  const accept = (reports: readonly ReportedToken[], at = now) =>
    ledger.accept(reports, { now: at, backlog: 1e9 });
  const claimAll = async (at = now) => {
    const all: Claim[] = [];
    for (const provider of PROVIDERS) {
      const options = { now: at, limit: 10 * each, leaseMs: LEASE_MS, maxPerHour: 1_000 };
      all.push(...(await ledger.claim(provider, options)).claims);
    }
    return all;
  };

  const approveAll = async () => {
    const event = by('requeued');
    for (let index = 0; index < each; index++)
      await ledger.requeue(`approved-${index}`, { now, approve: true, event });
  };

  await accept(of('approved', HELD));
  await approveAll();
  // Ends the approvals, so that the next ones are for another act.
  await ledger.setMode(ALL_LANES, 'dry-run');
  await ledger.setMode('other', 'revoke');
  for (const claim of await claimAll()) {
    const held = { now, state: 'held', outcome: UNPROVEN, progress: NO_PROGRESS, events: [] } as const;
    await ledger.settle(claim, held);
  }
  await accept(of('done'));
  for (const claim of await claimAll()) {
    const end = { now, state: 'done', outcome: REVOKED, progress: NO_PROGRESS } as const;
    await ledger.settle(claim, { ...end, events: [{ at: now, event: 'attempted' }], announce: 'done' });
  }
  await accept(of('recheck'));
  for (const claim of await claimAll()) {
    await ledger.settle(claim, { now, state: 'done', outcome: REVOKED, progress: NO_PROGRESS, events: [] });
  }
  await accept(of('recheck', { recheckEndedBefore: now + 1 }), now + 1);
  await accept(of('verify'));
  for (const claim of await claimAll()) {
    if (!claim.id.startsWith('verify')) {
      await ledger.release(claim, now);
      continue;
    }
    const progress = { phase: 'verify', attempts: 1, verifications: 2, deferrals: 3 } as const;
    await ledger.putOff(claim, { now, dueAt: now + 30_000, progress, note: `note ${claim.id}`, events: [] });
  }
  await accept(of('attention'));
  for (const claim of await claimAll()) {
    if (!claim.id.startsWith('attention')) continue;
    const end = {
      now,
      state: 'attention',
      outcome: EXHAUSTED,
      progress: NO_PROGRESS,
      dueAt: now + 60_000,
    } as const;
    await ledger.settle(claim, { ...end, events: [], announce: 'attention' });
  }
  await accept(of('held', HELD));
  await approveAll();
  await accept(of('dismissed'));
  for (let index = 0; index < each; index++) {
    await ledger.dismiss(`dismissed-${index}`, { now, event: by('dismissed') });
  }
  const fresh = of('fresh');
  await accept(fresh);
  await accept(
    fresh.map((report) => ({ ...report, type: 'second', location: 'elsewhere', readable: false })),
  );
  await accept(
    of('beyond', { beyond: { id: 'rest', after: 2 }, initial: { state: 'attention', outcome: EXHAUSTED } }),
  );
  await ledger.pauseLane('other', { epoch: 0, until: now + 5_000, reason: 'throttled', now });
  await ledger.parkLane('third', 'operator', now);
  await ledger.setMark('position', 'here');
  await ledger.saveSession({ id: 'session', version: 1, until: FAR, content: 'ada' }, now);
  await ledger.saveSession({ id: 'session', version: 2, until: FAR, content: 'ada, later' }, now);
  for (let index = 0; index < each; index++) {
    const id = `${index}`;
    await ledger.saveNotice({
      ...{ id, channel: 'chat', target: 'https://chat.test', firstAt: now + index, lastAt: now, attempts: 2 },
      ...{ answer: { delivered: true, status: 200 }, counts: [], missed: 0, content: `content ${id}` },
    });
  }
  await ledger.sendAgain({ id: '1', channel: 'chat' }, now);
  await ledger.countOfDay('mails', { now: FAR, limit: 2 });
  const batch = await ledger.takeAnnouncements('chat', { now, limit: 3, leaseMs: LEASE_MS });
  await ledger.confirmAnnouncements('chat', batch?.lease ?? '', batch?.announcements.at(-1)?.seq ?? '');
}

/** All that the port shows, but for orders that depend on where entries lie. */
export async function seenOf(ledger: Ledger, now: number) {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await ledger.list({ limit: 500, ...(cursor !== undefined && { cursor }) });
    ids.push(...page.entries.map(({ id }) => id));
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  const typed: Record<string, number> = {};
  for (const type of ['acme_key', 'second'])
    typed[type] = (await ledger.list({ type, limit: 10_000 })).entries.length;
  return {
    entries: await Promise.all(ids.toSorted().map((id) => ledger.get(id))),
    typed,
    counts: (await ledger.count()).toSorted((a, b) => textOf(a).localeCompare(textOf(b))),
    lanes: (await ledger.lanes(now)).toSorted((a, b) => a.provider.localeCompare(b.provider)),
    modes: await ledger.modes(),
    hours: await ledger.hours(0),
    days: (await ledger.days(0)).toSorted((a, b) => a.provider.localeCompare(b.provider)),
    mark: await ledger.mark('position'),
    sessions: await ledger.sessions(),
    notices: await ledger.notices(1_000),
    notice: await ledger.notice('1'),
    projects: (await ledger.projects({ limit: 1_000 })).projects,
    causes: (await ledger.causes()).toSorted((a, b) => textOf(a).localeCompare(textOf(b))),
    ofProject: (await ledger.list({ project: 'group-1', limit: 1_000 })).entries.length,
  };
}

function textOf(value: unknown): string {
  return JSON.stringify(value);
}

/** What is handed out and told from here on. It changes the ledger. */
export async function doneNextOf(ledger: Ledger, now: number) {
  const later = now + LEASE_MS + 30_000;
  const news: Record<string, string[]> = {};
  for (const channel of CHANNELS) {
    const batch = await ledger.takeAnnouncements(channel, { now: later, limit: 100_000, leaseMs: LEASE_MS });
    news[channel] = (batch?.announcements ?? []).map(({ seq: _seq, ...each }) => textOf(each)).toSorted();
  }
  for (const provider of ['other', 'third']) await ledger.resumeLane(provider, now);
  const claims: Omit<Claim, 'lease'>[] = [];
  for (const provider of PROVIDERS) {
    const found = await ledger.claim(provider, { now: later, limit: 1e5, leaseMs: LEASE_MS, maxPerHour: 0 });
    claims.push(...found.claims.map(({ lease: _lease, ...claim }) => claim));
  }
  // Of the report that is one too many.
  const initial = { state: 'attention', outcome: EXHAUSTED } as const;
  const beyond = await ledger.accept([aReport('new', { beyond: { id: 'rest', after: 2 }, initial })], {
    now: later,
    backlog: 1e9,
  });
  const counted = await Promise.all([1, 2].map(() => ledger.countOfDay('mails', { now: FAR, limit: 2 })));
  return { counted, news, claims: claims.toSorted((a, b) => a.id.localeCompare(b.id)), beyond };
}
