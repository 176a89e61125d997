/** One confidential issue of each project: a real ledger, a GitLab. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { FakeProject } from '../../src/fakes/gitlab-findings.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { Secret } from '../../src/words/secret.ts';
import { writeBackChannels } from '../../src/write-back/channel.ts';
import type { WriteBackOptions } from '../../src/write-back/options.ts';
import { newsOf, newsroom } from '../notify/news.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { type SlowCalls, slowUpstream } from './slow-upstream.ts';

const TOKEN = ['gl', 'pat-', 'writes'.repeat(3)].join('');
const REVOKED: Outcome = { kind: 'revoked', verified: true };
const ISSUES = '/projects/acme%2Fapp/issues';

async function keepingIssues(basePath = '', slow?: SlowCalls) {
  const news = newsroom();
  const { ledger, clock } = news;
  const gitlab = await startFakeGitlab({ basePath });
  onTestFinished(() => gitlab.close());
  const { userId } = gitlab.addToken('personal', { value: TOKEN });
  const factory = createUpstreamFactory({
    ...{ timeoutMs: PATIENCE_MS, proxy: null, allowPrivate: ['127.0.0.1'], clock },
  });
  onTestFinished(() => factory.close());
  const upstream = slow ? slowUpstream(factory, slow) : factory;
  const never = new AbortController().signal;
  const events: QuashEvent[] = [];
  const instances: WriteBackOptions['instances'][number][] = [
    { url: gitlab.url, writeBackToken: new Secret(TOKEN) },
  ];
  const options = {
    instances,
    ...{ mode: 'issue' as const, ledger, upstream, observe: (event: QuashEvent) => void events.push(event) },
    publicUrl: 'https://quash.example.com',
  } satisfies WriteBackOptions;
  const [channel] = writeBackChannels(options);
  if (!channel) throw new Error('no channel');
  await ledger.setChannels([channel.name]);
  const project = (path = 'acme/app'): FakeProject => gitlab.addProject({ path, developers: [userId] });
  const placeIn = (path: string, file = 'src/a.env', line = 3) =>
    `${gitlab.url}/${path}/-/blob/0123abcd/${file}#L${line}`;
  /** All that is new; again until nothing is left. */
  const deliver = async () => {
    let told = 0;
    for (;;) {
      const batch = await ledger.takeAnnouncements(channel.name, {
        now: clock.now(),
        limit: 1_000,
        leaseMs: 1,
      });
      clock.jump(1);
      const all = batch?.announcements ?? [];
      const wanted = all.filter((each) => channel.wants(each));
      if (!batch || all.length === 0) return told;
      const delivered =
        wanted.length > 0
          ? await channel.deliver(newsOf(wanted), slow?.lease.over.signal ?? never)
          : { handled: 0, told: 0 };
      told += delivered.told;
      const through = delivered.handled === wanted.length ? all.at(-1) : wanted[delivered.handled - 1];
      await ledger.confirmAnnouncements(channel.name, batch.lease, through?.seq ?? '');
      await ledger.putOffAnnouncements(channel.name, batch.lease, clock.now());
    }
  };
  const unexpected = () => gitlab.calls.filter((call) => call.unexpected);
  return { ...news, gitlab, userId, events, options, channel, project, placeIn, deliver, unexpected };
}

const BY_HAND: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'ambiguous',
  advice: 'Revoke it by hand.',
};

