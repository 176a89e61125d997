import type { World } from './world.ts';

/**
 * Seconds from a kill to the last revocation of what had been acknowledged by then: of the middle one of all kills, of
 * the slowest, and of the last one, after which nothing else was killed.
 */
export interface AfterKill {
  readonly median: number;
  readonly longest: number;
  readonly last: number;
}

/** Of the vendor's tokens. @returns null where nothing was killed */
export function afterKills({ disturbances, leaks }: Pick<World, 'disturbances' | 'leaks'>): AfterKill | null {
  const revocations = leaks.flatMap(({ acknowledgedAt, record }) => {
    const revokedAt = 'vendor' in record ? record.vendor.revokedAt : undefined;
    return acknowledgedAt === undefined || revokedAt === undefined ? [] : { acknowledgedAt, revokedAt };
  });
  const kills = disturbances.flatMap(({ kind, from }) => (kind.startsWith('kill -9') ? [from] : []));
  const waits = kills.map((kill) => {
    const last = revocations.reduce(
      (latest, { acknowledgedAt, revokedAt }) =>
        acknowledgedAt <= kill && revokedAt > latest ? revokedAt : latest,
      kill,
    );
    return (last - kill) / 1_000;
  });
  const sorted = waits.toSorted((a, b) => a - b);
  const [last, longest, median] = [waits.at(-1), sorted.at(-1), sorted[Math.floor(sorted.length / 2)]];
  return last === undefined || longest === undefined || median === undefined
    ? null
    : { median, longest, last };
}
