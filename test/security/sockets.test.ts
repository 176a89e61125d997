/** Requests that mean one thing to a proxy and another one here, clients that never finish, and bodies made to hurt. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { FAKE_TYPE } from '../support/fake-provider.ts';
import { NEVER_MS } from '../support/patience.ts';
import { get, openWire, post } from './wire.ts';

const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const NO_CHUNKS = '0\r\n\r\n';

/** A request that stops in the middle of a header. */
const HALF = `${get().slice(0, -'\r\n'.length)}X-A: a`;

describe('a request whose end is disputed', () => {
  it.each([
    ['a length and chunks', post(`Content-Length: 5\r\n${CHUNKED}`, NO_CHUNKS)],
    ['chunks and a length', post(`${CHUNKED}Content-Length: 5\r\n`, NO_CHUNKS)],
    ['two equal lengths', post('Content-Length: 2\r\nContent-Length: 2\r\n', '[]')],
    ['two lengths', post('Content-Length: 2\r\nContent-Length: 40\r\n', '[]')],
    ['a list of lengths', post('Content-Length: 2, 2\r\n', '[]')],
    ['a length with a sign', post('Content-Length: +2\r\n', '[]')],
    ['a negative length', post('Content-Length: -1\r\n', '[]')],
    ['a hexadecimal length', post('Content-Length: 0x2\r\n', '[]')],
    ['a length beyond all numbers', post('Content-Length: 99999999999999999999999\r\n', '[]')],
    ['a space before the colon', post('Content-Length : 2\r\n', '[]')],
    ['a folded length', post('Content-Length:\r\n 2\r\n', '[]')],
    ['a folded header', get('X-A: one\r\n two\r\n')],
    ['a folded encoding', post('Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n', NO_CHUNKS)],
    ['another encoding', post('Transfer-Encoding: xchunked\r\n', NO_CHUNKS)],
    ['chunks inside another encoding', post('Transfer-Encoding: chunked, identity\r\n', NO_CHUNKS)],
    ['two encodings', post(`${CHUNKED}Transfer-Encoding: identity\r\n`, NO_CHUNKS)],
    ['a control character in the encoding', post('Transfer-Encoding: \x0bchunked\r\n', NO_CHUNKS)],
    ['chunks in HTTP/1.0', post(CHUNKED, NO_CHUNKS).replace('HTTP/1.1', 'HTTP/1.0')],
    ['lines that end with LF alone', get().replaceAll('\r\n', '\n')],
    ['one line that ends with LF alone', get('X-A: 1\n')],
    ['a CR within a line', get('X-A: 1\rContent-Length: 40\r\n')],
    ['a NUL in a header', get('X-A: a\0b\r\n')],
    ['a chunk line that ends with LF', post(CHUNKED, `2;a\n[]\r\n${NO_CHUNKS}`)],
    ['a chunk that ends with LF', post(CHUNKED, `2\r\n[]\n${NO_CHUNKS}`)],
    ['a negative chunk', post(CHUNKED, `-2\r\n[]\r\n${NO_CHUNKS}`)],
    ['a chunk beyond all numbers', post(CHUNKED, `FFFFFFFFFFFFFFFFF\r\n[]\r\n${NO_CHUNKS}`)],
    ['a chunk size with a prefix', post(CHUNKED, `0x2\r\n[]\r\n${NO_CHUNKS}`)],
  ])('(%s) is answered 400, and nothing behind it is taken for a request', async (_name, first) => {
    const { client, events } = await openWire();
    const { send, closed, statuses } = client();
    send(first + get());
    await closed;
    expect(statuses()).toEqual([400]);
    const answered = events.filter(({ type }) => type === 'http-answered');
    expect(answered.filter((event) => 'status' in event && event.status < 400)).toEqual([]);
    expect(events.filter(({ type }) => type === 'internal-error')).toEqual([]);
  });

  it('is told from two requests that come in one packet', async () => {
    const { client } = await openWire();
    const { send, closed, statuses } = client();
    send(post('Content-Length: 2\r\n', '[]') + post(CHUNKED, `2\r\n[]\r\n${NO_CHUNKS}`));
    send(get('Connection: close\r\n'));
    await closed;
    expect(statuses()).toEqual([204, 204, 200]);
  });

  it('hides no request in the body of a GET', async () => {
    const { client } = await openWire();
    const { send, closed, statuses } = client();
    send(get(`Content-Length: ${get().length}\r\nConnection: close\r\n`) + get());
    await closed;
    expect(statuses()).toEqual([200]);
  });
});

