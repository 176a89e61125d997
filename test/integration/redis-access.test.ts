import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LedgerSettings, openLedger } from '../../src/open-ledger.ts';
import { createLimiter } from '../../src/server/limiter.ts';
import { Secret } from '../../src/words/secret.ts';
import { freePort } from '../support/free-port.ts';
import { RIGHTFUL_USER, rightsFromReadme } from '../support/redis-rights.ts';
import { type RedisServer, redisAvailable, startRedis, startRedisSentinel } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TEST_VAULT } from '../support/test-keys.ts';
import { createTestCertificate } from '../support/tls.ts';

const SENTINEL_PASSWORD = 'sentinels-password-of-the-tests';

/** Opens it and writes. */
async function use(settings: LedgerSettings) {
  const opened = await openLedger(settings, TEST_VAULT);
  onTestFinished(() => opened.close());
  await opened.ledger.ping();
  return opened;
}

/** Takes some seconds, in which another try may still get through. @returns what the operator is told */
function refusalOf(settings: LedgerSettings): Promise<string> {
  return use(settings).then(
    () => 'it works',
    (error: unknown) => (error instanceof Error ? error.message : 'no error'),
  );
}

async function start(args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis({ args });
  onTestFinished(() => server.stop());
  return server;
}

describe.skipIf(!redisAvailable())('a Redis that takes no writes is told from one that is away', () => {
  it('as a replica', async () => {
    const { port } = await start();
    const { url } = await start(['--replicaof', `127.0.0.1 ${port}`]);

    expect(await refusalOf({ url })).toMatch(/is a replica.*master.*\(READONLY\)/);
  });

  it('as one without memory', async () => {
    const { url } = await start(['--maxmemory', '1']);

    expect(await refusalOf({ url })).toMatch(/maxmemory.*\(OOM\)/);
  });
});

it.skipIf(!redisAvailable())('is told where Redis had no ledger, and not again', async () => {
  const { url } = await start();
  const told: string[] = [];
  const open = async () => (await openLedger({ url }, TEST_VAULT, (sentence) => told.push(sentence))).close();

  await open();
  await open();

  expect(told).toEqual([expect.stringContaining('no ledger in this Redis')]);
});

describe.skipIf(!redisAvailable())('what ledger.url says of Redis and is not so', () => {
  it('is told of a database that is not there, and nothing is written to another one', async () => {
    const { url } = await start();

    expect(await refusalOf({ url: `${url}/99` })).toMatch(/no database.*ledger\.url.*\(NO_SUCH_DATABASE\)/);
    expect(await refusalOf({ url: `${url}/9` })).toBe('it works');

    const told: string[] = [];
    (await openLedger({ url }, TEST_VAULT, (sentence) => told.push(sentence))).close();
    expect(told).toEqual([expect.stringContaining('no ledger in this Redis')]);
  });

  it.each([
    ['cluster', '', /is no Cluster.*\(NO_CLUSTER\)/],
    ['sentinel', '/master', /no Sentinel.*\(NO_SENTINEL\)/],
  ])('is told of a server that is no %s', async (kind, path, sentence) => {
    const { url } = await start();

    expect(await refusalOf({ url: url.replace('redis:', `redis+${kind}:`) + path })).toMatch(sentence);
  });
});

describe.skipIf(!redisAvailable())('who is let into Redis', () => {
  it('is told by ledger.username and ledger.password, and by no message', async () => {
    const server = await start(['--requirepass', 'right-password']);
    const withPassword = (password: string) => ({ url: server.url, password: new Secret(password) });

    await use(withPassword('right-password'));

    const [missing, refused] = await Promise.all([
      refusalOf({ url: server.url }),
      refusalOf(withPassword('wrong-password')),
    ]);
    expect(missing).toMatch(/wants a password.*ledger\.passwordFile.*\(NOAUTH\)/);
    expect(refused).toMatch(/refuses.*ledger\.username.*\(WRONGPASS\)/);
    expect(refused).not.toContain('wrong-password');
  });

  it('may be a user with the rights that the README lists, for limits too', async () => {
    const server = await start(rightsFromReadme());
    const password = new Secret(RIGHTFUL_USER.password);

    const { ledger, redis } = await use({ url: server.url, username: RIGHTFUL_USER.username, password });

    expect(await ledger.warnings()).toEqual([]);
    const limiter = createLimiter({ name: 'limit:test', points: 1, durationSeconds: 60 }, redis);
    await limiter.consume('caller');
    await expect(limiter.consume('caller')).rejects.toMatchObject({ consumedPoints: 2 });
  });

  it.each([
    ['keys', '~other:*', '&{quash}:*'],
    ['channels', '~{quash}:*', 'resetchannels'],
  ])('is told which rights are missing, such as the %s', async (_, keys, channels) => {
    const server = await start(['--user', 'ada', 'on', '>password', keys, channels, '+@all']);
    const settings = { url: server.url, username: 'ada', password: new Secret('password') };

    expect(await refusalOf(settings)).toMatch(/ledger\.username.*~\{quash\}:\*.*&\{quash\}:\*.*\(NOPERM\)/);
  });
});

