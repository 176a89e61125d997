/** Every way in which an upstream fails here, and how often. */
import type { Random } from './random.ts';

/** Each costs the entry an attempt, of which it has nine. */
const COSTLY = ['error', 'garbage', 'truncated', 'wrong-json', 'redirect'] as const;
/** Each pauses the lane and costs nothing. */
const FREE = ['throttled', 'unavailable', 'bad-gateway', 'reset', 'slow', 'stalled'] as const;

export type FaultKind = (typeof COSTLY)[number] | (typeof FREE)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** The vendor does its work all the same, so that only the answer is spoiled. */
  readonly afterWork: boolean;
}

const SHARE_WITH_FAULTS = 0.25;
const MAX_FAULTS = 3;

/** What goes wrong with the calls about one token, in this order; behind that the vendor behaves. */
export function faultScript(random: Random): Fault[] {
  if (!random.chance(SHARE_WITH_FAULTS)) return [];
  const count = Math.ceil(random.between(0, MAX_FAULTS));
  return Array.from({ length: count }, () => ({
    kind: random.pick([...COSTLY, ...FREE]),
    afterWork: random.chance(0.5),
  }));
}
