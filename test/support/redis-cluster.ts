/** A real Redis Cluster on loopback, whose masters change and whose slots move when they are told to. */
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { SLOTS, slotOf } from '../../src/ledger/redis/keys.ts';
import { eventually } from './eventually.ts';
import { PATIENCE_MS } from './patience.ts';
import { type RedisServer, sendRedis, startClusterNode } from './redis-server.ts';

/** The hash tag under which the whole ledger lives. */
const LEDGER_TAG = 'quash';
const KEYS_PER_MOVE = 100;
/** After which the others take a node for dead, by default 15 s. */
const NODE_TIMEOUT_MS = 2_000;
/** A planned failover that has not come about is given up by the servers, on a busy machine. */
const FAILOVER_TIMEOUT_MS = 5_000;
const POLL_MS = 20;

export interface RedisClusterOptions {
  readonly masters?: number;
  /** They go round the masters, and the one that has the ledger comes first. */
  readonly replicas?: number;
  /** What is meant by the ledger: the hash tag of one of its partitions, by default that of all of it. */
  readonly tag?: string;
  /** Further arguments of redis-server. */
  readonly args?: readonly string[];
  /** In place of the redis-server on the path. */
  readonly file?: string;
}

export class RedisCluster {
  readonly nodes: readonly RedisServer[];
  readonly #tag: string;

  private constructor(nodes: readonly RedisServer[], tag: string) {
    this.nodes = nodes;
    this.#tag = tag;
  }

  static async start({
    masters = 1,
    replicas = 0,
    args: further = [],
    tag = LEDGER_TAG,
    file,
  }: RedisClusterOptions = {}): Promise<RedisCluster> {
    const args = [
      '--cluster-node-timeout',
      String(NODE_TIMEOUT_MS),
      '--cluster-replica-validity-factor',
      '0',
      ...further,
    ];
    const options = { args, ...(file !== undefined && { file }) };
    const nodes = await Promise.all(
      Array.from({ length: masters + replicas }, () => startClusterNode(options)),
    );
    const cluster = new RedisCluster(nodes, tag);
    try {
      await cluster.#form(masters);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Names every node. */
  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** The master that has the slot of this tag. */
  async owner(tag = this.#tag): Promise<RedisServer> {
    const owner = await this.#findOwner(tag);
    if (!owner) throw new Error('No node has the slot.');
    return owner;
  }

  async #findOwner(tag: string): Promise<RedisServer | undefined> {
    const slot = slotOf(tag);
    for (const node of this.nodes) {
      // One that is away says nothing.
      const lines = await linesOf(node).catch(() => []);
      const isOwner = ({ isMyself, isMaster, ranges }: NodeLine) =>
        isMyself && isMaster && ranges.some((range) => includes(range, slot));
      if (lines.some(isOwner)) return node;
    }
    return undefined;
  }

  /** The master and a replica change places in good order. */
  async failOver(tag = this.#tag): Promise<void> {
    const { replica } = await this.#attachReplica(tag);
    await eventually(async () => {
      if ((await this.owner(tag)) === replica) return;
      await expectOk(replica, 'CLUSTER FAILOVER');
      await this.#expectOwner(tag, replica, FAILOVER_TIMEOUT_MS);
    });
  }

  /** Kills the master, once its replica has all, until the replica has taken over; then it comes back as a replica. */
  async killOwner(tag = this.#tag): Promise<void> {
    const { owner, replica } = await this.#attachReplica(tag);
    await owner.kill('SIGKILL');
    await this.#expectOwner(tag, replica, PATIENCE_MS);
    await owner.restart();
    await this.#expectReplicated(tag);
  }

  /** Moves the slot to another master, key by key. @param meanwhile runs when half of the keys are moved */
  async moveSlot(meanwhile: () => Promise<unknown> = async () => {}, tag = this.#tag): Promise<void> {
    const slot = slotOf(tag);
    const source = await this.owner(tag);
    const masters = await this.#masters();
    const target = masters.find((node) => node !== source);
    if (!target) throw new Error('There is no other master.');
    const [from, to] = [await idOf(source), await idOf(target)];
    await expectOk(target, `CLUSTER SETSLOT ${slot} IMPORTING ${from}`);
    await expectOk(source, `CLUSTER SETSLOT ${slot} MIGRATING ${to}`);
    await migrate(source, target, slot, meanwhile);
    for (const node of [target, source, ...masters]) {
      await expectOk(node, `CLUSTER SETSLOT ${slot} NODE ${to}`);
    }
  }

  async #expectOwner(tag: string, node: RedisServer, withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    while ((await this.#findOwner(tag)) !== node) {
      if (performance.now() > end) throw new Error('The owner has not changed yet.');
      await delay(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #form(masters: number): Promise<void> {
    const [first, ...others] = this.nodes;
    if (!first) throw new Error('A Cluster has at least one node.');
    for (const [index, node] of this.nodes.entries()) {
      await expectOk(node, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
      const [from, to] = [index, index + 1].map((n) => Math.floor((n * SLOTS) / masters));
      if (index < masters) await expectOk(node, `CLUSTER ADDSLOTSRANGE ${from} ${Number(to) - 1}`);
    }
    for (const node of others)
      await expectOk(first, `CLUSTER MEET 127.0.0.1 ${node.port} ${await busPort(node)}`);
    await this.#expectAgreement();
    const owner = this.nodes.indexOf(await this.owner());
    for (const [index, node] of this.nodes.slice(masters).entries()) {
      const master = this.nodes[(owner + index) % masters] ?? first;
      await expectOk(node, `CLUSTER REPLICATE ${await idOf(master)}`);
    }
    await this.#expectAgreement();
    if (masters < this.nodes.length) await this.#expectReplicated(this.#tag);
  }

  /** All know all, and all is well. */
  async #expectAgreement(): Promise<void> {
    await eventually(async () => {
      for (const node of this.nodes) {
        const known = await linesOf(node);
        const state = await sendRedis(node, 'CLUSTER INFO');
        if (known.length < this.nodes.length || !state.includes('cluster_state:ok'))
          throw new Error('not formed');
      }
    });
  }

  async #masters(): Promise<RedisServer[]> {
    const masters: RedisServer[] = [];
    for (const node of this.nodes) {
      if ((await linesOf(node)).some(({ isMyself, isMaster }) => isMyself && isMaster)) masters.push(node);
    }
    return masters;
  }

