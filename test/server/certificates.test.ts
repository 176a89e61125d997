/** Ports with a certificate: over real sockets, with certificates that the system's `openssl` made. */
import { once } from 'node:events';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createAdminApp } from '../../src/admin/app.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { type CertificateFiles, readCertificates } from '../../src/server/certificates.ts';
import { openPort, type PortSettings } from '../../src/server/port.ts';
import { authenticatorOf } from '../support/callers.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { httpFixture } from '../support/http-fixture.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { createTestCertificate, type TestCertificate } from '../support/tls.ts';

const MINUTE = 60_000;
const ADMIN = 'admin-token-of-the-tests';
const HELLO = { fetch: () => new Response('hello') };

let first: TestCertificate;
let second: TestCertificate;
let client: TestCertificate;

beforeAll(() => {
  [first, second, client] = [1, 2, 3].map(() => createTestCertificate('IP:127.0.0.1,IP:::1')) as [
    TestCertificate,
    TestCertificate,
    TestCertificate,
  ];
});

/** As Kubernetes mounts a Secret: links to a folder that is swapped as a whole. */
function mountedSecret(content: TestCertificate) {
  const folder = temporaryFolder();
  let turn = 0;
  const put = ({ cert, key }: TestCertificate) => {
    const data = `data-${turn++}`;
    mkdirSync(join(folder, data));
    writeFileSync(join(folder, data, 'tls.crt'), cert);
    writeFileSync(join(folder, data, 'tls.key'), key);
    symlinkSync(data, join(folder, 'fresh'));
    renameSync(join(folder, 'fresh'), join(folder, '..data'));
  };
  put(content);
  for (const name of ['tls.crt', 'tls.key']) symlinkSync(`..data/${name}`, join(folder, name));
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  return { folder, files, put };
}

function clientCa(): string {
  const path = join(temporaryFolder(), 'ca.crt');
  writeFileSync(path, client.cert);
  return path;
}

async function opened(
  tls: CertificateFiles,
  app: Parameters<typeof openPort>[0] = HELLO,
  more: Partial<PortSettings> = {},
) {
  const clock = new FakeClock();
  const events: QuashEvent[] = [];
  const settings = { section: 'listen', host: '127.0.0.1', port: 0, tls, ...more } as const;
  const port = await openPort(app, settings, { clock, observe: (event) => events.push(event) });
  onTestFinished(() => port.close(0));
  return { ...port, clock, events };
}

