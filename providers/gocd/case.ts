/** One leaked token on the one server that knows it, and what every step of it has at hand. */
import type { ProviderLog, Step } from '../../src/provider/provider.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { GocdConfig } from './config.ts';
import type { Probe } from './probe.ts';
import type { TokenRecord } from './record.ts';
import type { GocdServer } from './server.ts';
import type { Turns } from './turns.ts';

export interface Rules extends Pick<GocdConfig, 'ambiguous' | 'maxCandidates'> {
  readonly log: ProviderLog;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly turns: Turns;
}

export interface Case {
  readonly server: GocdServer;
  readonly token: Secret;
  readonly step: Step;
  readonly rules: Rules;
}

/** The list is older than the probe, so whatever token the probe shows to be active is on it. */
export interface Look {
  readonly records: readonly TokenRecord[];
  readonly probe: Probe;
  /** Our clock around the probe. */
  readonly sentAt: number;
  readonly receivedAt: number;
}

/** @throws {Failure} */
export async function lookAt(
  server: GocdServer,
  token: Secret,
  { signal }: Step,
  clock: Clock,
): Promise<Look> {
  const records = await server.list('active', signal);
  const sentAt = clock.now();
  const probe = await server.prove(token, signal);
  return { records, probe, sentAt, receivedAt: clock.now() };
}

/** GoCD compares user names without case. */
export function isSameName(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && a.toLowerCase() === b.toLowerCase();
}
