/** What a copy takes of a Redis ledger beside its entries, and where it lies in several partitions. */
import type { Cluster, Redis } from 'ioredis';
import type { Mode } from '../../words/mode.ts';
import type { StoredAnnouncement, StoredRest, StoredRevocations } from '../copy.ts';
import type { RedisConnection } from './connection.ts';
import { type Command, noticeCommands, readNotices } from './copy-notices.ts';
import { unavailable } from './faults.ts';
import { type PartitionKeys, partitionOf } from './keys.ts';
import { toRecord } from './replies.ts';

export interface SourcePartition {
  readonly keys: PartitionKeys;
  readonly connection: RedisConnection;
}

/** Of one command, or of commands that are sent together. */
const BATCH = 500;
const SCANNED_AT_ONCE = 1_000;
/** Of a lane that no claim is under way in: see shared.lua. */
const PASSING = ['probe', 'probe_end', 'probe_epoch', 'claimer'];

/** Of the tallies of a project. */
const DEATH = 'dead:';

export async function readRest(partitions: readonly SourcePartition[]): Promise<StoredRest> {
  const parts = await Promise.all(partitions.map((each, index) => readPart(each, index, partitions.length)));
  const news = parts.flatMap(({ announcements }) => announcements);
  return {
    lanes: parts.flatMap(({ lanes }) => lanes),
    revoked: parts.flatMap(({ revoked }) => revoked),
    modes: Object.assign({}, ...parts.map(({ modes }) => modes)),
    marks: Object.assign({}, ...parts.map(({ marks }) => marks)),
    hours: parts.flatMap(({ hours }) => hours),
    sessions: parts.flatMap(({ sessions }) => sessions),
    deaths: parts.flatMap(({ deaths }) => deaths),
    beyond: parts.flatMap(({ beyond }) => beyond),
    channels: parts[0]?.channels ?? [],
    announcements: news.toSorted((a, b) => Number(a.fields.at) - Number(b.fields.at)),
    notices: parts.flatMap(({ notices }) => notices),
    ofDay: parts.flatMap(({ ofDay }) => ofDay),
  };
}

async function readPart(
  { keys, connection }: SourcePartition,
  index: number,
  of: number,
): Promise<StoredRest> {
  const { run } = commandsOn({ keys, connection });
  const [providers = [], modes = [], marks = [], days = [], confirmed = [], sessions = [], projects = []] =
    await run<string[][]>([
      ['SMEMBERS', keys.laneNames],
      ['HGETALL', keys.modes],
      ['HGETALL', keys.marks],
      ['ZRANGE', keys.named('days'), 0, -1],
      ['HGETALL', keys.named('channels')],
      ['HGETALL', keys.sessions],
      ['ZRANGE', keys.named('projects'), 0, -1],
    ]);
  const own = providers.filter((provider) => partitionOf(provider, of) === index);
  const hashes = await run<string[][]>(own.map((provider) => ['HGETALL', keys.named(`lane:${provider}`)]));
  const revoked = await run<string[][]>(providers.map((provider) => ['HGETALL', keys.revoked(provider)]));
  const tallies = await run<string[][]>(
    projects.map((name) => ['HGETALL', keys.named(`project-tally:${name}`)]),
  );
  const hours = await run<string[][]>(days.map((day) => ['HGETALL', keys.named(`hours:${day}`)]));
  const channels = toRecord(confirmed);
  return {
    lanes: own.map((provider, at) => {
      const fields = Object.entries(toRecord(hashes[at] ?? [])).filter(([name]) => !PASSING.includes(name));
      return { provider, fields: Object.fromEntries(fields) };
    }),
    revoked: providers.flatMap((provider, at) => toRevocations(provider, toRecord(revoked[at] ?? []))),
    modes: toRecord(modes) as Record<string, Mode>,
    marks: toRecord(marks),
    hours: hours.flatMap((hash) => Object.entries(toRecord(hash)).map(toTally)),
    sessions: Object.entries(toRecord(sessions)).map(([id, text]) => {
      const [version, until, sealed = ''] = text.split(' ');
      return { id, version: Number(version), until: Number(until), sealed };
    }),
    deaths: projects.flatMap((name, at) => {
      const [project = '', instance = ''] = name.split('\n');
      const counted = Object.entries(toRecord(tallies[at] ?? [])).filter(([tally]) =>
        tally.startsWith(DEATH),
      );
      return counted.map(([tally, entries]) => ({
        ...{ scope: { project, instance }, tally, entries: Number(entries) },
      }));
    }),
    beyond: await readExpiring(keys, connection).then((found) =>
      found.map(({ name, value, until }) => ({ id: name, entries: Number(value), until })),
    ),
    channels: Object.keys(channels),
    announcements: await readAnnouncements(keys, connection, channels),
    ...(await readNotices(keys, run)),
  };
}