/** @returns the status, or the code of the failure */
function get(url: string, options: ConnectionOptions & { headers?: Record<string, string> }) {
  return new Promise<number | string>((resolve) => {
    const call = request(url, { agent: false, ...options }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    call.on('error', (error) => resolve('code' in error ? String(error.code) : error.name));
    call.end();
  });
}

const statusFor = (url: string, { cert }: TestCertificate) => get(url, { ca: cert });

describe('a port with a certificate', () => {
  it('speaks HTTPS, and says so', async () => {
    const { url } = await opened(mountedSecret(first).files);

    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await statusFor(url, first)).toBe(200);
    expect(await statusFor(url, second)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('takes the new certificate by itself when the link to the files was swapped', async () => {
    const secret = mountedSecret(first);
    const { url, clock, events } = await opened(secret.files);

    secret.put(second);
    expect(await statusFor(url, first)).toBe(200);
    await eventually(async () => {
      await clock.advance(MINUTE);
      expect(events).toEqual([{ type: 'certificate-renewed', section: 'listen' }]);
    });

    expect(await statusFor(url, second)).toBe(200);
    expect(await statusFor(url, first)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('takes it at once when it is told to look', async () => {
    const secret = mountedSecret(first);
    const { url, look } = await opened(secret.files);
    secret.put(second);

    await look();

    expect(await statusFor(url, second)).toBe(200);
  });

  it('keeps the old one while the files are broken, says so once, and goes on when they are whole', async () => {
    const secret = mountedSecret(first);
    const { url, look, events } = await opened(secret.files);

    secret.put({ cert: second.cert, key: first.key });
    for (let looks = 0; looks < 3; looks++) await look();

    expect(await statusFor(url, first)).toBe(200);
    const message =
      'listen.tls.keyFile: the key is not that of the certificate. The port keeps the certificate that it has.';
    expect(events).toEqual([{ type: 'config-warning', message }]);
    secret.put(second);
    await look();
    expect(await statusFor(url, second)).toBe(200);
    secret.put({ ...second, key: '' });
    await look();
    expect(events).toHaveLength(3);
  });

  it('closes although a client has not ended its handshake', async () => {
    const { url, close } = await opened(mountedSecret(first).files);
    const socket = connectPlain(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    // It may be reset, too.
    socket.on('error', () => {});
    const gone = new Promise((resolve) => socket.once('close', resolve));

    await close(0);

    await gone;
  });
});

describe('files that cannot serve', () => {
  const broken = (change: Partial<Record<keyof CertificateFiles, string>>) => {
    const { files, folder } = mountedSecret(first);
    const changed: Record<string, string> = { ...files };
    for (const [key, text] of Object.entries(change)) {
      changed[key] = join(folder, key);
      writeFileSync(changed[key], text);
    }
    return readCertificates('admin', changed as unknown as CertificateFiles);
  };

  it.each([
    ['no certificate', () => ({ certFile: 'x' }), 'certFile: expected a certificate in PEM.'],
    ['no key', () => ({ keyFile: 'x' }), 'keyFile: expected a private key without a passphrase in PEM.'],
    [
      'the key of another',
      () => ({ keyFile: second.key }),
      'keyFile: the key is not that of the certificate.',
    ],
    ['no authority', () => ({ clientCaFile: '' }), 'clientCaFile: expected certificates in PEM.'],
  ])('(%s) are named by their key', async (_name, change, expected) => {
    await expect(broken(change())).rejects.toThrow(`admin.tls.${expected}`);
  });

  it('(missing) are named by key and path', async () => {
    const { files } = mountedSecret(first);
    const missing = readCertificates('listen', { ...files, clientCaFile: '/nowhere/ca.crt' });
    await expect(missing).rejects.toThrow(
      'listen.tls.clientCaFile: /nowhere/ca.crt cannot be read (ENOENT).',
    );
  });
});

describe("GitLab's port with an authority for clients", () => {
  it('lets nobody in without a certificate of it', async () => {
    const tls = { ...mountedSecret(first).files, clientCaFile: clientCa() };
    const { url } = await opened(tls);
    const trust = { ca: first.cert };

    expect(await get(url, { ...trust, ...client })).toBe(200);
    expect(await get(url, { ...trust, ...pair(second) })).not.toBe(200);
    expect(await get(url, trust)).not.toBe(200);
  });
});

describe('the admin port with an authority for clients', () => {
  async function adminPort() {
    const { ledger } = httpFixture();
    const app = createAdminApp({
      ...{ host: '0.0.0.0', wantsCertificate: true, ledger, clock: new FakeClock() },
      settings: () => ({
        registry: fakeRegistry([fakeProvider()]),
        limits: { failedAuth: async () => {} },
        authenticator: authenticatorOf('operator', ADMIN),
        readable: [],
        channels: [],
        secureCookies: false,
      }),
      metrics: { render: async () => ({ contentType: 'text/plain', text: 'quash_build_info 1' }) },
      ...{ observe: () => {}, draining: () => false, startSweep: async () => '', fingerprint: () => '' },
    });
    const tls = { ...mountedSecret(first).files, clientCaFile: clientCa() };
    const { url } = await opened(tls, app, { section: 'admin', refusesClients: false });
    const asked = (path: string, shown: Partial<TestCertificate> = {}) =>
      get(url + path, { ca: first.cert, ...shown, headers: { authorization: `Bearer ${ADMIN}` } });
    return { url, asked };
  }

  it('answers health checks to all, and everything else to its clients alone', async () => {
    const { asked } = await adminPort();

    for (const path of ['/healthz', '/readyz']) expect(await asked(path)).toBe(200);
    for (const path of ['/api/stats', '/metrics', '/sign-in', '/assets/dashboard.css', '/nothing']) {
      expect([path, await asked(path)]).toEqual([path, 403]);
      expect([path, await asked(path, pair(second))]).toEqual([path, 403]);
    }
    expect(await asked('/api/stats', pair(client))).toBe(200);
    expect(await asked('/sign-in', pair(client))).toBe(200);
  });

  it('answers the commands beside it, which show its own certificate', async () => {
    const { asked } = await adminPort();

    expect(await asked('/api/stats', pair(first))).toBe(200);
  });

  it('is not opened by a session that is taken up again without a certificate', async () => {
    const { url } = await adminPort();
    const { port } = new URL(url);
    const options = { host: '127.0.0.1', port: Number(port), ca: first.cert };
    const session = await sessionOf(connect(options));

    const resumed = connect({ ...options, session });
    await once(resumed, 'secureConnect');

    expect(resumed.isSessionReused()).toBe(true);
    resumed.end(
      `GET /api/stats HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN}\r\nConnection: close\r\n\r\n`,
    );
    const [chunk] = await once(resumed, 'data');
    expect(String(chunk)).toMatch(/^HTTP\/1\.1 403 /);
    resumed.destroy();
  });
});

function pair({ cert, key }: TestCertificate): TestCertificate {
  return { cert, key };
}

async function sessionOf(socket: TLSSocket): Promise<Buffer> {
  const [session] = await once(socket, 'session');
  socket.destroy();
  return session as Buffer;
}
