/** One GitLab and everybody else whom a Quash talks to; each secret between them is marked. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { type FakeGitlab, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { startHttpReceiver, startSmtpReceiver } from '../notify/receivers.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { createTestCertificate } from '../support/tls.ts';
import type { LedgerToHunt } from './ledgers-to-hunt.ts';
import type { Marks } from './marks.ts';
import { Places } from './places.ts';

export const BODY_BYTES = 100_000;
export const TOKENS_PER_MINUTE = 500;

/** What this world is told that nobody may hear; the texts are in {@link Marks}. */
function secretsOf(marks: Marks) {
  return {
    preShared: marks.plain('pre-shared token'),
    rotated: marks.plain('second pre-shared token'),
    wrong: marks.plain('wrong pre-shared token'),
    admin: marks.plain('admin token'),
    wrongAdmin: marks.plain('wrong admin token'),
    gitlabAdmin: marks.gitlab("token of GitLab's administrator"),
    gitlabWriter: marks.gitlab('token for comments in GitLab'),
    gocd: marks.awkward('password of GoCD'),
    acme: marks.plain('credential of an own provider'),
    webhookKey: marks.awkward('key of the webhook'),
    webhookPath: marks.plain('path of the webhook'),
    slackPath: marks.plain('path of the Slack webhook'),
    smtp: marks.awkward('password of the mail server'),
    collector: marks.plain('header for the collector'),
    unparsable: marks.plain('secret in a file that is no YAML'),
    misplaced: marks.plain('secret at a key where none belongs'),
    afterReload: marks.plain('pre-shared token after a reload'),
  };
}

function tokensOf(marks: Marks, gitlab: FakeGitlab) {
  const known = (count: number, name: string) =>
    Array.from({ length: count }, (_, n) => {
      const value = marks.gitlab(`${name} ${n}`);
      gitlab.addToken('personal', { value });
      return value;
    });
  return {
    leaked: known(12, 'leaked token'),
    unknown: Array.from({ length: 3 }, (_, n) => marks.gitlab(`token that nobody knows ${n}`)),
    held: [marks.plain('held token', 'held_')],
    hanging: marks.plain('token whose revocation hangs', 'acme_'),
    refused: known(3, 'token in a refused request'),
    unreadable: marks.awkward('text that is no token'),
    submitted: known(1, 'token of a scanner').join(),
    byHand: known(1, 'token revoked by hand').join(),
    throwing: marks.plain('token at which a provider throws', 'clumsy_'),
    crashing: marks.plain('token at which a provider crashes', 'clumsy_'),
  };
}

export async function startWorld(marks: Marks, cwd: string, ledger: LedgerToHunt) {
  const secrets = secretsOf(marks);
  const places = new Places();
  const gitlab = await startFakeGitlab({ adminToken: secrets.gitlabAdmin });
  onTestFinished(() => gitlab.close());
  const writer = gitlab.addToken('personal', { value: secrets.gitlabWriter });
  // As the ledger keeps the name of a file that is the one token reported from it.
  gitlab.addVulnerability(1000, { project: 'a/b', file: '[token]' });
  const tokens = tokensOf(marks, gitlab);
  const certificate = createTestCertificate('IP:127.0.0.1');
  const [webhook, slack, acme, gocd] = [
    await startHttpReceiver(),
    await startHttpReceiver(),
    await startHttpReceiver(),
    await startHttpReceiver(),
  ];
  acme.state.hangs = true;
  gocd.state.status = 500;
  const smtp = await startSmtpReceiver({
    ...certificate,
    onAuth: ({ password }, _session, done) =>
      password === secrets.smtp ? done(null, { user: 'quash' }) : done(new Error('no')),
  });
  const collector = await startOtlpReceiver();
  writeFileSync(join(cwd, 'ca.pem'), certificate.cert);
  await createKeys(join(cwd, 'keys.json'));
  mkdirSync(join(cwd, 'secrets'));
  const inFile = (name: string, ...lines: string[]) => {
    writeFileSync(join(cwd, 'secrets', name), `${lines.join('\n')}\n`);
    return join(cwd, 'secrets', name);
  };
  const config = {
    auth: { tokensFile: inFile('gitlab', secrets.preShared, secrets.rotated) },
    admin: { tokensFile: inFile('admin', secrets.admin), publicUrl: 'https://quash.example.com/' },
    ledger: { url: ledger.url, keysFile: join(cwd, 'keys.json') },
    limits: { bodyBytes: BODY_BYTES, tokensPerMinute: TOKENS_PER_MINUTE },
    revocation: { leaseSeconds: 5 },
    upstream: { caFile: 'ca.pem', allowPrivate: ['127.0.0.1'], timeoutMs: 20_000 },
    gitlab: {
      writeBack: 'comment',
      instances: [
        {
          url: gitlab.url,
          adminTokenFile: inFile('gitlab-admin', secrets.gitlabAdmin),
          writeBackToken: writer.value,
        },
      ],
    },
    providers: {
      gocd: { servers: [{ url: `${gocd.url}/go`, username: 'quash', password: secrets.gocd }] },
    },
    custom: {
      acme: custom('acme', acme.url, secrets.acme),
      held: { ...custom('held', acme.url, secrets.acme), mode: 'hold' },
    },
    notify: [
      {
        ...{ type: 'webhook', url: `${webhook.url}/${secrets.webhookPath}`, secret: secrets.webhookKey },
        groupSeconds: 0,
        events: ['attention', 'held', 'lane-parked', 'lane-paused'],
      },
      { type: 'slack', url: `${slack.url}/services/${secrets.slackPath}`, groupSeconds: 0 },
      {
        ...{ type: 'email', host: '127.0.0.1', port: smtp.port, groupSeconds: 0, username: 'quash' },
        ...{ password: secrets.smtp, from: 'quash@example.com', to: ['ops@example.com'] },
      },
    ],
    log: { level: 'trace' },
  };
  const writeConfig = (more: object = {}) =>
    writeFileSync(join(cwd, 'quash.yaml'), stringify({ ...config, ...more }));
  writeConfig();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secrets.collector}`,
    OTEL_BSP_SCHEDULE_DELAY: '100',
  };
  const told = () => {
    for (const { body, headers } of [...webhook.posts, ...slack.posts])
      places.add('notices by webhook', `${JSON.stringify(headers)}\n${body}\n`);
    for (const mail of smtp.mails) places.add('notices by mail', JSON.stringify(mail));
    places.add('traces', collector.text());
    places.add('comments in GitLab', JSON.stringify(gitlab.vulnerabilities));
  };
  return {
    marks,
    cwd,
    ledger,
    secrets,
    tokens,
    places,
    gitlab,
    acme,
    webhook,
    slack,
    smtp,
    env,
    told,
    writeConfig,
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;

export function custom(id: string, url: string, key: string) {
  return {
    ...{ title: id, docs: 'https://docs.example.com/revoke', types: [`${id}_key`] },
    pattern: `\\b${id}_[A-Za-z0-9]{24}\\b`,
    secrets: { key },
    revoke: [
      {
        request: {
          ...{ method: 'POST', url: `${url}/revoke`, json: { token: '{token}' } },
          headers: { Authorization: 'Bearer {secrets.key}' },
        },
        answers: [{ status: 204, means: 'revoked' }],
      },
    ],
  };
}
