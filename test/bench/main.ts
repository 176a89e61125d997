/** `npm run bench`: measures Quash and the programs that it is compared with, all in one run. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { redisAvailable } from '../support/redis-server.ts';
import { accept } from './parts/accept.ts';
import { compare } from './parts/compare.ts';
import { crowd } from './parts/crowd.ts';
import { delay } from './parts/delay.ts';
import { drain } from './parts/drain.ts';
import { large } from './parts/large.ts';
import { lists } from './parts/lists.ts';
import { repeats } from './parts/repeats.ts';
import { scale } from './parts/scale.ts';
import { start } from './parts/start.ts';
import { type Row, table } from './results.ts';

const PARTS = { accept, repeats, large, crowd, drain, delay, scale, lists, start, compare };
type Part = keyof typeof PARTS;

const USAGE = `npm run bench -- [--only ${Object.keys(PARTS).join(',')}] [--short] [--entries N] [--markdown] [--output FILE] [--profiles FOLDER]`;
const OUTPUT = resolve(import.meta.dirname, '../../test-results/bench.json');

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      short: { type: 'boolean', default: false },
      entries: { type: 'string', default: '1000000' },
      markdown: { type: 'boolean', default: false },
      profiles: { type: 'string' },
      output: { type: 'string', default: OUTPUT },
    },
  });
  const names = values.only?.split(',') ?? Object.keys(PARTS);
  const unknown = names.find((name) => !(name in PARTS));
  if (unknown !== undefined) throw new Error(`There is no part ${unknown}.`);
  const entries = Number(values.entries);
  if (!Number.isInteger(entries) || entries < 1) throw new Error('--entries takes a number.');
  return { ...values, entries, parts: names as Part[] };
}

function machine() {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    redis: redisAvailable() ? redisVersion() : 'not installed',
  };
}

function redisVersion(): string {
  const text = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
  return /v=(\S+)/.exec(text)?.[1] ?? text.trim();
}

function summary(rows: readonly Row[]): string {
  const goals = rows.flatMap((row) => row.goals.map((goal) => ({ ...goal, row })));
  const missed = goals.filter(({ met }) => !met);
  const aboveFloor = missed.filter(({ floorMet }) => floorMet).length;
  const lines = missed.map(({ row, text, measured }) => {
    return `  missed: ${row.part}, ${row.what}, ${row.who}: ${text}; it was ${measured}`;
  });
  return [
    `${goals.length - missed.length} of ${goals.length} goals met, ${aboveFloor} of the others above their floor`,
    ...lines,
  ].join('\n');
}

async function run({
  short,
  entries,
  markdown,
  output,
  profiles,
  parts,
}: ReturnType<typeof readArguments>): Promise<void> {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const about = machine();
  const rows: Row[] = [];
  mkdirSync(dirname(output), { recursive: true });
  for (const part of parts) {
    rows.push(...(await PARTS[part]({ short, entries, profiles, say })));
    writeFileSync(output, `${JSON.stringify({ ...about, short, rows }, null, 2)}\n`);
  }
  const { date, cpu, cores, node, redis } = about;
  const head = `${cpu}, ${cores} cores; Node.js ${node}, Redis ${redis}; ${date}${short ? '; short run' : ''}`;
  console.log([head, table(rows, markdown ? 'markdown' : 'plain'), summary(rows)].join('\n\n'));
}

// So that the temporary files and all processes go, too.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

try {
  await run(readArguments());
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\nUsage: ${USAGE}`);
  process.exitCode = 1;
}
