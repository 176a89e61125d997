/** What many adapters do alike. Using it is a choice: a provider with ways of its own writes them out. */
import { z } from 'zod';
import type { Evidence, RefusalReason } from '../../words/outcome.ts';
import type { Secret } from '../../words/secret.ts';
import { Failure } from '../failure.ts';
import type { Liveness, Provider, RevokeResult, Step } from '../provider.ts';
import type { Answer, Upstream, UpstreamRequest } from '../upstream.ts';

/** Upstream said that it revoked the token; whether it is dead is for `verify` to say. */
export function revoked(evidence?: Evidence): RevokeResult {
  return { outcome: 'revoked', proven: false, ...(evidence && { evidence }) };
}

/** Upstream's answer says of this very token that it does not work. */
export function alreadyInactive(evidence?: Evidence): RevokeResult {
  return { outcome: 'already-inactive', proven: true, ...(evidence && { evidence }) };
}

/** @param advice one constant sentence: what a person should do */
export function refused(reason: RefusalReason, advice: string, evidence?: Evidence): RevokeResult {
  return { outcome: 'refused', reason, advice, ...(evidence && { evidence }) };
}

/** The failure that a 401 or 403 to a call with our own credential means. */
export function credentialFailure({ base }: Upstream, { status }: Answer): Failure {
  return new Failure(status === 401 ? 'credential-refused' : 'permission-missing', { target: base, status });
}

/** An answer whose status the caller asked for, but whose body does not say what it needs. */
export function unexpected({ base }: Upstream, { status }: Answer): Failure {
  return new Failure('unexpected-answer', { target: base, status });
}

/** How an answer is known: by its status and, unless it has none, by its body. A status alone may be any proxy's. */
export interface Sign {
  readonly status: number;
  readonly body?: z.ZodType;
}

export function shows(answer: Answer, signs: readonly Sign[]): boolean {
  return signs.some(
    ({ status, body }) =>
      answer.status === status && (body === undefined || answer.maybeJson(body) !== undefined),
  );
}

/** For answers whose body is not documented: a page of HTML would be a proxy's. */
export function isEmptyOrJson(answer: Answer): boolean {
  return answer.text.trim() === '' || answer.maybeJson(z.unknown()) !== undefined;
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

/** A vendor whose API lets a token revoke itself. */
export interface SelfService {
  readonly upstream: Upstream;
  /** The call by which the token revokes itself. */
  revoke(token: Secret): Omit<UpstreamRequest, 'statuses' | 'signal'>;
  /** A call that changes nothing and works as long as the token does. */
  probe(token: Secret): Omit<UpstreamRequest, 'statuses' | 'signal'>;
  /** What the revocation is answered with when it was done. */
  readonly revoked: readonly Sign[];
  /** What either call is answered with when the token does not work, and in no other case. */
  readonly dead: readonly Sign[];
  /** What the probe is answered with while the token works, a lack of rights included. */
  readonly alive: readonly Sign[];
}

/** Revokes and verifies by the token's own calls. */
export function selfService(service: SelfService): Required<Pick<Provider, 'revoke' | 'verify'>> {
  const { upstream, dead } = service;
  const statusesOf = (...signs: readonly (readonly Sign[])[]) => signs.flat().map(({ status }) => status);
  return {
    async revoke(token: Secret, { signal }: Step): Promise<RevokeResult> {
      const statuses = statusesOf(service.revoked, dead);
      const answer = await upstream.request({ ...service.revoke(token), statuses, signal });
      if (shows(answer, service.revoked)) return revoked();
      if (shows(answer, dead)) return alreadyInactive();
      throw unexpected(upstream, answer);
    },
    async verify(token: Secret, { signal }: Step): Promise<Liveness> {
      const statuses = statusesOf(service.alive, dead);
      return livenessOf(
        upstream,
        await upstream.request({ ...service.probe(token), statuses, signal }),
        service,
      );
    },
  };
}
