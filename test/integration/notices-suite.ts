/**
 * What happens reaches those who asked for it: a real service, real receivers. The tests wait more than they work, so
 * they run beside each other, and what each opens ends with its own context.
 */
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SMTPServerOptions } from 'smtp-server';
import { describe, expect, it } from 'vitest';
import { gitlab as provider } from '../../providers/gitlab/index.ts';
import { main } from '../../src/cli/main.ts';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { findings } from '../../src/fakes/gitlab-client.ts';
import { ChaosClock, readChaosClock } from '../chaos/chaos-clock.ts';
import { type Posted, startHttpReceiver, startSmtpReceiver } from '../notify/receivers.ts';
import { eventually } from '../support/eventually.ts';
import { gitlabClientOf } from '../support/gitlab-client.ts';
import type { LedgerUnderTest } from '../support/ledgers.ts';
import { type HereOptions, type QuashHere, startQuashHere } from '../support/quash-here.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';
import type { AtEnd } from '../support/temporary-folder.ts';
import { createTestCertificate } from '../support/tls.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const ADMIN_TOKEN = 'admin-token-of-the-tests';
const SECRET = 'the key of the signature';
const PASSWORD = 'of the mail server';
const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';
const LEASE_SECONDS = 2;
const personalToken = (n: number) => ['gl', 'pat-', String(n).padStart(20, 'news')].join('');

/** A ledger, a GitLab and what starts the rest, until `atEnd`. */
async function world(ledger: LedgerUnderTest, atEnd: AtEnd) {
  const opened = await ledger.open(atEnd);
  const gitlabAdmin = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken: gitlabAdmin });
  atEnd(() => gitlab.close());
  const instances = (more: object = {}) =>
    JSON.stringify([{ url: gitlab.url, adminToken: gitlabAdmin, ...more }]);
  const options = (env: Readonly<Record<string, string>>) => ({
    cwd: opened.folder,
    env: {
      ...opened.env,
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_ADMIN__TOKENS: ADMIN_TOKEN,
      QUASH_ADMIN__PUBLICURL: 'https://quash.example.com/',
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
      QUASH_GITLAB__INSTANCES: instances(),
      QUASH_REVOCATION__LEASESECONDS: String(LEASE_SECONDS),
      QUASH_REVOCATION__MAXPERHOUR: '10000',
      ...env,
    },
  });
  const start = (env: Readonly<Record<string, string>> = {}, more: Pick<HereOptions, 'clock'> = {}) =>
    startQuashHere({ ...options(env), ...more, definitions: [provider] }, atEnd);
  /** For what a signal does. */
  const startProcess = async (env: Readonly<Record<string, string>> = {}) => {
    const quash = await startQuashOfGitlab(options(env));
    atEnd(async () => void (await quash.end('SIGTERM')));
    return quash;
  };
  return {
    folder: opened.folder,
    gitlab,
    instances,
    start,
    startProcess,
    startReceiver: () => startHttpReceiver(0, atEnd),
  };
}

function report(
  quash: Pick<QuashHere, 'apiUrl'>,
  tokens: readonly string[],
  more: { type?: string; url?: string } = {},
) {
  const client = gitlabClientOf(quash, PRE_SHARED);
  const { type = PAT_TYPE, url = 'https://gitlab.example.com' } = more;
  return client.report(
    findings(tokens.length, {
      ...{ type, token: (i) => tokens[i] ?? null, withVulnerability: true },
      location: (i) => `${url}/group/project/-/raw/0123abcd/a-hidden-name-${i}.yml#L1`,
    }),
  );
}

const notify = (...items: object[]) => ({ QUASH_NOTIFY: JSON.stringify(items) });

function dataOf({ body }: Posted) {
  return JSON.parse(body).data as {
    counts: { event: string; entries: number }[];
    entries: { id: string; url: string }[];
    moreEntries: number;
    lanes: { event: string; provider: string; reason: string }[];
  };
}

