/** Whatever somebody sends to the API: it is answered, and not with a fault of ours. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listen } from '../../src/server/listen.ts';
import { FAKE_TYPE, WIDE_TYPE } from '../support/fake-provider.ts';
import { httpFixture, OTHER_TOKEN, TOKEN } from '../support/http-fixture.ts';
import { FUZZ_PATIENCE_MS, fuzz } from './runs.ts';

const MAX_BODY_BYTES = 256 * 1024;

const NO_LIMITS = {
  limits: { requestsPerMinute: 1e9, tokensPerMinute: 1e9, failedAuthPerMinute: 1e9 },
  settings: { backlog: 1e9, bodyBytes: MAX_BODY_BYTES },
};

/** Every status that the documentation has; no 500, and no 503 as the ledger is well. */
const KNOWN = [200, 204, 400, 401, 404, 405, 413];

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ud800',
    '\ufeff',
    '__proto__',
    'constructor',
    '"',
    "',",
    '\u2028',
    '%00',
  ),
  fc.integer({ min: 1, max: 20_000 }).map((length) => 'fake-'.padEnd(length, 'a')),
  // Two UTF-16 units each, so that a cut may go through the middle of one.
  fc.integer({ min: 1, max: 5_000 }).map((length) => `x${'\u{1f511}'.repeat(length)}`),
);

const token = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^(fake|wide)-[a-z0-9]{1,20}$/) },
  fc.tuple(text, fc.stringMatching(/^fake-[a-z0-9]{1,8}$/), text).map((parts) => parts.join('')),
  text,
);

const anything = fc.anything({
  maxDepth: 3,
  values: [text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)],
});

const location = fc.oneof(
  text,
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.tuple(fc.webUrl(), token).map(([url, leaked]) => `${url}/${leaked}#L1`),
);

const element = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        type: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(FAKE_TYPE, WIDE_TYPE) }, text, anything),
        token: fc.oneof({ weight: 4, arbitrary: token }, anything),
        location: fc.oneof(location, anything),
        vulnerability: anything,
        ['__proto__']: anything,
      },
      { requiredKeys: [] },
    ),
  },
  anything,
);

const jsonText = fc.oneof(
  { weight: 4, arbitrary: fc.array(element, { maxLength: 8 }).map(textOf) },
  anything.map(textOf),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => `[${'{"token":'.repeat(depth)}1${'}'.repeat(depth)}]`),
);

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? Number(each) : each)) ?? 'undefined';
}

/** JSON, JSON with something cut, put in or overwritten, or no JSON at all. */
const body = fc.oneof(
  jsonText.map((json) => Buffer.from(json)),
  fc
    .tuple(
      jsonText,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.uint8Array({ maxLength: 6 }),
      fc.boolean(),
    )
    .map(([json, where, bytes, cut]) => {
      const whole = Buffer.from(json);
      const at = Math.floor(where * whole.length);
      return Buffer.concat([whole.subarray(0, at), bytes, cut ? Buffer.alloc(0) : whole.subarray(at)]);
    }),
  fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
);

const headerValue = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  maxLength: 100,
});

const headers = fc.record(
  {
    authorization: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(TOKEN, `Bearer ${TOKEN}`, `bearer   ${OTHER_TOKEN}`) },
      headerValue,
    ),
    'content-type': fc.oneof(
      fc.constantFrom('application/json', 'text/html', 'multipart/form-data'),
      headerValue,
    ),
    'content-length': fc.oneof(fc.nat({ max: 1e12 }).map(String), headerValue),
    'content-encoding': fc.constantFrom('gzip', 'br', 'identity', 'x'),
    'x-request-id': headerValue,
    traceparent: headerValue,
    'x-forwarded-for': headerValue,
    accept: headerValue,
  },
  { requiredKeys: [] },
);

const path = fc.oneof(
  { weight: 6, arbitrary: fc.constant('/v1/revoke_tokens') },
  fc.constantFrom(
    '/v1/revocable_token_types',
    '/v1/revoke_tokens/',
    '/',
    '//',
    '/v1/%2e%2e/revoke_tokens',
    '/%zz',
  ),
  fc.webPath({ size: 'medium' }),
);

const method = fc.oneof(
  { weight: 6, arbitrary: fc.constant('POST') },
  fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'post'),
);

