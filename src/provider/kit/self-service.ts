/** For vendors whose API lets a token revoke itself. */
import type { Secret } from '../../words/secret.ts';
import type { Liveness, LookResult, Provider, Refused, RevokeResult, Step } from '../provider.ts';
import type { Upstream } from '../upstream.ts';
import { type AnswerRow, type AskRequest, ask, row, textRow } from './answers.ts';
import { alreadyInactive, revoked, type Sign, suspended, unknownAt } from './results.ts';

export interface SelfService {
  readonly upstream: Upstream;
  /** As the kind's `places` names it. Default is the upstream's base. */
  readonly place?: string;
  /** The call by which the token revokes itself. */
  revoke(token: Secret): Omit<AskRequest, 'signal'>;
  /** A call that changes nothing and works as long as the token does. */
  probe(token: Secret): Omit<AskRequest, 'signal'>;
  /** What the revocation is answered with when it was done. */
  readonly revoked: readonly Sign[];
  /** What the revocation is answered with when the token works and may not revoke itself, and what a person then does. */
  readonly forbidden?: { readonly signs: readonly Sign[]; readonly refusal: Refused };
  /** What either call is answered with when the vendor says that this very token is revoked, expired or deleted. */
  readonly dead?: readonly Sign[];
  /** What either call is answered with when the token is not let in, whatever the reason: it may be unknown there. */
  readonly refused?: readonly Sign[];
  /** What a person does with a token that is refused, where that is not what the core says of all of them. */
  readonly unknown?: string;
  /** What either call is answered with for a reason that may pass: a locked account, a blocked address. */
  readonly passing?: readonly Sign[];
  /** What the probe is answered with while the token works, a lack of rights included. */
  readonly alive: readonly Sign[];
}

/** Revokes, looks and verifies by the token's own calls. */
export function selfService(service: SelfService): Required<Pick<Provider, 'revoke' | 'look' | 'verify'>> {
  const { upstream, place = upstream.base, forbidden } = service;
  const rows = <const Means>(means: Means, signs: readonly Sign[] = []) =>
    signs.map(({ status, body, text }) => {
      if (text) return textRow([status], text, means);
      return body ? row([status], body, means) : row([status], means);
    });
  const refusals = [
    ...rows('dead', service.dead),
    ...rows('refused', service.refused),
    ...rows('passing', service.passing),
  ];
  /** @throws {Failure} `suspended` */
  const call = async <Means>(request: AskRequest, own: readonly AnswerRow<Means>[]) => {
    const { means, answer } = await ask(upstream, request, [...own, ...refusals]);
    if (means !== 'passing') return means;
    throw suspended(upstream, answer.status);
  };
  const probe = (token: Secret, signal: AbortSignal) =>
    call({ readOnly: true, ...service.probe(token), signal }, rows('alive', service.alive));
  return {
    async revoke(token: Secret, { signal }: Step): Promise<RevokeResult> {
      const means = await call({ ...service.revoke(token), signal }, [
        ...rows('revoked', service.revoked),
        ...rows('forbidden', forbidden?.signs),
      ]);
      if (means === 'revoked') return revoked();
      if (forbidden && means === 'forbidden') return forbidden.refusal;
      return means === 'dead' ? alreadyInactive() : unknownAt([place], service.unknown);
    },
    async look(token: Secret, step: Step): Promise<LookResult> {
      const means = await probe(token, step.signal);
      if (means === 'alive') {
        // Whoever has to decide may revoke it by hand: then its refusal shows that it is dead.
        step.sawAlive(place);
        return { outcome: 'alive' };
      }
      return means === 'dead' ? alreadyInactive() : unknownAt([place], service.unknown);
    },
    async verify(token: Secret, { signal }: Step): Promise<Liveness> {
      return (await probe(token, signal)) === 'alive' ? 'alive' : 'dead';
    },
  };
}
