/**
 * A token that no server lets in at first sight. GoCD says the same of a token that it does not know and of one that it
 * has accepted when the owner's authorization plugin then fails; but it notes the use of the latter. So the token is used
 * again, once between two flushes: it is unknown where no record is used whenever we use it. That is far cheaper than a
 * burst, as anybody can commit texts that look like tokens.
 */
import { Failure } from '../../src/provider/failure.ts';
import { refused, unknownAt } from '../../src/provider/kit/results.ts';
import type { RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Look } from './case.ts';
import { readWatch, type Watch } from './note.ts';
import type { GocdServer } from './server.ts';
import { newestOf } from './uses.ts';

const ROUNDS = 2;
/** Of a plugin that is down for longer, a person hears. */
const MAX_TRIES = 4;

const UNKNOWN =
  'No configured GoCD server knows this text: it is no token, it was deleted with its user, or its server is not configured.';
const UNDECIDED =
  "GoCD refuses this text as it refuses what it does not know, and as it refuses a working token while its owner's authorization plugin fails. Other tokens are in use meanwhile, so it cannot be told: look at the location, and retry when all plugins work.";

interface Refusal {
  readonly server: GocdServer;
  readonly look: Look;
}

/** @throws {Failure} `suspended` when one record alone is used whenever the token is: then it may well be its own */
export function watch(refusals: readonly Refusal[], step: Step): RevokeResult {
  const before = readWatch(step.note);
  const watched = refusals.map((refusal) => watchedAt(refusal, before));
  const rounds = (before?.rounds ?? -1) + 1;
  const tries = before?.tries ?? 0;
  if (rounds < ROUNDS) {
    step.remember({ watch: watched, rounds, tries } satisfies Watch);
    return { outcome: 'continue', afterMs: Math.max(...refusals.map(({ server }) => server.flushMs)) };
  }
  step.remember({ watch: [], rounds: -1, tries: tries + 1 } satisfies Watch);
  const asked = refusals.map(({ server }) => server.base);
  const followers = watched.flatMap((each) => each.followers ?? []);
  if (followers.length === 0) return unknownAt(asked, UNKNOWN);
  const [target] = asked;
  if (followers.length === 1 && tries < MAX_TRIES && target !== undefined) {
    throw new Failure('suspended', { target: new URL(target).origin, status: 401 });
  }
  return refused('unknown-token', UNDECIDED, { asked: asked.join(', '), usedMeanwhile: followers.length });
}

function watchedAt({ server, look }: Refusal, before: Watch | undefined): Watch['watch'][number] {
  const { records } = look;
  const earlier = before?.watch.find((each) => each.server === server.base);
  const newest = newestOf(records);
  const usedAt = (at: number | null) => records.filter(({ lastUsedAt }) => at !== null && lastUsedAt === at);
  const of = usedAt(newest).map(({ id }) => id);
  if (!earlier) return { server: server.base, newest, of, followers: null };
  const used = records
    .filter(({ id, lastUsedAt: at }) => {
      if (at === null || at < (earlier.newest ?? 0)) return false;
      return at !== earlier.newest || !earlier.of.includes(id);
    })
    .map(({ id }) => id);
  const followers = used.filter((id) => earlier.followers?.includes(id) ?? true);
  return { server: server.base, newest, of, followers };
}
