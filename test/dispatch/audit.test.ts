/** Every decision about an entry is said once, so that the log alone tells what was done and why. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { createPace } from '../../src/dispatch/pace.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { Failure } from '../../src/provider/failure.ts';
import { Secret } from '../../src/words/secret.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, type FakeRegistryOptions, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { httpFixture } from '../support/http-fixture.ts';
import { sqliteFile } from '../support/sqlite-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TEST_VAULT } from '../support/test-keys.ts';

const DECISIONS: readonly QuashEvent['type'][] = ['settled', 'put-off', 'set-aside', 'rechecked', 'acted'];

function decisionsIn(events: readonly QuashEvent[]): readonly QuashEvent[] {
  return events.filter(({ type }) => DECISIONS.includes(type));
}

/** What is decided about one token until there is nothing more to do at once. */
async function decisionsOn(
  revoke: ReturnType<typeof fakeProvider>['revoke'],
  options: FakeRegistryOptions = {},
  kind = 'token',
) {
  const vault = TEST_VAULT;
  const path = sqliteFile(temporaryFolder());
  const ledger = openSqliteLedger({ path, vault });
  const clock = new FakeClock();
  const events: QuashEvent[] = [];
  const dispatcher = new Dispatcher({
    ...{ ledger, vault, clock, pace: createPace(), random: () => 0.5 },
    observe: (event) => events.push(event),
  });
  onTestFinished(async () => {
    await dispatcher.stop(0);
    await ledger.close();
  });
  const token = new Secret('fake-a');
  const id = vault.fingerprint('fake', token);
  const sealed = vault.sealMaterial(id, { token, parts: {} });
  const report = {
    id,
    provider: 'fake',
    kind,
    type: FAKE_TYPE,
    location: '',
    readable: true,
    sealed,
    restarts: [],
  };
  await ledger.accept([{ ...report, initial: { state: 'queued' } }], { now: clock.now(), backlog: 10 });
  const fake = fakeProvider();
  fake.revoke = revoke;
  const settings = { readContext: async () => undefined, leaseMs: 60_000, retentionDays: 90 };
  dispatcher.start(fakeRegistry([fake], options), settings);
  await clock.advance(0);
  return { id, now: clock.now(), decisions: decisionsIn(events) };
}

describe('a decision about a token is said once:', () => {
  it('that it is dead', async () => {
    const { id, decisions } = await decisionsOn(async () => ({ outcome: 'revoked', proven: true }));
    expect(decisions).toEqual([expect.objectContaining({ type: 'settled', id, state: 'done' })]);
  });

  it('that a person has to look at it', async () => {
    const { id, decisions } = await decisionsOn(async () => ({
      outcome: 'refused',
      reason: 'ambiguous',
      advice: 'Look.',
    }));
    expect(decisions).toEqual([expect.objectContaining({ type: 'settled', id, state: 'attention' })]);
  });

  it('that it failed and is tried again, and when', async () => {
    const { id, now, decisions } = await decisionsOn(async () => {
      throw new Failure('upstream-error');
    });
    expect(decisions).toEqual([
      {
        ...{ type: 'put-off', provider: 'fake', id },
        ...{ why: 'failed', code: 'upstream-error', dueAt: now + 5_000 },
      },
    ]);
  });

  it('that it waits for its provider', async () => {
    const { id, decisions } = await decisionsOn(async () => {
      throw new Failure('credential-refused');
    });
    const deferred = { type: 'put-off', id, why: 'deferred', code: 'credential-refused' };
    expect(decisions).toEqual([expect.objectContaining(deferred)]);
  });

  it('that its provider goes on later', async () => {
    const { id, now, decisions } = await decisionsOn(async () => ({ outcome: 'continue', afterMs: 60_000 }));
    const continued = { type: 'put-off', id, why: 'continued', dueAt: now + 60_000 };
    expect(decisions).toEqual([expect.objectContaining(continued)]);
  });

  it('that it goes on at once', async () => {
    let isFirst = true;
    const { id, now, decisions } = await decisionsOn(async () => {
      if (!isFirst) return { outcome: 'revoked', proven: true };
      isFirst = false;
      return { outcome: 'continue', afterMs: 0 };
    });
    const [continued, ended] = decisions;
    expect(continued).toMatchObject({ type: 'put-off', id, why: 'continued', dueAt: now });
    expect(ended).toMatchObject({ type: 'settled', id, state: 'done' });
  });

  it('that it is held by a worker', async () => {
    const never = () => Promise.reject(new Error('It must not be asked.'));
    const { id, decisions } = await decisionsOn(never, {}, 'wide');
    expect(decisions).toEqual([expect.objectContaining({ type: 'settled', id, state: 'held' })]);
  });
});

describe('a decision made while a report is taken in is said once:', () => {
  const aside = async (element: object, options = {}) => {
    const { post, events } = httpFixture(options);
    await post([element]);
    return decisionsIn(events);
  };

  it('that a token is held', async () => {
    const held = await aside({ type: FAKE_TYPE, token: 'fake-a' }, { registry: { mode: 'hold' } });
    expect(held).toEqual([
      {
        ...{
          type: 'set-aside',
          provider: 'fake',
          id: expect.stringMatching(/^[0-9a-f]{32}$/),
          state: 'held',
        },
        outcome: expect.objectContaining({ kind: 'held', reason: 'mode' }),
      },
    ]);
  });

  it('that a text is no token and a person has to look at it', async () => {
    expect(await aside({ type: FAKE_TYPE, token: 'nothing of the kind' })).toEqual([
      expect.objectContaining({
        ...{ type: 'set-aside', provider: 'fake', state: 'attention' },
        outcome: expect.objectContaining({ kind: 'refused', reason: 'unrecognised' }),
      }),
    ]);
  });

  it('and not again with each report of it', async () => {
    const { post, events } = httpFixture({ registry: { mode: 'hold' } });
    const leak = { type: FAKE_TYPE, token: 'fake-a' };
    const at = (line: number) => ({
      ...leak,
      location: `https://gitlab.example.com/a/b/-/raw/0123abc/f#L${line}`,
    });
    await post([at(1), at(2), at(3)]);
    await post([at(1), at(2), at(4)]);
    expect(decisionsIn(events)).toEqual([expect.objectContaining({ type: 'set-aside', state: 'held' })]);
  });

  it('that texts beyond the hundred of a project are only counted, once for all of a report', async () => {
    const { post, events } = httpFixture();
    const unread = (n: number) => ({ type: FAKE_TYPE, token: `nothing of the kind ${n}` });
    await post(Array.from({ length: 100 }, (_, n) => unread(n)));
    events.length = 0;
    await post(Array.from({ length: 30 }, (_, n) => unread(90 + n)));
    expect(decisionsIn(events)).toEqual([
      expect.objectContaining({ type: 'set-aside', state: 'attention', reports: 20 }),
    ]);
  });

  it('and nothing where it is queued, or where nothing was accepted', async () => {
    expect(await aside({ type: FAKE_TYPE, token: 'fake-a' })).toEqual([]);
    const all = { settings: { onInvalidItem: 'reject-all' }, registry: { mode: 'hold' } };
    const { post, events } = httpFixture(all as Parameters<typeof httpFixture>[0]);
    await post([
      { type: FAKE_TYPE, token: 'fake-a' },
      { type: FAKE_TYPE, token: 'nothing of the kind' },
    ]);
    expect(decisionsIn(events)).toEqual([]);
  });
});