it.skipIf(!redisAvailable())('waits for a Redis that answers the first connection too late', async () => {
  const server = await start();
  let connections = 0;
  const proxy = createServer((client) => {
    client.on('error', () => {});
    connections += 1;
    if (connections === 1) return;
    const upstream = connect(server.port, '127.0.0.1').on('error', () => {});
    client.pipe(upstream).pipe(client);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void proxy.close());

  await use({ url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}` });

  expect(connections).toBeGreaterThan(1);
});

describe.skipIf(!redisAvailable())('Sentinels that want a password of their own', () => {
  const startBoth = async (settings: readonly string[]) => {
    const master = await start(['--requirepass', 'right-password']);
    const sentinel = await startRedisSentinel(master, [
      'sentinel auth-pass quash right-password',
      ...settings,
    ]);
    onTestFinished(() => sentinel.stop());
    return { url: sentinel.url, password: new Secret('right-password') };
  };

  it('get the one of ledger.sentinelPassword', async () => {
    const settings = await startBoth([`requirepass ${SENTINEL_PASSWORD}`]);

    await use({ ...settings, sentinelPassword: new Secret(SENTINEL_PASSWORD) });

    const [missing, refused] = await Promise.all([
      refusalOf(settings),
      refusalOf({ ...settings, sentinelPassword: new Secret('wrong-password') }),
    ]);
    expect(missing).toMatch(/Sentinels want a password.*sentinelPasswordFile.*\(NOAUTH\)/);
    expect(refused).toMatch(/Sentinels refuse.*sentinelUsername.*\(WRONGPASS\)/);
  });

  it('get the user of ledger.sentinelUsername, who needs no more rights than the README lists', async () => {
    const rights = '+sentinel|get-master-addr-by-name +sentinel|sentinels';
    const settings = await startBoth(['user default off', `user watcher on >${SENTINEL_PASSWORD} ${rights}`]);
    const sentinelPassword = new Secret(SENTINEL_PASSWORD);

    await use({ ...settings, sentinelUsername: 'watcher', sentinelPassword });
  });
});

describe.skipIf(!redisAvailable())('Redis with TLS that asks for certificates', () => {
  const startEncrypted = async (name = 'IP:127.0.0.1') => {
    const folder = temporaryFolder();
    const { key, cert } = createTestCertificate(name);
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    writeFileSync(keyFile, key);
    writeFileSync(certFile, cert);
    const tlsPort = await freePort();
    const server = await start([
      ...['--tls-port', String(tlsPort), '--tls-cert-file', certFile, '--tls-key-file', keyFile],
      ...['--tls-ca-cert-file', certFile],
    ]);
    return { server, url: `rediss://127.0.0.1:${tlsPort}`, tls: { caFile: certFile, certFile, keyFile } };
  };

  it('gets those of ledger.tls, and says which of them is missing', async () => {
    const { url, tls } = await startEncrypted();
    const { caFile } = tls;

    await use({ url, tls });

    const [untrusted, refused] = await Promise.all([refusalOf({ url }), refusalOf({ url, tls: { caFile } })]);
    expect(untrusted).toMatch(/not trusted.*ledger\.tls\.caFile.*SELF_SIGNED/);
    expect(refused).toMatch(/client certificate.*ledger\.tls\.certFile/);
    const gone = { ...tls, keyFile: '/does/not/exist.pem' };
    expect(await refusalOf({ url, tls: gone })).toMatch(/^ledger\.tls\.keyFile: .*\(ENOENT\)/);
  });

  it('is not taken for another one', async () => {
    const { url, tls } = await startEncrypted('DNS:redis.example.com');

    expect(await refusalOf({ url, tls })).toMatch(/for another name.*ledger\.url.*ALTNAME/);
  });

  it('is told from one without TLS, from a name that is not known, and from nothing at all', async () => {
    const { server, tls } = await startEncrypted();

    const nowhere = `redis://127.0.0.1:${await freePort()}`;
    const [plain, unknown, nothing] = await Promise.all([
      refusalOf({ url: server.url.replace('redis:', 'rediss:'), tls }),
      refusalOf({ url: 'redis://redis.invalid' }),
      refusalOf({ url: nowhere }),
    ]);
    expect(plain).toMatch(/does not speak TLS as rediss wants/);
    expect(unknown).toMatch(/name of the host.*ledger\.url/);
    expect(nothing).toMatch(/Nothing listens.*ledger\.url.*ECONNREFUSED/);
  });
});
