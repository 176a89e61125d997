/** Whose turn it is among the fresh entries of a lane, as `src/ledger/ledger.ts` promises it. */
import { scopeOf } from '../../../src/ledger/places.ts';
import type { ReportedToken } from '../../../src/ledger/report.ts';
import type { ModelEntry } from './model.ts';

/** A queue in the order of its turns: whoever is served goes to its end. */
interface Node {
  readonly name: string;
  readonly below: Node[];
  readonly entries: ModelEntry[];
}

/** By what share an entry is limited; null when it has none. */
export function shareNameOf({ share }: ReportedToken): string | null {
  return share ? `${share.group}\n${share.namespace}` : null;
}

/** The group of namespaces that have nothing else. */
const RETRIED = 'retried';

type Path = readonly [group: string, namespace: string, project: string];

function pathOf(report: ReportedToken): Path {
  const { share } = report;
  return share ? [share.group, String(shareNameOf(report)), share.project] : ['none', 'none', 'none'];
}

export class ModelTurns {
  readonly #root: Node = aNode('');

  add(entry: ModelEntry, report: ReportedToken): void {
    this.#add(entry, pathOf(report));
  }

  /** It has its time, and is tried again. */
  addRetried(entry: ModelEntry): void {
    const namespace = entry.share ?? 'none';
    const { instance, project } = scopeOf(entry.locations[0] ?? '');
    const place = project === '' ? '' : `${instance}/${project}`;
    this.#add(entry, [RETRIED, namespace, `${namespace} retried ${place}`]);
  }

  /** A namespace stays in the group where it has others, unless all of those are tried again. */
  #add(entry: ModelEntry, [group, namespace, project]: Path): void {
    const known = this.#root.below.find(({ below }) => below.some(({ name }) => name === namespace));
    const isMoved = known?.name === RETRIED && group !== RETRIED;
    const ofGroup = known && !isMoved ? known : childOf(this.#root, group);
    if (known && isMoved) this.#move(childOf(known, namespace), known, ofGroup);
    childOf(childOf(ofGroup, namespace), project).entries.push(entry);
  }

  #move(node: Node, from: Node, to: Node): void {
    to.below.push(node);
    from.below.splice(from.below.indexOf(node), 1);
    if (from.below.length === 0) this.#root.below.splice(this.#root.below.indexOf(from), 1);
  }

  remove(entry: ModelEntry): void {
    removeFrom(this.#root, entry);
  }

  has(entry: ModelEntry): boolean {
    return entriesOf(this.#root).includes(entry);
  }

  get entries(): readonly ModelEntry[] {
    return entriesOf(this.#root);
  }

  /** Who is next, but for those that are full. */
  first(isFull: (entry: ModelEntry) => boolean): ModelEntry | undefined {
    for (const group of this.#root.below) {
      for (const namespace of group.below) {
        const [entry] = namespace.below[0]?.entries ?? [];
        if (entry && !isFull(entry)) return entry;
      }
    }
    return undefined;
  }

  /** It was handed out. */
  serve(entry: ModelEntry): void {
    let node: Node | undefined = this.#root;
    const path: [parent: Node, child: Node][] = [];
    while (node && node.below.length > 0) {
      const parent: Node = node;
      const child: Node | undefined = parent.below.find((each) => entriesOf(each).includes(entry));
      if (child) path.push([parent, child]);
      node = child;
    }
    for (const [parent, child] of path) {
      parent.below.splice(parent.below.indexOf(child), 1);
      parent.below.push(child);
    }
    this.remove(entry);
  }
}

function childOf(parent: Node, name: string): Node {
  const known = parent.below.find((each) => each.name === name);
  const child = known ?? aNode(name);
  if (!known) parent.below.push(child);
  return child;
}

function aNode(name: string): Node {
  return { name, below: [], entries: [] };
}

function entriesOf({ below, entries }: Node): readonly ModelEntry[] {
  return [...entries, ...below.flatMap(entriesOf)];
}

function removeFrom(node: Node, entry: ModelEntry): void {
  const at = node.entries.indexOf(entry);
  if (at >= 0) node.entries.splice(at, 1);
  for (const child of [...node.below]) {
    removeFrom(child, entry);
    if (entriesOf(child).length === 0) node.below.splice(node.below.indexOf(child), 1);
  }
}
