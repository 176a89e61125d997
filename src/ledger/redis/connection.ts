import { setTimeout as delay } from 'node:timers/promises';
import { type ChainableCommander, Cluster, Redis, type RedisOptions } from 'ioredis';
import { LedgerError } from '../ledger.ts';

/** An operation that has no answer by then has failed; whoever waits for it must not hang. */
const OPERATION_TIMEOUT_MS = 3_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** A connection that owes an answer for so long is dead, though nobody closed it. */
const SILENCE_TIMEOUT_MS = 5_000;
const LONGEST_RECONNECT_DELAY_MS = 1_000;
const RESUBSCRIBE_DELAY_MS = 200;
/** In a failover several nodes may take each other for the master, for a moment. */
const PIPELINE_ATTEMPTS = 4;
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

export interface RedisConnectionOptions {
  /** See {@link parseRedisUrl}. */
  readonly url: string;
  /** Wins over the URL's. */
  readonly username?: string;
  /** Wins over the URL's. */
  readonly password?: string;
}

interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface RedisTarget {
  readonly kind: 'single' | 'cluster' | 'sentinel';
  readonly tls: boolean;
  /** The server, some of the Cluster's nodes, or the Sentinels. */
  readonly nodes: readonly [RedisNode, ...RedisNode[]];
  /** Sentinel's name of the master. */
  readonly master?: string;
  /** Number of the database; a Cluster has number 0 only. */
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
}

export type RedisClient = Redis | Cluster;

export type Answer = readonly [error: Error | null, value?: unknown];

/**
 * Reads `redis://[user:password@]host[:port][/database]`, `redis+cluster://host:port,host:port` and
 * `redis+sentinel://host:port,host:port/master-name[/database]`; with TLS `rediss` in place of `redis`.
 * @throws {Error} with a sentence that says what is wrong and repeats nothing of the URL
 */
