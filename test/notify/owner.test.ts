/** Those whose secret leaked are told: a real ledger, a GitLab, a mail server. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeGitlab, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { FakeLeakOptions, FakeProject } from '../../src/fakes/gitlab-findings.ts';
import type { ReportedToken } from '../../src/ledger/report.ts';
import { noticeChannels } from '../../src/notify/channels.ts';
import { notifyItem } from '../../src/notify/config.ts';
import { Delivery } from '../../src/notify/delivery.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import type { Outcome } from '../../src/words/outcome.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Subject } from '../../src/words/subject.ts';
import { eventually } from '../support/eventually.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { newsroom, UNKNOWN } from './news.ts';
import { startSmtpReceiver } from './receivers.ts';

const ADMIN = ['gl', 'pat-', 'admin'.repeat(4)].join('');
/** An instance that nobody listens for. */
const AWAY = 'http://127.0.0.1:1';
const DAY_MS = 24 * 3_600_000;

interface Leak extends Partial<FakeLeakOptions> {
  readonly path?: string;
  readonly outcome?: Outcome;
  readonly subject?: Subject;
  readonly report?: Partial<ReportedToken>;
}

async function telling(
  changes: object = {},
  refused: readonly string[] = [],
  responseCode = 550,
  callMs = 0,
  onCall: () => Promise<void> = async () => {},
) {
  const smtp = await startSmtpReceiver({
    onRcptTo: ({ address }, _session, done) =>
      refused.includes(address) ? done(Object.assign(new Error('Not here'), { responseCode })) : done(),
  });
  const gitlab = await startFakeGitlab({ adminToken: ADMIN });
  onTestFinished(() => gitlab.close());
  const news = newsroom();
  const { ledger, clock } = news;
  const factory = createUpstreamFactory({
    ...{ timeoutMs: PATIENCE_MS, proxy: null, allowPrivate: ['127.0.0.1'], clock },
  });
  onTestFinished(() => factory.close());
  const upstream: typeof factory = {
    ...factory,
    for(caller, url) {
      const { base, request } = factory.for(caller, url);
      return {
        base,
        async request(each) {
          clock.jump(callMs);
          await onCall();
          return request(each);
        },
      };
    },
  };
  const events: QuashEvent[] = [];
  const observe = (event: QuashEvent) => void events.push(event);
  const item = notifyItem().parse({
    ...{ type: 'owner', name: 'owners', host: '127.0.0.1', port: smtp.port, tls: 'none', groupSeconds: 0 },
    ...{ from: 'quash@example.com', domains: ['Example.com'], ...changes },
  });
  const admin = new Secret(ADMIN);
  const [channel] = noticeChannels([item], {
    ...{ ledger, upstream, clock, observe, timeoutMs: PATIENCE_MS, fingerprint: (text) => `of ${text}` },
    instances: [{ url: gitlab.url, adminToken: admin, readToken: admin }, { url: AWAY }],
  });
  if (!channel) throw new Error('no channel');
  await ledger.setChannels([channel.name]);
  const delivery = new Delivery({
    ...{ channel, ledger, clock, observe, leaseMs: PATIENCE_MS, cutting: new AbortController().signal },
  });
  const projects = new Map<string, FakeProject>();
  /** A token is found in a project, and the work on it ends. */
  const leaks = async (id: string, { path = 'acme/app', outcome, subject, report, ...leak }: Leak = {}) => {
    const project = projects.get(path) ?? gitlab.addProject({ path });
    projects.set(path, project);
    const { commit, file, line } = gitlab.leak(project, { rule: 'x', token: id, ...leak }).finding;
    const location = `${gitlab.url}/${path}/-/blob/${commit}/${encodeURI(file)}#L${line}`;
    const changes = { provider: 'gitlab', kind: 'personal-access-token', location, ...report };
    await news.ends(id, outcome ?? revokedAt(gitlab.url), changes, 'done', subject);
    return location;
  };
  const deliver = async () => {
    while (await delivery.round());
  };
  return { ...news, smtp, gitlab, events, deliver, delivery, leaks };
}

/** Day after day one more leaks, and its author is told; in the end nothing waits. */
async function tellsEach(
  { smtp, leaks, deliver, clock, ledger }: Awaited<ReturnType<typeof telling>>,
  from: number,
  to: number,
): Promise<void> {
  for (let n = from; n <= to; n++) {
    await leaks(`b${n}`, { author: `ann${n}@example.com`, path: `acme/p${n}` });
    await deliver();
    clock.jump(DAY_MS);
    expect(smtp.mails).toHaveLength(n);
  }
  const left = await ledger.takeAnnouncements('owners', { now: clock.now(), limit: 10, leaseMs: 1 });
  expect(left).toBeUndefined();
}

