/** What persons decide about entries, one or many. */
import type { Entry, State } from '../ledger/entry.ts';
import { ALL_LANES } from '../ledger/lane-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import type { Registry } from '../provider/registry.ts';
import { isFaultOfRequest, Problem, toProblem } from '../server/problem.ts';
import type { Clock } from '../words/clock.ts';
import { entryNamed } from './entry-names.ts';
import { listFitting, type PathFilter } from './path-filter.ts';

export const ACTIONS = ['approve', 'retry', 'dismiss'] as const;
export type Action = (typeof ACTIONS)[number];

export interface Decision {
  readonly action: Action;
  readonly by: string;
  /** Of a dismissal; kept in the history. */
  readonly reason?: string | undefined;
  /** When the person saw what is decided about: what has changed since then stays as it is. */
  readonly asOf?: number | undefined;
}

/** So many at most are decided about in one call. */
export const MAX_DECIDED = 1_000;

export interface ManyDecisions extends Decision {
  /** Ids, or beginnings of ids. */
  readonly ids?: readonly string[] | undefined;
  readonly filter?: PathFilter | undefined;
  /** Goes on behind an earlier answer. */
  readonly cursor?: string | undefined;
  /** Nothing is done. */
  readonly dryRun: boolean;
}

export interface Decided {
  /** As it was asked for. */
  readonly id: string;
  /** Or would be done, in a dry run. */
  readonly done: boolean;
  /** In which it is now. */
  readonly state?: State;
  /** Why nothing was done. */
  readonly problem?: string;
}

export interface ManyDecided {
  readonly results: readonly Decided[];
  /** How many of these were done. */
  readonly done: number;
  readonly failed: number;
  /** When it was looked at what they are, by the service's clock: see {@link Decision.asOf}. */
  readonly at: number;
  /** There may be more that the filter fits. */
  readonly cursor?: string;
}

/** What each action is about where a filter names no state, and which states it can change. */
const STATES_OF: Readonly<Record<Action, { readonly meant: State; readonly possible: readonly State[] }>> = {
  approve: { meant: 'held', possible: ['held', 'attention'] },
  retry: { meant: 'attention', possible: ['held', 'attention'] },
  dismiss: { meant: 'attention', possible: ['queued', 'held', 'attention'] },
};

const NEEDS_A_LOOK =
  'Nothing shows that its secret leaked: approve it by itself, or by a filter that names the reason unproven.';
/** What a decision finds that it is not for, by the entry's state. */
const NOT_NOW: Readonly<Record<State, string>> = {
  queued: 'It is in work already.',
  held: 'It has changed meanwhile, or its token was not kept.',
  attention: 'It has changed meanwhile, or its token was not kept.',
  done: 'It has ended.',
  dismissed: 'It was dismissed, and its token erased.',
};
const DRY_RUN =
  'The mode of its provider is dry-run, in which nothing is revoked: the decision would be lost. Set another mode first.';
const CHANGED = 'Something has happened to the entry since it was looked at, so look at it again.';

/** Written together: the ledger waits once for the disk, which takes Redis a second with `appendfsync everysec`. */
const AT_ONCE = 250;
const PAGE = 200;

export class Decisions {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #observe: Observe;
  readonly #registry: () => Registry;

