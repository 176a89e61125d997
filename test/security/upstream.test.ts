/**
 * Nobody but the operator decides whom Quash calls: no host that is written oddly, no redirect, no token and no
 * location. The guard's own table of addresses is in test/integration/upstream.test.ts.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createContextReader } from '../../src/provider/context.ts';
import { Failure } from '../../src/provider/failure.ts';
import { secretPath } from '../../src/provider/upstream.ts';
import { createUpstreamFactory, type UpstreamOptions } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { runStep, startBench } from '../contract/provider-suite.ts';
import { cases, FUZZ_PATIENCE_MS } from '../fuzz/runs.ts';
import { everyRound } from '../support/every-kind.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const SIGNAL = new AbortController().signal;

/** A server on loopback that answers everything alike, and what it was asked for. */
async function openServer(status = 200, headers: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status, headers).end('line');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, asked, url: `http://127.0.0.1:${port}` };
}

function openFactory(options: Partial<UpstreamOptions> = {}) {
  const factory = createUpstreamFactory({
    ...{ timeoutMs: PATIENCE_MS, proxy: null, allowPrivate: [], clock: new FakeClock() },
    ...options,
  });
  onTestFinished(() => factory.close());
  return factory;
}

function failureOf(work: Promise<unknown>): Promise<Failure> {
  return work.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    },
  );
}

const call = { method: 'GET', path: '/thing', statuses: [200], signal: SIGNAL } as const;

describe('a host', () => {
  it.each([
    ['loopback with percent signs', '%31%32%37.0.0.1'],
    ['loopback in full-width digits', '１２７.０.０.１'],
    ['loopback in circled digits', '①②⑦.⓪.⓪.①'],
    ['loopback with other dots', '127。0。0。1'],
    ['loopback in octal and hexadecimal', '0177.0.0x0.1'],
    ['loopback in two parts', '127.0x1'],
    ['loopback with a dot behind it', '127.0.0.1.'],
    ['loopback, IPv4-compatible', '[::127.0.0.1]'],
    ['loopback by NAT64', '[64:ff9b::7f00:1]'],
    ['loopback by NAT64 in decimal', '[64:ff9b::127.0.0.1]'],
    ['this host', '0'],
    ['this host in hexadecimal', '0x0'],
    ['this host in IPv6', '[::]'],
  ])('that is %s is refused', async (_name, host) => {
    const { port, asked } = await openServer();
    const upstream = openFactory().for('acme', `http://${host}:${port}`);
    expect((await failureOf(upstream.request(call))).code).toBe('blocked-address');
    expect(asked).toEqual([]);
  });

  it.each([
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '169.16689662',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::a9fe:a9fe]',
    '[fd00:ec2::254]',
    '100.100.100.200',
    '168.63.129.16',
  ])(
    "that is a cloud's store of credentials, written as %s, is refused through a proxy, too",
    async (host) => {
      const proxy = await openServer();
      for (const options of [{}, { proxy: proxy.url }]) {
        const upstream = openFactory(options).for('acme', `http://${host}`);
        expect((await failureOf(upstream.request(call))).code).toBe('blocked-address');
      }
      expect(proxy.asked).toEqual([]);
    },
  );

  it.each([
    'http://[fe80::1%25eth0]',
    'http://[::1',
    'http://127.0.0.1:99999',
    'http://a b',
    'http://%00',
    'file:///etc/passwd',
  ])('that is none (%s) is refused before anything is called', (url) => {
    expect(() => openFactory().for('acme', url)).toThrow('The base URL must be an http or https URL.');
  });

  it('that is public when it is checked and private when it is called is not called at the private address', async () => {
    const { port, asked } = await openServer();
    let lookups = 0;
    const resolve = async () => [{ address: lookups++ === 0 ? '203.0.114.1' : '127.0.0.1', family: 4 }];
    const codeWithin = async (timeoutMs: number) => {
      const upstream = openFactory({ resolve, timeoutMs }).for('acme', `http://rebinding.example:${port}`);
      return (await failureOf(upstream.request(call))).code;
    };
    // Nobody answers there, so that somebody has to give up.
    expect(['timeout', 'unreachable', 'no-route', 'connection-refused']).toContain(await codeWithin(300));
    expect(await codeWithin(PATIENCE_MS)).toBe('blocked-address');
    expect(asked).toEqual([]);
  });
});

it.each([301, 302, 303, 307, 308])('a redirect with %i to another server is not followed', async (status) => {
  const inner = await openServer();
  const outer = await openServer(status, {
    location: `${inner.url}/latest/meta-data/`,
    refresh: `0; url=${inner.url}`,
  });
  const upstream = openFactory({ allowPrivate: ['127.0.0.1'] }).for('acme', outer.url);
  expect(await failureOf(upstream.request(call))).toMatchObject({ code: 'unexpected-answer', status });
  const asked = { ...call, headers: { authorization: new Secret('a-secret') }, statuses: [status] };
  expect((await upstream.request(asked)).status).toBe(status);
  expect([inner.asked, outer.asked]).toEqual([[], ['/thing', '/thing']]);
});

