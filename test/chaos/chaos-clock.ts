/**
 * The time that the services under test go by: it runs faster than ours, so that a schedule of hours fits into
 * minutes, and it jumps when told. A file holds it, so that all processes see one clock, however they were started.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Clock, systemClock } from '../../src/words/clock.ts';

/** How many of its seconds pass in one of ours, unless it is told otherwise. */
export const CLOCK_RATE = 100;

/** In our time. A lane that has nothing to do would ask its ledger every few milliseconds. */
const SHORTEST_MS = 50;

interface Face {
  readonly rate: number;
  /** When it was set, by our clock. */
  readonly setAt: number;
  /** What it showed then. */
  readonly shows: number;
}

/** Asks the file at every question, so that a jump is seen at once, in the middle of whatever is going on. */
export function readChaosClock(path: string): Clock {
  const face = (): Face => JSON.parse(readFileSync(path, 'utf8'));
  const { rate } = face();
  return {
    now: () => timeOn(face()),
    // Like a real timer it runs on when the clock is set: nobody wakes earlier or later for a jump.
    sleep: (ms, signal) => systemClock.sleep(Math.max(ms / rate, SHORTEST_MS), signal),
  };
}

/** The one who may set it. */
export class ChaosClock {
  readonly path: string;
  #face: Face = { rate: CLOCK_RATE, setAt: Date.now(), shows: Date.now() };

  constructor(path: string) {
    this.path = path;
    this.jump(0);
  }

  now(): number {
    return timeOn(this.#face);
  }

  /** For whoever is started from here on. @param rate in place of {@link CLOCK_RATE} */
  runAt(rate: number): void {
    this.#set({ rate, setAt: Date.now(), shows: this.now() });
  }

  /** @param ms back when negative */
  jump(ms: number): void {
    this.#set({ ...this.#face, setAt: Date.now(), shows: this.now() + ms });
  }

  #set(face: Face): void {
    this.#face = face;
    // In one step: a reader must never see half a file.
    writeFileSync(`${this.path}.new`, JSON.stringify(this.#face));
    renameSync(`${this.path}.new`, this.path);
  }
}

function timeOn({ rate, setAt, shows }: Face): number {
  return Math.round(shows + (Date.now() - setAt) * rate);
}
