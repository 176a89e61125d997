/** Commands that call Quash and GitLab through a forward proxy of the environment. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, request as forward, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { simpleDefinition } from '../support/example-definition.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { createTestCertificate } from '../support/tls.ts';

const TOKEN = 'pre-shared-token-of-the-tests';

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return (server.address() as AddressInfo).port;
}

/** Whatever name is asked for, it leads to this port; or it refuses with a status. */
async function startProxy(port: number, refusal?: number) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (refusal) return void response.writeHead(refusal).end();
    const { pathname } = new URL(request.url ?? '');
    const { method, headers } = request;
    const onward = forward({ host: '127.0.0.1', port, method, headers, path: pathname }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request, client) => {
    seen.push(`CONNECT ${request.url}`);
    client.on('error', () => {});
    if (refusal) return void client.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const quash: RequestListener = (request, response) => {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ types: [], entries: [] }));
  } else response.writeHead(204).end();
};

async function run(args: readonly string[], env: Readonly<Record<string, string>>, files = {}) {
  const cwd = temporaryFolder();
  for (const [name, text] of Object.entries<string>(files)) writeFileSync(join(cwd, name), text);
  let [out, err] = ['', ''];
  const code = await main(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: (async function* () {})(),
    ...{ env, cwd, definitions: async () => [simpleDefinition('slack')] },
  });
  return { code, out, err };
}

const submit = (url: string, env: Readonly<Record<string, string>>) =>
  run(
    ['submit', 'report.json', '--url', url, '--timeout', '1'],
    { QUASH_TOKEN: TOKEN, ...env },
    {
      'report.json': 'null',
    },
  );
const list = (url: string, env: Readonly<Record<string, string>>) =>
  run(['list', '--json', '--url', url], { QUASH_ADMIN__TOKENS: 'admin-token-of-the-tests', ...env });

describe.each([
  ['submit', submit],
  ['list', list],
])('quash %s', (_name, command) => {
  it('goes through the proxy of HTTP_PROXY, in either spelling', async () => {
    const proxy = await startProxy(await serve(quash));

    for (const env of [{ HTTP_PROXY: proxy.url }, { http_proxy: proxy.url.replace('http://', '') }]) {
      expect(await command('http://quash.example', env)).toMatchObject({ code: 0 });
    }
    expect(proxy.seen).toHaveLength(2);
    expect(proxy.seen.every((line) => line.startsWith('GET http://quash.example/'))).toBe(true);
  });

  it('goes past it where NO_PROXY says so, and on this machine', async () => {
    const proxy = await startProxy(1, 500);
    const port = await serve(quash);
    const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };

    expect(await command(`http://127.0.0.1:${port}`, env)).toMatchObject({ code: 0 });
    const away = await command('http://quash.invalid', { ...env, NO_PROXY: '.invalid' });
    expect(away.err).toMatch(/\((ENOTFOUND|EAI_AGAIN)\): the name is not known; correct it, or name a proxy/);
    expect(proxy.seen).toEqual([]);
  });

  it('tunnels https, and tells what the proxy refuses', async () => {
    const proxy = await startProxy(1, 403);

    const { code, err } = await command('https://quash.example', { HTTPS_PROXY: proxy.url });

    expect(code).toBe(1);
    expect(err).toContain('the proxy answered 403; have it allow the host, or list the host in NO_PROXY');
    expect(proxy.seen[0]).toBe('CONNECT quash.example:443');
  });

  it('tells that the proxy is away', async () => {
    const { err } = await command('https://quash.example', { HTTPS_PROXY: 'http://127.0.0.1:1' });
    expect(err).toContain('(ECONNREFUSED): the proxy in HTTPS_PROXY or HTTP_PROXY cannot be reached');
  });

  it('tells that nothing listens, that a certificate is not trusted, and that there is no TLS', async () => {
    const tls = (await import('node:https')).createServer(createTestCertificate('DNS:localhost'), quash);
    tls.listen(0, '127.0.0.1');
    await once(tls, 'listening');
    onTestFinished(() => void tls.close());
    const { port } = tls.address() as AddressInfo;

    expect((await command('http://127.0.0.1:1', {})).err).toContain('(ECONNREFUSED): nothing listens there');
    expect((await command(`https://localhost:${port}`, {})).err).toContain(
      '(DEPTH_ZERO_SELF_SIGNED_CERT): its certificate is not trusted or has ended; name its authority in NODE_EXTRA_CA_CERTS',
    );
    expect((await command(`https://127.0.0.1:${await serve(quash)}`, {})).err).toContain(
      'it does not speak TLS there; correct the port, or write http for https',
    );
    expect((await command(`http://localhost:${port}`, {})).err).toContain('write https for http');
  });

  it('refuses what is no proxy, without repeating it', async () => {
    const { code, err } = await command('https://quash.example', { HTTPS_PROXY: 'socks5://pa55word@x' });
    expect([code, err]).toEqual([1, 'quash: HTTPS_PROXY is no address of an HTTP proxy.\n']);
  });
});

describe('quash gitlab-settings --apply', () => {
  const apply = (env: Readonly<Record<string, string>>) =>
    run(
      [
        ...['gitlab-settings', '--apply', '--url', 'https://quash.example.com'],
        ...['--gitlab-url', 'http://gitlab.example', '--admin-token-file', 'token'],
      ],
      { QUASH_AUTH__TOKENS: TOKEN, ...env },
      { token: 'a-token-of-an-administrator' },
    );

  it('goes through the proxy of the environment, and rather through that of the configuration', async () => {
    const port = await serve((_request, response) => response.end('{}'));
    const [ofEnv, ofConfig] = [await startProxy(port), await startProxy(port)];

    expect((await apply({ HTTP_PROXY: ofEnv.url })).code).toBe(0);
    expect((await apply({ HTTP_PROXY: ofEnv.url, QUASH_UPSTREAM__PROXY: ofConfig.url })).code).toBe(0);
    expect([ofEnv.seen.length, ofConfig.seen.length]).toEqual([1, 1]);
  });
});

describe('quash check', () => {
  it('shows what goes past the proxy, by the configuration and by NO_PROXY', async () => {
    const { out } = await run(['check', '--json'], {
      QUASH_UPSTREAM__NOPROXY: '["gitlab.corp.example", ".corp.example:8443", "10.0.0.0/8"]',
      NO_PROXY: 'vault.corp.example',
    });
    expect(JSON.parse(out).config.upstream.noProxy).toEqual([
      ...['gitlab.corp.example', '.corp.example:8443', '10.0.0.0/8', 'vault.corp.example'],
    ]);
  });

  it('refuses what names no host', async () => {
    const { code, err } = await run(['check'], { QUASH_UPSTREAM__NOPROXY: '["https://corp.example"]' });
    expect([code, err]).toEqual([
      1,
      'QUASH_UPSTREAM__NOPROXY: upstream.noProxy[0]: expected *, a host name, an address or a CIDR range\n',
    ]);
  });
});
