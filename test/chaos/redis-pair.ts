/** A Redis and the replica that may take its place, behind one address that always leads to the primary. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.ts';
import { type RedisServer, sendRedis, startRedis } from '../support/redis-server.ts';

export class RedisPair {
  #primary: RedisServer;
  #standby: RedisServer;
  readonly #address: Server;
  readonly #connections = new Set<Socket>();

  private constructor(primary: RedisServer, standby: RedisServer) {
    this.#primary = primary;
    this.#standby = standby;
    this.#address = createServer((client) => this.#forward(client));
  }

  static async start(cleanup: AsyncDisposableStack): Promise<RedisPair> {
    const args = ['--repl-diskless-sync-delay', '0'];
    const primary = await startRedis({ args });
    cleanup.defer(() => primary.stop());
    const standby = await startRedis({ args });
    cleanup.defer(() => standby.stop());
    const pair = new RedisPair(primary, standby);
    pair.#address.listen(0, '127.0.0.1');
    await once(pair.#address, 'listening');
    cleanup.defer(() => {
      pair.#disconnect();
      pair.#address.close();
    });
    return pair;
  }

  get url(): string {
    const address = this.#address.address();
    return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** Ends it, and starts it again after a while. */
  async outage(signal: 'SIGKILL' | 'SIGTERM', ms: number): Promise<void> {
    await this.#primary.kill(signal);
    await delay(ms);
    await this.#primary.restart();
  }

  /** It keeps its connections and answers nothing. */
  async freeze(ms: number): Promise<void> {
    await this.#primary.kill('SIGSTOP');
    await delay(ms);
    await this.#primary.kill('SIGCONT');
  }

  /** It reads commands and leaves them waiting. */
  async pauseClients(ms: number): Promise<void> {
    await sendRedis(this.#primary, `CLIENT PAUSE ${Math.round(ms)} ALL`);
    await delay(ms);
  }

  /** The two change places in good order: nothing is lost. */
  async switchOver(): Promise<void> {
    await this.#attachStandby();
    // Refused while the primary does not take the replica for ready, which may be later than the replica thinks.
    await eventually(async () => {
      await sendRedis(this.#primary, `FAILOVER TO 127.0.0.1 ${this.#standby.port}`);
      await expectInfo(this.#standby, /role:master/);
    });
    this.#swap();
  }

  /**
   * The primary dies, and after a while the replica takes over with what it has received.
   * @returns since when it may have missed something
   */
  async failOver(ms: number): Promise<number> {
    await this.#attachStandby();
    const since = Date.now();
    await this.#expectReceived();
    await this.#primary.kill('SIGKILL');
    await delay(ms);
    await sendRedis(this.#standby, 'REPLICAOF NO ONE');
    this.#swap();
    await this.#standby.restart();
    return since;
  }

  /** Resolves once the replica has all that was written when it was called. */
  async #expectReceived(): Promise<void> {
    const client = new Redis(this.#primary.port, '127.0.0.1');
    try {
      await client.set('chaos:mark', '');
      await client.wait(1, 0);
    } finally {
      client.disconnect();
    }
  }

  /** Resolves once it follows the primary, and has all that it received in its own log. */
  async #attachStandby(): Promise<void> {
    await sendRedis(this.#standby, `REPLICAOF 127.0.0.1 ${this.#primary.port}`);
    await eventually(() => expectInfo(this.#standby, /master_link_status:up/));
    await eventually(() => expectInfo(this.#standby, /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/));
  }

  #swap(): void {
    [this.#primary, this.#standby] = [this.#standby, this.#primary];
    this.#disconnect();
  }

  #disconnect(): void {
    for (const socket of this.#connections) socket.destroy();
  }

  #forward(client: Socket): void {
    const server = connect(this.#primary.port, '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#connections.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#connections.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}

async function expectInfo(server: RedisServer, expected: RegExp): Promise<void> {
  const info = (await sendRedis(server, 'INFO replication')) + (await sendRedis(server, 'INFO persistence'));
  if (!expected.test(info)) throw new Error(`The replica is not ready:\n${info}`);
}
