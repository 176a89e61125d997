import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeGitlabOptions, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { FakeVulnerability, FakeVulnerabilityPlace } from '../../src/fakes/gitlab-vulnerabilities.ts';
import type { Announcement } from '../../src/ledger/announcement.ts';
import { MAX_LOCATIONS } from '../../src/ledger/entry.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { Secret } from '../../src/words/secret.ts';
import { writeBackChannels } from '../../src/write-back/channel.ts';
import type { WriteBackOptions } from '../../src/write-back/options.ts';
import { reporterOf } from '../../src/write-back/reporter.ts';
import { newsOf, newsroom } from '../notify/news.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { type SlowCalls, slowUpstream } from './slow-upstream.ts';

const SIGNAL = new AbortController().signal;
const TOKEN = ['gl', 'pat-', 'writes'.repeat(3)].join('');
const REVOKED: Outcome = { kind: 'revoked', verified: true };

async function writingBack(
  mode: 'comment' | 'resolve' = 'comment',
  changes: FakeGitlabOptions = {},
  slow?: SlowCalls,
) {
  const news = newsroom();
  const { ledger, clock } = news;
  const gitlab = await startFakeGitlab(changes);
  onTestFinished(() => gitlab.close());
  const token = gitlab.addToken('personal', { value: TOKEN });
  const factory = createUpstreamFactory({
    timeoutMs: PATIENCE_MS,
    proxy: null,
    allowPrivate: ['127.0.0.1'],
    clock,
  });
  onTestFinished(() => factory.close());
  const upstream = slow ? slowUpstream(factory, slow) : factory;
  const events: QuashEvent[] = [];
  const options: WriteBackOptions = {
    ...{ mode, ledger, upstream, observe: (event) => events.push(event) },
    instances: [{ url: gitlab.url, writeBackToken: new Secret(TOKEN) }],
  };
  const [channel] = writeBackChannels(options);
  if (!channel) throw new Error('no channel');
  await ledger.setChannels([channel.name]);
  const taken = async (): Promise<readonly Announcement[]> => {
    const batch = await ledger.takeAnnouncements(channel.name, { now: clock.now(), limit: 50, leaseMs: 1 });
    clock.jump(1);
    return (batch?.announcements ?? []).filter((each) => channel.wants(each));
  };
  const deliver = async (announcements?: readonly Announcement[]) =>
    channel.deliver(newsOf(announcements ?? (await taken())), slow?.lease.over.signal ?? SIGNAL);
  const finding = (id: number) => ({
    finding: `${new URL(gitlab.url).origin} ${id}`,
    location: `${gitlab.url}/group/project/-/raw/0123abcd/secret.txt#L1`,
  });
  const unexpected = () => gitlab.calls.filter((call) => call.unexpected || call.path !== '/api/graphql');
  return { ...news, ...{ gitlab, token, events, options, channel, taken, deliver, finding, unexpected } };
}

