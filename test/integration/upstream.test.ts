/** The upstream client against real sockets, real TLS and a real proxy, all on loopback. */
import { once } from 'node:events';
import {
  createServer,
  request as forward,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createSecureServer as createHttp2Server } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Failure, type FailureCode } from '../../src/provider/failure.ts';
import type { Answer, Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { basic, bearer } from '../../src/provider/upstream.ts';
import { createAddressGuard } from '../../src/upstream/address-guard.ts';
import { createUpstreamFactory, type RequestInfo, type UpstreamOptions } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { findLeaks } from '../contract/provider-suite.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { createTestCertificate, type TestCertificate } from '../support/tls.ts';

const TOKEN = 'the-token-that-leaked';
const MIB = 1024 * 1024;

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const serve = (listener: RequestListener, host?: string): Promise<number> =>
  listening(createServer(listener), host);

function factoryWith(options: Partial<UpstreamOptions> = {}) {
  const factory = createUpstreamFactory({
    timeoutMs: PATIENCE_MS,
    proxy: null,
    allowPrivate: ['127.0.0.1'],
    clock: new FakeClock(),
    ...options,
  });
  cleanups.push(() => factory.close());
  return factory;
}

const upstreamAt = (baseUrl: string, options?: Partial<UpstreamOptions>): Upstream =>
  factoryWith(options).for('acme', baseUrl);

/** An upstream whose server answers everything by `listener`. */
async function upstreamOf(listener: RequestListener, options?: Partial<UpstreamOptions>): Promise<Upstream> {
  return upstreamAt(`http://127.0.0.1:${await serve(listener)}`, options);
}

function get(upstream: Upstream, request: Partial<UpstreamRequest> = {}): Promise<Answer> {
  return upstream.request({
    method: 'GET',
    path: '/thing',
    statuses: [200],
    signal: new AbortController().signal,
    ...request,
  });
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw new Error('This did not end in a Failure.', { cause: error });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a base URL', () => {
  it.each([
    ['no URL', 'gitlab'],
    ['another protocol', 'ftp://example.com'],
    ['credentials', 'https://user:pa55word@example.com'],
    ['a query', 'https://example.com/?pa55word'],
    ['an empty query', 'https://example.com/?'],
    ['a fragment', 'https://example.com/#pa55word'],
  ])('is refused for %s, without being repeated', (_, baseUrl) => {
    const attempt = () => factoryWith().for('acme', baseUrl);

    expect(attempt).toThrow(/^The base URL must/);
    expect(attempt).not.toThrow(/pa55word|example/);
  });

  it('keeps its path prefix and loses its trailing slash', async () => {
    const port = await serve((request, response) => response.end(request.url));
    const upstream = upstreamAt(`http://127.0.0.1:${port}/go/`);

    const answer = await get(upstream, { path: '/api', query: { page: 2, of: 'a&b' } });

    expect(upstream.base).toBe(`http://127.0.0.1:${port}/go`);
    expect(answer.text).toBe('/go/api?page=2&of=a%26b');
  });

  it.each([
    '/../admin',
    '/%2e%2e/admin',
    '/a/.%2E/.%2e/admin',
    '//evil.example',
    '/\\evil.example',
    '/a\\..\\b',
    '@evil.example/',
    '.evil.example/',
    'relative',
    '/a?b=c',
    '/a#b',
    '/a b',
    '/a\tb',
  ])('is never left by the path %j', async (path) => {
    let calls = 0;
    const port = await serve((_, response) => response.end(String(calls++)));

    const failure = await failureOf(get(upstreamAt(`http://127.0.0.1:${port}/go`), { path }));

    expect(failure).toMatchObject({ code: 'internal', target: `http://127.0.0.1:${port}` });
    expect(calls).toBe(0);
  });
});

describe('a base URL with the root of the API', () => {
  it.each([
    ['/v1', '/v1/auth/token/lookup-self'],
    ['/gitlab/api/v4', '/api/v4/personal_access_tokens/self'],
    ['/api', '/api/v4/personal_access_tokens/self'],
    ['/.api', '/.api/graphql'],
  ])(
    'as in %s is said to be wrong, before a server says of %s below it what it says of no token',
    async (prefix, path) => {
      let calls = 0;
      const port = await serve((_, response) => response.end(String(calls++)));

      const failure = await failureOf(get(upstreamAt(`http://127.0.0.1:${port}${prefix}`), { path }));

      expect(failure).toMatchObject({ code: 'misconfigured', whose: 'provider' });
      expect(calls).toBe(0);
    },
  );

  it.each([
    ['/api/v3', '/user'],
    ['/gitlab', '/gitlab/app/-/raw/0123abc/a'],
    ['/v1', '/v1beta/keys'],
    ['/v1/secrets', '/v1/auth'],
  ])('is not one such as %s with %s', async (prefix, path) => {
    const port = await serve((request, response) => response.end(request.url));

    const answer = await get(upstreamAt(`http://127.0.0.1:${port}${prefix}`), { path });

    expect(answer.text).toBe(prefix + path);
  });
});