/** The hash has the sum of each bucket, and beside it those of its shares. */
function toRevocations(provider: string, fields: Readonly<Record<string, string>>): StoredRevocations[] {
  const found = Object.entries(fields).map(([field, entries]) => {
    const [bucket, share = ''] = field.split(':');
    return { provider, bucket: Number(bucket), share, entries: Number(entries) };
  });
  const shared = found.filter(({ share }) => share !== '');
  return found.map((each) => {
    if (each.share !== '') return each;
    const others = shared.filter(({ bucket }) => bucket === each.bucket);
    return { ...each, entries: others.reduce((rest, { entries }) => rest - entries, each.entries) };
  });
}

function toTally([field, entries]: readonly [string, string]) {
  const colon = field.indexOf(':');
  return { hour: Number(field.slice(0, colon)), tally: field.slice(colon + 1), entries: Number(entries) };
}

/** They go by themselves, and only a search finds them. */
async function readExpiring(
  keys: PartitionKeys,
  connection: RedisConnection,
): Promise<readonly { readonly name: string; readonly value: string; readonly until: number }[]> {
  const prefix = keys.beyond('');
  const names = (await scan(connection, `${prefix}*`)).map((key) => key.slice(prefix.length));
  const { run } = commandsOn({ keys, connection });
  const commands = names.flatMap((name): Command[] => [
    ['GET', keys.beyond(name)],
    ['PTTL', keys.beyond(name)],
  ]);
  const [[seconds = 0] = [], ...found] = await run<[[number], ...(string | number | null)[]]>([
    ['TIME'],
    ...commands,
  ]);
  return names.flatMap((name, index) => {
    const [value, left] = found.slice(2 * index, 2 * index + 2);
    if (value === null || Number(left) < 0) return [];
    return { name, value: String(value), until: Number(seconds) * 1_000 + Number(left) };
  });
}

async function scan(connection: RedisConnection, pattern: string): Promise<readonly string[]> {
  const found = new Set<string>();
  const nodes = await connection.run(
    async (client): Promise<readonly (Redis | Cluster)[]> =>
      'nodes' in client ? client.nodes('master') : [client],
  );
  for (const node of nodes) {
    let cursor = '0';
    do {
      const [next, names] = await connection.run(
        () =>
          node.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', SCANNED_AT_ONCE) as Promise<
            [string, string[]]
          >,
      );
      cursor = next;
      for (const name of names) found.add(name);
    } while (cursor !== '0');
  }
  return [...found];
}

async function readAnnouncements(
  keys: PartitionKeys,
  connection: RedisConnection,
  channels: Readonly<Record<string, string>>,
): Promise<StoredAnnouncement[]> {
  const { run } = commandsOn({ keys, connection });
  const found: StoredAnnouncement[] = [];
  let after = '-';
  for (;;) {
    const [page = []] = await run<[id: string, fields: string[]][][]>([
      ['XRANGE', keys.named('announced'), after, '+', 'COUNT', BATCH],
    ]);
    for (const [id, fields] of page) {
      const number = Number(id.split('-')[0]);
      const pending = Object.keys(channels).filter((channel) => Number(channels[channel]) < number);
      found.push({ fields: toRecord(fields), pending });
    }
    const last = page.at(-1)?.[0];
    if (last === undefined || page.length < BATCH) return found;
    after = `(${last}`;
  }
}

/** What is there already of it is replaced. */
export async function writeRest(partitions: readonly SourcePartition[], rest: StoredRest): Promise<void> {
  await writeDeaths(partitions, rest.deaths);
  const isAt = (index: number) => (name: string) => partitionOf(name, partitions.length) === index;
  await Promise.all(
    partitions.map((partition, index) => writePart(partition, isAt(index), rest, index === 0)),
  );
}

/** Each where the project has entries already. */
async function writeDeaths(
  partitions: readonly SourcePartition[],
  deaths: StoredRest['deaths'],
): Promise<void> {
  let left = Map.groupBy(deaths, ({ scope }) => `${scope.project}\n${scope.instance}`);
  for (const partition of partitions) {
    const { keys } = partition;
    const { run } = commandsOn(partition);
    const names = [...left.keys()];
    const found = await run<(string | null)[]>(names.map((name) => ['ZSCORE', keys.named('projects'), name]));
    const here = names.filter((_, index) => found[index] !== null);
    await run(
      here.flatMap((name): Command[] => {
        const key = keys.named(`project-tally:${name}`);
        const counted = left.get(name) ?? [];
        const tallies = new Set(counted.map(({ tally }) => tally));
        return [
          ['HDEL', key, ...tallies],
          ...counted.map(({ tally, entries }): Command => ['HINCRBY', key, tally, entries]),
        ];
      }),
    );
    left = new Map([...left].filter(([name]) => !here.includes(name)));
  }
}