describe('the issue of a project', () => {
  it('is one, confidential, says what leaked and where, and is kept up to date until nothing is open', async () => {
    const { needsPerson, ends, held, ledger, clock, project, placeIn, deliver, unexpected } =
      await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') }, BY_HAND);
    await deliver();
    await held('b', { location: placeIn('acme/app', 'config/b.yml', 7) });
    await deliver();

    expect(issues).toMatchObject([{ confidential: true, state: 'opened', title: expect.any(String) }]);
    const text = issues[0]?.description ?? '';
    for (const part of [
      '**2 may still work** of 2 leaks',
      '### `acme`, `api-key`',
      'Quash could not revoke it by itself',
      'once a person approves',
      `[\`config/b.yml\`, line 7](${placeIn('acme/app', 'config/b.yml', 7)})`,
      '[Details](https://quash.example.com/revocations/a)',
    ]) {
      expect(text).toContain(part);
    }

    for (const id of ['a', 'b']) {
      await ledger.dismiss(id, { now: clock.now(), event: { at: clock.now(), event: 'dismissed' } });
    }
    await ends('c', REVOKED, { location: placeIn('acme/app', 'c.env') });
    await deliver();

    expect(issues).toMatchObject([{ state: 'closed', confidential: true }]);
    expect(issues[0]?.description).toContain('**Nothing is left to be done** of 1 leak.');
    expect(issues[0]?.description).toContain('Its provider says that it no longer works.');
    expect(unexpected()).toEqual([]);
  });

  it('opens again when something leaks, and is not written to where nothing is new', async () => {
    const { needsPerson, ends, project, placeIn, deliver, gitlab, held } = await keepingIssues();
    const { issues } = project();
    await ends('a', REVOKED, { location: placeIn('acme/app') });
    await deliver();
    expect(issues[0]?.state).toBe('closed');

    await needsPerson('b', { location: placeIn('acme/app', 'b') });
    await deliver();
    expect(issues).toMatchObject([{ state: 'opened' }]);

    const written = gitlab.calls.filter(({ method }) => method === 'PUT').length;
    await held('c', { location: 'https://elsewhere.example/x/-/blob/0123abcd/y#L1' });
    expect(await deliver()).toBe(0);
    expect(gitlab.calls.filter(({ method }) => method === 'PUT')).toHaveLength(written);
  });

  it('of another project shows nothing of this one, of a token that leaked in both', async () => {
    const { needsPerson, project, placeIn, deliver } = await keepingIssues('/gitlab');
    const [one, two] = [project('acme/one'), project('acme/two')];
    await needsPerson('a', { location: placeIn('acme/one', 'private-name.env') });
    await needsPerson('a', { location: placeIn('acme/two', 'b.env'), finding: 'f' });
    await deliver();
    await needsPerson('b', { location: placeIn('acme/two', 'c.env') });
    await deliver();

    expect(one.issues[0]?.description).toContain('private-name.env');
    expect(two.issues[0]?.description).toContain('b.env');
    expect(two.issues[0]?.description).not.toContain('private-name');
  });

  it('has no place that may be of an instance below its own', async () => {
    const { needsPerson, project, placeIn, deliver, options, gitlab } = await keepingIssues();
    options.instances.push({ url: `${gitlab.url}/inner/` });
    const { issues } = project('inner/group/app');
    await needsPerson('a', { location: placeIn('inner/group/app') });

    expect(await deliver()).toBe(0);
    expect(issues).toEqual([]);
  });

  it('has no place that another caller than GitLab reported', async () => {
    const { needsPerson, project, placeIn, deliver, gitlab } = await keepingIssues();
    project();
    await needsPerson('a', { location: placeIn('acme/app'), readable: false });

    expect(await deliver()).toBe(0);
    expect(gitlab.calls).toEqual([]);
  });

  it('calls nobody, follows no command and links nowhere else, whatever a file is called', async () => {
    const { needsPerson, project, placeIn, deliver } = await keepingIssues();
    const { issues } = project();
    const names = ['x\n\n', 'close\n@all ![i](evil.example) `', '<img src=x> ](evil.example) #1 !2 ~bug'];
    const file = names.map(encodeURIComponent).join('/');
    await needsPerson('a', { location: placeIn('acme/app', file) });

    await deliver();

    const text = issues[0]?.description ?? '';
    expect(text).toMatch(/^- \[`/m);
    expect(text).not.toMatch(/^\s*\//m);
    expect(text).not.toMatch(/!\[|<img/);
    // Outside of spans of code and addresses.
    const rest = text.replace(/`[^`\n]*`/g, '').replace(/\]\(\S+\)/g, ']');
    expect(rest).not.toMatch(/@|evil|bug/);
    expect(
      text
        .match(/\]\(\S+\)/g)
        ?.every((link) => /^\]\(https?:\/\/(127\.0\.0\.1|quash\.example\.com)[:/]/.test(link)),
    ).toBe(true);
  });

  it('is found again by its text where the ledger has forgotten it, and no other issue is', async () => {
    const { needsPerson, project, placeIn, deliver, ledger, gitlab } = await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') });
    await deliver();
    const [own] = issues;
    if (!own) throw new Error('no issue');
    issues.unshift({ ...own, iid: 2, author: 1 }, { ...own, iid: 3, description: 'mine' });
    await ledger.setMark(`issue ${gitlab.url}/acme/app`, '404');

    await needsPerson('b', { location: placeIn('acme/app', 'b') });
    await deliver();

    expect(issues).toHaveLength(3);
    expect(own.description).toContain('of 2 leaks');
    expect(issues.filter(({ description }) => description?.includes('of 2 leaks'))).toHaveLength(1);
  });

  it('is made anew where another project has come to the path, whose issue of that number is left alone', async () => {
    const { needsPerson, project, placeIn, deliver } = await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') });
    await deliver();
    const [own] = issues;
    if (!own) throw new Error('no issue');
    const others = { ...own, author: 1, title: 'Pay the bills', description: 'Of the new owner.' };
    issues.splice(0, 1, others);

    await needsPerson('b', { location: placeIn('acme/app', 'b') });
    await deliver();

    expect(issues).toMatchObject([{ description: 'Of the new owner.' }, { iid: 2 }]);
    expect(issues[1]?.description).toContain('of 2 leaks');
  });

  it.each([
    ['text', { description: 'I know.' }],
    ['title', { title: 'Old leaks' }],
  ])('stays the same where somebody writes another %s', async (_name, change) => {
    const { needsPerson, project, placeIn, deliver } = await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') });
    await deliver();
    Object.assign(issues[0] ?? {}, change);

    await needsPerson('b', { location: placeIn('acme/app', 'b') });
    await deliver();

    expect(issues).toHaveLength(1);
    expect(issues[0]?.description).toContain('of 2 leaks');
  });

  it('holds nothing before GitLab says that it is confidential, and is closed where it is not', async () => {
    const { needsPerson, project, placeIn, deliver, gitlab, events } = await keepingIssues();
    const { issues } = project();
    const body = { iid: 1, title: 'x', description: null, confidential: false, state: 'opened' };
    gitlab.failNext({ method: 'POST', path: ISSUES, status: 201, body, afterWork: true });
    await needsPerson('a', { location: placeIn('acme/app') });

    await deliver();

    expect(issues).toMatchObject([{ state: 'closed', description: expect.not.stringContaining('a.env') }]);
    expect(events).toEqual([
      { type: 'write-back-refused', target: gitlab.url, id: 'a', reason: 'public-issue' },
    ]);
  });

  it('waits while GitLab is in maintenance mode', async () => {
    const { needsPerson, project, placeIn, deliver, gitlab, events } = await keepingIssues();
    const { issues } = project();
    const body = { message: 'Back at noon.' };
    gitlab.failNext({ method: 'POST', path: ISSUES, status: 403, body });
    await needsPerson('a', { location: placeIn('acme/app') });

    await expect(deliver()).rejects.toMatchObject({ code: 'unavailable', whose: 'provider' });
    await deliver();
    expect(issues).toHaveLength(1);

    await needsPerson('b', { location: placeIn('acme/app', 'b.env') });
    for (let tries = 0; tries < 12; tries++) {
      gitlab.failNext({ method: 'PUT', path: `${ISSUES}/1`, status: 403, body });
      await expect(deliver()).rejects.toMatchObject({ code: 'unavailable', scope: 'lane' });
    }
    await deliver();
    expect(issues[0]?.description).toContain('b.env');
    expect(events).toEqual([]);
  });

  it('is not written to any more once somebody has made it public', async () => {
    const { needsPerson, project, placeIn, deliver, events } = await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') });
    await deliver();
    const [issue] = issues;
    if (!issue) throw new Error('no issue');
    issue.confidential = false;

    await needsPerson('b', { location: placeIn('acme/app', 'b-secret.env') });
    await deliver();

    expect(issue.description).not.toContain('b-secret');
    expect(events).toMatchObject([{ reason: 'public-issue' }]);
  });

  it('is left out where our user may not, and keeps no other project waiting', async () => {
    const { needsPerson, project, placeIn, deliver, events, gitlab } = await keepingIssues();
    gitlab.addProject({ path: 'acme/closed', visibility: 'public' });
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/closed') });
    await needsPerson('b', { location: placeIn('acme/gone') });
    await needsPerson('c', { location: placeIn('acme/app') });

    await deliver();

    expect(issues).toHaveLength(1);
    expect(events.map((event) => 'reason' in event && event.reason)).toEqual(['no-access', 'no-access']);
  });

  it('keeps no other project waiting where GitLab always fails at one, and gives that one up in the end', async () => {
    const { needsPerson, project, placeIn, deliver, events, gitlab } = await keepingIssues();
    project('acme/slow');
    const { issues } = project();
    const path = '/projects/acme%2Fslow/issues';
    const fail = () => gitlab.failNext({ method: 'GET', path, status: 503 });
    await needsPerson('a', { location: placeIn('acme/slow') });
    await needsPerson('b', { location: placeIn('acme/app') });

    fail();
    await expect(deliver()).rejects.toMatchObject({ code: 'unavailable' });
    for (let tries = 2; tries < 5; tries++) {
      fail();
      await expect(deliver()).rejects.toMatchObject({ code: 'unavailable' });
      expect(issues).toHaveLength(1);
    }
    fail();
    await deliver();

    expect(events).toMatchObject([{ type: 'write-back-refused', id: 'a', reason: 'failed' }]);
  });

  it.each([502, 'drop'] as const)(
    'keeps no other project waiting for many at which GitLab fails first (%s)',
    async (status) => {
      const { needsPerson, project, placeIn, deliver, gitlab } = await keepingIssues();
      for (let n = 0; n < 4; n++) {
        project(`group/sick-${n}`);
        gitlab.failNext({ method: 'GET', path: `/projects/group%2Fsick-${n}/issues`, status });
        await needsPerson(`sick-${n}`, { location: placeIn(`group/sick-${n}`) });
      }
      const { issues } = project();
      await needsPerson('good', { location: placeIn('acme/app') });

      await expect(deliver()).rejects.toMatchObject({ whose: 'provider' });

      expect(issues).toHaveLength(1);
    },
  );

  it('is not given up for failures before another replica wrote it', async () => {
    const { needsPerson, project, placeIn, deliver, gitlab, ledger, channel, clock, events } =
      await keepingIssues();
    for (const path of ['acme/app', 'acme/other']) project(path);
    const failing = async () => {
      gitlab.failNext({ method: 'GET', path: ISSUES, status: 503 });
      await expect(deliver()).rejects.toMatchObject({ code: 'unavailable' });
    };
    await needsPerson('a', { location: placeIn('acme/app') });
    for (let tries = 1; tries < 5; tries++) await failing();
    const taking = { now: clock.now(), limit: 100, leaseMs: 1 };
    const { lease = '', announcements = [] } = (await ledger.takeAnnouncements(channel.name, taking)) ?? {};
    await ledger.confirmAnnouncements(channel.name, lease, announcements.at(-1)?.seq ?? '');
    await needsPerson('b', { location: placeIn('acme/other') });
    await deliver();

    await needsPerson('c', { location: placeIn('acme/app') });
    await failing();

    expect(events).toEqual([]);
  });

  it('is kept up to date while another project has its pause, at which GitLab failed', async () => {
    const { needsPerson, project, placeIn, deliver, gitlab, ledger, channel, clock } = await keepingIssues();
    const sick = project('acme/sick');
    const { issues } = project();
    gitlab.failNext({ method: 'GET', path: '/projects/acme%2Fsick/issues', status: 503 });
    await needsPerson('a', { location: placeIn('acme/sick') });
    await needsPerson('b', { location: placeIn('acme/app') });
    await expect(deliver()).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
    await needsPerson('c', { location: placeIn('acme/app') });
    const taking = { now: clock.now(), limit: 100, leaseMs: 1 };
    const { announcements = [] } = (await ledger.takeAnnouncements(channel.name, taking)) ?? {};
    clock.jump(1);

    const news = { ...newsOf(announcements), skipsFailed: true as const };
    const delivered = await channel.deliver(news, new AbortController().signal);

    expect(delivered).toEqual({ handled: 0, told: 1 });
    expect(issues).toHaveLength(1);
    expect(sick.issues).toEqual([]);
    expect(await deliver()).toBe(1);
    expect(sick.issues).toHaveLength(1);
  });

  it('gives up two projects at which GitLab always fails, whichever of them began earlier', async () => {
    const { needsPerson, project, placeIn, deliver, events, gitlab } = await keepingIssues();
    const good = project('group/good');
    const failAt = (path: string) => {
      const fault = { method: 'GET', path: `/projects/group%2F${path}`, status: 500 } as const;
      for (let n = 0; n < 100; n++) gitlab.failNext(fault);
    };
    for (const name of ['one', 'two']) project(`group/${name}`);
    for (const name of ['one', 'two', 'good'])
      await needsPerson(name, { location: placeIn(`group/${name}`) });
    failAt('one/issues');
    for (let tries = 0; tries < 2; tries++) await expect(deliver()).rejects.toMatchObject({ status: 500 });
    failAt('two/issues/1');
    await needsPerson('more', { location: placeIn('group/two', 'more') });
    let tries = 2;
    for (; tries < 20; tries++) {
      const isDone = await deliver().then(
        () => true,
        () => false,
      );
      if (isDone) break;
    }

    expect(tries).toBeLessThan(10);
    expect(good.issues).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'write-back-refused')).toHaveLength(2);
  });

  it('waits for no project that has moved, as GitLab then says where it is now', async () => {
    const { needsPerson, project, placeIn, deliver, events, gitlab } = await keepingIssues();
    project();
    await needsPerson('a', { location: placeIn('acme/app') });
    const location = `${gitlab.url}/api/v4/projects/1/issues`;
    const message = 'Non GET methods are not allowed for moved projects';
    gitlab.failNext({ method: 'POST', path: ISSUES, status: 405, body: { message } });

    gitlab.failNext({ method: 'GET', path: ISSUES, status: 302, headers: { location: '/users/sign_in' } });

    await expect(deliver()).rejects.toMatchObject({ code: 'unexpected-answer' });

    gitlab.failNext({ method: 'GET', path: ISSUES, status: 302, headers: { location } });
    await deliver();

    expect(events).toMatchObject([{ type: 'write-back-refused', id: 'a', reason: 'no-access' }]);
  });

  it('waits where something on the way refuses a method, which says nothing of the project', async () => {
    const { needsPerson, project, placeIn, deliver, events, gitlab } = await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') });
    gitlab.failNext({ method: 'POST', path: ISSUES, status: 405, body: { message: 'Method Not Allowed' } });

    await expect(deliver()).rejects.toMatchObject({ code: 'unexpected-answer' });
    await deliver();

    expect([issues.length, events]).toEqual([1, []]);
  });

  it('is tried as often as any other once the delivery is over in which it was given up', async () => {
    const { needsPerson, project, placeIn, deliver, gitlab } = await keepingIssues();
    const { issues } = project();
    const fault = { method: 'GET', path: ISSUES, status: 500 } as const;
    for (let n = 0; n < 6; n++) gitlab.failNext(fault);
    await needsPerson('a', { location: placeIn('acme/app') });
    for (let tries = 0; tries < 4; tries++) await expect(deliver()).rejects.toMatchObject({ status: 500 });
    await deliver();
    await needsPerson('b', { location: placeIn('acme/app', 'new') });
    await expect(deliver()).rejects.toMatchObject({ status: 500 });
    await deliver();

    expect(issues).toHaveLength(1);
  });

  it('keeps no other project waiting for one that takes all the time that a delivery has', async () => {
    const lease = { over: new AbortController() };
    const { needsPerson, project, placeIn, deliver, events } = await keepingIssues('', {
      isSlow: ({ path }) => String(path).includes('slow'),
      lease,
    });
    const [, good] = [project('group/slow'), project('group/good')];
    await needsPerson('slow', { location: placeIn('group/slow') });
    await needsPerson('good', { location: placeIn('group/good') });

    let tries = 0;
    for (; tries < 20; tries++) {
      lease.over = new AbortController();
      const isDone = await deliver().then(
        () => true,
        () => false,
      );
      if (isDone) break;
    }

    expect(tries).toBeLessThan(10);
    expect(good?.issues).toHaveLength(1);
    expect(events).toMatchObject([{ type: 'write-back-refused', id: 'slow', reason: 'failed' }]);
  });

  it('gives up no project for which slow ones before it leave no time', async () => {
    const lease = { over: new AbortController() };
    let begun = '';
    const { needsPerson, project, placeIn, deliver, events } = await keepingIssues('', {
      // The time of a delivery is over in the second project, whichever that is.
      isSlow({ path }) {
        const [, name = ''] = /projects\/([^/]+)/.exec(String(path)) ?? [];
        begun ||= name;
        return name !== begun;
      },
      lease,
    });
    const [slow, good] = [project('group/slow'), project('group/good')];
    await needsPerson('slow', { location: placeIn('group/slow') });
    await needsPerson('good', { location: placeIn('group/good') });

    for (let tries = 0; tries < 20 && !(slow.issues.length === 1 && good.issues.length === 1); tries++) {
      lease.over = new AbortController();
      begun = '';
      await deliver().catch(() => {});
    }

    expect([slow.issues.length, good.issues.length]).toEqual([1, 1]);
    expect(events).toEqual([]);
  });

  it('tells of what is new in a project that was given up while others still failed', async () => {
    const { needsPerson, project, placeIn, deliver, gitlab } = await keepingIssues();
    const [first] = [project('group/first'), project('group/second')];
    await needsPerson('first', { location: placeIn('group/first') });
    const failAt = (path: string, times: number) => {
      const fault = { method: 'GET', path: `/projects/group%2F${path}/issues`, status: 500 } as const;
      for (let n = 0; n < times; n++) gitlab.failNext(fault);
    };
    failAt('first', 5);
    for (let tries = 0; tries < 3; tries++) await expect(deliver()).rejects.toMatchObject({ status: 500 });
    await needsPerson('second', { location: placeIn('group/second') });
    failAt('second', 3);
    for (let tries = 0; tries < 2; tries++) await expect(deliver()).rejects.toMatchObject({ status: 500 });

    await needsPerson('new', { location: placeIn('group/first', 'new') });
    await expect(deliver()).rejects.toMatchObject({ status: 500 });
    gitlab.failNext({ method: 'GET', path: '/projects/group%2Ffirst/issues', status: 503 });
    gitlab.failNext({ method: 'GET', path: '/version', status: 503 });
    await expect(deliver()).rejects.toMatchObject({ status: 503 });
    await deliver();

    expect(first?.issues).toHaveLength(1);
  });

  it('gives up none while GitLab fails at all', async () => {
    const { needsPerson, project, placeIn, deliver, events, gitlab } = await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') });
    for (let tries = 0; tries < 10; tries++) {
      gitlab.failNext({ method: 'GET', path: ISSUES, status: 503 });
      gitlab.failNext({ method: 'GET', path: '/version', status: 503 });
      await expect(deliver()).rejects.toMatchObject({ code: 'unavailable' });
    }
    await deliver();

    expect(issues).toHaveLength(1);
    expect(events).toEqual([]);
  });

  it('is not made twice while GitLab is deployed anew, and a proxy says of all that it is not there', async () => {
    const { needsPerson, project, placeIn, deliver, events, gitlab } = await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') });
    await deliver();
    await needsPerson('b', { location: placeIn('acme/app', 'b.env') });
    const page = { method: 'GET', status: 404, body: 'default backend - 404' };
    for (const path of [ISSUES, `${ISSUES}/1`, '/version']) gitlab.failNext({ ...page, path });

    await expect(deliver()).rejects.toMatchObject({ code: 'unavailable', scope: 'lane' });
    await deliver();

    expect(issues).toHaveLength(1);
    expect(issues[0]?.description).toContain('b.env');
    expect(events).toEqual([]);
  });

  it.each([
    ['is there all the same', 1],
    ['was deleted', 0],
  ])('is kept on where a proxy puts a page in place of it, when it %s', async (_name, left) => {
    const { needsPerson, project, placeIn, deliver, events, gitlab } = await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') });
    await deliver();
    issues.splice(left);
    await needsPerson('b', { location: placeIn('acme/app', 'b.env') });
    gitlab.failNext({ method: 'GET', path: `${ISSUES}/1`, status: 404, body: '<html>' });

    await deliver();

    expect(issues).toHaveLength(1);
    expect(issues[0]?.description).toContain('b.env');
    expect(events).toEqual([]);
  });

  it('lists the open leaks of a flood before the others, and says that there are more', async () => {
    const { needsPerson, ends, project, placeIn, deliver } = await keepingIssues();
    const { issues } = project();
    await ends('old', REVOKED, { location: placeIn('acme/app', 'old') });
    for (let n = 0; n < 30; n++) await needsPerson(`a${n}`, { location: placeIn('acme/app', `f${n}`) });

    await deliver();

    const text = issues[0]?.description ?? '';
    expect(text).toContain('of 21 leaks, and there are more than these');
    expect(text.length).toBeLessThan(30_000);
  });

  it('waits for a GitLab that is away, and goes on', async () => {
    const { needsPerson, project, placeIn, deliver, gitlab } = await keepingIssues();
    const { issues } = project();
    await needsPerson('a', { location: placeIn('acme/app') });
    gitlab.configure({ callsLeft: 0 });
    await expect(deliver()).rejects.toMatchObject({ code: 'throttled' });

    gitlab.configure({ callsLeft: null });
    await deliver();

    expect(issues).toHaveLength(1);
  });
});
