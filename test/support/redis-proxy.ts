import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { RedisServer } from './redis-server.ts';

/** What the proxy has the server answer to `WAITAOF`, as Lua; `none` sends the error of a server that lacks it. */
export type WaitAofAnswer = 'synced' | 'not synced' | 'no log' | 'none';

const ANSWERS: Record<Exclude<WaitAofAnswer, 'none'>, string> = {
  synced: 'return {1, 0}',
  'not synced': 'return {0, 0}',
  'no log':
    "return redis.error_reply('ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.')",
};

/**
 * Stands between a client and a Redis, and plays `WAITAOF` whether the server has it or not. The server itself gives
 * the answer, in its place among the answers to the connection's other commands.
 */
export class WaitAofProxy {
  readonly #upstream: RedisServer;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #waits: { readonly pass: () => void }[] = [];
  #arrived: (() => void) | undefined;
  answer: WaitAofAnswer = 'synced';
  /** Holds each `WAITAOF` back until it is passed on by {@link nextWait}. */
  hold = false;
  /** How many came so far. */
  waits = 0;

  private constructor(upstream: RedisServer) {
    this.#upstream = upstream;
    this.#server = createServer((client) => this.#connect(client));
  }

  static async start(upstream: RedisServer): Promise<WaitAofProxy> {
    const proxy = new WaitAofProxy(upstream);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** Resolves once a `WAITAOF` is held back; call the result to pass it on. */
  async nextWait(): Promise<() => void> {
    for (;;) {
      const wait = this.#waits.shift();
      if (wait) return wait.pass;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(client: Socket): void {
    const upstream = connect(this.#upstream.port, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => other.destroy());
    }
    upstream.pipe(client);
    void this.#forward(client, upstream);
  }

  async #forward(client: Socket, upstream: Socket): Promise<void> {
    let pending = Buffer.alloc(0);
    try {
      for await (const chunk of client) {
        pending = Buffer.concat([pending, chunk]);
        for (let command = readCommand(pending); command; command = readCommand(pending)) {
          pending = pending.subarray(command.length);
          upstream.write(await this.#translate(command));
        }
      }
    } catch {
      // The client has gone.
    }
  }

  async #translate({ words, raw }: Command): Promise<Buffer | string> {
    const line = words.join(' ').toUpperCase();
    if (line.startsWith('WAITAOF ')) {
      this.waits += 1;
      if (this.hold) await this.#heldBack();
      return this.answer === 'none' ? 'NOWAITAOF\r\n' : encode(['EVAL', ANSWERS[this.answer], '0']);
    }
    if (line !== 'COMMAND INFO WAITAOF') return raw;
    return encode(['COMMAND', 'INFO', this.answer === 'none' ? 'NOWAITAOF' : 'GET']);
  }

  #heldBack(): Promise<void> {
    return new Promise((pass) => {
      this.#waits.push({ pass });
      this.#arrived?.();
    });
  }
}

interface Command {
  /** The first three words at most: the rest is not looked at. */
  readonly words: readonly string[];
  readonly raw: Buffer;
  readonly length: number;
}

/** The first command, if the bytes hold all of it: an array of bulk strings. */
function readCommand(bytes: Buffer): Command | undefined {
  const words: string[] = [];
  let at = 0;
  const readNumber = (): number => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return Number.NaN;
    const number = Number(bytes.toString('latin1', at + 1, end));
    at = end + 2;
    return number;
  };
  const count = readNumber();
  for (let index = 0; index < count; index++) {
    const length = readNumber();
    if (Number.isNaN(length) || at + length + 2 > bytes.length) return undefined;
    if (index < 3) words.push(bytes.toString('latin1', at, at + length));
    at += length + 2;
  }
  return Number.isNaN(count) ? undefined : { words, raw: bytes.subarray(0, at), length: at };
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
