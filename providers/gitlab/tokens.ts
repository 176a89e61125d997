/** What is done about a token, by what the instances say of it. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { isSame, ownCredential } from '../../src/provider/kit/own-credential.ts';
import { sparingTheLane } from '../../src/provider/kit/places.ts';
import type { Provider, ProviderLog, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { GitlabConfig } from './index.ts';
import { type Found, type Instance, revokeAt, search } from './instance.ts';
import { adviceByHand, vanishes } from './kinds.ts';
import { refused } from './method.ts';

/** What is remembered of a token: the base URL of the instance at which it was alive. */
const NOTE = z.object({ instance: z.string() });

const UNKNOWN = refused(
  'unknown-token',
  'No configured GitLab knows this token: if it is of another instance, add that to providers.gitlab.instances and retry; otherwise it is gone already and can be dismissed.',
);

export function createTokens(
  instances: readonly Instance[],
  unknownTokens: GitlabConfig['unknownTokens'],
  log: ProviderLog,
): Required<Pick<Provider, 'revoke' | 'verify'>> {
  /** Where it was seen alive before; there, and only there, "not found" proves that it is dead. */
  const seenAt = (step: Step): Instance | undefined => {
    const url = NOTE.safeParse(step.note).data?.instance;
    return instances.find(({ upstream }) => upstream.base === url);
  };

  const searchFor = (token: Secret, step: Step, seen: Instance | undefined) =>
    search(seen ? [seen] : instances, token, step.kind, step.signal);

  const revoke = async (token: Secret, step: Step): Promise<RevokeResult> => {
    for (const { upstream, own } of instances) {
      const leaked = own.find((each) => isSame(each.token, token));
      if (!leaked) continue;
      log.warn('own-credential-leaked', { instance: upstream.base });
      return ownCredential(leaked.name);
    }
    const advice = adviceByHand(step.kind);
    if (advice) return refused('unsupported-kind', advice);

    const seen = seenAt(step);
    const found = await searchFor(token, step, seen);
    // It dies with its job, wherever that runs.
    if (step.kind === 'job-token') return expiring(found);
    switch (found.state) {
      case 'alive':
        step.remember({ instance: found.instance.upstream.base });
        // What it leaves no trace of must be on record before: after a crash, "not found" would prove nothing.
        if (!seen && vanishes(step.kind)) return { outcome: 'continue', afterMs: 0 };
        return revokeAt(found, token, step.signal);
      case 'dead':
        return {
          outcome: 'already-inactive',
          proven: true,
          evidence: { instance: found.instance.upstream.base },
        };
      case 'unable':
        return found.refusal;
      case 'absent':
        if (seen) return { outcome: 'already-inactive', proven: true };
        if (unknownTokens === 'attention') return UNKNOWN;
        return { outcome: 'already-inactive', proven: false };
    }
  };

  return {
    revoke: (token, step) => sparingTheLane(instances, () => revoke(token, step)),
    verify: (token, step) =>
      sparingTheLane(instances, async () => {
        const seen = seenAt(step);
        const { state } = await searchFor(token, step, seen);
        if (state === 'alive' || state === 'dead') return state;
        return state === 'absent' && seen ? 'dead' : 'unknown';
      }),
  };
}

/** With what a person needs to cancel the job, where it still runs. */
function expiring(found: Found): RevokeResult {
  if (found.state !== 'alive' || found.id === undefined) return { outcome: 'expires' };
  return { outcome: 'expires', evidence: { instance: found.instance.upstream.base, job: found.id } };
}