describe('writing back', () => {
  it('comments on the vulnerability what happened, once, however often it is announced', async () => {
    const { gitlab, ends, finding, taken, deliver, unexpected } = await writingBack();
    const vulnerability = gitlab.addVulnerability(4711);
    await ends('a', REVOKED, finding(4711));
    const announcements = await taken();

    expect(await deliver(announcements)).toEqual({ handled: 1, told: 1 });
    expect(await deliver(announcements)).toEqual({ handled: 1, told: 0 });

    expect(vulnerability.notes.map(({ body }) => body)).toEqual([
      'Quash revoked this secret. Its provider says that it no longer works.\n\nProvider: `acme`, kind: `api-key`.\n\n<!-- quash:a:revoked-proven -->',
    ]);
    expect(vulnerability.state).toBe('DETECTED');
    expect(unexpected()).toEqual([]);
  });

  it('resolves it when the secret is proven dead, and leaves it alone when a person opens it again', async () => {
    const { gitlab, ends, finding, taken, deliver } = await writingBack('resolve');
    const vulnerability = gitlab.addVulnerability(1);
    await ends('a', { kind: 'already-inactive', verified: true }, finding(1));
    const announcements = await taken();
    await deliver(announcements);
    expect([vulnerability.state, vulnerability.stateComments.length]).toEqual(['RESOLVED', 1]);

    vulnerability.state = 'DETECTED';
    await deliver(announcements);

    expect([vulnerability.state, vulnerability.notes.length]).toEqual(['DETECTED', 1]);
  });

  it.each<[string, Outcome, 'done' | 'attention', RegExp]>([
    ['revoked without proof', { kind: 'revoked', verified: false }, 'done', /offers no proof/],
    [
      'only taken for dead',
      { kind: 'already-inactive', verified: false },
      'done',
      /^Nobody whom Quash asked/,
    ],
    ['accepted', { kind: 'accepted', verified: false }, 'done', /gives no proof/],
    ['expiring', { kind: 'expires', verified: false }, 'done', /expires by itself/],
    [
      'a case for a person',
      { kind: 'refused', verified: false, reason: 'ambiguous', advice: 'Revoke it by hand.' },
      'attention',
      /may still work\. Revoke it by hand\./,
    ],
  ])('does not resolve what is %s, but says so', async (_name, outcome, state, says) => {
    const { gitlab, ends, finding, deliver } = await writingBack('resolve');
    const vulnerability = gitlab.addVulnerability(1);
    await ends('a', outcome, finding(1), state);

    await deliver();

    expect(vulnerability.state).toBe('DETECTED');
    expect(vulnerability.notes.map(({ body }) => body)).toEqual([expect.stringMatching(says)]);
  });

  it('does not touch what a person has dismissed, but says what happened', async () => {
    const { gitlab, ends, finding, deliver } = await writingBack('resolve');
    const vulnerability = gitlab.addVulnerability(1);
    vulnerability.state = 'DISMISSED';
    await ends('a', REVOKED, finding(1));

    await deliver();

    expect([vulnerability.state, vulnerability.notes.length]).toEqual(['DISMISSED', 1]);
  });

  it('says nothing of a dry run, nor of an entry without a vulnerability', async () => {
    const { gitlab, ends, finding, deliver } = await writingBack();
    const vulnerability = gitlab.addVulnerability(1);
    await ends('a', { kind: 'would-revoke', verified: false }, finding(1));
    await ends('b', REVOKED);

    expect(await deliver()).toEqual({ handled: 2, told: 0 });
    expect([vulnerability.notes, gitlab.calls]).toEqual([[], []]);
  });

  it('tells a vulnerability that was added after the end', async () => {
    const { gitlab, ends, finding, deliver, ledger, clock, needsPerson } = await writingBack();
    const [first, later] = [gitlab.addVulnerability(1), gitlab.addVulnerability(2)];
    await ends('a', REVOKED, finding(1));
    await deliver();
    await needsPerson('a', finding(2));
    expect((await ledger.get('a'))?.state).toBe('done');
    clock.jump(1);

    await deliver();

    expect([first.notes.length, later.notes.length]).toEqual([1, 1]);
  });

  it('says that a dead secret works again, and once more when that one is dead', async () => {
    const { gitlab, announces, ends, finding, deliver } = await writingBack();
    const vulnerability = gitlab.addVulnerability(1);
    vulnerability.notes.push({ author: 'gid://gitlab/User/999', body: '<!-- quash:a:alive-again -->' });
    await announces('a', 'alive-again', finding(1));
    expect(await deliver()).toMatchObject({ told: 1 });
    await ends('a', REVOKED);
    await deliver();

    const own = vulnerability.notes.slice(1).map(({ body }) => /quash:a:([\w-]+)/.exec(body)?.[1]);
    expect(own).toEqual(['alive-again', 'revoked-proven']);
  });

  it('finds its comment behind hundreds of others', async () => {
    const { gitlab, ends, finding, taken, deliver } = await writingBack();
    const vulnerability = gitlab.addVulnerability(1);
    const other = { author: 'gid://gitlab/User/999', body: 'me, too' };
    vulnerability.notes.push(...Array.from({ length: 150 }, () => other));
    await ends('a', REVOKED, finding(1));
    const announcements = await taken();
    await deliver(announcements);
    vulnerability.notes.push(...Array.from({ length: 150 }, () => other));

    await deliver(announcements);

    expect(vulnerability.notes).toHaveLength(301);
  });

  it('never calls a host that only the report names', async () => {
    const { gitlab, ends, deliver } = await writingBack();
    gitlab.addVulnerability(1);
    await ends('a', REVOKED, { finding: 'https://evil.example 1' });
    await ends('b', REVOKED, { finding: `${gitlab.url}0 1` });

    expect(await deliver()).toEqual({ handled: 2, told: 0 });
    expect(gitlab.calls).toEqual([]);
  });

  it('goes on past a vulnerability that is gone, and past one that it may only read', async () => {
    const { gitlab, token, ends, finding, deliver, events } = await writingBack('resolve');
    const readable = gitlab.addVulnerability(2);
    await ends('a', REVOKED, finding(404));
    expect(await deliver()).toEqual({ handled: 1, told: 0 });
    Object.assign(token, { scopes: ['read_api'] });
    await ends('b', REVOKED, finding(2));

    expect(await deliver()).toMatchObject({ told: 0 });
    expect([readable.state, readable.notes]).toEqual(['DETECTED', []]);
    const refused = { type: 'write-back-refused', target: gitlab.url, reason: 'no-access' };
    expect(events).toEqual(
      expect.arrayContaining([
        { ...refused, id: 'a' },
        { ...refused, id: 'b' },
      ]),
    );
  });

  it.each<[string, Partial<FakeVulnerabilityPlace>, string]>([
    ['of another scanner', { reportType: 'SAST' }, 'no-secret'],
    ['of another project', { project: 'group/project-of-others' }, 'other-place'],
    ['of another file', { file: 'secret.txt.bak' }, 'other-place'],
  ])('writes nothing to a vulnerability %s, and says why', async (_name, place, reason) => {
    const { gitlab, ends, finding, deliver, events } = await writingBack('resolve');
    const vulnerability = gitlab.addVulnerability(777, place);
    await ends('a', REVOKED, finding(777));

    expect(await deliver()).toEqual({ handled: 1, told: 0 });

    expect([vulnerability.state, vulnerability.notes]).toEqual(['DETECTED', []]);
    expect(events).toEqual([{ type: 'write-back-refused', target: gitlab.url, id: 'a', reason }]);
  });

  it('knows a file by its name, however its address is written', async () => {
    const { gitlab, ends, finding, deliver } = await writingBack();
    const vulnerability = gitlab.addVulnerability(1, { file: 'conf/ä b#1.txt' });
    const location = `${gitlab.url}/group/project/-/raw/0123abcd/conf/%C3%A4%20b%231.txt#L1-2`;
    await ends('a', REVOKED, { ...finding(1), location });

    await deliver();

    expect(vulnerability.notes).toHaveLength(1);
  });

  it('fails when GitLab refuses the token, is down or is asked too often', async () => {
    const { gitlab, token, ends, finding, taken, deliver } = await writingBack();
    gitlab.addVulnerability(1);
    await ends('a', REVOKED, finding(1));
    const announcements = await taken();
    const post = { method: 'POST', path: '/api/graphql' };

    token.revoked = true;
    await expect(deliver(announcements)).rejects.toMatchObject({ code: 'credential-refused' });
    token.revoked = false;
    gitlab.failNext({ ...post, status: 200, body: { data: { currentUser: null, vulnerability: null } } });
    await expect(deliver(announcements)).rejects.toMatchObject({ code: 'credential-refused' });
    for (let calls = 0; calls < 2; calls++) gitlab.failNext({ ...post, status: 'drop' });
    await expect(deliver(announcements)).rejects.toMatchObject({ code: 'unreachable' });
    const tooOften = 'This endpoint has been requested too many times. Try again later.';
    gitlab.failNext({ ...post, status: 200, body: { data: null, errors: [{ message: tooOften }] } });
    await expect(deliver(announcements)).rejects.toMatchObject({ code: 'throttled' });
    const readOnly = 'You cannot perform write operations on a read-only instance';
    gitlab.failNext({ ...post, status: 200, body: { data: null, errors: [{ message: readOnly }] } });
    await expect(deliver(announcements)).rejects.toMatchObject({ code: 'unavailable', whose: 'provider' });
  });

  it('waits while GitLab takes no changes, however long that is', async () => {
    const { gitlab, ends, finding, taken, deliver, events } = await writingBack();
    const { notes } = gitlab.addVulnerability(1);
    await ends('a', REVOKED, finding(1));
    const announcements = await taken();
    const message = 'You cannot perform write operations on a read-only instance';
    const fault = { method: 'POST', path: '/api/graphql', about: 'createNote', status: 200 } as const;
    for (let tries = 0; tries < 12; tries++) {
      gitlab.failNext({ ...fault, body: { data: null, errors: [{ message }] } });
      await expect(deliver(announcements)).rejects.toMatchObject({ code: 'unavailable', scope: 'lane' });
    }
    await deliver(announcements);

    expect(notes).toHaveLength(1);
    expect(events).toEqual([]);
  });

  it('keeps what is done when a later one fails', async () => {
    const { gitlab, ends, finding, taken, deliver } = await writingBack();
    gitlab.addVulnerability(1);
    await ends('a', REVOKED, finding(1));
    await ends('b', REVOKED, finding(1));
    const announcements = await taken();
    // One call to read and one to comment, for the first of them.
    gitlab.configure({ callsLeft: 2 });

    expect(await deliver(announcements)).toEqual({
      handled: 1,
      told: 1,
    });
  });

  it.each([
    ['by an error', 500, 'upstream-error'],
    ['as if it were away', 503, 'unavailable'],
  ])(
    'gives up on a vulnerability at which GitLab fails again and again %s, and tells the others at once',
    async (_name, status, code) => {
      const { gitlab, ends, finding, taken, deliver, events } = await writingBack();
      const vulnerability = gitlab.addVulnerability(2);
      await ends('sick', REVOKED, finding(1));
      await ends('well', REVOKED, finding(2));
      const announcements = await taken();
      const sick = { method: 'POST', path: '/api/graphql', about: 'Vulnerability/1"', status } as const;
      for (let n = 0; n < 5; n++) gitlab.failNext(sick);

      for (let n = 0; n < 4; n++) await expect(deliver(announcements)).rejects.toMatchObject({ code });
      expect(vulnerability.notes).toHaveLength(1);
      expect(await deliver(announcements)).toMatchObject({ handled: 2 });

      expect(vulnerability.notes).toHaveLength(1);
      expect(events).toMatchObject([{ type: 'write-back-refused', id: 'sick', reason: 'failed' }]);
    },
  );

  it('gives up what one group grants to no token of this kind, which may be all that waits first', async () => {
    const { ends, finding, gitlab, taken, deliver, events } = await writingBack();
    await ends('a', REVOKED, finding(1));
    await ends('b', REVOKED, finding(2));
    const announcements = await taken();
    const message = 'Access denied: This operation requires a fine-grained personal access token.';
    const post = { method: 'POST', path: '/api/graphql', status: 200 } as const;
    const denied = { ...post, body: { data: null, errors: [{ message }] } };
    for (let n = 0; n < 10; n++) gitlab.failNext(denied);

    const code = 'permission-missing';
    for (let n = 0; n < 4; n++) await expect(deliver(announcements)).rejects.toMatchObject({ code });
    expect(await deliver(announcements)).toMatchObject({ handled: 2, told: 0 });

    expect(events).toMatchObject(['a', 'b'].map((id) => ({ type: 'write-back-refused', id })));
  });

  it.each([
    ['fails at', { status: 500 }],
    [
      'denies us',
      {
        status: 200,
        body: { data: null, errors: [{ message: 'Access denied: This operation requires a …' }] },
      },
    ],
  ] as const)('tells all others of a secret of which GitLab %s one', async (_name, answer) => {
    const { gitlab, needsPerson, finding, taken, deliver } = await writingBack();
    const other = gitlab.addVulnerability(2);
    await needsPerson('a', finding(1));
    await needsPerson('a', finding(2));
    const announcements = await taken();
    const fault = { method: 'POST', path: '/api/graphql', about: 'Vulnerability/1"' } as const;
    for (let n = 0; n < 5; n++) gitlab.failNext({ ...fault, ...answer });

    await deliver(announcements).catch(() => {});

    expect(other.notes).toHaveLength(1);
  });

  it('is told at once that one group grants nothing to such a token, where GitLab has told of others', async () => {
    const { gitlab, ends, finding, taken, deliver, events } = await writingBack();
    const [denied, other] = [1, 2].map((id) => gitlab.addVulnerability(id));
    await ends('denied', REVOKED, finding(1));
    await ends('other', REVOKED, finding(2));
    const announcements = await taken();
    const message = 'Access denied: This operation requires a fine-grained personal access token.';
    const about = `Vulnerability/${denied?.id}"`;
    const fault = { method: 'POST', path: '/api/graphql', about, status: 200 } as const;
    for (let n = 0; n < 2; n++) gitlab.failNext({ ...fault, body: { data: null, errors: [{ message }] } });

    await expect(deliver(announcements)).rejects.toMatchObject({ code: 'permission-missing' });
    expect(await deliver(announcements)).toMatchObject({ handled: 2 });

    expect(other?.notes).toHaveLength(1);
    expect(events).toMatchObject([{ type: 'write-back-refused', id: 'denied', reason: 'no-access' }]);
  });

  it.each([502, 'drop'] as const)(
    'tells the others at once, however many GitLab fails at first (%s)',
    async (status) => {
      const { gitlab, ends, finding, taken, deliver } = await writingBack();
      const good = gitlab.addVulnerability(9);
      for (let id = 1; id <= 4; id++) {
        gitlab.failNext({ method: 'POST', path: '/api/graphql', about: `Vulnerability/${id}"`, status });
        await ends(`sick ${id}`, REVOKED, finding(id));
      }
      await ends('good', REVOKED, finding(9));

      await expect(deliver(await taken())).rejects.toMatchObject({ whose: 'provider' });

      expect(good.notes).toHaveLength(1);
    },
  );

  it('gives up one that takes all the time that a delivery has, and keeps no others waiting', async () => {
    const lease = { over: new AbortController() };
    const isSlow: SlowCalls['isSlow'] = ({ json }) => JSON.stringify(json).includes('Vulnerability/1"');
    const { gitlab, ends, finding, taken, deliver, events } = await writingBack(
      'comment',
      {},
      { isSlow, lease },
    );
    const [, other] = [1, 2].map((id) => gitlab.addVulnerability(id));
    await ends('slow', REVOKED, finding(1));
    await ends('other', REVOKED, finding(2));
    const announcements = await taken();

    let [tries, handled] = [0, 0];
    for (; tries < 20 && handled === 0; tries++) {
      lease.over = new AbortController();
      handled = await deliver(announcements).then(
        (delivered) => delivered.handled,
        () => 0,
      );
    }

    expect(tries).toBeLessThan(10);
    expect(other?.notes).toHaveLength(1);
    expect(events).toMatchObject([{ type: 'write-back-refused', id: 'slow', reason: 'failed' }]);
  });

  it('comes further with each delivery where a secret stands at more places than a slow GitLab tells of in one', async () => {
    const lease = { over: new AbortController() };
    let read = 0;
    const isSlow: SlowCalls['isSlow'] = ({ json }) => JSON.stringify(json).includes('notes(') && ++read > 2;
    const { gitlab, needsPerson, finding, taken, deliver, events } = await writingBack(
      'comment',
      {},
      { isSlow, lease },
    );
    const found = Array.from({ length: 9 }, (_, n) => gitlab.addVulnerability(n + 1));
    for (let id = 1; id <= 9; id++) await needsPerson('a', finding(id));
    const [last] = (await taken()).slice(-1);
    if (!last) throw new Error('There was to be one.');

    for (let tries = 0; tries < 8 && found.some(({ notes }) => notes.length === 0); tries++) {
      [lease.over, read] = [new AbortController(), 0];
      await deliver([last]).catch(() => {});
    }

    expect(found.map(({ notes }) => notes.length)).toEqual(found.map(() => 1));
    expect(events).toEqual([]);
  });

  it('comes further so with each of two such secrets, whichever of them is told of first', async () => {
    const lease = { over: new AbortController() };
    let read = 0;
    const isSlow: SlowCalls['isSlow'] = ({ json }) => JSON.stringify(json).includes('notes(') && ++read > 2;
    const { gitlab, needsPerson, finding, taken, deliver, events } = await writingBack(
      'comment',
      {},
      { isSlow, lease },
    );
    const found = Array.from({ length: 10 }, (_, n) => gitlab.addVulnerability(n + 1));
    for (let id = 1; id <= 10; id++) await needsPerson(id > 5 ? 'b' : 'a', finding(id));
    const all = await taken();
    const last = ['a', 'b'].map((id) => all.findLast((each) => each.id === id)).filter((each) => !!each);

    for (let tries = 0; tries < 20 && found.some(({ notes }) => notes.length === 0); tries++) {
      [lease.over, read] = [new AbortController(), 0];
      await deliver(last).catch(() => {});
    }

    expect(found.map(({ notes }) => notes.length)).toEqual(found.map(() => 1));
    expect(events).toEqual([]);
  });

  it('tells of a secret at all other places where one takes all the time that there is', async () => {
    const lease = { over: new AbortController() };
    const isSlow: SlowCalls['isSlow'] = ({ json }) =>
      JSON.stringify(json).includes('notes(') && JSON.stringify(json).includes('Vulnerability/1"');
    const { gitlab, needsPerson, finding, taken, deliver, events } = await writingBack(
      'comment',
      {},
      { isSlow, lease },
    );
    const found = [1, 2, 3].map((id) => gitlab.addVulnerability(id));
    for (const id of [1, 2, 3]) await needsPerson('a', finding(id));
    const [last] = (await taken()).slice(-1);
    if (!last) throw new Error('There was to be one.');

    let isDone = false;
    for (let tries = 0; tries < 5 && !isDone; tries++) {
      lease.over = new AbortController();
      isDone = await deliver([last]).then(
        () => true,
        () => false,
      );
    }

    expect(isDone).toBe(true);
    expect(found.map(({ notes }) => notes.length)).toEqual([0, 1, 1]);
    expect(events).toMatchObject([{ type: 'write-back-refused', id: 'a', reason: 'failed' }]);
  });

  it('tells of a secret where GitLab failed once, though a group of another one denies us', async () => {
    const { gitlab, needsPerson, finding, taken, deliver } = await writingBack();
    gitlab.addVulnerability(1);
    const other = gitlab.addVulnerability(2);
    await needsPerson('a', finding(1));
    await needsPerson('a', finding(2));
    await needsPerson('b', finding(2));
    const [, both, last] = await taken();
    if (!both || !last) throw new Error('There were to be three.');
    await deliver([last]);
    const message = 'Access denied: This operation requires a …';
    const fault = { method: 'POST', path: '/api/graphql' } as const;
    for (let n = 0; n < 5; n++) {
      const denied = { status: 200, body: { data: null, errors: [{ message }] } };
      gitlab.failNext({ ...fault, ...denied, about: 'Vulnerability/1"' });
    }
    gitlab.failNext({ ...fault, status: 500, about: 'Vulnerability/2"' });

    await expect(deliver([both])).rejects.toMatchObject({ status: 500 });
    await deliver([both]);

    expect(other.notes).toHaveLength(2);
  });

  it('asks GitLab no more about what is done, while something before it fails', async () => {
    const { gitlab, ends, finding, taken, deliver } = await writingBack();
    for (let id = 1; id <= 4; id++) {
      gitlab.addVulnerability(id);
      await ends(`${id}`, REVOKED, finding(id));
    }
    const announcements = await taken();
    const fault = { method: 'POST', path: '/api/graphql', about: 'Vulnerability/1"', status: 500 } as const;
    for (let n = 0; n < 2; n++) gitlab.failNext(fault);
    await expect(deliver(announcements)).rejects.toMatchObject({ status: 500 });
    const before = gitlab.calls.length;

    await expect(deliver(announcements)).rejects.toMatchObject({ status: 500 });

    // Once more for the first, and who we are.
    expect(gitlab.calls.length - before).toBe(2);
    expect(await deliver(announcements)).toMatchObject({ handled: 4, told: 1 });
  });

  it('tells what is new while what failed before has its pause', async () => {
    const { gitlab, ends, finding, taken, channel, deliver } = await writingBack();
    const [sick, ...others] = [1, 2, 3].map((id) => gitlab.addVulnerability(id));
    await ends('sick', REVOKED, finding(1));
    await ends('a', REVOKED, finding(2));
    const fault = { method: 'POST', path: '/api/graphql', about: 'Vulnerability/1"', status: 500 } as const;
    gitlab.failNext(fault);
    await expect(deliver(await taken())).rejects.toMatchObject({ status: 500, scope: 'entry' });
    await ends('b', REVOKED, finding(3));
    const announcements = await taken();

    const delivered = await channel.deliver({ ...newsOf(announcements), skipsFailed: true }, SIGNAL);

    expect(delivered).toEqual({ handled: 0, told: 1 });
    expect(others.map((each) => each.notes.length)).toEqual([1, 1]);
    expect(sick?.notes).toEqual([]);
    expect(await deliver(announcements)).toEqual({ handled: 3, told: 1 });
    expect(sick?.notes).toHaveLength(1);
  });

  it('gives up none while GitLab fails at all', async () => {
    const { gitlab, ends, finding, taken, deliver, events } = await writingBack();
    const [one, two] = [gitlab.addVulnerability(1), gitlab.addVulnerability(2)];
    await ends('a', REVOKED, finding(1));
    await ends('without a vulnerability', REVOKED);
    await ends('b', REVOKED, finding(2));
    const announcements = await taken();
    for (let n = 0; n < 12; n++) {
      // The second is asked who we are.
      for (let calls = 0; calls < 2; calls++)
        gitlab.failNext({ method: 'POST', path: '/api/graphql', status: 503 });
      await expect(deliver(announcements)).rejects.toMatchObject({ code: 'unavailable' });
    }
    await deliver(announcements);

    expect([one.notes.length, two.notes.length, events]).toEqual([1, 1, []]);
  });
});

