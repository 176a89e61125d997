/**
 * How what a vendor tells of a token comes to the entry that is worked on: each adapter says beside a call what its answer
 * tells, and needs no way to hand it up. Two steps at the same time hear nothing of each other.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Told } from '../words/subject.ts';

type Hear = (told: Told) => void;

const hearers = new AsyncLocalStorage<Hear>();

export function hearing<T>(hear: Hear, work: () => T): T {
  return hearers.run(hear, work);
}

/** Outside of a step on a single token, as in a batch, nobody hears it. */
export function tell(told: Told): void {
  hearers.getStore()?.(told);
}