describe('fuzz: the API', () => {
  it(
    'answers every request with a documented status, and shows nothing of it',
    async () => {
      const { app, events } = httpFixture(NO_LIMITS);
      const marker = 'words-of-the-reporter';
      const request = fc.record({ method, path, headers, body });
      const part = { name: 'requests to the API', short: 150, share: 0.5 };
      await fuzz(part, request, async ({ method, path, headers, body }) => {
        events.length = 0;
        const sent =
          method === 'GET' || method === 'HEAD' ? null : Buffer.concat([body, Buffer.from(marker)]);
        for (const bytes of sent ? [new Uint8Array(body), new Uint8Array(sent)] : [null]) {
          const answer = await app.request(path, { method, headers, body: bytes });
          expect(KNOWN).toContain(answer.status);
          expect(await answer.text()).not.toContain(marker);
        }
        expect(events.filter(({ type }) => type === 'internal-error')).toEqual([]);
      });
    },
    FUZZ_PATIENCE_MS,
  );

  it(
    'accepts each usable element whatever stands beside it, as often as it is sent',
    async () => {
      const { post, ledger } = httpFixture(NO_LIMITS);
      let sent = 0;
      const given = fc.record({ others: fc.array(element, { maxLength: 6 }), at: fc.nat({ max: 6 }) });
      const part = { name: 'reports with a usable element', short: 40, share: 0.03 };
      await fuzz(part, given, async ({ others, at }) => {
        sent += 1;
        const [usable, place] = [`fake-the${sent}th`, `place ${sent}`];
        const elements = others.toSpliced(at, 0, { type: FAKE_TYPE, token: usable, location: place });
        const text = textOf(elements);
        const before = await total(ledger);
        const first = await post(text);
        const between = await total(ledger);
        if (Buffer.byteLength(text) > MAX_BODY_BYTES) {
          expect([first.status, between]).toEqual([413, before]);
          return;
        }
        expect((await post(text)).status).toBe(first.status);
        expect([204, 400]).toContain(first.status);
        expect(between).toBeGreaterThan(before);
        expect(await total(ledger)).toBe(between);
        const { entries } = await ledger.list({ limit: 20 });
        const places = await Promise.all(entries.map(async ({ id }) => (await ledger.get(id))?.locations));
        expect(places.flat()).toContain(place);
      });
    },
    FUZZ_PATIENCE_MS,
  );

  it(
    'never hangs and never breaks on bytes that come over a socket',
    async () => {
      const { app, events } = httpFixture(NO_LIMITS);
      const listener = await listen(app, { host: '127.0.0.1', port: 0 });
      const port = Number(new URL(listener.url).port);
      try {
        await fuzz({ name: 'bytes on sockets', short: 100, share: 0.15 }, wire, async (bytes) => {
          events.length = 0;
          const answer = await exchange(port, bytes);
          expect(answer).not.toMatch(/^HTTP\/1\.1 5/m);
          expect(events.filter(({ type }) => type === 'internal-error')).toEqual([]);
        });
        expect(await exchange(port, Buffer.from(whole('GET /v1/revocable_token_types', '')))).toMatch(
          /^HTTP\/1\.1 200/,
        );
      } finally {
        await listener.close(0);
      }
    },
    FUZZ_PATIENCE_MS,
  );
});

async function total(ledger: { count(): Promise<readonly { entries: number }[]> }): Promise<number> {
  return (await ledger.count()).reduce((sum, { entries }) => sum + entries, 0);
}

function whole(line: string, rest: string): string {
  return `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: ${TOKEN}\r\nConnection: close\r\n${rest}\r\n`;
}

const piece = fc.constantFrom(
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    ' ',
    '\t',
    '\0',
    ':',
    ';',
    ',',
    '0',
    '5',
    'ffffffffffffffff',
    '\r\n\r\n0\r\n\r\n',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 5\r\n',
    'Expect: 100-continue\r\n',
    'Upgrade: h2c\r\n',
  ],
  ...['GET / HTTP/1.1\r\n', 'HTTP/2.0', 'Host: y\r\n', 'Connection: keep-alive\r\n'],
);

/** A request that fits, with pieces put in or written over anywhere; or nothing like a request. */
const wire = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('GET /v1/revocable_token_types', 'POST /v1/revoke_tokens'),
      body,
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), piece, fc.boolean()), { maxLength: 4 }),
    )
    .map(([line, sent, changes]) => {
      const start = Buffer.concat([Buffer.from(whole(line, `Content-Length: ${sent.length}\r\n`)), sent]);
      return changes.reduce((bytes, [where, text, over]) => {
        const at = Math.floor(where * Math.min(bytes.length, 300));
        const after = bytes.subarray(over ? at + text.length : at);
        return Buffer.concat([bytes.subarray(0, at), Buffer.from(text, 'latin1'), after]);
      }, start);
    }),
  fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
);

/** Sends all and says that nothing more comes: whatever is on the way must end by that. */
async function exchange(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => {});
  socket.end(bytes);
  await new Promise((resolve) => socket.on('close', resolve));
  return received;
}