describe('a secret that works again', () => {
  const resolvedWorld = async (mode: 'comment' | 'resolve' = 'resolve') => {
    const world = await writingBack(mode);
    const vulnerability = world.gitlab.addVulnerability(1);
    await world.ends('a', REVOKED, world.finding(1));
    await world.deliver();
    /** As after a report of the dead token, when its provider says that it works. */
    const works = () => world.announces('a', 'alive-again', { recheckEndedBefore: Number.MAX_SAFE_INTEGER });
    return { ...world, vulnerability, works };
  };
  const keysOf = ({ notes }: FakeVulnerability) =>
    notes.map(({ body }) => /quash:a:([\w-]+)/.exec(body)?.[1]);

  it('opens what Quash resolved, says why, once, and resolves it again when it is dead', async () => {
    const { vulnerability, works, ends, taken, deliver, unexpected } = await resolvedWorld();
    expect(vulnerability.state).toBe('RESOLVED');
    await works();
    const announcements = await taken();

    expect(await deliver(announcements)).toMatchObject({ told: 1 });
    expect(await deliver(announcements)).toMatchObject({ told: 0 });

    expect([vulnerability.state, vulnerability.resolvedBy]).toEqual(['DETECTED', null]);
    expect(vulnerability.stateComments.slice(1)).toEqual([
      'This secret works, although it was taken for dead. Quash works on it again.',
    ]);
    await ends('a', REVOKED);
    await deliver();
    expect(vulnerability.state).toBe('RESOLVED');
    expect(keysOf(vulnerability)).toEqual(['revoked-proven', 'alive-again', 'revoked-proven']);
    expect(unexpected()).toEqual([]);
  });

  it('opens it also where it waits for approval, or a person, by the time that GitLab is told', async () => {
    for (const state of ['held', 'attention'] as const) {
      const { vulnerability, works, settles, deliver } = await resolvedWorld();
      await works();
      await settles('a', state);

      await deliver();

      expect([state, vulnerability.state]).toEqual([state, 'DETECTED']);
      expect(vulnerability.notes.at(-1)?.body).toMatch(
        state === 'held' ? /works.*once a person approves/ : /could not revoke/,
      );
    }
  });

  it('says only so where the vulnerability is open by now, or a person resolved or dismissed it', async () => {
    for (const [state, resolvedBy] of [
      ['DETECTED', null],
      ['CONFIRMED', null],
      ['DISMISSED', null],
      ['RESOLVED', 'gid://gitlab/User/999'],
    ] as const) {
      const { vulnerability, works, deliver } = await resolvedWorld();
      Object.assign(vulnerability, { state, resolvedBy });
      await works();

      await deliver();

      expect([vulnerability.state, vulnerability.stateComments.length]).toEqual([state, 1]);
      expect(keysOf(vulnerability)).toEqual(['revoked-proven', 'alive-again']);
    }
  });

  it('opens nothing that the user of our token resolved by hand', async () => {
    const { gitlab, token, announces, finding, deliver } = await writingBack('resolve');
    const vulnerability = gitlab.addVulnerability(1);
    Object.assign(vulnerability, { state: 'RESOLVED', resolvedBy: `gid://gitlab/User/${token.userId}` });
    await announces('a', 'alive-again', finding(1));

    await deliver();

    expect([vulnerability.state, keysOf(vulnerability)]).toEqual(['RESOLVED', ['alive-again']]);
  });

  it('changes no state where only comments are wanted', async () => {
    const { vulnerability, token, works, deliver } = await resolvedWorld('comment');
    Object.assign(vulnerability, { state: 'RESOLVED', resolvedBy: `gid://gitlab/User/${token.userId}` });
    await works();

    await deliver();

    expect([vulnerability.state, keysOf(vulnerability)]).toEqual([
      'RESOLVED',
      ['revoked-proven', 'alive-again'],
    ]);
  });
});

