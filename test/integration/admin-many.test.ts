/** The commands for many tokens, as an operator with a few hundred leaks uses them. */
import { hash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../src/cli/main.ts';
import type { ListPage } from '../../src/ledger/entry.ts';
import { freePort } from '../support/free-port.ts';
import { LEDGERS, type LedgerUnderTest } from '../support/ledgers.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const REPORTER = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';
const TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';

function token(n: number): string {
  return ['gl', 'pat-', hash('sha256', String(n)).slice(0, 20)].join('');
}

function commandOf(options: {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly url: string;
}) {
  return async (args: readonly string[], input = '') => {
    let stdout = '';
    let stderr = '';
    const code = await main([...args, '--url', options.url], {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      stdin: (async function* () {
        yield input;
      })(),
      ...{ env: options.env, cwd: options.cwd },
      definitions: async () => (await import('../../providers/index.ts')).definitions,
    });
    return { code, stdout, stderr };
  };
}

/** A Quash that holds everything, with so many leaks in two projects by turns. */
async function heldLeaks(ledger: LedgerUnderTest, count: number) {
  const { folder: cwd, env: own } = await ledger.open();
  const env = {
    ...own,
    ...{ QUASH_AUTH__TOKENS: REPORTER, QUASH_ADMIN__TOKENS: ADMIN, QUASH_REVOCATION__MODE: 'hold' },
  };
  const quash = await startQuashHere({ cwd, env });
  const body = Array.from({ length: count }, (_, n) => ({
    ...{ type: TYPE, token: token(n) },
    location: `https://gitlab.example.com/acme/${n % 2 ? 'odd' : 'even'}/-/blob/0abc/file${n}#L1`,
  }));
  const reported = await fetch(`${quash.apiUrl}/v1/revoke_tokens`, {
    method: 'POST',
    headers: { authorization: REPORTER, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(reported.status).toBe(204);
  const command = commandOf({ cwd, env, url: quash.adminUrl });
  const list = async (...args: string[]) =>
    (JSON.parse((await command(['list', '--json', ...args])).stdout) as ListPage).entries;
  return { command, list };
}

for (const ledger of LEDGERS) {
  const why = ledger.missing ? ` (skipped: ${ledger.missing})` : '';
  describe.skipIf(ledger.missing)(`many leaks on ${ledger.name}${why}`, () => {
    it('are listed by project, in full with --all, and with the allowed values where one is wrong', async () => {
      const { command, list } = await heldLeaks(ledger, 260);

      expect(await list('--all', '--project', 'acme/odd')).toHaveLength(130);
      expect(await list('--limit', '7', '--project', 'acme')).toHaveLength(7);
      const page = await command(['list', '--limit', '2']);
      expect(page.stdout.split('\n')[1]).toContain('https://gitlab.example.com/acme/odd');
      expect(page.stderr).toContain('--all');
      for (const [args, words] of [
        [['--state', 'heldd'], 'Allowed choices are queued, held, attention, done, dismissed'],
        [['--limit', '1000'], 'from 1 to 200'],
        [['--since', 'yesterday'], 'since: expected a time'],
        [['--provider', 'gitlabb'], 'No such provider: gitlabb'],
      ] as const) {
        expect(await command(['list', ...args])).toMatchObject({
          code: 2,
          stderr: expect.stringContaining(words),
        });
      }
    });

    it('are decided about by ids, by beginnings of ids and by filters, past what fails', async () => {
      // Half of them are more than are decided about at once.
      const { command, list } = await heldLeaks(ledger, 540);
      const [first, second] = await list('--project', 'acme/even', '--limit', '2');
      const ids = [first?.id.slice(0, 8) ?? '', second?.id ?? '', 'nobody-knows-it'];

      const some = await command(['dismiss', ...ids, '--reason', 'a test']);
      expect(some).toEqual({
        code: 1,
        stdout: `${ids[0]} is now dismissed.\n${ids[1]} is now dismissed.\n`,
        stderr: 'nobody-knows-it: No such entry\nquash: 2 done, 1 failed.\n',
      });
      const dismissOdd = [
        'dismiss',
        '--state',
        'held',
        '--with-reason',
        'mode',
        '--project',
        'acme/odd',
        '--reason',
        'a test',
      ];
      expect(await command(dismissOdd)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(
          /^quash: 270 would be dismissed: give --yes --as-of 2\S+Z to do it to these, --yes to all by then\.\n$/,
        ),
      });
      expect(await command(['retry', '--project', 'acme/nothing-there'])).toMatchObject({
        ...{ code: 2, stderr: 'quash: None would be retried: no token fits.\n' },
      });
      const before = await command([...dismissOdd, '--yes', '--as-of', '2026-01-01']);
      expect(before).toMatchObject({ code: 1, stdout: '' });
      expect(before.stderr).toContain('Something has happened to the entry since it was looked at');
      expect(await list('--all', '--state', 'held')).toHaveLength(538);
      const finished = await command([
        'approve',
        '--project',
        'acme/odd',
        '--state',
        'held',
        '--reason',
        'gone',
      ]);
      expect(finished).toMatchObject({ code: 2, stderr: expect.stringContaining('None would be approved') });
      const odd = await command([...dismissOdd, '--yes', '--json']);
      expect(JSON.parse(odd.stdout)).toMatchObject({ done: 270, failed: 0 });
      const rest = await command([
        'dismiss',
        '--provider',
        'gitlab',
        '--state',
        'held',
        '--yes',
        '--reason',
        'x',
      ]);
      expect(rest.stdout).toMatch(/\n268 done\.\n$/);
      expect(await list('--state', 'held')).toEqual([]);
      expect(await command(['show', ids[0] ?? ''])).toMatchObject({ code: 0 });
    });

    it.each([
      ['neither ids nor filters', ['approve']],
      ['both', ['approve', 'some-id', '--state', 'held']],
    ])('are not decided about by %s', async (_name, args) => {
      const { command } = await heldLeaks(ledger, 1);

      expect(await command(args)).toMatchObject({ code: 2, stderr: 'quash: Give either ids or filters.\n' });
    });

    it('are found by their secrets, and written out', async () => {
      const { command } = await heldLeaks(ledger, 30);

      const found = await command(['find'], `${token(3)}\n`);
      expect(found).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^[0-9a-f]{32} of gitlab is held\.\n$/),
      });
      expect(await command(['find', '--type', TYPE], token(3))).toMatchObject({
        code: 0,
        stdout: found.stdout,
      });
      expect(await command(['find'], token(99))).toEqual({
        code: 1,
        stdout: '',
        stderr: 'quash: It is not known.\n',
      });
      expect(await command(['find'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('no secret'),
      });
      const table = await command(['export', '--project', 'acme/odd']);
      expect(table.stdout.trimEnd().split('\r\n')).toHaveLength(16);
      const lines = (await command(['export', '--format', 'ndjson'])).stdout.trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line).locations)).toContainEqual([
        'https://gitlab.example.com/acme/odd/-/blob/0abc/file3#L1',
      ]);
      expect(lines).toHaveLength(30);
    });
  });
}

