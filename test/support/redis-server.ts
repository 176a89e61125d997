import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from './child.ts';
import { freePort } from './free-port.ts';
import { PATIENCE_MS, tooSlow } from './patience.ts';
import { newFolder } from './run-folder.ts';

const START_ATTEMPTS = 5;
const POLL_MS = 20;
const LOG = 'server.log';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** Sends the signal; for one that ends the server, resolves once it is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again on the same port and with the same files. */
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** An append-only file that is synced at every write; on unless said otherwise. */
  readonly aof?: boolean;
  /** Further arguments of redis-server. */
  readonly args?: readonly string[];
  /** In place of the redis-server on the path. */
  readonly file?: string;
}

/** Whether redis-server is installed here. */
export function redisAvailable(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Starts a Redis of its own on a free loopback port, in a new temporary folder. */
export function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { aof = true, args = [], file } = options;
  const durability = aof ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const serverArguments = (port: number) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--save', ''],
    ...durability,
    ...args,
  ];
  return start('redis://127.0.0.1:PORT', serverArguments, file);
}

/** Starts a server that may become a node of a Redis Cluster. */
export function startClusterNode({ args = [], file }: RedisServerOptions = {}): Promise<RedisServer> {
  const serverArguments = async (port: number) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes'],
    // By itself it would take the port 10,000 above its own, which may be somebody else's.
    ...['--appendfsync', 'always', '--cluster-enabled', 'yes', '--cluster-port', String(await freePort())],
    ...['--cluster-announce-ip', '127.0.0.1', '--repl-diskless-sync-delay', '0', ...args],
  ];
  return start('redis+cluster://127.0.0.1:PORT', serverArguments, file);
}

/** Starts a Sentinel that watches one master under the name `quash`. @param settings further lines of its file */
export function startRedisSentinel(
  master: RedisServer,
  settings: readonly string[] = [],
): Promise<RedisServer> {
  return start('redis+sentinel://127.0.0.1:PORT/quash', (port, dir) => {
    const lines = ['bind 127.0.0.1', `port ${port}`, `sentinel monitor quash 127.0.0.1 ${master.port} 1`];
    writeFileSync(join(dir, 'sentinel.conf'), `${[...lines, ...settings].join('\n')}\n`);
    return ['sentinel.conf', '--sentinel'];
  });
}

/** Sends one command on a connection of its own. @returns the first bytes of the answer, as Redis wrote it */
export function sendRedis(server: RedisServer, command: string): Promise<string> {
  return send(server.port, command);
}

type ServerArguments = (port: number, dir: string) => readonly string[] | Promise<readonly string[]>;

async function start(
  url: string,
  serverArguments: ServerArguments,
  file = 'redis-server',
): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const dir = newFolder('redis-');
    const port = await freePort();
    const server = new StartedServer(
      url.replace('PORT', String(port)),
      port,
      dir,
      file,
      await serverArguments(port, dir),
    );
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server.stop();
      // Somebody else may have taken a free port before Redis did.
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

class StartedServer implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly #file: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;
  #gone: Promise<unknown> = Promise.resolve();

  constructor(url: string, port: number, dir: string, file: string, args: readonly string[]) {
    this.url = url;
    this.port = port;
    this.dir = dir;
    this.#file = file;
    this.#args = args;
  }

  async restart(): Promise<void> {
    const log = openSync(join(this.dir, LOG), 'a');
    const server = startChild(this.#file, this.#args, { cwd: this.dir, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#process = server;
    this.#gone = once(server, 'exit');
    await until('Redis was not ready', async () => {
      if (server.exitCode !== null) throw new Error(`Redis ended at its start: ${this.#log()}`);
      return /^(\+PONG|-NOAUTH)/.test(await send(this.port, 'PING').catch(() => ''));
    });
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' = 'SIGKILL'): Promise<void> {
    this.#process?.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.#gone;
  }

  async stop(): Promise<void> {
    await this.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }

  #log(): string {
    return readFileSync(join(this.dir, LOG), 'utf8');
  }
}

async function send(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(`${command}\r\n`);
    const closed = once(socket, 'close').then(() => {
      throw new Error('Redis closed the connection.');
    });
    const [answer] = await Promise.race([once(socket, 'data'), closed]);
    return String(answer);
  } finally {
    socket.destroy();
  }
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw tooSlow(what);
    await delay(POLL_MS);
  }
}
