import { setTimeout as delay } from 'node:timers/promises';
import { type ChainableCommander, Cluster, Redis, type RedisOptions } from 'ioredis';
import { parseRedisUrl, type RedisTarget } from '../../words/redis-url.ts';
import { hasCode, isTimeout, unavailable } from './faults.ts';

/** An operation that has no answer by then has failed; whoever waits for it must not hang. */
const OPERATION_TIMEOUT_MS = 3_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** So often a start waits for {@link OPERATION_TIMEOUT_MS}: nobody waits for an answer of it, and a busy machine is slow. */
const START_ATTEMPTS = 3;
/** A connection that owes an answer for so long is dead, though nobody closed it. */
const SILENCE_TIMEOUT_MS = 5_000;
const LONGEST_RECONNECT_DELAY_MS = 1_000;
const RESUBSCRIBE_DELAY_MS = 200;
/** In a failover several nodes may take each other for the master, for a moment. */
const PIPELINE_ATTEMPTS = 4;

export interface RedisConnectionOptions {
  /** See {@link parseRedisUrl}. */
  readonly url: string;
  /** Wins over the URL's. */
  readonly username?: string;
  /** Wins over the URL's. */
  readonly password?: string;
  /** For the Sentinels, which have users of their own. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** PEM: whom to trust in place of the built-in authorities, and what to show of ourselves; with TLS only. */
  readonly certificates?: Certificates;
}

export interface Certificates {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

interface RedisAccess extends RedisTarget, Omit<RedisConnectionOptions, 'url'> {}

export type RedisClient = Redis | Cluster;

export type Answer = readonly [error: Error | null, value?: unknown];

/**
 * Begins to connect, and goes on trying for as long as it is open.
 * @throws {Error} when the URL is not valid
 */
export function connectRedis(options: RedisConnectionOptions): RedisConnection {
  const { url, ...access } = options;
  return new RedisConnection({ ...parseRedisUrl(url), ...access });
}

/** One connection to a server, to the master behind Sentinels, or to a Cluster; it survives their restarts. */
export class RedisConnection {
  readonly #target: RedisAccess;
  readonly #client: RedisClient;
  readonly #closing = new AbortController();
  #isGathering = false;
  /** Why it is not connected, as far as is known. */
  #fault: Error | undefined;
  /** Why it is connected to the database number 0 in place of its own. */
  #misplaced: Error | undefined;