describe('the instances that are told', () => {
  const writeBackToken = new Secret(TOKEN);

  it('are those with a token, unless it is off', async () => {
    const { options, gitlab } = await writingBack();
    const names = (mode: WriteBackOptions['mode'], ...urls: string[]) =>
      writeBackChannels({
        ...{ ...options, mode },
        instances: [...urls.map((url) => ({ url, writeBackToken })), { url: 'https://without.example' }],
      }).map(({ name }) => name);

    expect(names('comment', gitlab.url)).toEqual([`gitlab:${gitlab.url}`]);
    expect(names('comment', 'https://a.example/one', 'https://a.example/two')).toEqual([
      'gitlab:https://a.example/one',
      'gitlab:https://a.example/two',
    ]);
    expect(names('off', gitlab.url)).toEqual([]);
  });

  it('are, of two on one host, the one that reported the leak', async () => {
    const { options, gitlab, ends, finding, taken } = await writingBack('comment', { basePath: '/one' });
    const [ours, others] = [gitlab.addVulnerability(1), gitlab.addVulnerability(2)];
    const { origin } = new URL(gitlab.url);
    const instances = [gitlab.url, `${origin}/two`].map((url) => ({ url, writeBackToken }));
    const channels = writeBackChannels({ ...options, instances });
    await ends('a', REVOKED, {
      ...finding(1),
      location: `${origin}/one/group/project/-/raw/0123abcd/secret.txt#L1`,
    });
    await ends('b', REVOKED, {
      ...finding(2),
      location: `${origin}/two/group/project/-/raw/0123abcd/secret.txt#L1`,
    });
    const news = newsOf(await taken());

    expect(await channels[0]?.deliver(news, SIGNAL)).toEqual({ handled: 2, told: 1 });

    expect([ours.notes.length, others.notes.length]).toEqual([1, 0]);
  });
});

