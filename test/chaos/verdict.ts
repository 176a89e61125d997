/** What the installation promised, held against what its upstreams know. */
import { join } from 'node:path';
import type { Entry } from '../../src/ledger/entry.ts';
import { loadKeys } from '../../src/vault/keys.ts';
import { Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { isRevoked, type Leak } from './leaks.ts';
import { judgeRepetitions, type RepetitionFigures } from './repetitions.ts';
import { tally, Violations } from './violations.ts';
import type { World } from './world.ts';

const TERMINAL: readonly string[] = ['done', 'attention'];

interface Figures extends RepetitionFigures {
  readonly entries: number;
  /** Entries by state and outcome. */
  readonly ends: Readonly<Record<string, number>>;
  /** Reports by the status that they got. */
  readonly reports: Readonly<Record<string, number>>;
  readonly disturbances: Readonly<Record<string, number>>;
  readonly upstreamFaults: Readonly<Record<string, number>>;
  /** Acknowledged tokens that went with a failover, which is no violation. */
  readonly lostInFailover: number;
  readonly failedStarts: number;
}

export interface Verdict {
  readonly figures: Figures;
  readonly violations: readonly string[];
}

/** @param atRisk whether a token may be gone with a failover to a replica that had not received it */
export async function judge(world: World, atRisk: (leak: Leak) => boolean): Promise<Verdict> {
  const violations = new Violations(world.violations);
  const entries = new Map((await world.entries()).map((entry) => [entry.id, entry]));
  const total = entries.size;
  const vault = new Vault(await loadKeys(join(world.folder, 'keys.json')));
  let lostInFailover = 0;
  const ids = new Map<Leak, string>();
  for (const leak of world.leaks) {
    const id = vault.fingerprint(leak.lane, new Secret(leak.value));
    const entry = entries.get(id);
    entries.delete(id);
    if (entry) ids.set(leak, id);
    // Nobody was told that it is taken: whoever waits for that says so.
    if (leak.acknowledgedAt === undefined) continue;
    if (entry) judgeEntry(leak, entry, violations);
    else if (atRisk(leak)) lostInFailover += 1;
    else violations.add('an acknowledged token has no entry');
  }
  for (const { provider } of entries.values())
    violations.add(`${provider}: an entry of a token that nobody reported`);
  for (const leak of world.bystanders) {
    if (isRevoked(leak)) violations.add(`${leak.lane}: a token was revoked that nobody reported`);
  }
  for (const call of world.vendor.astray) violations.add(call);
  for (const answer of Object.keys(world.reporter.answers)) {
    if (!['204', '429', '503', 'broken'].includes(answer)) violations.add(`a report was answered ${answer}`);
  }

  const figures: Figures = {
    entries: total,
    ends: await countEnds(world),
    reports: world.reporter.answers,
    disturbances: tally(world.disturbances.map(({ kind }) => kind)),
    upstreamFaults: world.vendor.faults,
    ...(await judgeRepetitions(world, ids, violations)),
    lostInFailover,
    failedStarts: world.replicas.reduce((sum, replica) => sum + replica.failedStarts, 0),
  };
  return { figures, violations: violations.all };
}

function judgeEntry(leak: Leak, { state, outcome }: Entry, violations: Violations): void {
  // It has not come to its end yet, and whoever waits for that says so.
  if (state === 'queued') return;
  const end = `${leak.lane}: a ${leak.fate} token ended as ${state} ${outcome?.kind ?? ''} ${outcome?.reason ?? ''}`;
  if (!TERMINAL.includes(state)) {
    violations.add(end);
    return;
  }
  const isRefused =
    state === 'attention' && outcome?.kind === 'refused' && outcome.reason === 'unknown-token';
  const isRight = leak.fate === 'unknown' ? isRefused : state === 'done' && isRevoked(leak);
  if (!isRight) violations.add(`${end}, and upstream it is ${isRevoked(leak) ? 'dead' : 'alive'}`);
}

async function countEnds(world: World): Promise<Record<string, number>> {
  return tally((await world.entries()).map(({ state, outcome }) => `${state} ${outcome?.kind ?? ''}`.trim()));
}
