/** Quash where callers and upstreams have IPv6 addresses. */
import { join } from 'node:path';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { listen } from '../../src/server/listen.ts';
import { simpleDefinition } from '../support/example-definition.ts';
import { freePort } from '../support/free-port.ts';
import { gitlabClientOf } from '../support/gitlab-client.ts';
import { ipv6Missing } from '../support/ipv6.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TOKEN = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';

async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  let [out, err] = ['', ''];
  const code = await main(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: (async function* () {})(),
    ...{ env, cwd: temporaryFolder(), definitions: async () => [simpleDefinition('slack')] },
  });
  return { code, out, err };
}

async function running(env: Readonly<Record<string, string>>) {
  const cwd = temporaryFolder();
  const complete = {
    QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
    QUASH_AUTH__TOKENS: TOKEN,
    QUASH_ADMIN__TOKENS: ADMIN,
    QUASH_ADMIN__PORT: String(await freePort()),
    ...env,
  };
  return { env: complete, ...(await startQuashHere({ cwd, env: complete })) };
}

describe.skipIf(ipv6Missing)(`on ::1${ipv6Missing ? ` (skipped: ${ipv6Missing})` : ''}`, () => {
  it('takes reports and answers commands', async () => {
    const quash = await running({ QUASH_LISTEN__HOST: '::1', QUASH_ADMIN__HOST: '::1' });

    expect([quash.apiUrl, quash.adminUrl].every((url) => /^http:\/\/\[::1\]:\d+$/.test(url))).toBe(true);
    const report = await gitlabClientOf(quash, TOKEN).report([]);
    expect(report).toMatchObject({ delivered: true });
    for (const command of [['list'], ['health']]) {
      expect(await run(command, quash.env)).toMatchObject({ code: 0, err: '' });
    }
  });

  it('refuses a page of another name', async () => {
    const { adminUrl } = await running({ QUASH_ADMIN__HOST: '::1' });
    const status = async (host: string) =>
      (await request(`${adminUrl}/healthz`, { headers: { host } })).statusCode;

    expect(await status('evil.example')).toBe(421);
    expect(await status('[::1]:9090')).toBe(200);
  });

  it('is reached on both families where it listens on ::', async () => {
    const { adminUrl, env } = await running({ QUASH_ADMIN__HOST: '::', QUASH_LISTEN__HOST: '::' });
    const { port } = new URL(adminUrl);

    for (const host of ['127.0.0.1', '[::1]']) {
      expect((await request(`http://${host}:${port}/readyz`)).statusCode).toBe(200);
    }
    expect((await run(['health'], env)).code).toBe(0);
  });

  it('counts failed authentications of one address over both ways to it', async () => {
    const { adminUrl } = await running({ QUASH_ADMIN__HOST: '::', QUASH_LIMITS__FAILEDAUTHPERMINUTE: '2' });
    const { port } = new URL(adminUrl);
    const wrong = async (host: string) => (await request(`http://${host}:${port}/api/stats`)).statusCode;

    expect([await wrong('127.0.0.1'), await wrong('127.0.0.1'), await wrong('127.0.0.1')]).toEqual([
      401, 401, 429,
    ]);
    expect(await wrong('[::1]')).toBe(401);
  });
});

describe('quash check', () => {
  it.each(['[::]', '0.0.0.0:8080', 'http://quash', '999.1.1.1', '10.1', 'a b', ''])(
    'refuses the host %j, which is none',
    async (host) => {
      const { code, err } = await run(['check'], { QUASH_LISTEN__HOST: host });
      expect(err).toMatch(/^QUASH_LISTEN__HOST: listen\.host: expected /);
      expect(code).toBe(1);
    },
  );

  it('refuses a host that is not of this machine', async () => {
    expect(await run(['check'], { QUASH_ADMIN__HOST: '192.0.2.1' })).toMatchObject({
      code: 1,
      err: 'quash: admin.host 192.0.2.1 is no address of this machine.\n',
    });
  });

  it('does not mind that the ports are in use', async () => {
    const listener = await listen({ fetch: () => new Response() }, { host: '127.0.0.1', port: 0 });
    const { port } = new URL(listener.url);
    const { code } = await run(['check'], { QUASH_LISTEN__HOST: '127.0.0.1', QUASH_LISTEN__PORT: port });
    await listener.close(0);
    expect(code).toBe(0);
  });
});