describe('a request', () => {
  it('reveals secrets in headers and JSON, and only on the wire', async () => {
    let seen: unknown;
    const upstream = await upstreamOf(async (request, response) => {
      seen = { headers: request.headers, body: JSON.parse(await bodyOf(request)) };
      response.end();
    });

    await get(upstream, {
      method: 'DELETE',
      headers: { Authorization: bearer(new Secret(TOKEN)), Accept: 'application/json' },
      json: { token: new Secret(TOKEN), list: [new Secret('a'), 1, null, true], left: undefined },
    });

    expect(seen).toMatchObject({
      headers: {
        authorization: `Bearer ${TOKEN}`,
        accept: 'application/json',
        'content-type': 'application/json',
      },
      body: { token: TOKEN, list: ['a', 1, null, true] },
    });
  });

  it('sends a form', async () => {
    const upstream = await upstreamOf(async (request, response) =>
      response.end(`${request.headers['content-type']} ${await bodyOf(request)}`),
    );

    const answer = await get(upstream, {
      method: 'POST',
      form: { token: new Secret('a b&c'), hint: 'access' },
    });

    expect(answer.text).toBe('application/x-www-form-urlencoded token=a+b%26c&hint=access');
  });

  it('asks for any format unless the caller names one', async () => {
    const upstream = await upstreamOf((request, response) => response.end(request.headers.accept));

    const answers = [await get(upstream), await get(upstream, { headers: { Accept: 'application/json' } })];

    expect(answers.map(({ text }) => text)).toEqual(['*/*', 'application/json']);
  });

  it('makes opaque credentials', () => {
    const made = basic('quash', new Secret('pä:ss'));

    expect(made.reveal()).toBe(`Basic ${Buffer.from('quash:pä:ss').toString('base64')}`);
    expect(findLeaks([made.reveal(), 'pä:ss'], { made, other: bearer(new Secret('pä:ss')) })).toEqual([]);
  });

  it('names Quash, asks for no compression, keeps the connection and no cookie', async () => {
    const seen: { ports: Set<number | undefined>; headers: IncomingMessage['headers'][] } = {
      ports: new Set(),
      headers: [],
    };
    const body = 'x'.repeat(120_000);
    const upstream = await upstreamOf((request, response) => {
      seen.ports.add(request.socket.remotePort);
      seen.headers.push(request.headers);
      response.writeHead(seen.headers.length % 2 ? 500 : 200, { 'set-cookie': 'session=1' }).end(body);
    });

    for (let round = 0; round < 5; round++) {
      await failureOf(get(upstream));
      await get(upstream);
    }

    // An answer may be read a moment before its connection is free again, hence two.
    expect(seen.ports.size).toBeLessThanOrEqual(2);
    expect(seen.headers).toHaveLength(10);
    for (const headers of seen.headers) {
      expect(headers['user-agent']).toMatch(/^quash\/\d+\.\d+\.\d+ \(\+secret revocation\)$/);
      expect(headers).not.toHaveProperty('accept-encoding');
      expect(headers).not.toHaveProperty('cookie');
    }
  });

  it.each([
    ['a line break', 'authorization', `${TOKEN}\r\nx-evil: 1`],
    ['a bare line feed', 'authorization', `${TOKEN}\n`],
    ['a character over 0xff', 'authorization', `${TOKEN}→`],
    ['a NUL', 'authorization', `${TOKEN}\0`],
    ['a bad name', 'x evil', TOKEN],
  ])('with %s in a header is not sent and shows nothing', async (_, name, value) => {
    let calls = 0;
    const upstream = await upstreamOf((__, response) => response.end(String(calls++)));

    const failure = await failureOf(get(upstream, { headers: { [name]: new Secret(value) } }));

    expect(failure.code).toBe('internal');
    expect(findLeaks([TOKEN], { failure, cause: failure.cause })).toEqual([]);
    expect(calls).toBe(0);
  });
});

