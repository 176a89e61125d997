/** A leaked token and the servers that may know it. Quirks are listed in `index.ts`. */
import { firstOf } from '../../src/provider/kit/in-turn.ts';
import { alreadyInactive, unknownAt } from '../../src/provider/kit/results.ts';
import { unasked, workedElsewhere } from '../../src/provider/kit/seen.ts';
import type { Liveness, LookResult, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Look, lookAt, type Rules } from './case.ts';
import { goOn, investigate } from './identify.ts';
import { newNote, readNote } from './note.ts';
import { carryOut } from './plan.ts';
import type { Probe } from './probe.ts';
import type { GocdServer } from './server.ts';
import { watch } from './watch.ts';

/** A server that was restored from a copy has the same tokens: what has ended at one is looked for at the others. */
export async function revoke(
  servers: readonly GocdServer[],
  token: Secret,
  step: Step,
  rules: Rules,
): Promise<RevokeResult> {
  const result = await revokeAtOne(servers, token, step, rules);
  if (result.outcome !== 'revoked' && result.outcome !== 'already-inactive') return result;
  const [workedAt] = unasked(basesOf(servers), step);
  if (workedAt !== undefined) {
    return result.outcome === 'revoked' ? { ...result, proven: false } : workedElsewhere(workedAt);
  }
  if (servers.length < 2) return result;
  // Where one is down this waits. What was revoked here is seen to be so once more then, by the plan on file.
  const copy = await lettingIn(servers, token, step);
  if (!copy) return result;
  step.remember(newNote(copy.base, rules.random()));
  return { outcome: 'continue', afterMs: 0 };
}

function lettingIn(servers: readonly GocdServer[], token: Secret, { signal }: Step) {
  return firstOf(servers, async (server) => {
    const { state } = await server.prove(token, signal);
    return state === 'refused' || state === 'revoked' ? undefined : { base: server.base, state };
  });
}

async function revokeAtOne(
  servers: readonly GocdServer[],
  token: Secret,
  step: Step,
  rules: Rules,
): Promise<RevokeResult> {
  const note = readNote(step.note);
  const server = servers.find(({ base }) => base === note?.server);
  if (!note || !server) return locate(servers, token, step, rules);
  const work = { server, token, step, rules };
  if (note.plan) return carryOut(note, note.plan, work);
  if (note.burst) return goOn(note, note.burst, work);
  return investigate(await lookAt(server, token, step, rules.clock), note, work);
}

/** First step: which server knows the token? A server that is down does not keep the others from being asked. */
async function locate(
  servers: readonly GocdServer[],
  token: Secret,
  step: Step,
  rules: Rules,
): Promise<RevokeResult> {
  const refusals: { server: GocdServer; look: Look }[] = [];
  const found = await firstOf(servers, async (server) => {
    const seen = { server, look: await lookAt(server, token, step, rules.clock) };
    if (seen.look.probe.state !== 'refused') return seen;
    refusals.push(seen);
    return undefined;
  });
  if (!found) return watch(refusals, step);
  const { server, look } = found;
  return investigate(look, newNote(server.base, rules.random()), { server, token, step, rules });
}

/** For a person who has to decide. */
export async function look(servers: readonly GocdServer[], token: Secret, step: Step): Promise<LookResult> {
  let revokedAt: string | undefined;
  const found = await firstOf(servers, async ({ base, prove }) => {
    const { state } = await prove(token, step.signal);
    if (state === 'revoked') revokedAt ??= base;
    return state === 'refused' || state === 'revoked' ? undefined : { base, state };
  });
  if (found) {
    return { outcome: found.state === 'live' ? 'alive' : 'undecided', evidence: { server: found.base } };
  }
  const asked = basesOf(servers);
  if (revokedAt === undefined) return unknownAt(asked);
  const [workedAt] = unasked(asked, step);
  return workedAt === undefined ? alreadyInactive({ server: revokedAt }) : workedElsewhere(workedAt);
}

/** Only GoCD's own word that it was revoked is a proof: what is merely refused may live again. */
export async function verify(servers: readonly GocdServer[], token: Secret, step: Step): Promise<Liveness> {
  const note = readNote(step.note);
  const server = servers.find(({ base }) => base === note?.server);
  const probes: Probe[] = [];
  for (const each of server ? [server] : servers) probes.push(await each.prove(token, step.signal));
  const isSome = (...states: readonly Probe['state'][]) => probes.some(({ state }) => states.includes(state));
  if (isSome('live')) return 'alive';
  // A copy on which its owner is not let in now has the token still.
  const mayLive = isSome('locked', 'failing') || unasked(basesOf(servers), step).length > 0;
  return isSome('revoked') && !mayLive ? 'dead' : 'unknown';
}

function basesOf(servers: readonly GocdServer[]): readonly string[] {
  return servers.map(({ base }) => base);
}