export function parseRedisUrl(url: string): RedisTarget {
  const match = /^redis(s?)(?:\+(cluster|sentinel))?:\/\/(?:(.*)@)?([^@/?#]+)(?:\/([^@?#]*))?$/.exec(url);
  const [, tls, scheme, userInfo, hosts = '', path = ''] = match ?? [];
  if (!match) {
    throw new Error('Not a Redis URL: expected redis://host:port, redis+cluster://… or redis+sentinel://….');
  }
  const kind = scheme === 'cluster' || scheme === 'sentinel' ? scheme : 'single';
  const [first, ...rest] = hosts.split(',').map((text) => parseNode(text, kind));
  if (!first) throw new Error('The Redis URL names no host.');
  if (kind === 'single' && rest.length > 0) {
    throw new Error('The Redis URL names several hosts: use redis+cluster:// or redis+sentinel://.');
  }
  return {
    kind,
    tls: tls === 's',
    nodes: [first, ...rest],
    ...parsePath(path, kind),
    ...parseUserInfo(userInfo),
  };
}

function parseNode(text: string, kind: RedisTarget['kind']): RedisNode {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? (kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT));
  if (!host || port < 1 || port > 65_535)
    throw new Error('The Redis URL has a host or port that is not valid.');
  return { host, port };
}

function parsePath(path: string, kind: RedisTarget['kind']): Pick<RedisTarget, 'database' | 'master'> {
  if (kind === 'cluster') {
    if (path !== '') throw new Error('The URL of a Redis Cluster takes nothing behind its hosts.');
    return { database: 0 };
  }
  if (kind === 'single') return { database: parseDatabase(path) };
  const [master = '', database = '', ...more] = path.split('/');
  if (master === '' || more.length > 0) {
    throw new Error(
      'The URL of Redis Sentinels needs the name of the master: redis+sentinel://host:port/name.',
    );
  }
  return { master: decode(master), database: parseDatabase(database) };
}

function parseDatabase(text: string): number {
  if (!/^\d{0,4}$/.test(text)) throw new Error('The database in the Redis URL must be a number.');
  return Number(text);
}

function parseUserInfo(text: string | undefined): Pick<RedisTarget, 'username' | 'password'> {
  if (!text) return {};
  const colon = text.indexOf(':');
  const username = decode(colon < 0 ? text : text.slice(0, colon));
  const password = colon < 0 ? '' : decode(text.slice(colon + 1));
  return { ...(username && { username }), ...(password && { password }) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('The Redis URL has a percent sign that encodes nothing.');
  }
}

/**
 * Begins to connect, and goes on trying for as long as it is open.
 * @throws {Error} when the URL is not valid
 */
export function connectRedis(options: RedisConnectionOptions): RedisConnection {
  const { url, ...credentials } = options;
  return new RedisConnection({ ...parseRedisUrl(url), ...credentials });
}

/** One connection to a server, to the master behind Sentinels, or to a Cluster; it survives their restarts. */
export class RedisConnection {
  readonly #target: RedisTarget;
  readonly #client: RedisClient;
  readonly #closing = new AbortController();
  /** Why it is not connected, as far as is known. */
  #fault: Error | undefined;

  constructor(target: RedisTarget) {
    this.#target = target;
    this.#client = target.kind === 'cluster' ? openCluster(target) : openServer(target, reconnectDelayMs);
    this.#client.on('error', (error: Error) => {
      this.#fault = error;
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

  /** A further connection to the same server. */
  duplicate(): RedisConnection {
    return new RedisConnection(this.#target);
  }

  /** Makes scripts known to the client. @param numberOfKeys that each is called with */
  defineScripts(scripts: Readonly<Record<string, string>>, numberOfKeys: number): void {
    for (const [name, lua] of Object.entries(scripts)) {
      this.#client.defineCommand(name, { lua, numberOfKeys });
    }
  }

  /**
   * Runs commands, and waits a moment for a server that is away. Commands whose answer got lost are not sent again,
   * since they may have taken effect.
   * @throws {LedgerError} `unavailable`, after three seconds at the latest
   */
  async run<Result>(operation: (client: RedisClient) => Promise<Result>): Promise<Result> {
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort(this.#fault ?? Object.assign(new Error(), { code: 'ETIMEDOUT' }));
    }, OPERATION_TIMEOUT_MS);
    const late = aborted(deadline.signal);
    try {
      await Promise.race([ready(this.#client, deadline.signal), late]);
      return await Promise.race([operation(this.#client), late]);
    } catch (error) {
      throw unavailable(error);
    } finally {
      clearTimeout(timer);
    }
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
        if (error instanceof Error) this.#fault = error;
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

function openServer(target: RedisTarget, retryStrategy: ((times: number) => number) | null): Redis {
  const [node] = target.nodes;
  const { kind, master } = target;
  return new Redis({
    ...commonOptions(target),
    ...(kind === 'sentinel' && master
      ? { sentinels: target.nodes.map((sentinel) => ({ ...sentinel })), name: master }
      : { host: node.host, port: node.port }),
    ...(target.tls && kind === 'sentinel' && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
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

function openCluster(target: RedisTarget): Cluster {
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

function commonOptions(target: RedisTarget) {
  return {
    ...(target.username !== undefined && { username: target.username }),
    ...(target.password !== undefined && { password: target.password }),
    ...(target.tls && { tls: {} }),
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

function ready(client: RedisClient, signal: AbortSignal): Promise<void> {
  if (client.status === 'ready' && !isEnding(client)) return Promise.resolve();
  if (client.status === 'end') return Promise.reject(new Error('closed'));
  return new Promise((resolve) => {
    const onReady = () => resolve();
    client.once('ready', onReady);
    signal.addEventListener('abort', () => client.off('ready', onReady), { once: true });
  });
}

/** The server has hung up, and the library will notice in a moment: what is sent now would fail. */
function isEnding(client: RedisClient): boolean {
  return client instanceof Redis && !client.stream.writable;
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
}

/** Keeps the error's code only: the library's errors carry the command with all its arguments. */
export function unavailable(error: unknown): LedgerError {
  const code = error instanceof Error ? errorCode(error) : 'unknown error';
  return new LedgerError('unavailable', `Redis cannot be reached, or does not take writes now (${code}).`);
}

function errorCode(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /^[A-Z]{3,}\b/.exec(error.message)?.[0] ?? error.name;
}

function ignore(): void {}
