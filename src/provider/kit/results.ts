/** What many adapters do alike. Using it is a choice: a provider with ways of its own writes them out. */
import type { z } from 'zod';
import type { Evidence, RefusalReason } from '../../words/outcome.ts';
import { Failure } from '../failure.ts';
import type { AlreadyInactive, Refused, RevokeResult, Unknown } from '../provider.ts';
import type { Answer, Upstream } from '../upstream.ts';

/** Upstream said that it revoked the token; whether it is dead is for `verify` to say. */
export function revoked(evidence?: Evidence): RevokeResult {
  return { outcome: 'revoked', proven: false, ...(evidence && { evidence }) };
}

/** The place that issued it says of this very token that it is revoked, expired or deleted, not merely unknown. */
export function alreadyInactive(evidence?: Evidence): AlreadyInactive {
  return { outcome: 'already-inactive', death: 'said', ...(evidence && { evidence }) };
}

/** It worked before, see `Step.sawAlive`, and does not any more. */
export function goneSinceSeen(evidence?: Evidence): AlreadyInactive {
  return { outcome: 'already-inactive', death: 'seen-alive', ...(evidence && { evidence }) };
}

/** None of these places knows it, or lets it in; the core decides what that proves. @param advice what a person does */
export function unknownAt(asked: readonly string[], advice?: string, evidence?: Evidence): Unknown {
  return {
    outcome: 'unknown',
    asked,
    ...(advice !== undefined && { advice }),
    ...(evidence && { evidence }),
  };
}

/** Nothing proves that the secret leaked, so a person decides. @param alive whether it was seen to work */
export function heldUnproven(alive: boolean | undefined, evidence?: Evidence, advice?: string): RevokeResult {
  return { outcome: 'held', alive, ...(evidence && { evidence }), ...(advice !== undefined && { advice }) };
}

/** @param advice one constant sentence: what a person should do */
export function refused(reason: RefusalReason, advice: string, evidence?: Evidence): Refused {
  return { outcome: 'refused', reason, advice, ...(evidence && { evidence }) };
}

/**
 * A look at a token that works, and is of none that this account knows: it may be another one's.
 * @param advice what a person does where no configured account has it
 */
export function worksElsewhere(advice: string) {
  return { state: 'unable', refusal: refused('not-permitted', advice), maybeElsewhere: true } as const;
}

/** The failure that a 401 or 403 to a call with our own credential means. */
export function credentialFailure({ base }: Upstream, { status }: Answer): Failure {
  return new Failure(status === 401 ? 'credential-refused' : 'permission-missing', { target: base, status });
}

/** The token is refused for a reason that may pass. @param status of the answer by which that is known */
export function suspended({ base }: Pick<Upstream, 'base'>, status?: number): Failure {
  return new Failure('suspended', { target: base, ...(status !== undefined && { status }) });
}

/** An answer whose status the caller asked for, but whose body does not say what it needs. */
export function unexpected({ base }: Upstream, { status }: Answer): Failure {
  return new Failure('unexpected-answer', { target: base, status });
}

/** How an answer is known: by its status and, unless it has none, by its body. A status alone may be any proxy's. */
export interface Sign {
  readonly status: number;
  readonly body?: z.ZodType;
  /** In place of a body, for vendors that write some answers in plain text. */
  readonly text?: RegExp;
}

export function shows(answer: Answer, signs: readonly Sign[]): boolean {
  return signs.some(
    ({ status, body, text }) =>
      answer.status === status &&
      (body === undefined || answer.maybeJson(body) !== undefined) &&
      (text === undefined || text.test(answer.text)),
  );
}

/**
 * What the answer to a call of the token's own says of it.
 * @throws {Failure} when it says neither
 */
export function livenessOf(
  upstream: Upstream,
  answer: Answer,
  signs: { readonly dead: readonly Sign[]; readonly alive: readonly Sign[] },
): 'dead' | 'alive' {
  if (shows(answer, signs.dead)) return 'dead';
  if (shows(answer, signs.alive)) return 'alive';
  throw unexpected(upstream, answer);
}
