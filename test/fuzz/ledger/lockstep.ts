/** Ledgers that are done the same to, each beside its own model. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Claim } from '../../../src/ledger/claim.ts';
import type { ListOptions } from '../../../src/ledger/entry.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { LedgerModel } from './model.ts';

/** Few enough that some have to make room. */
export const MAX_ANNOUNCEMENTS = 6;

/** A kind of ledger. */
export interface Storage {
  readonly name: string;
  /** Opens what was written since the last `clear`. */
  open(): Promise<Ledger>;
  clear(): Promise<void>;
}

/** One ledger, what it should be like, and what it has given out: most of that is over. */
export interface Side {
  readonly storage: Storage;
  ledger: Ledger;
  readonly model: LedgerModel;
  readonly claims: Claim[];
  readonly batches: Batch[];
  readonly pages: Page[];
  /** Providers of which it said that there is work, since the running command began. */
  readonly woken: Set<string>;
}

interface Batch {
  readonly channel: string;
  readonly lease: string;
  readonly numbers: readonly number[];
  readonly seqs: readonly string[];
}

/** A page behind which there are more. */
export interface Page {
  readonly filter: Omit<ListOptions, 'limit' | 'cursor'>;
  readonly cursor: string;
  /** Of the oldest entry that was shown, and of the newest one that there was at the first page. */
  readonly lastNumber: number;
  readonly newestNumber: number;
}

export interface Lockstep {
  readonly sides: readonly Side[];
  /** Before each command a millisecond passes, so that few times are equal and the ledgers have no choice. */
  readonly ticks: boolean;
  /** Until they choose differently where the port leaves them a choice. */
  alike: boolean;
}

/** What a ledger has answered, but for names that are its own. */
export interface Answer {
  /** Where the port leaves it a choice: what it chose. */
  readonly chosen?: unknown;
  readonly said?: unknown;
}

export type Command = fc.AsyncCommand<object, Lockstep>;

export async function openLockstep(storages: readonly Storage[], ticks: boolean): Promise<Lockstep> {
  const sides: Side[] = [];
  for (const storage of storages) {
    await storage.clear();
    const side: Side = {
      ...{ storage, ledger: await storage.open(), model: new LedgerModel(MAX_ANNOUNCEMENTS) },
      ...{ claims: [], batches: [], pages: [], woken: new Set() },
    };
    listen(side);
    sides.push(side);
  }
  return { sides, ticks, alike: true };
}

export async function closeLockstep({ sides }: Lockstep): Promise<void> {
  for (const { ledger } of sides) await ledger.close();
}

function listen({ ledger, woken }: Side): void {
  ledger.onWork((provider) => woken.add(provider));
}

/** As when a service is replaced: the new one starts before the old one ends. */
export async function reopen(side: Side): Promise<void> {
  const old = side.ledger;
  side.ledger = await side.storage.open();
  listen(side);
  await old.close();
}

/** @param act does it to a ledger and its model, and compares what they say */
export function command<Args>(
  name: string,
  args: fc.Arbitrary<Args>,
  act: (side: Side, args: Args) => Promise<Answer | undefined>,
): fc.Arbitrary<Command> {
  return args.map((given) => ({
    check: () => true,
    run: (_, lockstep) => inLockstep(lockstep, (side) => act(side, given)),
    toString: () => `${name}(${JSON.stringify(given)})`,
  }));
}

/** Does it to all, and compares what they answer. */
export async function inLockstep(
  lockstep: Lockstep,
  act: (side: Side) => Promise<Answer | undefined>,
): Promise<void> {
  const answers: Answer[] = [];
  for (const side of lockstep.sides) {
    if (lockstep.ticks) side.model.clock.pass(1);
    side.woken.clear();
    answers.push((await act(side).catch((error: unknown) => blame(side, error))) ?? {});
  }
  const [first, second] = answers;
  if (!lockstep.alike || !first || !second) return;
  if (!isDeepStrictEqual(first.chosen, second.chosen)) lockstep.alike = false;
  else expect(second.said).toEqual(first.said);
}

function blame({ storage }: Side, error: unknown): never {
  if (error instanceof Error) error.message = `${storage.name}: ${error.message}`;
  throw error;
}

/** Half the time. */
export const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Which one of a list, from the newest on; mostly one of the last, as an older one is over by then. */
export const which = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 2 }) }, fc.nat({ max: 30 }));

export function pick<T>(list: readonly T[], index: number): T | undefined {
  return list.at(-1 - (index % Math.max(1, list.length)));
}