  /** The slot may have gone to a master that has none; resolves once the replica has all that was written by then. */
  async #attachReplica(tag: string): Promise<{ owner: RedisServer; replica: RedisServer }> {
    const owner = await this.owner(tag);
    const id = await idOf(owner);
    const replica = await this.#replicaFor(id);
    // Refused until the replica has heard of the owner's new slot.
    await eventually(() => expectOk(replica, `CLUSTER REPLICATE ${id}`));
    await this.#expectReplicated(tag);
    return { owner, replica };
  }

  /** One of this master, or else of any other. */
  async #replicaFor(master: string): Promise<RedisServer> {
    const lines = await Promise.all(this.nodes.map(myself));
    const replica =
      this.nodes.find((_, index) => lines[index]?.master === master) ??
      this.nodes.find((_, index) => lines[index]?.isMaster === false);
    if (!replica) throw new Error('There is no replica.');
    return replica;
  }

  /** Resolves once a replica of the owner has all that was written when this was called. */
  async #expectReplicated(tag: string): Promise<void> {
    await eventually(async () => {
      // Found anew each time: one that has come back takes itself for the master until it hears of the new one.
      const owner = await this.owner(tag);
      const client = new Redis(owner.port, '127.0.0.1');
      try {
        await client.set(`{${tag}}:mark`, '');
        if ((await client.wait(1, 1_000)) < 1) throw new Error('The replica is behind.');
      } finally {
        client.disconnect();
      }
    });
  }
}

interface NodeLine {
  readonly id: string;
  readonly isMyself: boolean;
  readonly isMaster: boolean;
  /** The id of the master that it follows; `-` for a master. */
  readonly master: string;
  /** Of slots. */
  readonly ranges: readonly string[];
  readonly busPort: string;
}

/** How a node sees itself and the others. */
async function linesOf(node: RedisServer): Promise<readonly NodeLine[]> {
  const answer = await sendRedis(node, 'CLUSTER NODES');
  return answer.split('\n').flatMap((line) => {
    const [id, address, flags, master = '', , , , , ...slots] = line.trim().split(' ');
    if (!id || !flags || !/^[0-9a-f]{40}$/.test(id)) return [];
    return {
      id,
      isMyself: flags.includes('myself'),
      isMaster: flags.includes('master'),
      master,
      ranges: slots,
      busPort: /@(\d+)/.exec(address ?? '')?.[1] ?? '',
    };
  });
}

function includes(range: string, slot: number): boolean {
  const [from = Number.NaN, to = from] = range.split('-').map(Number);
  return from <= slot && slot <= to;
}

async function idOf(node: RedisServer): Promise<string> {
  return (await myself(node)).id;
}

async function busPort(node: RedisServer): Promise<string> {
  return (await myself(node)).busPort;
}

async function myself(node: RedisServer): Promise<NodeLine> {
  const line = (await linesOf(node)).find(({ isMyself }) => isMyself);
  if (!line) throw new Error('The node does not know itself.');
  return line;
}

async function migrate(
  source: RedisServer,
  target: RedisServer,
  slot: number,
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  const client = new Redis(source.port, '127.0.0.1');
  try {
    const count = Number(await client.cluster('COUNTKEYSINSLOT', slot));
    let moved = 0;
    let isHalf = false;
    for (;;) {
      const keys = await client.cluster('GETKEYSINSLOT', slot, Math.min(KEYS_PER_MOVE, (count / 2 + 1) | 0));
      if (keys.length === 0) return;
      await client.call('MIGRATE', '127.0.0.1', target.port, '', 0, 5_000, 'REPLACE', 'KEYS', ...keys);
      moved += keys.length;
      if (!isHalf && moved * 2 >= count) {
        isHalf = true;
        await meanwhile();
      }
    }
  } finally {
    client.disconnect();
  }
}

async function expectOk(node: RedisServer, command: string): Promise<void> {
  const answer = await sendRedis(node, command);
  if (!answer.startsWith('+OK')) throw new Error(`${command} was answered ${answer}`);
}

/** One node that owns all slots. */
export async function startRedisCluster(
  options: Pick<RedisClusterOptions, 'args'> = {},
): Promise<RedisServer> {
  const [node] = (await RedisCluster.start(options)).nodes;
  if (!node) throw new Error('The Cluster has no node.');
  return node;
}
