/** Acts on a token by the answers of the instances. Quirks are listed in `index.ts`. */
import { sparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { alreadyInactive, goneSinceSeen, refused, unknownAt } from '../../src/provider/kit/results.ts';
import { unasked, workedElsewhere } from '../../src/provider/kit/seen.ts';
import { isSame, ownCredential } from '../../src/provider/own-credential.ts';
import type {
  Found,
  Liveness,
  LookResult,
  Provider,
  ProviderLog,
  Refused,
  RevokeResult,
  Step,
  TokenKind,
  Unknown,
} from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { completed } from './fragment.ts';
import { type Instance, revokeAt, textsAt } from './instance.ts';
import { adviceByHand, FRAGMENT, isAccessToken, isDeletedById, vanishes } from './kinds.ts';
import { contradiction, copyOfHome, type Found as Sighting, search, seenAt } from './search.ts';

const UNKNOWN =
  'No configured GitLab knows this token: if it is of another instance, add that to gitlab.instances and retry; if the instance has a custom prefix that was cut off, add that to its prefixes.';

/** To the token itself GitLab says so, too, when it does not take it for now; to an administrator it tells them apart. */
const NOT_TAKEN = refused(
  'unknown-token',
  'GitLab knew this token and does not take it any more. It may work again, as where access tokens were turned off for its user: configure an administrator token for its instance and retry, or look there whether it still is.',
);

export function createTokens(
  instances: readonly Instance[],
  kinds: readonly TokenKind[],
  log: ProviderLog,
): Required<Pick<Provider, 'revoke' | 'look' | 'verify'>> {
  const bases = instances.map(({ upstream }) => upstream.base);

  /** Ends that need no call to an instance. */
  const withoutAsking = async (token: Secret, step: Step): Promise<Found | Unknown | Refused | undefined> => {
    for (const instance of instances) {
      const texts = textsAt(instance, token, step.kind);
      const leaked = instance.own.find((each) => texts.some((text) => isSame(each.token, text)));
      if (!leaked) continue;
      log.warn('own-credential-leaked', { instance: instance.upstream.base });
      return ownCredential(leaked.name);
    }
    if (step.kind === FRAGMENT) return completed(token, step, kinds);
    const advice = adviceByHand(step.kind);
    return advice === undefined ? undefined : refused('unsupported-kind', advice);
  };

  const hasCopy = async (token: Secret, step: Step): Promise<boolean> =>
    goesOnAt(await copyOfHome(instances, token, step), step);

  const ended = async (
    found: Exclude<Sighting, { state: 'alive' }>,
    token: Secret,
    step: Step,
  ): Promise<Extract<LookResult, { outcome: 'already-inactive' | 'refused' | 'found' | 'unknown' }>> => {
    if (found.state === 'unable') return found.refusal;
    const [workedAt] = unasked(bases, step);
    if (workedAt !== undefined) return workedElsewhere(workedAt);
    if (found.state === 'dead') return alreadyInactive({ instance: found.instance.upstream.base });
    const seen = seenAt(found.asked, step);
    const goneFrom = seen.find(({ isOurs }) => isOurs || !isAccessToken(step.kind));
    if (goneFrom) return goneSinceSeen({ instance: goneFrom.upstream.base });
    if (seen.length > 0) return NOT_TAKEN;
    const asked = found.asked.map(({ upstream }) => upstream.base);
    return completed(token, step, kinds, unknownAt(asked, UNKNOWN));
  };

  const revoke = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const refusal = await withoutAsking(token, step);
    if (refusal) return refusal;
    const found = await search(instances, token, step, { looksOnce: true });
    // It dies with its job, wherever that runs.
    if (step.kind === 'job-token') return expiring(found);
    if (found.state !== 'alive') {
      const isCopied = found.state === 'dead' && (await hasCopy(token, step));
      return isCopied ? { outcome: 'continue', afterMs: 0 } : ended(found, token, step);
    }
    const { base } = found.instance.upstream;
    const isOnFile = step.seenAlive.includes(base);
    step.sawAlive(base);
    // A revocation that deletes the record is noted before: after a crash, "not found" alone would prove nothing.
    if (!isOnFile && vanishes(step.kind)) return { outcome: 'continue', afterMs: 0 };
    // The instance has just shown the record of the whole token; all other calls carry what was reported.
    if (isDeletedById(step.kind) || found.text !== token) step.prove('signs-in');
    const result = await revokeAt(found, step.signal);
    const isCopied = result.outcome === 'revoked' && (await hasCopy(token, step));
    return isCopied ? { outcome: 'continue', afterMs: 0 } : result;
  };

  const look = async (token: Secret, step: Step): Promise<LookResult> => {
    const refusal = await withoutAsking(token, step);
    if (refusal) return refusal;
    const found = await search(instances, token, step);
    if (step.kind === 'job-token') return expiring(found);
    if (found.state !== 'alive') return ended(found, token, step);
    const { base } = found.instance.upstream;
    step.sawAlive(base);
    return { outcome: 'alive', evidence: { instance: base } };
  };

  const verify = async (token: Secret, step: Step): Promise<Liveness> => {
    const found = await search(instances, token, step);
    if (found.state === 'unable') return 'unknown';
    if (found.state === 'alive') {
      // Also where another one had revoked it: from there on the work goes on.
      step.sawAlive(found.instance.upstream.base);
      return 'alive';
    }
    if (found.state === 'absent' && seenAt(found.asked, step).length === 0) return 'unknown';
    if (goesOnAt(await contradiction(instances, token, step), step)) return 'alive';
    return unasked(bases, step).length > 0 ? 'unknown' : 'dead';
  };

  return {
    revoke: (token, step) => sparingTheLane(instances, () => revoke(token, step)),
    look: (token, step) => sparingTheLane(instances, () => look(token, step)),
    verify: (token, step) => sparingTheLane(instances, () => verify(token, step)),
  };
}

/** Where it works, the work goes on. */
function goesOnAt(instance: Instance | undefined, step: Step): boolean {
  if (instance) step.sawAlive(instance.upstream.base);
  return instance !== undefined;
}

/** With what a person needs to cancel the job, where it still runs. */
function expiring(found: Sighting): Extract<LookResult, { outcome: 'expires' }> {
  if (found.state !== 'alive' || found.id === undefined) return { outcome: 'expires' };
  return { outcome: 'expires', evidence: { instance: found.instance.upstream.base, job: found.id } };
}
