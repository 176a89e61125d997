/** What of the secrets is still in a process's memory. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import type { QuashProcess } from '../support/quash-process.ts';
import type { Mark } from './marks.ts';
import { Search } from './search.ts';

export interface Heap {
  readonly bytes: number;
  /** Names of the secrets that a string on the heap shows. */
  readonly found: readonly string[];
  /** By who holds the strings, as far as can be told. */
  readonly holders: Readonly<Record<string, number>>;
}

const SNAPSHOT = '.heapsnapshot';

/**
 * Has a snapshot of the heap written, before which everything that nobody holds is collected, and searches its strings.
 * Buffers outside the heap are not in it.
 * @param quash was started with `--heapsnapshot-signal=SIGUSR2` and writes into `folder`
 */
export async function readHeap(quash: QuashProcess, folder: string, marks: readonly Mark[]): Promise<Heap> {
  quash.signal('SIGUSR2');
  const { path, bytes } = await eventually(() => {
    const [name] = readdirSync(folder).filter((each) => each.endsWith(SNAPSHOT));
    if (name === undefined) throw new Error('no heap snapshot');
    const whole = readFileSync(join(folder, name));
    // It is written bit by bit; its end is that of the list of strings.
    if (!/\]\s*\}\s*$/.test(whole.toString('latin1', whole.length - 10)))
      throw new Error('half a heap snapshot');
    return { path: join(folder, name), bytes: whole };
  });
  rmSync(path);
  const search = new Search(marks);
  const found = [...new Set(search.in(bytes).map(({ mark }) => mark))];
  return { bytes: bytes.length, found, holders: found.length === 0 ? {} : holdersOf(bytes, search) };
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: string[];
      readonly edge_fields: string[];
      readonly edge_types: [string[]];
    };
  };
  readonly nodes: number[];
  readonly edges: number[];
  readonly strings: string[];
}

const MAX_STEPS = 6;

/** The engine's table of texts, which keeps none alive by itself. */
const INTERNALIZED = '(Internalized strings)';

/** Follows the first holder of each string until it has a name that says something. */
function holdersOf(bytes: Buffer, search: Search): Readonly<Record<string, number>> {
  const { snapshot, nodes, edges, strings } = JSON.parse(bytes.toString()) as Snapshot;
  const { node_fields: nodeFields, edge_fields: edgeFields, edge_types: edgeTypes } = snapshot.meta;
  const [nodeSize, edgeSize] = [nodeFields.length, edgeFields.length];
  const [nameAt, countAt] = [nodeFields.indexOf('name'), nodeFields.indexOf('edge_count')];
  const kinds = edgeTypes[0] ?? [];
  const holder = new Map<number, { readonly node: number; readonly by: string }>();
  let edge = 0;
  for (let node = 0; node < nodes.length; node += nodeSize) {
    const isTable = strings[nodes[node + nameAt] ?? -1] === INTERNALIZED;
    for (let left = nodes[node + countAt] ?? 0; left > 0; left--, edge += edgeSize) {
      const kind = kinds[edges[edge] ?? 0] ?? '';
      const to = edges[edge + 2] ?? 0;
      const name = edges[edge + 1] ?? 0;
      const by = kind === 'element' || kind === 'hidden' ? kind : (strings[name] ?? '');
      if (kind !== 'weak' && !isTable && !holder.has(to)) holder.set(to, { node, by });
    }
  }
  const secret = new Set(strings.flatMap((text, at) => (search.in(text).length > 0 ? [at] : [])));
  const counts: Record<string, number> = {};
  for (let node = 0; node < nodes.length; node += nodeSize) {
    if (!secret.has(nodes[node + nameAt] ?? -1)) continue;
    const steps: string[] = [];
    for (let at = holder.get(node), n = 0; at && n < MAX_STEPS; at = holder.get(at.node), n++) {
      const name = nodes[at.node + nameAt] ?? -1;
      const text = secret.has(name) ? '(secret)' : (strings[name] ?? '').slice(0, 30);
      steps.push(`${text}.${/^\d+$/.test(at.by) ? 'n' : at.by}`);
    }
    const path = steps.join(' < ');
    counts[path] = (counts[path] ?? 0) + 1;
  }
  return counts;
}
