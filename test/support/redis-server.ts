import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

const START_TIMEOUT_MS = 10_000;
const START_ATTEMPTS = 5;
const POLL_MS = 20;

/**
 * Runs Redis as a child that cannot outlive the test run: when the pipe to its standard input closes without a line,
 * because the test process ended in whatever way, it goes with its files. Prints the server's process id first.
 */
const WATCHED_SERVER = `
exec 3<&0
redis-server "$@" >server.log 2>&1 3<&- </dev/null &
server=$!
echo "$server"
{ read -r line <&3 || { kill -9 "$server"; rm -rf "$PWD"; }; } >/dev/null 2>&1 &
wait "$server"
`;

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
export function startRedis({ aof = true, args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
  const durability = aof ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  return start('redis://127.0.0.1:PORT', (port) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--save', ''],
    ...durability,
    ...args,
  ]);
}

/** Starts a Redis Cluster of one node, which owns all slots. */
export async function startRedisCluster(): Promise<RedisServer> {
  const busPort = await freePort();
  const server = await start('redis+cluster://127.0.0.1:PORT', (port) => [
    ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes'],
    ...['--appendfsync', 'always', '--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    ...['--cluster-announce-ip', '127.0.0.1'],
  ]);
  await send(server.port, 'CLUSTER ADDSLOTSRANGE 0 16383');
  await until(async () => (await send(server.port, 'CLUSTER INFO')).includes('cluster_state:ok'));
  return server;
}

/** Starts a Sentinel that watches one master under the name `quash`. */
export function startRedisSentinel(master: RedisServer): Promise<RedisServer> {
  return start('redis+sentinel://127.0.0.1:PORT/quash', (port, dir) => {
    const lines = ['bind 127.0.0.1', `port ${port}`, `sentinel monitor quash 127.0.0.1 ${master.port} 1`];
    writeFileSync(join(dir, 'sentinel.conf'), `${lines.join('\n')}\n`);
    return ['sentinel.conf', '--sentinel'];
  });
}

/** Sends one command on a connection of its own. @returns the first bytes of the answer, as Redis wrote it */
export function sendRedis(server: RedisServer, command: string): Promise<string> {
  return send(server.port, command);
}

type ServerArguments = (port: number, dir: string) => readonly string[];

async function start(url: string, serverArguments: ServerArguments): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const dir = mkdtempSync(join(tmpdir(), 'quash-redis-'));
    const port = await freePort();
    const server = new WatchedServer(
      url.replace('PORT', String(port)),
      port,
      dir,
      serverArguments(port, dir),
    );
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server.stop();
      // Somebody else may have taken the free port before Redis did.
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

class WatchedServer implements RedisServer {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly #args: readonly string[];
  #shell: ChildProcess | undefined;
  #pid = 0;

  constructor(url: string, port: number, dir: string, args: readonly string[]) {
    this.url = url;
    this.port = port;
    this.dir = dir;
    this.#args = args;
  }

  async restart(): Promise<void> {
    const shell = spawn('sh', ['-c', WATCHED_SERVER, 'sh', ...this.#args], {
      cwd: this.dir,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#shell = shell;
    shell.stdin.on('error', () => undefined); // Nobody reads it any more: then all is over anyway.
    const [firstLine] = await once(shell.stdout, 'data');
    this.#pid = Number(String(firstLine));
    await until(async () => {
      if (shell.exitCode !== null) throw new Error('redis-server ended at its start.');
      return /^(\+PONG|-NOAUTH)/.test(await send(this.port, 'PING').catch(() => ''));
    });
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' = 'SIGKILL'): Promise<void> {
    const shell = this.#shell;
    if (!shell || shell.exitCode !== null) return;
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') {
      process.kill(this.#pid, signal);
      return;
    }
    const gone = once(shell, 'exit');
    await new Promise<void>((resolve) => shell.stdin?.end('over\n', resolve));
    process.kill(this.#pid, signal);
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

async function send(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(`${command}\r\n`);
    const [answer] = await once(socket, 'data');
    return String(answer);
  } finally {
    socket.destroy();
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + START_TIMEOUT_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('Redis was not ready in time.');
    await delay(POLL_MS);
  }
}
