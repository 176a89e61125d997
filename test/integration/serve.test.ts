import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { findings } from '../../src/fakes/gitlab-client.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { bundled } from '../support/bundled.ts';
import { startChild } from '../support/child.ts';
import { eventually } from '../support/eventually.ts';
import { gitlabClientOf } from '../support/gitlab-client.ts';
import { NEVER_MS } from '../support/patience.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { startQuash, startQuashOfGitlab } from '../support/quash-process.ts';
import { newFolder } from '../support/run-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';
const TOKEN = 'pre-shared-token-of-the-tests';

/** Waits for ever for what is in hand when told to stop. */
const PATIENT = ['--grace', String(NEVER_MS / 1000)];

function pat(fill: string): string {
  return ['gl', 'pat-', fill.repeat(20)].join('');
}

/** What an installation without any configuration has after its first start. */
let made = '';

beforeAll(async () => {
  made = newFolder();
  const quash = await startQuashOfGitlab({ cwd: made });
  await quash.end('SIGTERM');
});

/** An installation that has been started before. */
function installed(): string {
  const cwd = temporaryFolder();
  cpSync(join(made, 'data'), join(cwd, 'data'), { recursive: true });
  return cwd;
}

describe('serve without any configuration', () => {
  it('makes what it needs, says where it is and what it will do, and serves GitLab, CI jobs and probes', async () => {
    const cwd = temporaryFolder();
    const quash = await startQuash({ cwd });
    const tokenFile = join(cwd, 'data', 'gitlab-token');
    await eventually(() => expect(quash.output()).toContain('secret_detection_token_revocation_url'));
    expect(quash.output()).toContain(tokenFile);
    expect(quash.output()).toMatch(
      /The mode is revoke, and \d+ providers are on\. Set revocation\.mode to dry-run to look first\./,
    );
    expect(quash.output()).toContain('Name your GitLab in gitlab.instances');
    for (const name of ['gitlab-token', 'submit-token', 'admin-token', 'keys.json', 'quash.db']) {
      expect(statSync(join(cwd, 'data', name)).mode & 0o077).toBe(0);
    }
    for (const path of ['/healthz', '/readyz']) {
      const answer = await fetch(quash.adminUrl + path);
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    }
    expect((await fetch(`${quash.adminUrl}/v1/revoke_tokens`)).status).toBe(404);
    const client = gitlabClientOf(quash, readFileSync(tokenFile, 'utf8').trim());
    const report = await client.report(findings(3, { type: PAT_TYPE, token: () => pat('a') }));
    expect(report).toEqual({ delivered: true, tries: 1, posted: 3 });
    expect(await quash.logged('report-accepted')).toMatchObject({ caller: 'gitlab' });
    const job = gitlabClientOf(quash, readFileSync(join(cwd, 'data', 'submit-token'), 'utf8').trim());
    expect((await job.report([])).delivered).toBe(true);
    expect(await quash.end('SIGTERM')).toBe(0);
  });

  it('takes a new token without a signal, and makes none while its file is away', async () => {
    const cwd = installed();
    const quash = await startQuashOfGitlab({ cwd });
    const file = join(cwd, 'data', 'gitlab-token');
    const old = readFileSync(file, 'utf8').trim();
    const isTaken = async (token: string) => (await gitlabClientOf(quash, token).report([])).delivered;

    rmSync(file);
    expect(await quash.logged('reload-failed')).toMatchObject({
      message: expect.stringMatching(/gitlab-token is gone; only a start makes a new token/),
    });
    expect([existsSync(file), await isTaken(old)]).toEqual([false, true]);
    writeFileSync(file, `\ufeff\r\n${TOKEN}\r\n`);
    await quash.logged('reloaded');

    expect([await isTaken(old), await isTaken(TOKEN)]).toEqual([false, true]);
    await quash.end('SIGTERM');
  });

  it('is short at every other start, with the tokens of before and none for CI jobs where there was none', async () => {
    const cwd = installed();
    const submitToken = join(cwd, 'data', 'submit-token');
    rmSync(submitToken);
    const token = readFileSync(join(cwd, 'data', 'gitlab-token'), 'utf8');
    const quash = await startQuashOfGitlab({ cwd });
    await quash.logged('config-warning');
    const prose = () =>
      quash
        .output()
        .split('\n')
        .filter((line) => !/^(\{|$)/.test(line));
    await eventually(() => expect(prose()).toHaveLength(1));
    expect(existsSync(submitToken)).toBe(false);
    expect(readFileSync(join(cwd, 'data', 'gitlab-token'), 'utf8')).toBe(token);
    expect((await gitlabClientOf(quash, token.trim()).report([])).delivered).toBe(true);
    expect(await quash.end('SIGINT')).toBe(0);
    const where = `The tokens that Quash made are in ${join(cwd, 'data')}; `;
    expect(prose()).toEqual([expect.stringMatching(/^The mode is revoke, and \d+ providers are on\. /)]);
    expect(prose()[0]).toContain(where);
  });

  it('takes the old and the new token while one is being replaced in its file', async () => {
    const cwd = installed();
    const file = join(cwd, 'data', 'gitlab-token');
    const old = readFileSync(file, 'utf8').trim();
    writeFileSync(file, `\ufeff${TOKEN}\u200b\r\n${old}\n`);
    const quash = await startQuashHere({ cwd });
    for (const token of [TOKEN, old]) {
      expect((await gitlabClientOf(quash, token).report([])).delivered).toBe(true);
    }
  });

  it('does not start with a token that holds what cannot be seen', async () => {
    const cwd = installed();
    writeFileSync(join(cwd, 'data', 'gitlab-token'), Buffer.from(`\ufeff${TOKEN}`, 'utf16le'));
    await expect(startQuashHere({ cwd })).rejects.toThrow('gitlab-token holds the character U+FFFD');
  });

  it('does not start with one token for GitLab and for operators', async () => {
    const cwd = installed();
    copyFileSync(join(cwd, 'data', 'gitlab-token'), join(cwd, 'data', 'admin-token'));
    await expect(startQuashHere({ cwd })).rejects.toThrow(
      'admin.tokens[0]: the same token as auth.tokens[0]; expected one of its own.',
    );
  });
});

describe('signals', () => {
  it('a second one ends it at once, although an upstream hangs', async () => {
    const gitlab = await startFakeGitlab({ adminToken: pat('z') });
    const token = gitlab.addToken('personal');
    let calls = 0;
    const hanging = (await import('node:http')).createServer(() => {
      calls++;
    });
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const address = hanging.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const quash = await startQuashOfGitlab({
      cwd: temporaryFolder(),
      env: {
        QUASH_AUTH__TOKENS: TOKEN,
        QUASH_GITLAB__INSTANCES: JSON.stringify([{ url, adminToken: pat('z') }]),
        QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
        // By itself neither the call nor the process would ever end.
        QUASH_UPSTREAM__TIMEOUTMS: String(NEVER_MS),
      },
      args: PATIENT,
    });
    await gitlabClientOf(quash, TOKEN).report(findings(1, { type: PAT_TYPE, token: () => token.value }));
    await eventually(() => expect(calls).toBeGreaterThan(0));
    quash.signal('SIGTERM');
    await quash.logged('stopping');
    expect(await quash.end('SIGTERM')).toBe(1);
    hanging.closeAllConnections();
    hanging.close();
    await gitlab.close();
  });

  it('ends an idle connection that a request kept open until then', async () => {
    const cwd = temporaryFolder();
    // Node.js would end it by itself after some seconds, and the test would show nothing.
    const patience = join(cwd, 'patience.mjs');
    writeFileSync(
      patience,
      `import http from 'node:http';
      import { syncBuiltinESMExports } from 'node:module';
      const { createServer } = http;
      http.createServer = (...of) => Object.assign(createServer(...of), { keepAliveTimeout: ${NEVER_MS} });
      syncBuiltinESMExports();`,
    );
    const env = { QUASH_AUTH__TOKENS: TOKEN, NODE_OPTIONS: `--import ${patience}` };
    const quash = await startQuashOfGitlab({ cwd, env, args: PATIENT });
    const agent = new Agent({ keepAlive: true });
    const { hostname: host, port } = new URL(quash.apiUrl);
    const sent = request({
      host,
      port,
      path: '/v1/revoke_tokens',
      method: 'POST',
      agent,
      headers: { authorization: TOKEN, expect: '100-continue' },
    });
    sent.write('[');
    await once(sent, 'continue');
    const ended = quash.end('SIGTERM');
    await quash.logged('stopping');
    sent.end(']');
    const [answer] = await once(sent, 'response');
    answer.resume();
    expect(answer.statusCode).toBe(204);
    expect(await ended).toBe(0);
    agent.destroy();
  });

  it('SIGHUP reads the configuration again: new tokens count, and a bad, empty or lost file changes nothing', async () => {
    const cwd = temporaryFolder();
    const file = join(cwd, 'quash.yaml');
    writeFileSync(file, `auth: { tokens: [${TOKEN}] }\n`);
    const quash = await startQuashOfGitlab({ cwd });
    const delivers = async (token: string) => (await gitlabClientOf(quash, token).report([])).delivered;
    writeFileSync(file, `auth: { tokens: [${TOKEN}-the-second] }\n`);
    quash.signal('SIGHUP');
    await quash.logged('reloaded');
    expect([await delivers(TOKEN), await delivers(`${TOKEN}-the-second`)]).toEqual([false, true]);

    const lost = 'quash.yaml is gone or empty now; to use the defaults, restart.';
    const failures: [change: () => void, message: unknown][] = [
      [
        () => writeFileSync(file, 'limits: { bodyBytes: many }\n'),
        expect.stringContaining('limits.bodyBytes'),
      ],
      [() => writeFileSync(file, '# nothing yet\n'), lost],
      [() => rmSync(file), lost],
    ];
    const failed = () => quash.log().filter(({ event }) => event === 'reload-failed');
    for (const [n, [change, message]] of failures.entries()) {
      change();
      quash.signal('SIGHUP');
      await quash.logged('reload-failed', () => failed().length > n);
      expect(failed()[n]).toMatchObject({ message });
      expect([await delivers(TOKEN), await delivers(`${TOKEN}-the-second`)]).toEqual([false, true]);
    }
    await quash.end('SIGTERM');
  });
});

it('a ledger that SIGHUP finds to be elsewhere waits for the next start, and nothing is made there', async () => {
  const cwd = temporaryFolder();
  const file = join(cwd, 'quash.yaml');
  writeFileSync(file, 'revocation: { mode: hold }\n');
  const quash = await startQuashOfGitlab({ cwd });
  const token = readFileSync(join(cwd, 'data/gitlab-token'), 'utf8').trim();
  const warnings = () =>
    quash
      .log()
      .filter((line) => line.event === 'config-warning' && String(line.message).includes('ledger.url'));
  const elsewhere = [
    'url: "sqlite:./other/quash.db"',
    'url: "redis://127.0.0.1:1", keysFile: other/keys.json',
  ];
  for (const [n, ledger] of elsewhere.entries()) {
    writeFileSync(file, `ledger: { ${ledger} }\n`);
    quash.signal('SIGHUP');
    await quash.logged('config-warning', () => warnings().length > n);
  }
  expect((await gitlabClientOf(quash, token).report([])).delivered).toBe(true);
  expect(readdirSync(cwd).sort()).toEqual(['data', 'quash.yaml']);
  await quash.end('SIGTERM');
});

it('of a ledger that SIGHUP finds to be elsewhere, the keys are where SIGHUP found them before', async () => {
  const cwd = temporaryFolder();
  const file = join(cwd, 'quash.yaml');
  writeFileSync(file, 'revocation: { mode: hold }\n');
  const quash = await startQuashOfGitlab({ cwd });
  cpSync(join(cwd, 'data'), join(cwd, 'kept'), { recursive: true });
  rmSync(join(cwd, 'data/keys.json'));
  const url = 'sqlite:./data/quash.db';
  writeFileSync(file, `ledger: { url: "${url}", keysFile: kept/keys.json }\n`);
  quash.signal('SIGHUP');
  await quash.logged('reloaded');

  writeFileSync(file, 'ledger: { url: "sqlite:./other/quash.db" }\n');
  quash.signal('SIGHUP');
  const ended = () => quash.log().filter(({ event }) => event === 'reloaded' || event === 'reload-failed');
  await eventually(() => expect(ended()).toHaveLength(2));

  expect(ended().map(({ event }) => event)).toEqual(['reloaded', 'reloaded']);
  await quash.end('SIGTERM');
});

it('ends with exit code 1 at a mistake that nobody caught, and shows nothing of its message', async () => {
  const secret = pat('s');
  const cwd = temporaryFolder();
  const file = join(cwd, 'mistake.mjs');
  writeFileSync(file, "process.on('SIGUSR2', () => { throw new Error(process.env.MISTAKE); });");
  const env = { NODE_OPTIONS: `--import ${file}`, MISTAKE: `Bad text:\n    at ${secret}` };
  const quash = await startQuashOfGitlab({ cwd, env });
  expect(await quash.end('SIGUSR2')).toBe(1);
  expect(quash.log()).toContainEqual(expect.objectContaining({ event: 'internal-error' }));
  expect(quash.output()).not.toContain(secret);
});

it.each([
  ['listen', 'QUASH_LISTEN__PORT'],
  ['admin', 'QUASH_ADMIN__PORT'],
] as const)('names the key of the configuration when %s.port is in use', async (section, variable) => {
  const other = createServer();
  await once(other.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  await expect(
    startQuashOfGitlab({ cwd: temporaryFolder(), env: { [variable]: String(port) } }),
  ).rejects.toThrow(
    `quash: ${section}.port ${port} is in use on 127.0.0.1: stop the process that has it, or set another ${section}.port.`,
  );
});

it('makes no new keys for a ledger that is there', async () => {
  const cwd = installed();
  const keys = join(cwd, 'data', 'keys.json');
  rmSync(keys);
  await expect(startQuashHere({ cwd })).rejects.toThrow(`needs the key file ${keys} that it was made with`);
  expect(existsSync(keys)).toBe(false);
});

it('refuses to open a ledger with another key file', async () => {
  const cwd = installed();
  const keys = join(cwd, 'data', 'keys.json');
  rmSync(keys);
  await createKeys(keys);
  await expect(startQuashHere({ cwd })).rejects.toThrow(
    'The SQLite ledger was written with another key file.',
  );
});

it('says who must be given a token that it had to make anew', async () => {
  const cwd = installed();
  for (const name of ['gitlab-token', 'admin-token']) rmSync(join(cwd, 'data', name));
  const quash = await startQuashOfGitlab({ cwd });
  expect(quash.log().filter(({ event }) => event === 'ledger-warning')).toEqual(
    [
      ['gitlab-token', 'GitLab'],
      ['admin-token', 'each administrator'],
    ].map(([name, user]) =>
      expect.objectContaining({
        message: `The ledger was there and ${join(cwd, 'data', String(name))} was not: it has a new token, which ${user} must be given.`,
      }),
    ),
  );
  await quash.end('SIGTERM');
});

it('stops within the grace period though it has not started yet', async () => {
  // A Redis that takes connections and says nothing.
  const redis = createTcpServer();
  const connected = once(redis, 'connection');
  await once(redis.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void redis.close());
  const cwd = temporaryFolder();
  await createKeys(join(cwd, 'keys.json'));
  const { file, env: fast } = await bundled('gitlab-only');
  const env = {
    PATH: process.env.PATH,
    ...fast,
    QUASH_LEDGER__URL: `redis://127.0.0.1:${(redis.address() as AddressInfo).port}`,
    QUASH_LEDGER__KEYSFILE: 'keys.json',
    QUASH_AUTH__TOKENS: JSON.stringify([TOKEN]),
  };
  const child = startChild(process.execPath, [file, 'serve', '--grace', '0'], { cwd, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close');
  await connected;
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(output).toContain('"event":"stopping"');
});