  constructor({
    ledger,
    clock,
    observe,
    registry,
  }: {
    readonly ledger: Ledger;
    readonly clock: Clock;
    readonly observe: Observe;
    readonly registry: () => Registry;
  }) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#observe = observe;
    this.#registry = registry;
  }

  /** @throws {Problem} 404, 409 */
  async decide(name: string, decision: Decision): Promise<void> {
    const { id, provider, state } = await entryNamed(this.#ledger, name);
    const isPossible = STATES_OF[decision.action].possible.includes(state);
    if (isPossible && decision.action !== 'dismiss' && (await this.#dryRuns())(provider))
      throw new Problem(409, 'Nothing would be revoked', { detail: DRY_RUN });
    if (await this.#act(id, decision)) return;
    if (await this.#hasChanged(id, decision))
      throw new Problem(409, 'Changed meanwhile', { detail: CHANGED });
    const now = (await this.#ledger.get(id))?.state ?? state;
    throw new Problem(409, 'Nothing to be done', { detail: NOT_NOW[now] });
  }

  /**
   * About each of the ids, or about those that the filter fits, the newest first; goes on past what cannot be done.
   * @throws {LedgerError}
   */
  async decideMany(order: ManyDecisions): Promise<ManyDecided> {
    const { ids, filter = {}, dryRun } = order;
    const at = this.#clock.now();
    const found = ids ? { entries: await this.#named(ids) } : await this.#fitting(filter, order);
    const takesUnproven = ids?.length === 1 || filter.reason === 'unproven';
    const dryRuns = order.action === 'dismiss' ? () => false : await this.#dryRuns();
    const results = await inParts(found.entries, async ({ name, entry, problem }): Promise<Decided> => {
      if (!entry) return { id: name, done: false, ...(problem !== undefined && { problem }) };
      const { state, outcome } = entry;
      const refused = (why: string) => ({ id: name, done: false, state, problem: why });
      if (order.action === 'approve' && outcome?.reason === 'unproven' && !takesUnproven) {
        return refused(NEEDS_A_LOOK);
      }
      const isPossible = STATES_OF[order.action].possible.includes(state);
      if (!isPossible) return refused(nothingToDo(state));
      if (dryRuns(entry.provider)) return refused(DRY_RUN);
      if (dryRun) return { id: name, done: true, state };
      if (!(await this.#act(entry.id, order)))
        return refused((await this.#hasChanged(entry.id, order)) ? CHANGED : nothingToDo(state));
      return { id: name, done: true, state: order.action === 'dismiss' ? 'dismissed' : 'queued' };
    });
    const done = results.filter((result) => result.done).length;
    return {
      ...{ results, done, failed: results.length - done, at },
      ...('cursor' in found && found.cursor !== undefined && { cursor: found.cursor }),
    };
  }

  /** Whether the mode of a provider is dry-run: what is worked on then ends as would-revoke, out of everybody's sight. */
  async #dryRuns(): Promise<(provider: string) => boolean> {
    const overrides = await this.#ledger.modes();
    const registry = this.#registry();
    return (id) => registry.find(id)?.mode(overrides[id] ?? overrides[ALL_LANES] ?? null) === 'dry-run';
  }

  /** Whether that is why nothing was done. */
  async #hasChanged(id: string, { asOf }: Decision): Promise<boolean> {
    const newest = asOf === undefined ? undefined : (await this.#ledger.get(id))?.history.at(-1);
    return newest !== undefined && newest.at > Number(asOf);
  }

  async #act(id: string, { action, by, reason, asOf }: Decision): Promise<boolean> {
    const now = this.#clock.now();
    const isDone =
      action === 'dismiss'
        ? await this.#ledger.dismiss(id, {
            ...{ now, asOf },
            event: { at: now, event: 'dismissed', by, ...(reason !== undefined && { message: reason }) },
          })
        : await this.#ledger.requeue(id, {
            ...{ now, asOf, approve: action === 'approve' },
            event: { at: now, event: action === 'approve' ? 'approved' : 'retried', by },
          });
    if (isDone) this.#observe({ type: 'acted', action, id, by });
    return isDone;
  }

  async #named(names: readonly string[]): Promise<readonly Found[]> {
    return inParts([...new Set(names)], async (name) => {
      try {
        return { name, entry: await entryNamed(this.#ledger, name) };
      } catch (error) {
        if (!isFaultOfRequest(error)) throw error;
        const { message, options } = toProblem(error);
        return { name, problem: options.detail ?? message };
      }
    });
  }

  async #fitting(
    filter: PathFilter,
    { action, cursor: first }: ManyDecisions,
  ): Promise<{ entries: readonly Found[]; cursor?: string }> {
    const entries: Found[] = [];
    let cursor = first;
    do {
      const limit = Math.min(PAGE, MAX_DECIDED - entries.length);
      const page = await listFitting(this.#ledger, {
        ...{ state: STATES_OF[action].meant, ...filter, limit },
        ...(cursor !== undefined && { cursor }),
      });
      entries.push(...page.entries.map((entry) => ({ name: entry.id, entry })));
      cursor = page.cursor;
    } while (cursor !== undefined && entries.length < MAX_DECIDED);
    return { entries, ...(cursor !== undefined && { cursor }) };
  }
}

function nothingToDo(state: State): string {
  return `Nothing to be done. ${NOT_NOW[state]}`;
}

interface Found {
  readonly name: string;
  readonly entry?: Entry;
  readonly problem?: string;
}

async function inParts<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