function revokedAt(instance: string): Outcome {
  return { kind: 'revoked', verified: true, evidence: { instance } };
}

/** The headers and the text, apart. */
function partsOf(mail: { readonly text: string } | undefined) {
  const [head = '', ...text] = (mail?.text ?? '').split('\r\n\r\n');
  return { head, text: text.join('\r\n\r\n') };
}

describe('the author of a commit', () => {
  it('is told in plain words what leaked, where, that it is dead, and what to do', async () => {
    const { smtp, leaks, deliver } = await telling();
    const location = await leaks('a', { author: 'Ann@Example.com', file: 'src/a.env' });

    await deliver();

    expect(smtp.mails).toMatchObject([{ from: 'quash@example.com', to: ['ann@example.com'] }]);
    const { head, text } = partsOf(smtp.mails[0]);
    expect(head).toContain('Subject: A secret of yours leaked, and nothing is left to be done');
    for (const part of [
      'in commits that name you as their author',
      'gitlab, personal-access-token',
      'Quash revoked this secret. Its provider says that it no longer works.',
      location,
      'make a new one',
      'Anybody can write any address into a commit',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('is told what may still work, of several leaks in one mail', async () => {
    const { smtp, leaks, deliver, held, gitlab } = await telling();
    const location = await leaks('a', { author: 'ann@example.com' });
    await held('b', { provider: 'gitlab', location });
    await held('c', { provider: 'gitlab', location: `${gitlab.url}/nothing` });

    await deliver();

    expect(smtp.mails).toHaveLength(1);
    const { head, text } = partsOf(smtp.mails[0]);
    expect(head).toContain('Subject: 2 secrets of yours leaked, and 1 may still work');
    expect(text).toContain('revokes it once a person approves');
    expect(text).toContain('ask your security team now');
  });

  it.each([
    'ann@other.example',
    'ann@example.com.evil.example',
    'ann@sub.example.com',
    'ann@evil.example, boss@example.com',
    'boss@example.com\r\nBcc: all@example.com',
    '"ann smith"@example.com',
    'Boss <boss@example.com>',
    'boss@example.com,ann@example.com',
    `${'a'.repeat(65)}@example.com`,
    '',
  ])('is written to at no other address than a plain one of the domains, as %j', async (author) => {
    const { smtp, leaks, deliver, ledger } = await telling();
    await leaks('a', { author });

    await deliver();

    expect(smtp.mails).toEqual([]);
    expect(await ledger.notices(10)).toEqual([]);
  });

  it('is told of the own commits alone, and reads nothing of the token', async () => {
    const { smtp, leaks, deliver, gitlab } = await telling();
    const secretPlace = await leaks('a', { author: 'ann@example.com', path: 'private/one', token: 'x' });
    const other = gitlab.addProject({ path: 'evil/two' });
    const { commit, file } = gitlab.leak(other, { rule: 'x', token: 'x', author: 'spy@example.com' }).finding;
    await deliver();
    await leaks('b', {
      ...{ author: 'spy@example.com', path: 'evil/three', subject: { name: 'a-name', scopes: ['api'] } },
      report: { finding: 'f' },
    });
    await deliver();

    const spied = smtp.mails.filter(({ to }) => to.includes('spy@example.com')).map(({ text }) => text);
    expect(spied).toHaveLength(1);
    for (const hidden of [secretPlace, 'private/one', 'a-name', `${commit}/${file}`]) {
      expect(spied.join()).not.toContain(hidden);
    }
  });

  it('reads no words of a committer in place of ours: names stand in addresses alone, encoded', async () => {
    const { smtp, leaks, deliver } = await telling();
    const file = 'Your account is locked. Go to evil.example (now) <b>@all</b>\u202e.env';
    await leaks('a', { author: 'ann@example.com', file });

    await deliver();

    const { text } = partsOf(smtp.mails[0]);
    const lines = text.split(/\r?\n/).filter((line) => line.includes('evil.example'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^ {3}http:\/\/127\.0\.0\.1:\d+\/acme\/app\/-\/blob\/[0-9a-f]+\/[\w.%/-]+#L3$/);
  });

  it.each<[string, Leak]>([
    ['what another caller than GitLab reported', { report: { readable: false } }],
    [
      'what leads into no file of a configured GitLab',
      { report: { location: 'https://gitlab.other.example/a/b/-/blob/0123abcd/x#L1' } },
    ],
  ])('is looked for in vain for %s: GitLab is not even asked', async (_what, leak) => {
    const { smtp, leaks, deliver, gitlab } = await telling();
    await leaks('a', { author: 'ann@example.com', ...leak });
    const before = gitlab.calls.length;

    await deliver();

    expect(smtp.mails).toEqual([]);
    expect(gitlab.calls.length).toBe(before);
  });

  it('gets as many mails a day as perDay says, and the log tells that some were left out', async () => {
    const { smtp, leaks, deliver, clock, events } = await telling({ perDay: 2 });
    for (const id of ['a', 'b', 'c']) {
      await leaks(id, { author: 'ann@example.com' });
      await deliver();
    }
    expect(smtp.mails).toHaveLength(2);
    expect(events).toContainEqual({ type: 'owners-left-out', channel: 'owners', mails: 1 });

    clock.jump(DAY_MS);
    await leaks('d', { author: 'ann@example.com' });
    await deliver();

    expect(smtp.mails).toHaveLength(3);
  });

  it('of one namespace does not use up what others have a day', async () => {
    const { smtp, leaks, deliver } = await telling({ perNamespace: 2 });
    for (let n = 0; n < 5; n++)
      await leaks(`flood-${n}`, { author: `a${n}@example.com`, path: `evil/p${n}` });
    await leaks('a', { author: 'ann@example.com', path: 'acme/app' });

    await deliver();

    const told = smtp.mails.flatMap(({ to }) => to);
    expect(told).toHaveLength(3);
    expect(told).toContain('ann@example.com');
  });

  it('is told of the own leaks though others name the same address in a namespace that has had its mails', async () => {
    const { smtp, leaks, deliver } = await telling({ perNamespace: 1, perDay: 3 });
    await leaks('flood', { author: 'eve@example.com', path: 'evil/p' });
    await deliver();
    for (let n = 0; n < 5; n++) {
      await leaks(`flood-${n}`, { author: 'ann@example.com', path: `evil/p${n}` });
      await deliver();
    }
    await leaks('flood-6', { author: 'ann@example.com', path: 'evil/p6' });
    const location = await leaks('a', { author: 'ann@example.com', path: 'acme/app' });

    await deliver();

    expect(smtp.mails.map(({ to: [address] }) => address)).toEqual(['eve@example.com', 'ann@example.com']);
    const { text } = partsOf(smtp.mails[1]);
    expect(text).toContain(location);
    expect(text).not.toContain('/evil/');
  });

  it('gets no second mail when a later one fails and the delivery is repeated', async () => {
    const { smtp, leaks, deliver, clock, gitlab } = await telling();
    await leaks('a', { author: 'ann@example.com', path: 'acme/one' });
    await deliver();
    gitlab.configure({ callsLeft: 1 });
    await leaks('b', { author: 'bob@example.com', path: 'acme/two' });
    await leaks('c', { author: 'eve@example.com', path: 'acme/three' });
    await deliver();
    expect(smtp.mails).toHaveLength(2);

    gitlab.configure({ callsLeft: null });
    clock.jump(DAY_MS);
    await deliver();

    expect(smtp.mails.map(({ to: [address] }) => address)).toEqual([
      ...['ann@example.com', 'bob@example.com', 'eve@example.com'],
    ]);
  });

  it('whom the mail server does not know keeps nobody else waiting', async () => {
    const { smtp, leaks, deliver, ledger } = await telling({}, ['gone@example.com']);
    await leaks('a', { author: 'gone@example.com', path: 'acme/one' });
    await leaks('b', { author: 'ann@example.com', path: 'acme/two' });

    await deliver();

    expect(smtp.mails.map(({ to }) => to)).toEqual([['ann@example.com']]);
    const answers = (await ledger.notices(10)).map(({ target, answer }) => [
      target,
      answer.delivered,
      answer.status,
    ]);
    expect(answers).toContainEqual(['gone@example.com', false, 550]);
    expect(answers).toContainEqual(['ann@example.com', true, undefined]);
  });

  it('whose mailbox is full keeps nobody else waiting, and is told once it is not', async () => {
    const full = ['full@example.com'];
    const { smtp, leaks, deliver, clock, events } = await telling({}, full, 452);
    await leaks('a', { author: 'full@example.com', path: 'acme/one' });
    await leaks('b', { author: 'ann@example.com', path: 'acme/two' });
    for (let tries = 0; tries < 3; tries++) {
      await deliver();
      clock.jump(DAY_MS);
    }
    expect(smtp.mails.map(({ to }) => to)).toEqual([['ann@example.com']]);

    full.pop();
    await deliver();

    expect(smtp.mails.map(({ to }) => to)).toEqual([['ann@example.com'], ['full@example.com']]);
    expect(events.filter(({ type }) => type === 'owners-left-out')).toEqual([]);
  });

  it('is told while a full mailbox has its pause, which fails each time', async () => {
    const full = ['full@example.com'];
    const { smtp, leaks, deliver, clock } = await telling({}, full, 452);
    await leaks('a', { author: 'full@example.com', path: 'acme/one' });
    await leaks('b', { author: 'ann@example.com', path: 'acme/two' });
    for (const seconds of [31, 61, 121]) {
      await deliver();
      clock.jump(seconds * 1_000);
    }
    await deliver();
    await leaks('c', { author: 'eve@example.com', path: 'acme/three' });
    clock.jump(11_000);

    await deliver();

    expect(smtp.mails.map(({ to }) => to)).toEqual([['ann@example.com'], ['eve@example.com']]);
  });

  it('has GitLab asked no more in one delivery, however many wait for a full mailbox', async () => {
    const { leaks, deliver, clock, gitlab } = await telling({}, ['full@example.com'], 452);
    const asked: number[] = [];
    for (let tries = 0; tries < 4; tries++) {
      for (let n = 0; n < 60; n++) {
        await leaks(`${tries}-${n}`, { author: 'full@example.com', path: `acme/p${tries}-${n}` });
      }
      const before = gitlab.calls.length;
      await deliver();
      asked.push(gitlab.calls.length - before);
      clock.jump(DAY_MS);
    }

    expect(Math.max(...asked)).toBeLessThanOrEqual(100);
  });

  it('is told within the time of a delivery, however slow GitLab is', async () => {
    const { leaks, delivery, gitlab, smtp } = await telling({}, [], 550, 5_000);
    for (let n = 0; n < 20; n++) {
      await leaks(`${n}`, { author: `ann${n}@example.com`, path: `acme/p${n}` });
    }
    const before = gitlab.calls.length;
    let rounds = 0;
    while (await delivery.round()) {
      rounds += 1;
      expect(gitlab.calls.length - before).toBeLessThanOrEqual(rounds * 8);
    }

    expect(smtp.mails).toHaveLength(20);
  });

  it('is looked for at all places of a leak at once, so that slow ones leave time for others', async () => {
    const answered = Promise.withResolvers<void>();
    let asked = 0;
    const { leaks, needsPerson, deliver, smtp } = await telling({}, [], 550, 0, () => {
      asked += 1;
      return answered.promise;
    });
    const leaked = await leaks('a', {
      author: 'ann@example.com',
      path: 'acme/one',
      report: { readable: false },
    });
    await needsPerson('b', { provider: 'gitlab', location: leaked });
    for (let n = 0; n < 11; n++) {
      const report = { readable: false };
      const location = await leaks(`c${n}`, { author: `ann${n}@example.com`, path: `acme/p${n}`, report });
      await needsPerson('b', { provider: 'gitlab', location });
    }
    const delivered = deliver();

    await eventually(() => expect(asked).toBe(10));
    answered.resolve();
    await delivered;

    expect(smtp.mails).toHaveLength(10);
  });

  it('is told, however often somebody commits the same secret again', async () => {
    const { smtp, leaks, deliver, needsPerson } = await telling();
    const report = { readable: false };
    for (const author of ['ann', ...Array.from({ length: 12 }, (_, n) => `spy${n}`), 'bob']) {
      const location = await leaks(author, {
        author: `${author}@example.com`,
        path: `acme/${author}`,
        report,
      });
      await needsPerson('b', { provider: 'gitlab', location });
    }

    await deliver();

    expect(smtp.mails).toHaveLength(10);
    expect(smtp.mails.flatMap(({ to }) => to)).toEqual(
      expect.arrayContaining(['ann@example.com', 'bob@example.com']),
    );
  });

  it('of an instance that is away keeps nobody else waiting, and is given up while others are told', async () => {
    const world = await telling();
    const location = `${AWAY}/acme/app/-/blob/0123abcd/a.env#L1`;
    await world.leaks('a', { author: 'eve@example.com', path: 'acme/one', report: { location } });
    await tellsEach(world, 1, 8);
  });

  it('of a commit that GitLab never gets to tell of keeps nobody else waiting, though it comes first', async () => {
    const world = await telling();
    const { smtp, leaks, deliver, clock, gitlab } = world;
    const commitOf = (location: string) => /[0-9a-f]{40}/.exec(location)?.[0];
    const commit = commitOf(await leaks('a', { author: 'eve@example.com', path: 'acme/huge' }));
    const path = `/projects/acme%2Fhuge/repository/commits/${commit}`;
    for (let n = 0; n < 50; n++) gitlab.failNext({ method: 'GET', path, status: 'drop' });
    for (let n = 1; n <= 3; n++) await leaks(`b${n}`, { author: `ann${n}@example.com`, path: `acme/p${n}` });
    for (let tries = 0; tries < 2; tries++) {
      await deliver();
      clock.jump(DAY_MS);
    }
    expect(smtp.mails).toHaveLength(3);
    await tellsEach(world, 4, 12);
  });

  it('keeps nobody else waiting for many commits that GitLab never gets to tell of', async () => {
    const { smtp, leaks, deliver, clock, gitlab } = await telling();
    for (let n = 0; n < 12; n++) {
      const location = await leaks(`a${n}`, { author: 'eve@example.com', path: `acme/huge-${n}` });
      const commit = /[0-9a-f]{40}/.exec(location)?.[0];
      const path = `/projects/acme%2Fhuge-${n}/repository/commits/${commit}`;
      for (let times = 0; times < 20; times++) gitlab.failNext({ method: 'GET', path, status: 'drop' });
    }
    await leaks('b', { author: 'ann@example.com', path: 'acme/app' });
    for (let tries = 0; tries < 3; tries++) {
      await deliver();
      clock.jump(DAY_MS);
    }

    expect(smtp.mails).toHaveLength(1);
  });

  it('is told though GitLab never tells of another commit with the same secret', async () => {
    const { smtp, leaks, needsPerson, deliver, clock, gitlab } = await telling();
    const sick = await leaks('a', { author: 'eve@example.com', path: 'acme/huge' });
    const well = await leaks('b', { author: 'ann@example.com', path: 'acme/app' });
    await deliver();
    expect(smtp.mails).toHaveLength(2);
    const path = `/projects/acme%2Fhuge/repository/commits/${/[0-9a-f]{40}/.exec(sick)?.[0]}`;
    for (let n = 0; n < 20; n++) gitlab.failNext({ method: 'GET', path, status: 'drop' });

    await needsPerson('c', { provider: 'gitlab', location: sick });
    await needsPerson('c', { provider: 'gitlab', location: well });
    for (let tries = 0; tries < 3; tries++) {
      await deliver();
      clock.jump(DAY_MS);
    }

    expect(smtp.mails.slice(2)).toMatchObject([{ to: ['ann@example.com'] }]);
  });

  it.each([6, 9])(
    'is told though GitLab tells of none of %i other commits with the same secret',
    async (sick) => {
      const { smtp, leaks, needsPerson, deliver, clock, gitlab } = await telling();
      const well = await leaks('b', { author: 'ann@example.com', path: 'acme/app' });
      await deliver();
      await needsPerson('c', { provider: 'gitlab', location: well });
      for (let n = 0; n < sick; n++) {
        const location = await leaks(`a${n}`, { author: 'eve@other.example', path: `acme/huge-${n}` });
        const path = `/projects/acme%2Fhuge-${n}/repository/commits/${/[0-9a-f]{40}/.exec(location)?.[0]}`;
        for (let times = 0; times < 100; times++) gitlab.failNext({ method: 'GET', path, status: 'drop' });
        await needsPerson('c', { provider: 'gitlab', location });
      }
      for (let tries = 0; tries < 12; tries++) {
        await deliver();
        clock.jump(DAY_MS);
      }

      expect(smtp.mails.slice(1)).toMatchObject([{ to: ['ann@example.com'] }]);
    },
  );

  it('is told in the same delivery as others fail, however many secrets stand in one commit at which GitLab fails', async () => {
    const { smtp, leaks, needsPerson, deliver, gitlab } = await telling();
    const sick = await leaks('a', { author: 'eve@other.example', path: 'acme/huge' });
    await deliver();
    const path = `/projects/acme%2Fhuge/repository/commits/${/[0-9a-f]{40}/.exec(sick)?.[0]}`;
    for (let times = 0; times < 20; times++) gitlab.failNext({ method: 'GET', path, status: 'drop' });
    for (let n = 0; n < 6; n++) await needsPerson(`a${n}`, { provider: 'gitlab', location: sick });
    await leaks('b', { author: 'ann@example.com', path: 'acme/app' });

    await deliver();

    expect(smtp.mails).toMatchObject([{ to: ['ann@example.com'] }]);
  });

  it.each<[string, Parameters<FakeGitlab['failNext']>[0]]>([
    ['with 500', { method: 'GET', path: '', status: 500 }],
    ['by a page of a proxy', { method: 'GET', path: '', status: 200, body: '<html>Busy</html>' }],
  ])('is told though GitLab failed %s when it was asked first', async (_how, fault) => {
    const { smtp, leaks, deliver, clock, gitlab } = await telling();
    const location = await leaks('a', { author: 'ann@example.com' });
    const path = `/projects/acme%2Fapp/repository/commits/${/[0-9a-f]{40}/.exec(location)?.[0]}`;
    gitlab.failNext({ ...fault, path });
    for (let tries = 0; tries < 2; tries++) {
      await deliver();
      clock.jump(DAY_MS);
    }

    expect(smtp.mails).toHaveLength(1);
  });

  it('is told in the end, though more commits fail twice than have room in a delivery', async () => {
    const { smtp, leaks, deliver, clock, gitlab } = await telling();
    for (let n = 0; n < 12; n++) {
      const location = await leaks(`a${n}`, { author: `ann${n}@example.com`, path: `acme/busy-${n}` });
      const path = `/projects/acme%2Fbusy-${n}/repository/commits/${/[0-9a-f]{40}/.exec(location)?.[0]}`;
      for (let times = 0; times < 2; times++) gitlab.failNext({ method: 'GET', path, status: 'drop' });
    }
    for (let tries = 0; tries < 12; tries++) {
      await deliver();
      clock.jump(DAY_MS);
    }

    expect(smtp.mails).toHaveLength(12);
  });

  it('is not given up while the only instance is away', async () => {
    const { smtp, leaks, deliver, clock, gitlab } = await telling();
    gitlab.configure({ callsLeft: 0 });
    await leaks('a', { author: 'ann@example.com' });
    for (let tries = 0; tries < 12; tries++) {
      await deliver();
      clock.jump(DAY_MS);
    }
    gitlab.configure({ callsLeft: null });
    await deliver();

    expect(smtp.mails).toHaveLength(1);
  });

  it('can be written to again', async () => {
    const { smtp, leaks, deliver, ledger, clock } = await telling({ perDay: 1 });
    await leaks('a', { author: 'ann@example.com' });
    await deliver();
    clock.jump(1);
    const [notice] = await ledger.notices(1);

    await ledger.sendAgain({ id: notice?.id ?? '', channel: 'owners' }, clock.now());
    await deliver();

    const [first, second] = smtp.mails.map(partsOf);
    expect(second?.text).toBe(first?.text);
  });
});

describe('the owner of a GitLab token', () => {
  const owned = async (changes: object = {}) => {
    const world = await telling();
    const token = world.gitlab.addToken('personal', changes);
    const scopes = ['api', '[x](https://evil.example)'];
    const subject = { owner: String(token.userId), name: 'deploys', scopes };
    await world.leaks('a', { author: 'mallory@other.example', subject });
    await world.deliver();
    return world;
  };

  it('is told, with what GitLab says of it, and without markup', async () => {
    const { smtp, gitlab } = await owned({ email: 'owner@example.com' });

    expect(smtp.mails.map(({ to }) => to)).toEqual([['owner@example.com']]);
    const { text } = partsOf(smtp.mails[0]);
    expect(text).toContain('that are yours');
    expect(text).toContain('Name: deploys');
    expect(text).not.toContain('https://evil');
    expect(gitlab.calls.filter(({ unexpected }) => unexpected)).toEqual([]);
  });

  it.each([
    ['of another domain', { email: 'owner@other.example' }],
    ['which nobody has confirmed', { email: 'owner@example.com', emailConfirmed: false }],
  ])('is not written to at an address %s', async (_what, changes) => {
    const { smtp } = await owned(changes);

    expect(smtp.mails).toEqual([]);
  });
});

it('nobody is told of what was not found by GitLab, though a person decides about it', async () => {
  const { smtp, needsPerson, deliver } = await telling();
  await needsPerson('a', { location: '' }, UNKNOWN);

  await deliver();

  expect(smtp.mails).toEqual([]);
});