describe('a Quash that does not answer', () => {
  const commandTo = (url: string) =>
    commandOf({ cwd: temporaryFolder(), env: { QUASH_ADMIN__TOKENS: ADMIN }, url });

  async function serving(answer: RequestListener) {
    let connections = 0;
    const server = createServer(answer);
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, connections: () => connections };
  }

  it('is said not to be reached where nothing listens', async () => {
    const command = commandTo(`http://127.0.0.1:${await freePort()}`);

    expect(await command(['list'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be reached'),
    });
  });

  it('is not said to be away where it closed the connection', async () => {
    const { url } = await serving(({ socket }) => socket.destroy());

    const { code, stderr } = await commandTo(url)(['approve', 'some-id']);

    expect(code).toBe(1);
    expect(stderr).toContain('closed the connection before it had answered');
    expect(stderr).not.toContain('cannot be reached');
  });

  it('fails a decision in the middle, and tells what was done by then', async () => {
    let calls = 0;
    const { url } = await serving((request, response) => {
      calls += 1;
      if (calls > 1) return request.socket.destroy();
      response.setHeader('content-type', 'application/json');
      const results = [{ id: 'one', done: true, state: 'queued' }];
      response.end(JSON.stringify({ results, done: 1, failed: 0, at: 0, cursor: 'next' }));
    });

    const { code, stdout, stderr } = await commandTo(url)([
      'retry',
      '--state',
      'attention',
      '--yes',
      '--json',
    ]);

    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ done: 1, results: [{ id: 'one' }] });
    expect(stderr).toMatch(/closed the connection before.* Before that, 1 were done, 0 failed\./);
  });

  it.each(['127.0.0.1:9090', 'ftp://quash.example.com', ''])('is not called at %j', async (url) => {
    expect(await commandTo(url)(['list'])).toEqual({
      ...{ code: 2, stdout: '' },
      stderr: 'quash: --url is not an http or https URL.\n',
    });
  });

  it('fails an export that ends in the middle', async () => {
    const { url } = await serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8; header=present' });
      response.write('"id"\r\n');
      setImmediate(() => response.destroy());
    });

    expect(await commandTo(url)(['export'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('broke off'),
    });
  });

  it.each([['list'], ['export'], ['export', '--format', 'ndjson']])(
    'is not taken for Quash what answers %s %s %s with a page',
    async (...args) => {
      const { url } = await serving((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>');
      });

      expect(await commandTo(url)(args)).toMatchObject({
        ...{ code: 1, stdout: '' },
        stderr: expect.stringContaining('is no Quash'),
      });
    },
  );

  it('is named where --url leads to the port that GitLab calls', async () => {
    const { url } = await serving((_request, response) => {
      const headers = { 'content-type': 'application/problem+json' };
      response.writeHead(404, headers).end(JSON.stringify({ title: 'No such path', status: 404 }));
    });

    expect(await commandTo(url)(['list'])).toMatchObject({
      ...{
        code: 2,
        stderr: `quash: ${url} is not an admin port: --url names that one, which is 9090 by default.\n`,
      },
    });
  });

  it('is called over one connection for all pages', async () => {
    let pages = 0;
    const { url, connections } = await serving((_request, response) => {
      pages += 1;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ entries: [], ...(pages < 4 && { cursor: 'next' }) }));
    });

    expect(await commandTo(url)(['list', '--all'])).toMatchObject({ code: 0 });
    expect([pages, connections()]).toEqual([4, 1]);
  });
});
