/** What is done in one step about many tokens: first by value, then about a few of those that need a call each. */
import { z } from 'zod';
import { foundSince } from '../../src/provider/kit/on-file.ts';
import { unasked, workedElsewhere } from '../../src/provider/kit/seen.ts';
import type { BatchItem, ProviderLog, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Clock } from '../../src/words/clock.ts';
import { type App, deleteAsApp } from './app.ts';
import { submitAll } from './by-value.ts';
import { basesOf, failureAt, type Host } from './host.ts';
import { deleteInstallationToken } from './installation.ts';
import { INSTALLATION, OF_APPS, OF_SERVERS, SOUNDNESS, soundnessOf } from './kinds.ts';
import { type Limits, lookAtSome, mayKnow } from './proof.ts';

export interface World extends Limits {
  readonly hosts: readonly Host[];
  readonly apps: readonly App[];
  readonly log: ProviderLog;
}

/** Of tokens that need a call each, so many have it in one step: the others wait. */
const INSTALLATIONS_A_STEP = 3;
const APP_TOKENS_A_STEP = 10;

/** All that wait go on at the same time, as each step counts against the hour's. */
const WINDOW_MS = 10 * 60 * 1000;

/** No installation token works longer, that of a workflow's job included. */
const INSTALLATION_LIFE_MS = 24 * 60 * 60 * 1000;

const NOTE = z.object({
  /** In ms since the epoch. */
  since: z.number(),
  /** Whether it was handed in by value already. */
  handedIn: z.boolean(),
});

export async function revokeAll(
  items: readonly BatchItem[],
  world: World,
  signal: AbortSignal,
): Promise<readonly (RevokeResult | Error)[]> {
  const results = new Map<BatchItem, RevokeResult | Error>();
  const open = () => items.filter((item) => !results.has(item));

  const byValue = open()
    .filter(({ step }) => step.kind !== INSTALLATION && !wasHandedIn(step))
    // The looks are few, and go to what may be a token.
    .toSorted((one, other) => rankOf(one) - rankOf(other));
  for (const host of world.hosts) {
    const theirs = byValue.filter(({ step }) => takes(host, step) && mayKnow(host, step, world.hosts));
    await lookAtSome(theirs, host, world);
    const failures = await submitAll(theirs, { ...world, host, signal });
    for (const [item, failure] of failures) results.set(item, failure);
  }

  await someOf(
    open().filter(({ step }) => world.apps.length > 0 && OF_APPS.has(step.kind)),
    APP_TOKENS_A_STEP,
    ({ token, step }) => deleteAsApp(world.apps, token, { signal: step.signal, log: world.log }),
  );
  await someOf(
    open().filter(({ step }) => step.kind === INSTALLATION),
    INSTALLATIONS_A_STEP,
    async (item) => (await deleteInstallationToken(world.hosts, item, world)) ?? putOff(item, world.clock),
  );
  for (const { step } of items.filter((item) => wasHandedIn(item.step) && !isToGoOn(results.get(item)))) {
    // One that works all the same is handed in anew by the next attempt.
    step.remember({});
  }
  return items.map((item) => results.get(item) ?? handedIn(item));

  /** Where it worked, unless that has left the configuration: then nobody else was given it. */
  function handedIn({ step }: BatchItem): RevokeResult {
    const [workedAt] = unasked(basesOf(world.hosts), step);
    return workedAt === undefined ? { outcome: 'accepted' } : workedElsewhere(workedAt);
  }

  async function someOf(
    all: readonly BatchItem[],
    count: number,
    work: (item: BatchItem) => Promise<RevokeResult | undefined>,
  ): Promise<void> {
    for (const item of all.slice(0, count)) {
      const result = await work(item).catch((error: unknown) => asError(error, world));
      if (result) results.set(item, result);
    }
    for (const item of all.slice(count)) results.set(item, putOff(item, world.clock));
  }
}

/** An Enterprise Server has fewer kinds by value than the others, which want no credential. */
function takes({ token }: Host, { kind }: Step): boolean {
  return token === undefined || OF_SERVERS.has(kind);
}

function isToGoOn(result: RevokeResult | Error | undefined): boolean {
  return result instanceof Error || result?.outcome === 'continue';
}

function wasHandedIn({ note }: Step): boolean {
  return NOTE.safeParse(note).data?.handedIn ?? false;
}

/** Each wait is as long as all earlier ones together, so that many waiting tokens do not use up the hour's steps. */
function putOff({ step }: BatchItem, clock: Clock): RevokeResult {
  const now = clock.now();
  const since = foundSince({ clock }, NOTE.safeParse(step.note).data?.since);
  const waitedMs = now - since;
  if (step.kind === INSTALLATION && waitedMs >= INSTALLATION_LIFE_MS) {
    return {
      outcome: 'expires',
      evidence: { expiresAt: new Date(since + INSTALLATION_LIFE_MS).toISOString() },
    };
  }
  step.remember({ since, handedIn: step.kind !== INSTALLATION } satisfies z.output<typeof NOTE>);
  return { outcome: 'continue', afterMs: WINDOW_MS - (now % WINDOW_MS) + waitedMs };
}

function asError(error: unknown, { hosts: [githubCom] }: World): Error {
  if (error instanceof Error || !githubCom) return error as Error;
  return failureAt(githubCom, error);
}

function rankOf(item: BatchItem): number {
  return SOUNDNESS.indexOf(soundnessOf(item));
}
