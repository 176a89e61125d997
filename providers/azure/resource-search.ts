/** The search for a key among those of all resources of a subscription, by one reading for all tokens that wait. */

import { Failure } from '../../src/provider/failure.ts';
import type { Sight } from '../../src/provider/kit/accounts.ts';
import { digestOf, type ListPart, SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Step } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type createResourceLists, firstTask, type Task } from './resource-lists.ts';
import type { ResourceKind, Slot } from './slot.ts';
import { DELETED, sightOf, TOO_MANY } from './verdict.ts';

/** Of a kind in a subscription. */
const MAX_CALLS = 2_000;

export interface Resource {
  readonly type: string;
  readonly resource: string;
}

/** Resources by the keys that they have. */
type KeyList = SearchedList<string, readonly Task[]>;

/** `withheld`: it does not list its keys, to nobody; `denied`: not to us. */
export type SlotList = readonly Slot[] | 'withheld' | 'denied' | 'gone';

/** Of one resource, so that it keeps no other key of the lane waiting. */
export function notPermitted({ base }: Upstream): Failure {
  return new Failure('permission-missing', { target: base, status: 403, scope: 'entry' });
}

export interface ResourceCalls {
  readonly tasksIn: ReturnType<typeof createResourceLists>['tasksIn'];
  readonly readSlots: (
    upstream: Upstream,
    kind: ResourceKind,
    resource: string,
    signal: AbortSignal,
  ) => Promise<SlotList>;
  readonly clock: Clock;
}

/** @returns a search that throws `TooMany` where a list has no end */
export function resourceSearch(
  upstream: Upstream,
  kinds: readonly ResourceKind[],
  { tasksIn, readSlots, clock }: ResourceCalls,
) {
  const keysOf = (kind: ResourceKind): KeyList =>
    new SearchedList({
      ...{ clock, maxCalls: MAX_CALLS, first: [firstTask(kind)] },
      async read([task, ...others], signal): Promise<ListPart<string, readonly Task[]>> {
        if (typeof task === 'object') {
          const tasks = await tasksIn(upstream, kind, task, signal);
          if (tasks === 'denied') return { items: [[tasks, task.path]], next: orEnd(others) };
          return { items: [], next: orEnd([...tasks, ...others]) };
        }
        if (task === undefined) return { items: [], next: undefined };
        const slots = await readSlots(upstream, kind, task, signal);
        if (slots === 'gone') return { items: [], next: orEnd(others) };
        const keys = typeof slots === 'string' ? [slots] : slots.map(({ key }) => digestOf(key));
        return { items: [...new Set(keys)].map((key) => [key, task]), next: orEnd(others) };
      },
    });

  const listed = kinds.map((kind) => ({ kind, keys: keysOf(kind) }));

  return async (token: Secret, step: Step): Promise<Sight<Resource>> => {
    const matches: Resource[] = [];
    let isDenied = false;
    const withheld: Resource[] = [];
    for (const { kind, keys } of listed.filter((each) => each.kind.shape.test(token.reveal()))) {
      const digest = digestOf(token);
      const found = await (kind.chosen ? keys.findAnew(digest, step) : keys.find(digest, step));
      if (found === 'too-many') return { state: 'unable', refusal: TOO_MANY };
      if ('state' in found) return found;
      matches.push(...found.map((resource) => ({ type: kind.id, resource })));
      if (found.length > 0 && !kind.chosen) return sightOf(matches, []);
      const denied = await keys.findAnew('denied', step);
      isDenied ||= Array.isArray(denied) && denied.length > 0;
      const closed = await keys.findAnew('withheld', step);
      if (Array.isArray(closed)) {
        withheld.push(...closed.map((resource: string) => ({ type: kind.id, resource })));
      }
    }
    if (matches.length === 0 && isDenied) throw notPermitted(upstream);
    const sight = sightOf(matches, withheld);
    const wasHere = step.seenAlive.includes(upstream.base);
    return sight.state === 'absent' && wasHere
      ? { state: 'unable', refusal: DELETED, maybeElsewhere: true }
      : sight;
  };
}

function orEnd(tasks: readonly Task[]): readonly Task[] | undefined {
  return tasks.length > 0 ? tasks : undefined;
}