describe('whose finding it is', () => {
  const FINDING = { origin: 'https://git.example', vulnerability: 1 };
  const [ROOT, ONE, TWO] = ['https://git.example', 'https://git.example/one', 'https://git.example/two/'];
  const at = (path: string) => `https://git.example${path}/-/raw/0123abcd/a.txt#L1`;

  it.each([
    ['the only one of that origin', ['https://other.example', ROOT], ['not an address'], ROOT],
    ['none of another origin', ['https://other.example'], [at('/g/p')], undefined],
    ['the one that all locations lie below', [ONE, TWO], [at('/two/g/p'), at('/two/g/q')], TWO],
    [
      'told by the locations of that origin alone',
      [ONE, TWO],
      [at('/one/g/p'), 'https://x.example/two/'],
      ONE,
    ],
    ['not told by the beginning of a name', [ONE, TWO], [at('/oneself/p')], undefined],
    ['nobody knows whose, with locations of both', [ONE, TWO], [at('/one/p'), at('/two/p')], undefined],
    ['nobody knows whose, without a location', [ONE, TWO], [], undefined],
    ['the outer one, outside of the inner one', [ROOT, ONE], [at('/g/p')], ROOT],
    ['nobody knows whose, where a group may have the path', [ROOT, ONE], [at('/one/p')], undefined],
  ])('is %s', (_name, urls, locations, expected) => {
    expect(reporterOf(FINDING, locations, urls)).toBe(expected);
  });

  it('is told by no locations that may lack some', () => {
    const locations = Array.from({ length: MAX_LOCATIONS }, (_, n) => at(`/one/p${n}`));

    expect(reporterOf(FINDING, locations.slice(1), [ONE, TWO])).toBe(ONE);
    expect(reporterOf(FINDING, locations, [ONE, TWO])).toBeUndefined();
    expect(reporterOf(FINDING, locations, [ONE])).toBe(ONE);
  });
});