async function writePart(
  partition: SourcePartition,
  isHere: (name: string) => boolean,
  rest: StoredRest,
  isFirst: boolean,
): Promise<void> {
  const { keys } = partition;
  const { run } = commandsOn(partition);
  const lanes = rest.lanes.filter(({ provider }) => isHere(provider));
  const revoked = rest.revoked.filter(({ provider }) => isHere(provider));
  const marks = Object.entries(rest.marks).filter(([name]) => isHere(name));
  const news = rest.announcements.filter(({ fields }) =>
    isHere(fields.notice ?? fields.id ?? fields.provider ?? ''),
  );
  const days = (hour: number) => Math.floor(hour / 24);
  await run([
    ...lanes.map(({ provider }): Command => ['SADD', keys.laneNames, provider]),
    ...lanes.flatMap(({ provider, fields }) => hash(keys.named(`lane:${provider}`), Object.entries(fields))),
    ...[...new Set(revoked.map(({ provider }) => provider))].map(
      (each): Command => ['DEL', keys.revoked(each)],
    ),
    ...revoked.flatMap(({ provider, bucket, share, entries }): Command[] => {
      const fields = share === '' ? [`${bucket}`] : [`${bucket}`, `${bucket}:${share}`];
      return fields.map((field) => ['HINCRBY', keys.revoked(provider), field, entries]);
    }),
    ...hash(keys.modes, Object.entries(rest.modes)),
    ...hash(keys.marks, marks),
    ...rest.sessions
      .filter(({ id }) => isHere(id))
      .map(
        ({ id, version, until, sealed }): Command => [
          'HSET',
          keys.sessions,
          id,
          `${version} ${until} ${sealed}`,
        ],
      ),
    ...noticeCommands(keys, rest, isHere),
    ...rest.beyond
      .filter(({ id }) => isHere(id))
      .flatMap(({ id, entries, until }) => expiring(keys.beyond(id), entries, until)),
  ]);
  if (isFirst) {
    const sums = new Map<string, number>();
    for (const { hour, tally, entries } of rest.hours) {
      const name = `${hour}:${tally}`;
      sums.set(name, (sums.get(name) ?? 0) + entries);
    }
    await run([
      ...[...sums].map(([name, entries]): Command => {
        return ['HSET', keys.named(`hours:${days(Number.parseInt(name, 10))}`), name, entries];
      }),
      ...[...new Set(rest.hours.map(({ hour }) => days(hour)))].map((day): Command => {
        return ['ZADD', keys.named('days'), day, day];
      }),
    ]);
  }
  await writeAnnouncements(partition, news, rest.channels);
}

/** Numbered from 1; a channel goes on before the first that it has not confirmed. */
async function writeAnnouncements(
  partition: SourcePartition,
  news: readonly StoredAnnouncement[],
  channels: readonly string[],
): Promise<void> {
  const { keys } = partition;
  const { run } = commandsOn(partition);
  const [meta] = keys.ofScripts;
  await run([
    ['DEL', keys.named('announced')],
    ...news.map(({ fields }, index): Command => {
      return ['XADD', keys.named('announced'), `${index + 1}-0`, ...Object.entries(fields).flat()];
    }),
    ['HSET', meta, 'announced', news.length],
    ...channels.map((channel): Command => {
      const first = news.findIndex(({ pending }) => pending.includes(channel));
      return ['HSET', keys.named('channels'), channel, first < 0 ? news.length : first];
    }),
  ]);
}

function hash(key: string, fields: readonly (readonly [string, string])[]): Command[] {
  return fields.length === 0 ? [] : [['HSET', key, ...fields.flat()]];
}

function expiring(key: string, value: string | number, until: number): Command[] {
  return [
    ['SET', key, value],
    ['PEXPIREAT', key, until],
  ];
}

function commandsOn({ keys, connection }: SourcePartition) {
  return {
    /** In their order. @throws {LedgerError} when one fails */
    async run<Results>(commands: readonly Command[]): Promise<Results> {
      const results: unknown[] = [];
      for (let start = 0; start < commands.length; start += BATCH) {
        const answers = await connection.pipeline(keys.ofScripts[0], (pipeline) =>
          commands
            .slice(start, start + BATCH)
            .reduce((all, [name, ...args]) => all.call(name, ...args), pipeline),
        );
        for (const [error, value] of answers) {
          if (error) throw unavailable(error);
          results.push(value);
        }
      }
      return results as Results;
    },
  };
}
