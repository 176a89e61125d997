/** A leaked token and the servers that may know it. Quirks are listed in `index.ts`. */
import { firstOf } from '../../src/provider/kit/places.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { GocdConfig } from './index.ts';
import { investigate, type Look } from './investigation.ts';
import { newNote, readNote } from './note.ts';
import { carryOut, type Rules } from './plan.ts';
import type { GocdServer, Probe } from './server.ts';

export async function revoke(
  servers: readonly GocdServer[],
  token: Secret,
  step: Step,
  rules: Rules,
  unknownTokens: GocdConfig['unknownTokens'],
): Promise<RevokeResult> {
  const note = readNote(step.note);
  const server = servers.find((candidate) => candidate.base === note?.server);
  if (!note || !server) return locate(servers, token, step, rules, unknownTokens);
  const work = { server, token, step, rules };
  if (note.plan) return carryOut(note, note.plan, work);
  return investigate(await lookAt(server, token, step.signal), note, work);
}

/** First step: which server knows the token? A server that is down does not keep the others from being asked. */
async function locate(
  servers: readonly GocdServer[],
  token: Secret,
  step: Step,
  rules: Rules,
  unknownTokens: GocdConfig['unknownTokens'],
): Promise<RevokeResult> {
  const found = await firstOf(servers, async (server) => {
    const look = await lookAt(server, token, step.signal);
    return look.probe.state === 'unknown' ? undefined : { server, look };
  });
  if (found) {
    const { server, look } = found;
    return investigate(look, newNote(server.base), { server, token, step, rules });
  }
  if (unknownTokens === 'inactive') return { outcome: 'already-inactive', proven: false };
  return {
    outcome: 'refused',
    reason: 'unknown-token',
    advice:
      'No configured GoCD server knows this text: it is no token, it was deleted with its user, or its server is not configured.',
  };
}

/** The list must be older than the probe, see `investigation.ts`. */
async function lookAt(server: GocdServer, token: Secret, signal: AbortSignal): Promise<Look> {
  const records = await server.listActive(signal);
  return { records, probe: await server.probe(token, signal) };
}

export async function verify(servers: readonly GocdServer[], token: Secret, step: Step): Promise<Liveness> {
  const note = readNote(step.note);
  const server = servers.find((candidate) => candidate.base === note?.server);
  const asked = server ? [server] : servers;
  const probes: Probe[] = [];
  for (const candidate of asked) probes.push(await candidate.probe(token, step.signal));
  if (probes.some((probe) => probe.state === 'live')) return 'alive';
  if (probes.some((probe) => probe.state === 'locked')) return 'unknown';
  if (probes.some((probe) => probe.state === 'revoked')) return 'dead';
  return server ? 'dead' : 'unknown';
}
