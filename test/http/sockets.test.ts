/** What a client can do on a connection that no well-behaved one does. */
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BodyParser } from '../../src/http/body.ts';
import { nextTurn } from '../../src/words/next-turn.ts';
import { eventually } from '../support/eventually.ts';
import { type HttpFixtureOptions, httpFixture, TOKEN } from '../support/http-fixture.ts';

const MORE_THAN_BUFFERS = 0x2000000;

const TYPES = `GET /v1/revocable_token_types HTTP/1.1\r\nHost: x\r\nAuthorization: ${TOKEN}\r\n\r\n`;

function post(headers: string, authorization = TOKEN): string {
  return `POST /v1/revoke_tokens HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n${headers}\r\n\r\n`;
}

async function listening(options: HttpFixtureOptions = {}) {
  const fixture = httpFixture(options);
  const server: ServerType = await new Promise((resolve) => {
    const started = serve({ fetch: fixture.app.fetch, hostname: '127.0.0.1', port: 0 }, () =>
      resolve(started),
    );
  });
  const accepted: Socket[] = [];
  server.on('connection', (socket: Socket) => accepted.push(socket));
  const sockets: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const client = () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    // The other side may have closed while something was still being sent.
    socket.on('error', () => {});
    sockets.push(socket);
    return {
      socket,
      statuses: () => [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => Number(code)),
    };
  };
  /** Waits until the server has taken so many bytes on each of its connections. */
  const taken = (connections: number, bytes: number) =>
    eventually(() => {
      expect(accepted).toHaveLength(connections);
      expect(accepted.filter(({ bytesRead }) => bytesRead < bytes)).toEqual([]);
    });
  return { ...fixture, client, taken };
}

describe('a client that goes away', () => {
  it('in the middle of its body is no mistake of ours', async () => {
    const { client, events, taken } = await listening();
    const { socket } = client();
    const beginning = `${post('Content-Length: 500')}[`;
    socket.write(beginning);
    await taken(1, beginning.length);
    socket.destroy();
    await eventually(() => expect(events).toContainEqual(expect.objectContaining({ type: 'http-answered' })));
    expect(events.filter(({ type }) => type === 'internal-error')).toEqual([]);
  });
});

describe('an answer that comes before the body was read', () => {
  it.each([
    ['401', post('Content-Length: 100000', 'wrong')],
    ['405', post('Content-Length: 100000').replace('POST', 'PUT')],
  ])('%s leaves a connection on which the next request is understood', async (status, head) => {
    const { client } = await listening();
    const { socket, statuses } = client();
    socket.write(head);
    await eventually(() => expect(statuses()).toEqual([Number(status)]));
    socket.write('x'.repeat(100_000));
    socket.write(TYPES);
    await eventually(() => expect(statuses()).toEqual([Number(status), 200]));
  });

  it('413 reaches a client that goes on sending, and ends the connection', async () => {
    const { client } = await listening({ settings: { bodyBytes: 1_000 } });
    const { socket, statuses } = client();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(post('Transfer-Encoding: chunked'));
    // More than fits into the buffers between the two, so that it is still being written when the answer comes. Not
    // piece by piece: a write that fails closes the socket here, before what has come is read.
    socket.write(`${MORE_THAN_BUFFERS.toString(16)}\r\n${'x'.repeat(MORE_THAN_BUFFERS)}\r\n`);
    await closed;
    expect(statuses()).toEqual([413]);
  });
});

