/**
 * Revoking with an operator's credential where the vendor keeps a record of each token: find the record in one of
 * several accounts, put on file which one it is, take it away, look again. A record that is gone looks like one of
 * somebody else's account, so only what was put on file proves, after a crash too, that the token is dead.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Secret } from '../secret.ts';
import { Failure, type FailureCode } from './failure.ts';
import { credentialFailure, refused, sparingTheLane, unexpected } from './kit.ts';
import {
  ConfigFault,
  type CredentialCheck,
  type Liveness,
  type Provider,
  type ProviderLog,
  type RevokeResult,
  type Step,
} from './provider.ts';
import type { Answer, Upstream, UpstreamRequest } from './upstream.ts';

/** One account, organisation or instance of a vendor. Its methods throw {@link Failure}. */
export interface Keeper {
  /** Unique within the provider; shown and stored, so it holds no secret. */
  readonly name: string;
  /** The operator's own credential. Should it be the leaked one, a person has to replace it. */
  readonly own?: Secret;
  /**
   * The id of the token's record, proven to be this very token's; undefined when the token is not of this account.
   * Changes nothing. The id is stored and shown: never a secret.
   */
  find(token: Secret, step: Step): Promise<string | RevokeResult | undefined>;
  /** Takes the record away. Also says `revoked` when it is gone already: {@link look} tells what that means. */
  remove(id: string, token: Secret, signal: AbortSignal): Promise<RevokeResult>;
  /** Asks whether the token of a removed record still works. */
  look(id: string, token: Secret, signal: AbortSignal): Promise<Liveness>;
  /** A cheap call that fails when {@link own} lacks what is needed. Absent where there is no such credential. */
  probe?(signal: AbortSignal): Promise<void>;
}

export interface Advice {
  /** What to do with a token that no account knows. */
  readonly unknown: string;
  /** Which rights the operator's credential needs, where there is one. */
  readonly rights?: string;
}

export interface OperatorRequest extends Omit<UpstreamRequest, 'headers'> {
  /** The body of the 404 by which the vendor itself says that there is no such record. Without it, 404 is a failure. */
  readonly notFound?: z.ZodType;
}

/** Calls with the operator's credential. That it is refused is a failure of ours and never news about a token. */
export function operatorCalls(
  upstream: Upstream,
  headers: Readonly<Record<string, string | Secret>>,
): (request: OperatorRequest) => Promise<Answer> {
  return async ({ notFound, statuses, ...request }) => {
    const known = [...statuses, 401, 403, ...(notFound ? [404] : [])];
    const answer = await upstream.request({ ...request, headers, statuses: known });
    if (answer.status === 401 || answer.status === 403) throw credentialFailure(upstream, answer);
    if (answer.status === 404 && notFound && !answer.maybeJson(notFound)) throw unexpected(upstream, answer);
    return answer;
  };
}

const NOTE = z.object({ keeper: z.string(), id: z.string() });

/** @throws {ConfigFault} */
export function byRecords(
  keepers: readonly Keeper[],
  advice: Advice,
  log: ProviderLog,
): Required<Pick<Provider, 'revoke' | 'verify' | 'check'>> {
  // What is on file is found again by its account's name.
  if (new Set(keepers.map(({ name }) => name)).size < keepers.length) {
    throw new ConfigFault([], 'two accounts are the same or have the same name');
  }
  const onFile = ({ note }: Step) => {
    const { keeper: name, id } = NOTE.safeParse(note).data ?? {};
    const keeper = keepers.find((each) => each.name === name);
    return keeper && id !== undefined ? { keeper, id } : undefined;
  };
  return {
    async revoke(token, step) {
      const owner = keepers.find(({ own }) => own && isSame(own, token));
      if (owner) {
        log.warn('own-credential-leaked', { account: owner.name });
        return OWN_CREDENTIAL;
      }
      const record = onFile(step);
      if (record) return sparingTheLane(keepers, () => record.keeper.remove(record.id, token, step.signal));
      return sparingTheLane(keepers, () => search(keepers, token, step, advice));
    },
    async verify(token, step) {
      const record = onFile(step);
      if (!record) return 'unknown';
      return sparingTheLane(keepers, () => record.keeper.look(record.id, token, step.signal));
    },
    check: (signal) =>
      Promise.all(keepers.filter(({ probe }) => probe).map((keeper) => checkKeeper(keeper, advice, signal))),
  };
}

const OWN_CREDENTIAL = refused(
  'own-credential',
  'The credential of Quash itself has leaked: create a new one, configure it, and revoke the leaked one at once.',
);

/** An account that cannot be asked does not keep the others from being asked; but then nothing is known for sure. */
async function search(
  keepers: readonly Keeper[],
  token: Secret,
  step: Step,
  advice: Advice,
): Promise<RevokeResult> {
  const failures: Failure[] = [];
  for (const keeper of keepers) {
    const found = await keeper.find(token, step).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
      return undefined;
    });
    if (found === undefined) continue;
    if (typeof found !== 'string') return found;
    step.remember({ keeper: keeper.name, id: found });
    return { outcome: 'continue', afterMs: 0 };
  }
  if (failures[0]) throw failures[0];
  return refused('unknown-token', advice.unknown);
}

async function checkKeeper(keeper: Keeper, advice: Advice, signal: AbortSignal): Promise<CredentialCheck> {
  const name = `credential of ${keeper.name}`;
  try {
    await keeper.probe?.(signal);
    return { name, ok: true };
  } catch (error) {
    if (!(error instanceof Failure)) return { name, ok: false, advice: 'The check was given up.' };
    const aboutRights: readonly FailureCode[] = ['credential-refused', 'permission-missing'];
    const rights = aboutRights.includes(error.code) ? advice.rights : undefined;
    return { name, ok: false, advice: rights ?? error.message };
  }
}

/** In constant time, whatever the lengths. */
function isSame(a: Secret, b: Secret): boolean {
  const digest = (secret: Secret) => createHash('sha256').update(secret.reveal()).digest();
  return timingSafeEqual(digest(a), digest(b));
}