  constructor(target: RedisAccess) {
    this.#target = target;
    this.#client = target.kind === 'cluster' ? openCluster(target) : openServer(target, reconnectDelayMs);
    this.#client.on('error', (error: Error) => {
      this.#fault = error;
      // The library only tells of it, and goes on in the database that each connection begins with.
      if (isOfSelect(error)) this.#misplaced = error;
    });
    this.#client.on('connect', () => {
      this.#misplaced = undefined;
    });
    this.#client.on('ready', () => {
      this.#fault = undefined;
    });
    // Each operation that waits for the server listens, and thousands may.
    this.#client.setMaxListeners(0);
  }

  /** The bare client, for a library that brings its own commands; nothing waits for the server then. */
  get client(): RedisClient {
    return this.#client;
  }

  /** Whether commands are run in the order in which they are sent: a Cluster may send one of them on to another node. */
  get keepsOrder(): boolean {
    return this.#client instanceof Redis;
  }

  /** A further connection to the same server. */
  duplicate(): RedisConnection {
    return new RedisConnection(this.#target);
  }

  /**
   * Resolves once it is connected for the first time. Who has no answer at all is waited for longer than for an operation.
   * @throws {LedgerError} `unavailable`, after three seconds where it is known why, and after nine where it is only late
   */
  async connected(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.run(async () => {});
      } catch (error) {
        if (attempt === START_ATTEMPTS || (this.#fault && !isTimeout(this.#fault))) throw error;
      }
    }
  }

  /** Makes scripts known to the client. @param numberOfKeys that each is called with */
  defineScripts(scripts: Readonly<Record<string, string>>, numberOfKeys: number): void {
    for (const [name, lua] of Object.entries(scripts)) {
      this.#client.defineCommand(name, { lua, numberOfKeys });
    }
  }

  /**
   * Runs commands, at once or, for a moment, when a server comes back that is away. Commands whose answer got lost are not sent again,
   * since they may have taken effect.
   * @throws {LedgerError} `unavailable`, after three seconds at the latest
   */
  async run<Result>(operation: (client: RedisClient) => Promise<Result>): Promise<Result> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(this.#fault ?? Object.assign(new Error(), { code: 'ETIMEDOUT' }));
    }, OPERATION_TIMEOUT_MS);
    try {
      if (!isReady(this.#client)) await ready(this.#client, late.promise);
      if (this.#misplaced) throw this.#misplaced;
      this.#sendTogether();
      return await Promise.race([operation(this.#client), late.promise]);
    } catch (error) {
      throw unavailable(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** What is sent in this turn of the event loop goes out in one piece, so that the server syncs its log once for all of it. */
  #sendTogether(): void {
    if (this.#isGathering || !(this.#client instanceof Redis)) return;
    const { stream } = this.#client;
    this.#isGathering = true;
    stream.cork();
    setImmediate(() => {
      this.#isGathering = false;
      stream.uncork();
    });
  }

  /**
   * Runs commands in one go, on the node of a Cluster that has this key.
   * @returns the answer or the error of each
   * @throws {LedgerError} `unavailable`
   */
  async pipeline(
    key: string,
    commands: (pipeline: ChainableCommander) => ChainableCommander,
  ): Promise<readonly Answer[]> {
    return this.run(async (client) => {
      for (let attempt = 1; ; attempt++) {
        const [owned, ...answers] = (await commands(client.pipeline().exists(key)).exec()) ?? [];
        if (!owned?.[0]) return answers;
        if (attempt === PIPELINE_ATTEMPTS) throw owned[0];
        // Where keys have moved, the library follows with single commands alone, and keeps in mind where to.
        await client.exists(key);
      }
    });
  }

  /**
   * Hands over the messages of a channel until {@link close}, and tells when the subscription was away for a while and
   * messages may have been missed.
   * @returns once it is subscribed for the first time
   * @throws {LedgerError} `unavailable`
   */
  async subscribe(channel: string, onMessage: (message: string) => void, onGap: () => void): Promise<void> {
    const first = Promise.withResolvers<void>();
    let onSubscribed = () => {
      first.resolve();
      onSubscribed = onGap;
    };
    void this.#staySubscribed(channel, onMessage, () => onSubscribed());
    await this.run(() => first.promise);
  }

  async #staySubscribed(
    channel: string,
    onMessage: (message: string) => void,
    onSubscribed: () => void,
  ): Promise<void> {
    const closing = this.#closing.signal;
    while (!closing.aborted) {
      const client = this.#openSubscriber();
      const disconnect = () => client.disconnect();
      closing.addEventListener('abort', disconnect);
      client.on('message', (_channel, message) => onMessage(message));
      const ended = new Promise((resolve) => client.once('end', resolve));
      try {
        await client.connect();
        await client.subscribe(channel);
        onSubscribed();
        await ended;
      } catch (error) {
        if (hasCode(error)) this.#fault = error;
        client.disconnect();
      }
      closing.removeEventListener('abort', disconnect);
      await delay(RESUBSCRIBE_DELAY_MS, undefined, { signal: closing }).catch(ignore);
    }
  }

  /** It does not reconnect by itself, so that in a Cluster another node is asked when this one is gone. */
  #openSubscriber(): Redis {
    const client = openServer({ ...this.#target, nodes: this.#subscriberNodes() }, null);
    client.on('error', ignore);
    return client;
  }

  /** Any node of a Cluster passes on every message. */
  #subscriberNodes(): RedisTarget['nodes'] {
    if (!(this.#client instanceof Cluster)) return this.#target.nodes;
    const nodes = this.#client.nodes('master');
    const options = nodes[Math.floor(Math.random() * nodes.length)]?.options;
    if (!options?.host || !options.port) return this.#target.nodes;
    return [{ host: options.host, port: options.port }];
  }

  close(): void {
    this.#closing.abort();
    this.#client.disconnect();
  }
}

function openServer(target: RedisAccess, retryStrategy: ((times: number) => number) | null): Redis {
  const [node] = target.nodes;
  return new Redis({
    ...commonOptions(target),
    ...(target.kind === 'sentinel' ? sentinelOptions(target) : { host: node.host, port: node.port }),
    db: target.database,
    // A subscriber connects when it is told to; everybody else at once.
    lazyConnect: retryStrategy === null,
    retryStrategy,
    // `run` waits for the connection; a queue would send commands that nobody waits for any more.
    enableOfflineQueue: false,
    // A master that became a replica refuses writes: connect anew, to the one that took over.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
}

function sentinelOptions(target: RedisAccess) {
  const { nodes, master, tls, sentinelUsername, sentinelPassword, certificates = {} } = target;
  return {
    sentinels: nodes.map((sentinel) => ({ ...sentinel })),
    ...(master !== undefined && { name: master }),
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: certificates }),
  } satisfies RedisOptions;
}

function openCluster(target: RedisAccess): Cluster {
  return new Cluster([...target.nodes], {
    redisOptions: commonOptions(target),
    clusterRetryStrategy: reconnectDelayMs,
    // Keys may move and masters may change; commands whose answer got lost are not sent again.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    // With names in the certificates the nodes are reached by the names that they announce.
    ...(target.tls && { dnsLookup: (address, callback) => callback(null, address) }),
  });
}

function commonOptions(target: RedisAccess) {
  return {
    ...(target.username !== undefined && { username: target.username }),
    ...(target.password !== undefined && { password: target.password }),
    ...(target.tls && { tls: target.certificates ?? {} }),
    connectionName: 'quash',
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // Fails what is under way as soon as the connection is lost.
    maxRetriesPerRequest: 0,
  } satisfies RedisOptions;
}

function reconnectDelayMs(times: number): number {
  return Math.min(50 * 2 ** Math.min(times - 1, 10), LONGEST_RECONNECT_DELAY_MS);
}

function isReady(client: RedisClient): boolean {
  return client.status === 'ready' && !isEnding(client);
}

async function ready(client: RedisClient, late: Promise<never>): Promise<void> {
  if (client.status === 'end') throw new Error('closed');
  const found = Promise.withResolvers<void>();
  client.once('ready', found.resolve);
  try {
    await Promise.race([found.promise, late]);
  } finally {
    client.off('ready', found.resolve);
  }
}

function isOfSelect(error: Error): boolean {
  return 'command' in error && (error.command as { readonly name?: unknown } | undefined)?.name === 'select';
}

/** The server has hung up, and the library will notice in a moment: what is sent now would fail. */
function isEnding(client: RedisClient): boolean {
  return client instanceof Redis && !client.stream.writable;
}

function ignore(): void {}