describe('what is no request for us', () => {
  it.each([
    ['a header of 20 kB', 431, get(`X-A: ${'a'.repeat(20_000)}\r\n`)],
    ['2,500 headers', 431, get('X: a\r\n'.repeat(2_500))],
    ['an address of 20 kB', 431, get().replace('/v1', `/${'a'.repeat(20_000)}`)],
    ['no host', 400, get().replace('Host: x\r\n', '')],
    ['an expectation that nobody knows', 417, post('Expect: miracles\r\nContent-Length: 2\r\n', '[]')],
    ['a TLS handshake', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['HTTP/2 without asking', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('(%s) is answered %i, and the next connection is served', async (_name, status, bytes) => {
    const { client } = await openWire();
    const first = client();
    first.send(bytes);
    await eventually(() => expect(first.statuses()).toEqual([status]));
    const second = client();
    second.send(get('Connection: close\r\n'));
    await second.closed;
    expect(second.statuses()).toEqual([200]);
  });
});

describe('a slow client', () => {
  const patience = { headersMs: 400, requestMs: 800 };

  it.each([
    ['says nothing', [408], '', ''],
    ['sends a header byte by byte', [408], HALF, 'a'],
    ['begins a second request and goes on byte by byte', [200, 408], get() + HALF, 'a'],
    ['sends its body byte by byte', [408], post('Content-Length: 100000\r\n', '['), ' '],
    ['sends chunks of one byte', [408], post(CHUNKED), '1\r\n \r\n'],
  ])('that %s is cut off', async (_name, expected, first, drop) => {
    const { client, events } = await openWire({ patience });
    const { send, closed, statuses } = client();
    const drip = setInterval(() => drop && send(drop), 50);
    send(first);
    await closed;
    clearInterval(drip);
    // Some are closed without a word, which is as good, and on a busy machine before they could say anything.
    expect([expected, expected.slice(0, -1), [408], []]).toContainEqual(statuses());
    expect(events.filter(({ type }) => type === 'internal-error')).toEqual([]);
  });

  it('holds up nobody else, nor do 200 of them', async () => {
    // None of them is cut off: whoever had to wait for one would wait for ever.
    const { client } = await openWire({ patience: { headersMs: NEVER_MS, requestMs: NEVER_MS } });
    for (let n = 0; n < 200; n++) {
      client().send(n % 2 === 0 ? HALF : post('Content-Length: 5000\r\n', '['));
    }
    const { send, closed, statuses } = client();
    send(get('Connection: close\r\n'));
    await closed;
    expect(statuses()).toEqual([200]);
  });
});

describe('a body made to hurt', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const around = (text: string) => `[{"type":"${FAKE_TYPE}","token":"fake-a","vulnerability":${text}}]`;

  it.each([
    ['a list nested 300,000 times', 400, `${'['.repeat(300_000)}${']'.repeat(300_000)}`],
    ['an object nested 20,000 times beside a token', 400, around(nested(20_000))],
    ['an object nested 200,000 times beside a token', 400, around(nested(200_000))],
    ['a number of a million digits', 204, around('9'.repeat(1_000_000))],
    ['200,000 keys', 204, around(`{${Array.from({ length: 200_000 }, (_, n) => `"k${n}":0`).join()}}`)],
    ['a key named __proto__', 204, around('{"__proto__":{"id":1},"constructor":{"prototype":{}}}')],
    ['one key ten thousand times', 204, around(`{${'"id":1,'.repeat(10_000)}"id":2}`)],
    ['text behind the end', 400, '[]x'],
    ['overlong UTF-8', 400, '["\xc0\xaf"]'],
    ['half a character of UTF-8', 400, '["\xf0\x9f"]'],
    ['a surrogate in UTF-8', 400, '["\xed\xa0\x80"]'],
    ['UTF-16', 400, '\xff\xfe[\0]\0'],
  ])('(%s) is answered %i', async (_name, status, body) => {
    const { client, events } = await openWire();
    const { send, closed, statuses } = client();
    send(post(`Content-Length: ${body.length}\r\nConnection: close\r\n`, body));
    await closed;
    expect(statuses()).toEqual([status]);
    expect(events.filter(({ type }) => type === 'internal-error')).toEqual([]);
    expect(({} as Record<string, unknown>).id).toBeUndefined();
  });
});