describe('large bodies', () => {
  it('are refused with 429 while too many are in memory, and small ones are not', async () => {
    const { client, taken, post: postSmall } = await listening({ settings: { bodyBytes: 1_000_000 } });
    const large = () => {
      const one = client();
      one.socket.write(post('Content-Length: 1000000'));
      one.socket.write(' '.repeat(900_000));
      return one;
    };
    const first = large();
    await taken(1, 900_000);
    const second = large();
    await eventually(() => expect(second.statuses()).toEqual([429]));
    expect((await postSmall([])).status).toBe(204);

    first.socket.write(`${' '.repeat(99_998)}[]`);
    await eventually(() => expect(first.statuses()).toEqual([204]));
    const third = large();
    third.socket.write(`${' '.repeat(99_998)}[]`);
    await eventually(() => expect(third.statuses()).toEqual([204]));
  });

  it('of the largest size are not worked on beside each other', async () => {
    const parser = new BodyParser();
    const bytes = new TextEncoder().encode(`[${' '.repeat(900_000)}]`);
    const others = Promise.withResolvers<void>();
    let [atWork, most, refused] = [0, 0, 0];
    const work = async () => {
      atWork += 1;
      most = Math.max(most, atWork);
      await others.promise;
      atWork -= 1;
      return 204;
    };
    const receive = () =>
      parser
        .receive({ announcedBytes: bytes.length, chunks: [bytes] }, 1_000_000, work)
        .catch(({ status }: { status: number }) => {
          refused += 1;
          if (refused === 3) others.resolve();
          return status;
        });

    const answers = await Promise.all([receive(), receive(), receive(), receive()]);

    expect(answers.sort()).toEqual([204, 429, 429, 429]);
    expect(most).toBe(1);
    expect(await receive()).toBe(204);
    await parser.close();
  });

  it('that nobody has signed have no more room than one of them, however many and small they are', async () => {
    const parser = new BodyParser();
    const rest = Promise.withResolvers<void>();
    async function* slow(bytes: number) {
      yield new Uint8Array(bytes);
      await rest.promise;
    }
    const options = { keptBytes: 1_000_000, maxBytes: 10_000_000, isKnown: false };
    const read = async (bytes: number) =>
      (await parser.read({ announcedBytes: 0, chunks: slow(bytes) }, options))?.length;
    const crowd = Array.from({ length: 10 }, () => read(200_000));
    const event = read(5_000);
    rest.resolve();

    const kept = Array.from({ length: 5 }, () => 200_000);
    expect(await Promise.all(crowd)).toEqual([...kept, ...kept.map(() => undefined)]);
    expect(await event).toBe(5_000);
  });

  it('that found no room are not kept in part once there is some', async () => {
    const parser = new BodyParser();
    const options = { keptBytes: 1_000_000, maxBytes: 10_000_000, isKnown: false };
    const [rest, isOver] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    async function* slow() {
      yield new Uint8Array(900_000);
      await rest.promise;
    }
    async function* late() {
      yield new Uint8Array(200_000);
      rest.resolve();
      await isOver.promise;
      yield new Uint8Array(1_000);
    }
    const first = parser.read({ announcedBytes: 0, chunks: slow() }, options);
    const second = parser.read({ announcedBytes: 0, chunks: late() }, options);
    expect((await first)?.length).toBe(900_000);
    isOver.resolve();

    expect(await second).toBeUndefined();
  });

  it('that nobody has signed have that room beside a report as large as may be, too', async () => {
    const parser = new BodyParser();
    const rest = Promise.withResolvers<void>();
    const isWorking = Promise.withResolvers<void>();
    const body = { announcedBytes: 0, chunks: [Buffer.from(`[${' '.repeat(5_000_000)}]`)] };
    const report = parser.receive(body, 10_000_000, () => {
      isWorking.resolve();
      return rest.promise;
    });
    await isWorking.promise;

    const event = { announcedBytes: 0, chunks: [new Uint8Array(200_000)] };
    const kept = await parser.read(event, { keptBytes: 1_000_000, maxBytes: 10_000_000, isKnown: false });
    rest.resolve();
    await report;

    expect(kept?.length).toBe(200_000);
    await parser.close();
  });

  it('that are longer than what is kept take no room from others, and all of them is told', async () => {
    const parser = new BodyParser();
    const rest = Promise.withResolvers<void>();
    const isLong = Promise.withResolvers<void>();
    async function* long() {
      for (let part = 0; part < 4; part++) yield new Uint8Array(400_000);
      isLong.resolve();
      await rest.promise;
    }
    const options = { keptBytes: 1_000_000, maxBytes: 10_000_000, isKnown: false };
    let told = 0;
    const onChunk = ({ length }: Uint8Array) => {
      told += length;
    };
    const letPass = parser.read({ announcedBytes: 0, chunks: long() }, { ...options, onChunk });
    await isLong.promise;
    const other = await parser.read({ announcedBytes: 0, chunks: [new Uint8Array(900_000)] }, options);
    rest.resolve();

    expect([other?.length, await letPass, told]).toEqual([900_000, undefined, 1_600_000]);
  });

  it('may not hold more elements than any report does', async () => {
    const { post: postBody } = await listening();
    const answer = await postBody(`[${'1,'.repeat(500_000)}1]`);
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { detail: 'The body has more than 500000 elements.' },
    ]);
  });

  it('are parsed by another thread when one has ended', async () => {
    const parser = new BodyParser();
    const bytes = new TextEncoder().encode(`[${'1,'.repeat(200_000)}1]`);
    const count = () =>
      parser.receive(
        { announcedBytes: bytes.length, chunks: [bytes] },
        1_000_000,
        async ({ length }) => length,
      );
    const lost = count();
    // It is handed over by then, and the thread is not even there.
    await nextTurn();
    const closed = parser.close();
    const next = count();
    await expect(lost).rejects.toThrow('The parser ended.');
    await closed;
    expect(await next).toBe(200_001);
    await parser.close();
  });
});