describe('an answer', () => {
  it('gives its status, its headers by any case and its text', async () => {
    const upstream = await upstreamOf((_, response) =>
      response.writeHead(404, { 'X-Thing': 'value' }).end('grün'),
    );

    const answer = await get(upstream, { statuses: [200, 404] });

    expect(answer).toMatchObject({ status: 404, text: 'grün' });
    expect(answer.header('x-tHING')).toBe('value');
    expect(answer.header('other')).toBeUndefined();
  });

  it.each([
    ['no JSON', '<html>'],
    ['cut JSON', '{"id":1'],
    ['another shape', '{"id":"text"}'],
    ['nothing', ''],
  ])('that is %s is an unexpected one to whoever wants a shape', async (_, text) => {
    const upstream = await upstreamOf((__, response) => response.end(text));
    const schema = z.object({ id: z.number() });

    const answer = await get(upstream);

    expect(answer.maybeJson(schema)).toBeUndefined();
    const failure = await failureOf((async () => answer.json(schema))());
    expect(failure).toMatchObject({ code: 'unexpected-answer', status: 200, target: upstream.base });
    expect(failure.cause).toBeUndefined();
  });

  it('is parsed and stripped to the shape', async () => {
    const upstream = await upstreamOf((_, response) => response.end('\ufeff{"id":1,"more":2}'));

    expect((await get(upstream)).json(z.object({ id: z.number() }))).toEqual({ id: 1 });
  });

  it('has whole characters, so that a provider can put each text into a path', async () => {
    const upstream = await upstreamOf((_, response) =>
      response.end('{"id":"a\\uD83D","whole":"\\ud83d\\ude00"}'),
    );

    const answer = (await get(upstream)).json(z.object({ id: z.string(), whole: z.string() }));

    expect(answer).toEqual({ id: 'a\ufffd', whole: '😀' });
  });

  it.each([
    [201, 'unexpected-answer'],
    [301, 'unexpected-answer'],
    [400, 'unexpected-answer'],
    [401, 'unexpected-answer'],
    [404, 'unexpected-answer'],
    [429, 'throttled'],
    [500, 'upstream-error'],
    [501, 'upstream-error'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
  ] as const)('with the unforeseen status %i is the failure %s', async (status, code) => {
    const upstream = await upstreamOf((_, response) => response.writeHead(status).end('words'));

    const failure = await failureOf(get(upstream));

    expect(failure).toMatchObject({ code, status, target: upstream.base, retryAfterMs: undefined });
  });

  it('with an unforeseen status is judged by it, whatever becomes of the rest', async () => {
    const endings: ((response: ServerResponse) => unknown)[] = [
      (response) => response.write('x', () => response.destroy()),
      (response) => response.end('x'.repeat(MIB + 1)),
    ];
    for (const end of endings) {
      const upstream = await upstreamOf((_, response) =>
        end(response.writeHead(503, { 'retry-after': '7' })),
      );

      const failure = await failureOf(get(upstream));

      expect(failure).toMatchObject({ code: 'unavailable', status: 503, retryAfterMs: 7000 });
    }
  });

  it('is not what a server says before it', async () => {
    const upstream = await upstreamOf((_, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => response.end('the answer'));
    });

    expect(await get(upstream)).toMatchObject({ status: 200, text: 'the answer' });
  });

  it('is put together from all its parts', async () => {
    const upstream = await upstreamOf((_, response) => {
      const euro = Buffer.from('€');
      response.write(euro.subarray(0, 1), () => setImmediate(() => response.end(euro.subarray(1))));
    });

    expect((await get(upstream)).text).toBe('€');
  });

  it.each([
    ['7', 7000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:01:30 GMT', 90_000],
    ['Thu, 01 Jan 2015 00:00:00 GMT', 0],
    ['999999999', 24 * 60 * 60 * 1000],
    ['Fri, 31 Dec 2999 00:00:00 GMT', 24 * 60 * 60 * 1000],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', 1500],
    ['2.0', 2000],
    ['0.0001', 1],
    ['7, 90', 90_000],
    ['90 ,7', 90_000],
    ['7,, 90', undefined],
    ['7, Thu, 01 Jan 2026 00:01:30 GMT', undefined],
    ['7, soon', undefined],
    ['1.', undefined],
    ['Smarch, 41 GMT', undefined],
    ['Smr, 41 Abc 2026 00:00:00 GMT', undefined],
  ])('with Retry-After %j asks for a pause of %s ms', async (value, retryAfterMs) => {
    const answer = (_: unknown, response: ServerResponse) => {
      response.sendDate = false;
      response.writeHead(429, { 'retry-after': value }).end();
    };
    const upstream = await upstreamOf(answer, { clock: new FakeClock(Date.UTC(2026, 0, 1)) });

    expect((await failureOf(get(upstream))).retryAfterMs).toBe(retryAfterMs);
  });

  it.each([
    ['ahead', Date.UTC(2026, 0, 1, 5)],
    ['behind', Date.UTC(2025, 11, 31, 19)],
  ])('asks for a pause until a time by its own clock where ours is %s', async (_what, now) => {
    const headers = { date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 00:01:30 GMT' };
    const upstream = await upstreamOf((_, response) => response.writeHead(429, headers).end(), {
      clock: new FakeClock(now),
    });

    expect((await failureOf(get(upstream))).retryAfterMs).toBe(90_000);
  });

  it('that redirects is not followed', async () => {
    const urls: (string | undefined)[] = [];
    const upstream = await upstreamOf((request, response) => {
      urls.push(request.url);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });

    expect((await failureOf(get(upstream))).code).toBe('unexpected-answer');
    expect((await get(upstream, { statuses: [302] })).status).toBe(302);
    expect(urls).toEqual(['/thing', '/thing']);
  });

  it('may have a body of exactly 1 MiB', async () => {
    const upstream = await upstreamOf((_, response) => response.end('x'.repeat(MIB)));

    expect((await get(upstream)).text).toHaveLength(MIB);
  });

  it('with one byte more is refused', async () => {
    const upstream = await upstreamOf((_, response) => response.end('x'.repeat(MIB + 1)));

    expect(await failureOf(get(upstream))).toMatchObject({ code: 'unexpected-answer', status: 200 });
  });

  it('may have a longer body where the request says so, up to 32 MiB', async () => {
    const lengthOf = async (length: number, maxBytes: number) => {
      const upstream = await upstreamOf((_, response) => response.end(Buffer.alloc(length, 'x')));
      return get(upstream, { maxBytes }).then(
        ({ text }) => text.length,
        (error: unknown) => error,
      );
    };

    expect(await lengthOf(3 * MIB, 3 * MIB)).toBe(3 * MIB);
    expect(await lengthOf(3 * MIB + 1, 3 * MIB)).toMatchObject({ code: 'unexpected-answer' });
    expect(await lengthOf(32 * MIB + 1, 64 * MIB)).toMatchObject({ code: 'unexpected-answer' });
  });

  it('without an end is cut off, and its connection with it', async () => {
    const closed = Promise.withResolvers<void>();
    const upstream = await upstreamOf((request, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      request.socket.on('close', () => closed.resolve());
      more();
    });

    expect((await failureOf(get(upstream))).code).toBe('unexpected-answer');
    await closed.promise;
  });
});

describe('a broken exchange', () => {
  it.each<[string, FailureCode, RequestListener]>([
    ['is reset at once', 'unreachable', (_, response) => response.destroy()],
    [
      'is reset within a body of known length',
      'unreachable',
      (_, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy());
      },
    ],
    [
      'is ended within a chunked body',
      'unreachable',
      (request, response) => {
        response.write('{', () => request.socket.end());
      },
    ],
    ['is no HTTP', 'unexpected-answer', (request) => request.socket.end('220 smtp.example.com ESMTP\r\n')],
    [
      'has headers without an end',
      'unexpected-answer',
      (request) => request.socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`),
    ],
  ])('that %s is the failure %s and shows no secret', async (_, code, listener) => {
    const upstream = await upstreamOf(listener);

    const failure = await failureOf(
      get(upstream, { headers: { authorization: bearer(new Secret(TOKEN)) }, json: new Secret(TOKEN) }),
    );

    expect(failure).toMatchObject({ code, target: upstream.base });
    expect(findLeaks([TOKEN], { failure, stack: failure.stack, cause: failure.cause })).toEqual([]);
  });

  it('without anybody who listens is a refused connection', async () => {
    const server = createServer();
    const port = await listening(server);
    server.close();

    const failure = await failureOf(get(upstreamAt(`http://127.0.0.1:${port}`)));

    expect(failure).toMatchObject({ code: 'connection-refused', cause: 'ECONNREFUSED' });
  });

  it('without an address for the name is an unknown host', async () => {
    const notFound = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
    const failing = upstreamAt('http://acme.example', { resolve: () => Promise.reject(notFound) });
    const empty = upstreamAt('http://acme.example', { resolve: async () => [] });

    expect(await failureOf(get(failing))).toMatchObject({ code: 'unknown-host', cause: 'ENOTFOUND' });
    expect(await failureOf(get(empty))).toMatchObject({ code: 'unknown-host', cause: 'ENOTFOUND' });
  });

  it('is given up after the time limit when nothing is answered', async () => {
    const upstream = await upstreamOf(() => {}, { timeoutMs: 100 });

    expect(await failureOf(get(upstream))).toMatchObject({ code: 'timeout', target: upstream.base });
  });

  it('is given up after the time limit when the body drips', async () => {
    const upstream = await upstreamOf(
      (_, response) => {
        const drip = setInterval(() => response.write('x'), 10);
        response.on('close', () => clearInterval(drip));
      },
      { timeoutMs: 150 },
    );

    expect((await failureOf(get(upstream))).code).toBe('timeout');
  });

  it('that the operating system gave up is a timeout', async () => {
    const late = Object.assign(new Error('too late'), { code: 'ETIMEDOUT' });
    const upstream = upstreamAt('http://acme.example', { resolve: () => Promise.reject(late) });

    expect((await failureOf(get(upstream))).code).toBe('timeout');
  });

  it('is given up after the time limit when the name is not resolved', async () => {
    const upstream = upstreamAt('http://acme.example', {
      timeoutMs: 100,
      resolve: () => new Promise(() => {}),
    });

    expect((await failureOf(get(upstream))).code).toBe('timeout');
  });
});

describe('an abort by the caller', () => {
  it('ends the exchange with its own reason, before the answer and within it', async () => {
    for (const begin of [false, true]) {
      const controller = new AbortController();
      const reason = new Error('Shutting down.');
      const upstream = await upstreamOf((_, response) => {
        if (!begin) controller.abort(reason);
        else response.write('x', () => setImmediate(() => controller.abort(reason)));
      });

      await expect(get(upstream, { signal: controller.signal })).rejects.toBe(reason);
    }
  });

  it('need not wait for a connection', async () => {
    const controller = new AbortController();
    const reason = new Error('Shutting down.');
    const upstream = upstreamAt('http://acme.example', {
      resolve: () => {
        controller.abort(reason);
        return new Promise(() => {});
      },
    });

    await expect(get(upstream, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('while the connection is made sends nothing once there is one', async () => {
    const controller = new AbortController();
    const reason = new Error('Shutting down.');
    const resolved = Promise.withResolvers<void>();
    const seen: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      seen.push(request.url);
      response.end();
    });
    const upstream = upstreamAt(`http://acme.example:${port}`, {
      resolve: async () => {
        controller.abort(reason);
        await resolved.promise;
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });

    await expect(get(upstream, { signal: controller.signal })).rejects.toBe(reason);
    resolved.resolve();
    await get(upstream, { path: '/next' });

    expect(seen).toEqual(['/next']);
  });

  it('that came first starts nothing', async () => {
    const asked: string[] = [];
    const upstream = upstreamAt('http://acme.example', {
      resolve: (hostname) => {
        asked.push(hostname);
        return new Promise(() => {});
      },
    });
    const reason = new Error('Shutting down.');

    await expect(get(upstream, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });
});

describe('the report of an exchange', () => {
  it('has the provider, the status or the code, and the time', async () => {
    const seen: RequestInfo[] = [];
    const statuses = [200, 503];
    const upstream = await upstreamOf(
      (_, response) => {
        const status = statuses.shift();
        if (status) response.writeHead(status).end();
        else response.destroy();
      },
      { onRequest: (info) => seen.push(info) },
    );

    await get(upstream);
    await failureOf(get(upstream));
    await failureOf(get(upstream));
    await get(upstream, { signal: AbortSignal.abort() }).catch(() => undefined);

    const ms = expect.any(Number);
    const target = upstream.base;
    expect(seen).toEqual([
      { provider: 'acme', target, status: 200, ms },
      { provider: 'acme', target, status: 503, code: 'unavailable', ms },
      { provider: 'acme', target, code: 'unreachable', ms },
      { provider: 'acme', target, ms },
    ]);
  });
});

describe('the address guard', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    'localhost',
    'LOCALHOST',
  ])('refuses the loopback address written as %s', async (host) => {
    let calls = 0;
    const port = await serve((_, response) => response.end(String(calls++)));

    const failure = await failureOf(get(upstreamAt(`http://${host}:${port}`, { allowPrivate: [] })));

    expect(failure.code).toBe('blocked-address');
    expect(calls).toBe(0);
  });

  const resolvedTo = (address: string, allowPrivate: readonly string[] = []) => {
    const family = address.includes(':') ? 6 : 4;
    const guard = createAddressGuard(allowPrivate, async () => [{ address, family }]);
    return new Promise<string>((resolve, reject) => {
      guard.lookup('acme.example', { all: false }, (error, found) =>
        error ? reject(error) : resolve(String(found)),
      );
    });
  };

  it.each([
    ['this network', '0.1.2.3'],
    ['a private network', '10.1.2.3'],
    ['a private network', '172.31.0.1'],
    ['a private network', '192.168.0.1'],
    ["a carrier's network", '100.64.0.1'],
    ['link-local', '169.254.169.254'],
    ['protocol assignments', '192.0.0.8'],
    ['documentation', '203.0.113.1'],
    ['benchmarks', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ["a cloud's metadata on a public address", '168.63.129.16'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['IPv4-compatible loopback', '::7f00:1'],
    ['IPv4-mapped private', '::ffff:10.0.0.1'],
    ['translated IPv4', '::ffff:0:7f00:1'],
    ['unique local', 'fd12::1'],
    ['link-local', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['NAT64 of loopback', '64:ff9b::7f00:1'],
    ['local NAT64', '64:ff9b:1::808:808'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:1::1'],
    ['documentation', '2001:db8::1'],
    ['unassigned space', '4000::1'],
    ['nothing that is an address', 'acme.example'],
  ])('refuses %s (%s) as an answer of the resolver', async (_, address) => {
    await expect(resolvedTo(address)).rejects.toThrow('The address is not allowed.');
  });

  it.each(['8.8.8.8', '172.32.0.1', '2606:4700:4700::1111', '64:ff9b::808:808', '::ffff:8.8.8.8'])(
    'lets the public address %s pass',
    async (address) => {
      expect(await resolvedTo(address)).toBe(address);
      expect(() => createAddressGuard([]).checkLiteral(address)).not.toThrow();
    },
  );

  it.each([
    ['10.1.2.3', '10.0.0.0/8'],
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.3', 'Acme.Example'],
    ['10.1.2.3', 'acme.example.'],
    ['::ffff:10.1.2.3', '10.0.0.0/8'],
    ['64:ff9b::a01:203', '10.0.0.0/8'],
    ['fd12::1', 'fd00::/8'],
    ['::1', '[::1]'],
    ['10.1.2.3', '::ffff:10.0.0.0/104'],
    ['169.254.169.254', '169.254.169.254'],
    ['fd00:ec2::254', 'fd00:ec2::254'],
  ])('lets %s pass where the operator allows %s', async (address, entry) => {
    expect(await resolvedTo(address, [entry])).toBe(address);
  });

  it.each([
    ['10.1.2.3', '10.1.2.4'],
    ['10.1.2.3', '192.168.0.0/16'],
    ['10.1.2.3', 'example'],
    ['10.1.2.3', 'sub.acme.example'],
    ['fd12::1', '10.0.0.0/8'],
  ])('refuses %s where the operator allows only %s', async (address, entry) => {
    await expect(resolvedTo(address, [entry])).rejects.toThrow('The address is not allowed.');
  });

  it.each(['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254', '100.100.100.200'])(
    'refuses %s, where clouds keep credentials, although the name is allowed',
    async (address) => {
      await expect(resolvedTo(address, ['acme.example'])).rejects.toThrow('The address is not allowed.');
    },
  );

  it.each(['*.example.com', 'https://example.com', '10.0.0.0/33', 'example.com:443', ''])(
    'does not take %j as an entry of the allow list',
    (entry) => {
      expect(() => createAddressGuard([entry])).toThrow(/allowPrivate/);
    },
  );

  it('connects to the checked address, and checks anew for each connection', async () => {
    const port = await serve(
      (_, response) => response.setHeader('connection', 'close').end('ok'),
      '127.0.0.2',
    );
    const answers = ['127.0.0.2', '127.0.0.1'];
    const asked: string[] = [];
    const upstream = upstreamAt(`http://rebinding.example:${port}`, {
      allowPrivate: ['127.0.0.2'],
      resolve: async (hostname) => {
        asked.push(hostname);
        return [{ address: answers.shift() ?? '127.0.0.1', family: 4 }];
      },
    });

    expect((await get(upstream)).text).toBe('ok');
    expect(asked).toEqual(['rebinding.example']);
    expect((await failureOf(get(upstream))).code).toBe('blocked-address');
  });

  it('refuses a name when only one of its addresses is not allowed', async () => {
    const port = await serve((_, response) => response.end(), '127.0.0.2');
    const upstream = upstreamAt(`http://acme.example:${port}`, {
      allowPrivate: ['127.0.0.2'],
      resolve: async () => ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 })),
    });

    expect((await failureOf(get(upstream))).code).toBe('blocked-address');
  });
});

const LOCAL = createTestCertificate('DNS:acme.example,IP:127.0.0.1');
const OTHER = createTestCertificate('DNS:localhost,IP:127.0.0.1');

const serveTls = (certificate: TestCertificate): Promise<number> =>
  listening(createTlsServer(certificate, (request, response) => response.end(request.url)));

describe('TLS', () => {
  it('trusts the certificates of the operator', async () => {
    const port = await serveTls(LOCAL);

    const answer = await get(upstreamAt(`https://127.0.0.1:${port}`, { ca: LOCAL.cert }));

    expect(answer.text).toBe('/thing');
  });

  it('trusts them besides the built-in ones, and all of a bundle', async () => {
    const builtIn = getCACertificates('default');
    cleanups.push(() => setDefaultCACertificates(builtIn));
    setDefaultCACertificates([...builtIn, OTHER.cert]);
    const third = createTestCertificate('IP:127.0.0.1');
    const factory = factoryWith({ ca: `${third.cert}\n${LOCAL.cert}` });

    for (const certificate of [OTHER, LOCAL, third]) {
      const upstream = factory.for('acme', `https://127.0.0.1:${await serveTls(certificate)}`);
      expect((await get(upstream)).status).toBe(200);
    }
  });

  it('speaks HTTP/1.1 to a server that would speak HTTP/2', async () => {
    const server = createHttp2Server({ ...LOCAL, allowHTTP1: true }, (request, response) =>
      response.end(request.httpVersion),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const { port } = server.address() as AddressInfo;

    const answer = await get(upstreamAt(`https://127.0.0.1:${port}`, { ca: LOCAL.cert }));

    expect(answer.text).toBe('1.1');
  });

  it('calls an unknown certificate a wrong setting', async () => {
    const port = await serveTls(LOCAL);

    for (const ca of [{}, { ca: OTHER.cert }]) {
      const failure = await failureOf(get(upstreamAt(`https://127.0.0.1:${port}`, ca)));
      expect(failure).toMatchObject({ code: 'untrusted-certificate', cause: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    }
  });

  it('calls a certificate of another name a wrong setting', async () => {
    const port = await serveTls(LOCAL);
    const upstream = upstreamAt(`https://other.example:${port}`, {
      ca: LOCAL.cert,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });

    expect((await failureOf(get(upstream))).code).toBe('untrusted-certificate');
  });

  it('calls a server without TLS a wrong setting', async () => {
    const port = await serve((_, response) => response.end());

    expect((await failureOf(get(upstreamAt(`https://127.0.0.1:${port}`)))).code).toBe('misconfigured');
  });
});

interface TestProxy {
  readonly url: string;
  /** Request lines' targets and the proxy's credential of each. */
  readonly seen: { target: string | undefined; credential: string | undefined; headers: string[] }[];
}

interface ProxyOptions {
  /** The status to answer instead of doing anything. */
  readonly refusal?: number;
  readonly certificate?: TestCertificate;
}

/** Sends everything to one port of loopback, whatever host is asked for. */
async function startProxy(port: number, { refusal, certificate }: ProxyOptions = {}): Promise<TestProxy> {
  const seen: TestProxy['seen'] = [];
  const note = (request: IncomingMessage): void => {
    seen.push({
      target: request.url,
      credential: request.headers['proxy-authorization'],
      headers: request.rawHeaders,
    });
  };
  const listener: RequestListener = (request, response) => {
    note(request);
    if (refusal) {
      response.writeHead(refusal).end();
      return;
    }
    const { method, headers } = request;
    const { pathname } = new URL(request.url ?? '');
    const onward = forward({ host: '127.0.0.1', port, method, headers, path: pathname }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  };
  const server = certificate ? createTlsServer(certificate, listener) : createServer(listener);
  server.on('connect', (request, client) => {
    note(request);
    if (refusal) {
      client.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
      return;
    }
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
    cleanups.push(
      () => target.destroy(),
      () => client.destroy(),
    );
  });
  const origin = certificate ? 'https://localhost' : 'http://127.0.0.1';
  return { url: `${origin}:${await listening(server)}`, seen };
}

describe('a proxy', () => {
  it('carries https through a tunnel, with the certificate checked and the secrets unseen', async () => {
    const proxy = await startProxy(await serveTls(LOCAL));
    const upstream = upstreamAt('https://acme.example', {
      proxy: proxy.url.replace('//', '//me:pa55%20word@'),
      ca: LOCAL.cert,
      allowPrivate: [],
    });

    const answer = await get(upstream, { headers: { authorization: bearer(new Secret(TOKEN)) } });

    expect(answer.text).toBe('/thing');
    const credential = `Basic ${Buffer.from('me:pa55 word').toString('base64')}`;
    expect(proxy.seen).toMatchObject([{ target: 'acme.example:443', credential }]);
    expect(findLeaks([TOKEN], { seen: proxy.seen })).toEqual([]);
  });

  it('does not make another certificate acceptable', async () => {
    const proxy = await startProxy(await serveTls(LOCAL));

    for (const [host, ca] of [
      ['acme.example', OTHER.cert],
      ['other.example', LOCAL.cert],
    ]) {
      const upstream = upstreamAt(`https://${host}`, { proxy: proxy.url, ...(ca && { ca }) });
      expect((await failureOf(get(upstream))).code).toBe('untrusted-certificate');
    }
  });

  it('carries http', async () => {
    const proxy = await startProxy(await serve((request, response) => response.end(request.headers.host)));
    const upstream = upstreamAt('http://acme.example/api', { proxy: proxy.url, allowPrivate: [] });

    expect((await get(upstream)).text).toBe('acme.example');
    expect(proxy.seen).toMatchObject([{ target: 'http://acme.example/api/thing' }]);
  });

  it.each(['https://127.0.0.1', 'http://127.0.0.1', 'http://[::1]', 'https://169.254.169.254'])(
    'is not asked for the private address of %s',
    async (baseUrl) => {
      const proxy = await startProxy(await serveTls(LOCAL));

      const failure = await failureOf(get(upstreamAt(baseUrl, { proxy: proxy.url, allowPrivate: [] })));

      expect(failure.code).toBe('blocked-address');
      expect(proxy.seen).toEqual([]);
    },
  );

  it.each<[string, number, FailureCode]>([
    ['https://acme.example', 502, 'proxy-failed'],
    ['https://acme.example', 403, 'proxy-failed'],
    ['https://acme.example', 407, 'proxy-failed'],
    ['http://acme.example', 407, 'proxy-failed'],
  ])('that answers for %s with %i is the failure %s', async (baseUrl, refusal, code) => {
    const proxy = await startProxy(1, { refusal });

    const failure = await failureOf(
      get(upstreamAt(baseUrl, { proxy: proxy.url }), {
        headers: { authorization: bearer(new Secret(TOKEN)) },
      }),
    );

    expect(failure).toMatchObject({ code, target: baseUrl, status: refusal });
    expect(failure.message).toContain('upstream.noProxy');
    expect(findLeaks([TOKEN], { failure, cause: failure.cause })).toEqual([]);
  });

  it('may speak https itself, with a certificate of the operator', async () => {
    const proxy = await startProxy(await serveTls(LOCAL), { certificate: OTHER });

    const trusting = upstreamAt('https://acme.example', {
      proxy: proxy.url,
      ca: `${LOCAL.cert}\n${OTHER.cert}`,
    });

    expect((await get(trusting)).text).toBe('/thing');
  });

  it('with a certificate that does not fit is not trusted', async () => {
    const misnamed = createTestCertificate('DNS:proxy.example');
    for (const certificate of [misnamed, OTHER]) {
      const proxy = await startProxy(1, { certificate });
      for (const baseUrl of ['https://acme.example', 'http://acme.example']) {
        const upstream = upstreamAt(baseUrl, { proxy: proxy.url, ca: misnamed.cert });
        expect((await failureOf(get(upstream))).code).toBe('untrusted-certificate');
      }
    }
  });

  it('that is down has failed, and not the provider', async () => {
    const server = createServer();
    const proxy = `http://127.0.0.1:${await listening(server)}`;
    server.close();

    for (const baseUrl of ['https://acme.example', 'http://acme.example']) {
      expect((await failureOf(get(upstreamAt(baseUrl, { proxy })))).code).toBe('proxy-failed');
    }
  });

  it('is not used for what noProxy names, whose addresses are checked then', async () => {
    const proxy = await startProxy(await serveTls(LOCAL));
    const port = await serve((request, response) => response.end(request.headers.host));
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const options = { proxy: proxy.url, noProxy: ['corp.example'], resolve };
    const baseUrl = `http://gitlab.corp.example:${port}`;

    const allowed = upstreamAt(baseUrl, { ...options, allowPrivate: ['gitlab.corp.example'] });
    expect((await get(allowed)).text).toBe(`gitlab.corp.example:${port}`);
    const forbidden = upstreamAt(baseUrl, { ...options, allowPrivate: [] });
    expect((await failureOf(get(forbidden))).code).toBe('blocked-address');
    expect(proxy.seen).toEqual([]);
    await get(upstreamAt('https://acme.example', { ...options, ca: LOCAL.cert }));
    expect(proxy.seen).toMatchObject([{ target: 'acme.example:443' }]);
  });

  it('that never opens the tunnel costs no more than the time limit, and is left', async () => {
    const left = Promise.withResolvers<void>();
    const server = createServer().on('connect', (_, socket) => socket.resume().on('end', left.resolve));
    const proxy = `http://127.0.0.1:${await listening(server)}`;
    const upstream = upstreamAt('https://acme.example', { proxy, timeoutMs: 200 });

    expect((await failureOf(get(upstream))).code).toBe('timeout');
    await left.promise;
  });

  it.each(['proxy.example:3128', 'ftp://pa55word@proxy.example', 'http://'])(
    'is refused when %j is no address of one',
    (proxy) => {
      expect(() => factoryWith({ proxy })).toThrow(/^The proxy must be an http or https URL\.$/);
    },
  );

  it.each(['https://127.0.0.1:3128', 'https://[::1]:3128'])(
    'is refused when it is to speak https at an address, as in %s',
    (proxy) => {
      expect(() => factoryWith({ proxy })).toThrow('by its host name');
    },
  );
});
