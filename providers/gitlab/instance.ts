/** Finding a token among several instances, and revoking it where it was found. */
import { Failure } from '../../src/provider/failure.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Ending, type Method, type Refusal, refused, type Sight } from './method.ts';
import type { OwnToken } from './own-tokens.ts';

export interface Instance {
  readonly upstream: Upstream;
  readonly adminToken: Secret | undefined;
  readonly own: readonly OwnToken[];
  /** The ways to revoke a kind of token here, the best first; none when it has no credential for it. */
  methods(kind: string): readonly Method[];
}

export interface Alive {
  readonly state: 'alive';
  readonly instance: Instance;
  readonly id: number | undefined;
  /** The ways that are left, beginning with the one that saw it. */
  readonly methods: readonly [Method, ...Method[]];
}

export type Found =
  | Alive
  | { readonly state: 'dead'; readonly instance: Instance }
  /** No instance that was asked knows it. */
  | { readonly state: 'absent' }
  | { readonly state: 'unable'; readonly refusal: Refusal };

const NO_CREDENTIAL = refused(
  'unsupported-kind',
  'No configured GitLab can revoke this kind of token: give its instance an administrator token and retry, or revoke it by hand.',
);

/**
 * Asks the instances one after the other until one knows the token. What an instance that fails may know stays open:
 * its failure counts only when no other knows the token.
 * @throws {Failure}
 */
export async function search(
  instances: readonly Instance[],
  token: Secret,
  kind: string,
  signal: AbortSignal,
): Promise<Found> {
  let failure: Failure | undefined;
  let result: Found = { state: 'unable', refusal: NO_CREDENTIAL };
  for (const instance of instances) {
    try {
      const found = await lookAt(instance, token, kind, signal);
      if (found?.state === 'alive' || found?.state === 'dead') return found;
      if (found && (result.state === 'absent' || result.refusal === NO_CREDENTIAL)) result = found;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure;
  return result;
}

/** Undefined when the instance has no way to say anything. */
async function lookAt(
  instance: Instance,
  token: Secret,
  kind: string,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const methods = instance.methods(kind);
  let result: Exclude<Sight, { state: 'alive' | 'dead' }> | undefined;
  for (const [index, method] of methods.entries()) {
    const sight = await method.look(token, signal);
    if (sight.state === 'dead') return { state: 'dead', instance };
    if (sight.state === 'alive') {
      return { state: 'alive', instance, id: sight.id, methods: [method, ...methods.slice(index + 1)] };
    }
    // "No such token" says more than "cannot say".
    if (!result || sight.state === 'absent') result = sight;
  }
  return result;
}

/**
 * Revokes it by the first way that works.
 * @throws {Failure}
 */
export async function revokeAt(found: Alive, token: Secret, signal: AbortSignal): Promise<RevokeResult> {
  const evidence = { instance: found.instance.upstream.base };
  const [method, ...others] = found.methods;
  const ending = await method.revoke(token, found.id, signal);
  if (ending !== 'done' && (await anyRevokes(others, token, signal)) !== 'done') return endAs(ending);
  return { outcome: 'revoked', proven: false, evidence };
}

async function anyRevokes(
  methods: readonly Method[],
  token: Secret,
  signal: AbortSignal,
): Promise<Ending | undefined> {
  for (const method of methods) {
    const sight = await method.look(token, signal);
    if (sight.state === 'dead') return 'done';
    if (sight.state === 'alive' && (await method.revoke(token, sight.id, signal)) === 'done') return 'done';
  }
  return undefined;
}

function endAs(ending: Refusal | Failure): RevokeResult {
  if (ending instanceof Failure) throw ending;
  return ending;
}
