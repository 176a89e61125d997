/** How the address of a Redis is written. */

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

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