export function describeNotices(ledger: LedgerUnderTest): void {
  const name = ledger.missing ? `${ledger.name} (skipped: ${ledger.missing})` : ledger.name;
  describe.skipIf(ledger.missing).concurrent(`notices on ${name}`, () => {
    it('every kind of receiver is told, without a token, a location or a file name', async ({
      onTestFinished: atEnd,
    }) => {
      const certificate = createTestCertificate('IP:127.0.0.1');
      const { folder, start, startReceiver } = await world(ledger, atEnd);
      const caFile = join(folder, 'ca.pem');
      writeFileSync(caFile, certificate.cert);
      const [webhook, slack] = [await startReceiver(), await startReceiver()];
      const smtpOptions: SMTPServerOptions = {
        ...certificate,
        onAuth({ username, password }, _session, done) {
          if (username === 'quash' && password === PASSWORD) done(null, { user: username });
          else done(new Error('no'));
        },
      };
      const smtp = await startSmtpReceiver(smtpOptions, atEnd);
      const quash = await start({
        QUASH_UPSTREAM__CAFILE: caFile,
        ...notify(
          { type: 'webhook', url: `${webhook.url}/hook`, secret: SECRET, groupSeconds: 1 },
          { type: 'slack', url: `${slack.url}/services/T/B/x`, groupSeconds: 1 },
          {
            ...{ type: 'email', host: '127.0.0.1', port: smtp.port, groupSeconds: 1, username: 'quash' },
            ...{ password: PASSWORD, from: 'quash@example.com', to: ['ops@example.com'] },
          },
        ),
      });

      await report(quash, [personalToken(1)]);
      await eventually(() => {
        expect(webhook.posts.length * slack.posts.length * smtp.mails.length).toBeGreaterThan(0);
      });

      const [posted] = webhook.posts;
      const {
        'webhook-id': id,
        'webhook-timestamp': at,
        'webhook-signature': signature,
      } = posted?.headers ?? {};
      const hmac = createHmac('sha256', SECRET).update(`${id}.${at}.${posted?.body}`).digest('base64');
      expect(signature).toBe(`v1,${hmac}`);
      expect(posted && dataOf(posted)).toMatchObject({
        counts: [{ event: 'attention', provider: 'gitlab', outcome: { reason: 'unknown-token' } }],
        entries: [{ kind: 'personal-access-token', types: [PAT_TYPE] }],
      });
      const entry = posted && dataOf(posted).entries[0];
      expect(entry?.url).toBe(`https://quash.example.com/revocations/${entry?.id}`);
      expect(JSON.parse(slack.posts[0]?.body ?? '').text).toContain('1 token needs a person');
      expect(smtp.mails[0]).toMatchObject({ isSecure: true, user: 'quash', to: ['ops@example.com'] });
      expect(smtp.mails[0]?.text).toContain('Subject: Quash: 1 token needs a person');
      const everything = JSON.stringify([webhook.posts, slack.posts, smtp.mails, quash.output()]);
      for (const hidden of [personalToken(1), 'a-hidden-name', 'services/T', PASSWORD, SECRET]) {
        expect(everything.replaceAll('"path":"/services/T', '')).not.toContain(hidden);
      }
    });

    it('three hundred leaks are one message', async ({ onTestFinished: atEnd }) => {
      const { start, startReceiver } = await world(ledger, atEnd);
      const receiver = await startReceiver();
      const quash = await start({
        QUASH_PROVIDERS__GITLAB__MODE: 'hold',
        // Longer than a busy machine needs for the three hundred.
        ...notify({ type: 'webhook', url: receiver.url, groupSeconds: 5 }),
      });

      await report(
        quash,
        Array.from({ length: 300 }, (_, n) => personalToken(n)),
      );
      await eventually(() => expect(receiver.posts.length).toBeGreaterThan(0));
      // What came of the three hundred comes before what comes of this one.
      await report(quash, [personalToken(300)]);
      await eventually(() => expect(receiver.posts.length).toBeGreaterThan(1));

      expect(receiver.posts.map(dataOf)).toMatchObject([
        { counts: [{ event: 'held', provider: 'gitlab', entries: 300 }], moreEntries: 200 },
        { counts: [{ event: 'held', provider: 'gitlab', entries: 1 }], moreEntries: 0 },
      ]);
    });

    it('news survives a kill -9 while it is being delivered, and has the same id afterwards', async ({
      onTestFinished: atEnd,
    }) => {
      const { folder, start, startProcess, startReceiver } = await world(ledger, atEnd);
      const receiver = await startReceiver();
      const env = {
        QUASH_PROVIDERS__GITLAB__MODE: 'hold',
        ...notify({ type: 'webhook', url: receiver.url, groupSeconds: 0 }),
      };
      receiver.state.hangs = true;
      const first = await startProcess(env);
      await report(first, [personalToken(1)]);
      await eventually(() => expect(receiver.posts).toHaveLength(1));
      await first.end('SIGKILL');

      receiver.state.hangs = false;
      // What the first one had leased for itself passes in no time.
      const clock = new ChaosClock(join(folder, 'clock.json'));
      const second = await start(env, { clock: readChaosClock(clock.path) });
      await second.logged('notice-sent');

      expect(receiver.posts).toHaveLength(2);
      const ids = receiver.posts.map(({ headers }) => headers['webhook-id']);
      expect(ids[1]).toBe(ids[0]);
      expect(receiver.posts.map(dataOf)[1]?.counts).toMatchObject([{ event: 'held', entries: 1 }]);
    });

    it('news that came while a receiver was down is kept over a restart', async ({
      onTestFinished: atEnd,
    }) => {
      const { folder, start, startReceiver } = await world(ledger, atEnd);
      const receiver = await startReceiver();
      const env = {
        QUASH_PROVIDERS__GITLAB__MODE: 'hold',
        ...notify({ type: 'webhook', name: 'ops', url: receiver.url, groupSeconds: 0 }),
      };
      receiver.state.status = 0;
      const first = await start(env);
      await report(first, [personalToken(1)]);
      const failed = await first.logged('notice-failed');
      expect(failed).toMatchObject({ channel: 'ops', code: 'unreachable', level: 'warn' });
      await report(first, [personalToken(2)]);
      await first.stop();

      receiver.state.status = 200;
      // The half minute until it is tried again passes in no time.
      const clock = new ChaosClock(join(folder, 'clock.json'));
      const second = await start(env, { clock: readChaosClock(clock.path) });
      await second.logged('notice-sent');

      expect(receiver.posts.map((posted) => dataOf(posted).counts)).toMatchObject([
        [{ event: 'held', entries: 2 }],
      ]);
    });

    it('a notice that its receiver did not take is seen, and sent again at once', async ({
      onTestFinished: atEnd,
    }) => {
      const { folder: cwd, start, startReceiver } = await world(ledger, atEnd);
      const receiver = await startReceiver();
      receiver.state.status = 410;
      const quash = await start({
        QUASH_PROVIDERS__GITLAB__MODE: 'hold',
        ...notify({ type: 'webhook', name: 'ops', url: receiver.url, groupSeconds: 0 }),
      });
      const command = async (...args: string[]) => {
        let stdout = '';
        const code = await main(['notices', ...args, '--url', quash.adminUrl], {
          stdout: { write: (text) => (stdout += text) },
          stderr: { write: () => {} },
          stdin: (async function* () {})(),
          ...{ env: { QUASH_ADMIN__TOKENS: ADMIN_TOKEN }, cwd, definitions: async () => [] },
        });
        return { code, stdout };
      };
      await report(quash, [personalToken(1)]);
      await quash.logged('notice-failed');
      const failed = await command('--failed', '--json');
      const [notice] = JSON.parse(failed.stdout).notices;
      expect(notice).toMatchObject({
        ...{ channel: 'ops', target: receiver.url, attempts: 1, counts: [{ event: 'held', entries: 1 }] },
        answer: { delivered: false, status: 410 },
      });

      receiver.state.status = 200;
      expect(await command('--send-again', notice.id)).toEqual({
        ...{ code: 0, stdout: `${notice.id} is sent to ops again.\n` },
      });

      await quash.logged('notice-sent');
      expect((await command('--failed')).stdout).not.toContain('ops');
      expect((await command()).stdout).toMatch(/ops +http:.* gitlab: 1 held .* 2 +delivered/);
    });

    it('the author of the commit and the owner of the token are told, each once', async ({
      onTestFinished: atEnd,
    }) => {
      const { gitlab, instances, start } = await world(ledger, atEnd);
      const smtp = await startSmtpReceiver({}, atEnd);
      const project = gitlab.addProject({ path: 'group/project' });
      const token = gitlab.addToken('personal', { email: 'owner@example.com' });
      const { commit } = gitlab.leak(project, {
        ...{ rule: 'x', token: token.value, file: 'a.env', author: 'author@example.com' },
      }).finding;
      const [{ adminToken }] = JSON.parse(instances());
      const quash = await start({
        QUASH_GITLAB__INSTANCES: instances({ readToken: adminToken }),
        ...notify({
          ...{ type: 'owner', host: '127.0.0.1', port: smtp.port, tls: 'none', groupSeconds: 0 },
          ...{ from: 'quash@example.com', domains: ['example.com'] },
        }),
      });
      const client = gitlabClientOf(quash, PRE_SHARED);
      const location = () => `${gitlab.url}/group/project/-/raw/${commit}/a.env#L3`;

      await client.report(findings(1, { type: PAT_TYPE, token: () => token.value, location }));

      await eventually(() => expect(smtp.mails).toHaveLength(2));
      expect(smtp.mails.map(({ to: [address] }) => address).sort()).toEqual([
        ...['author@example.com', 'owner@example.com'],
      ]);
      for (const { text } of smtp.mails) {
        expect(text).toContain('no longer works');
        expect(text).not.toContain(token.value);
      }
      expect(gitlab.calls.filter(({ unexpected }) => unexpected)).toEqual([]);
    });

    it('a stopped provider is told, and that nothing is dropped when the receivers change by SIGHUP', async ({
      onTestFinished: atEnd,
    }) => {
      const { folder, startProcess, startReceiver } = await world(ledger, atEnd);
      const receiver = await startReceiver();
      const file = join(folder, 'quash.yaml');
      const item = (name: string) => ({
        name,
        type: 'webhook',
        url: `${receiver.url}/${name}`,
        groupSeconds: 0,
      });
      const write = (...items: object[]) => writeFileSync(file, JSON.stringify({ notify: items }));
      write(item('one'));
      const quash = await startProcess();
      const pause = (action: string) =>
        fetch(`${quash.adminUrl}/api/providers/gitlab/${action}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
        });
      expect((await pause('pause')).ok).toBe(true);
      await eventually(() => expect(receiver.posts).toHaveLength(1));

      write(item('one'), item('two'));
      quash.signal('SIGHUP');
      await quash.logged('reloaded');
      await pause('resume');
      await pause('pause');

      await eventually(() =>
        expect(receiver.posts.map(({ path }) => path).sort()).toEqual(['/one', '/one', '/two']),
      );
      const [told] = receiver.posts.map(dataOf);
      expect(told?.lanes).toEqual([{ event: 'lane-parked', provider: 'gitlab', reason: 'operator' }]);
    });

    it('the vulnerability is commented on once and resolved only when the secret is proven dead', async ({
      onTestFinished: atEnd,
    }) => {
      const { gitlab, instances, start } = await world(ledger, atEnd);
      const writer = gitlab.addToken('personal');
      const [proven, byHand, last] = [0, 1, 2].map((n) =>
        gitlab.addVulnerability(1000 + n, { file: `a-hidden-name-${n}.yml` }),
      );
      if (!proven || !byHand || !last) throw new Error('no vulnerabilities');
      const dead = gitlab.addToken('personal').value;
      const quash = await start({
        QUASH_GITLAB__WRITEBACK: 'resolve',
        QUASH_GITLAB__INSTANCES: instances({ writeBackToken: writer.value }),
      });

      for (let n = 0; n < 3; n++) await report(quash, [dead, personalToken(404)], { url: gitlab.url });
      await eventually(() => expect([proven.notes.length, byHand.notes.length]).toEqual([1, 1]));
      await report(quash, [dead, personalToken(404), personalToken(405)], { url: gitlab.url });
      // It is told in order, so by then the others would have been told again.
      await eventually(() => expect(last.notes).toHaveLength(1));

      expect([proven.state, byHand.state]).toEqual(['RESOLVED', 'DETECTED']);
      expect([proven.notes.length, byHand.notes.length]).toEqual([1, 1]);
      expect(proven.notes[0]?.body).toContain('no longer works');
      expect(byHand.notes[0]?.body).toContain('may still work');
      expect(gitlab.calls.filter(({ unexpected }) => unexpected)).toEqual([]);
    });
  });
}