/** What moves within an address, and what looks like another one. */
const piece = fc.constantFrom(
  ...[
    '..',
    '.',
    '/',
    '//',
    '\\',
    '%2e%2e',
    '%2f',
    '%5c',
    '%00',
    '@',
    ':',
    '?',
    '#',
    ';',
    '&',
    '=',
    ' ',
    '\t',
    '\r\n',
  ],
  ...['evil.example.com', 'http:', 'a', '-', 'raw', 'blob', 'ß', '\u2215', '\uff0f', 'L1', 'a1b2c3d4'],
);
const hostile = fc
  .oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 30 }),
  )
  // As everything is that comes in.
  .map((text) => text.toWellFormed());

it(
  'a token in the path stays where it was put, or is not sent',
  async () => {
    const { url, asked } = await openServer();
    const upstream = openFactory({ allowPrivate: ['127.0.0.1'] }).for('acme', `${url}/base`);
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (token, id) => {
        asked.length = 0;
        const path = secretPath`/of/${new Secret(token)}/by/${id}/end`;
        const sending = upstream.request({ ...call, path, query: { q: token } });
        const failure = await sending.catch((error: unknown) => error);
        if (failure instanceof Error) expect(failure).toMatchObject({ name: 'Failure', code: 'internal' });
        for (const sent of asked)
          expect(sent).toMatch(/^\/base\/of\/[^/?#\s]*\/by\/[^/?#\s]*\/end\?q=[^#\s]*$/);
      }),
      cases('tokens in paths', 150, 0.02),
    );
  },
  FUZZ_PATIENCE_MS,
);

it(
  'a location leads to the files of the configured GitLab alone',
  async () => {
    const { url, asked } = await openServer();
    const factory = openFactory({ allowPrivate: ['127.0.0.1'] });
    const instances = [{ url: `${url}/gitlab`, readToken: new Secret('read-token') }, { url: `${url}/open` }];
    const read = createContextReader(instances, (base) => factory.for('gitlab', base));
    const start = fc.constantFrom(
      `${url}/gitlab/`,
      `${url}/open/`,
      `${url}/gitlab`,
      `${url}/`,
      `${url}@`,
      '',
    );
    const middle = fc.constantFrom('/-/raw/a1b2c3d4/', '/-/blob/a1b2c3d4/', '/-/raw/main/', '/');
    await fc.assert(
      fc.asyncProperty(fc.tuple(start, hostile, middle, hostile), async (parts) => {
        asked.length = 0;
        await read([parts.join('')], SIGNAL).catch((error: unknown) => {
          if (!(error instanceof Failure)) throw error;
        });
        for (const sent of asked) {
          expect(sent).toMatch(
            /^\/(gitlab\/api\/v4\/projects\/[^/?]+\/repository\/files\/[^/?]+\/raw\?ref=[0-9a-f]{7,64}|open\/[^?]+\/-\/raw\/[0-9a-f]{7,64}\/[^?]+)$/,
          );
          expect(decodeURIComponent(sent).split(/[/\\]/)).not.toContain('..');
        }
      }),
      cases('locations', 300, 0.02),
    );
  },
  FUZZ_PATIENCE_MS,
);

/** Of vendors whose calls are signed, which makes a client of its own for each credential. */
const SIGNED_FOR =
  /^(alibaba: https:\/\/[a-z]+\.aliyuncs|aws: https:\/\/[a-z]+(?:\.us-east-1)?\.amazonaws|tencent: https:\/\/[a-z]+\.tencentcloudapi)\.com$/;

it('no provider asks for a host of a token: once it has seen one, only for its vendor', async () => {
  const [round] = await everyRound();
  const specs = (round?.travelling ?? []).flatMap(({ units }) => units.flat());
  const late: string[] = [];
  for (const spec of specs) {
    let created = false;
    const { definition } = spec;
    const watched: typeof definition = {
      ...definition,
      create: (config, tools) => {
        const upstream: typeof tools.upstream = (baseUrl) => {
          if (created) late.push(`${definition.id}: ${baseUrl}`);
          return tools.upstream(baseUrl);
        };
        return definition.create(config, { ...tools, upstream });
      },
    };
    const bench = await startBench(watched, spec.config, spec.scripts.revoked.exchanges);
    created = true;
    await runStep(bench, new Secret(spec.token), { ...spec, notes: [] }).catch(() => undefined);
    await bench.close();
  }
  expect(specs.length).toBeGreaterThan(60);
  const others = late.filter((host) => !SIGNED_FOR.test(host));
  expect(new Set(others)).toEqual(
    new Set([
      'scaleway: https://s3.fr-par.scw.cloud',
      'yandex: https://iam.api.cloud.yandex.net',
      'yandex: https://resource-manager.api.cloud.yandex.net',
      'yandex: https://storage.yandexcloud.net',
    ]),
  );
});
