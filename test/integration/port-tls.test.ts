/** Commands against ports with certificates. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { simpleDefinition } from '../support/example-definition.ts';
import { freePort } from '../support/free-port.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { createTestCertificate } from '../support/tls.ts';

const ADMIN = 'admin-token-of-the-tests';

function world() {
  const cwd = temporaryFolder();
  const certificate = createTestCertificate('DNS:quash.example.com');
  const files = { certFile: join(cwd, 'tls.crt'), keyFile: join(cwd, 'tls.key') };
  writeFileSync(files.certFile, certificate.cert);
  writeFileSync(files.keyFile, certificate.key);
  const run = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
    let [out, err] = ['', ''];
    const code = await main(args, {
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      stdin: (async function* () {})(),
      ...{ cwd, env, definitions: async () => [simpleDefinition('slack')] },
    });
    return { code, out, err };
  };
  return { cwd, certificate, files, run };
}

const CLIENT_CA = 'clients.crt';

describe('commands on the machine of an admin port with TLS', () => {
  async function running() {
    const { cwd, files, run } = world();
    writeFileSync(join(cwd, CLIENT_CA), createTestCertificate('DNS:client').cert);
    const env = {
      QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
      QUASH_ADMIN__TOKENS: ADMIN,
      QUASH_ADMIN__PORT: String(await freePort()),
      QUASH_ADMIN__TLS: JSON.stringify({ ...files, clientCaFile: join(cwd, CLIENT_CA) }),
      QUASH_LISTEN__TLS: JSON.stringify(files),
    };
    return { env, run, quash: await startQuashHere({ cwd, env }) };
  }

  it('reach it by its own certificate, whatever name that has', async () => {
    const { env, run, quash } = await running();

    expect([quash.apiUrl, quash.adminUrl].map((url) => url.split(':')[0])).toEqual(['https', 'https']);
    expect(await run(['list', '--json'], env)).toMatchObject({ code: 0, err: '' });
    expect(await run(['health'], env)).toMatchObject({ code: 0, err: '' });
  });

  it('give their token to nobody else who listens there', async () => {
    const { files, run, cwd } = world();
    const other = createTestCertificate('DNS:quash.example.com');
    let isAsked = false;
    const impostor = createServer(other, (_request, response) => {
      isAsked = true;
      response.end('{}');
    });
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void impostor.close());
    const env = {
      QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
      QUASH_ADMIN__TOKENS: ADMIN,
      QUASH_ADMIN__PORT: String((impostor.address() as AddressInfo).port),
      QUASH_ADMIN__TLS: JSON.stringify(files),
    };

    expect((await run(['list'], env)).code).toBe(1);
    expect(isAsked).toBe(false);
  });
});

describe('quash check', () => {
  it('refuses certificates that cannot be used, by their key', async () => {
    const { files, run } = world();
    const env = { QUASH_LISTEN__TLS: JSON.stringify({ ...files, keyFile: '/nowhere/tls.key' }) };

    expect(await run(['check'], env)).toMatchObject({
      code: 1,
      err: 'quash: listen.tls.keyFile: /nowhere/tls.key cannot be read (ENOENT).\n',
    });
    expect((await run(['check'], { QUASH_ADMIN__TLS: JSON.stringify(files) })).code).toBe(0);
  });
});
