/** A provider whose kinds of token have little in common: each part takes its own. */
import type { Secret } from '../../words/secret.ts';
import { Failure } from '../failure.ts';
import type { CredentialCheck, LookResult, Provider, Step, TokenKind } from '../provider.ts';

export interface Part
  extends Required<Pick<Provider, 'revoke' | 'verify'>>,
    Pick<Provider, 'look' | 'check'> {
  readonly kinds: readonly TokenKind[];
  /** False when the operator has not configured what it needs; then its kinds are not taken. Default true. */
  readonly isAble?: boolean;
}

const UNDECIDED: LookResult = { outcome: 'undecided' };

/** Hands each token to the part of its kind, and asks the parts for their checks one after the other. */
export function byKind(parts: readonly Part[]): Provider & Required<Pick<Provider, 'verify'>> {
  const of = ({ kind }: Step): Part => {
    const part = parts.find(({ kinds }) => kinds.some(({ id }) => id === kind));
    if (!part) throw new Failure('internal');
    return part;
  };
  return {
    kinds: parts.flatMap(({ kinds, isAble = true }) => (isAble ? kinds : [])),
    revoke: async (token, step) => of(step).revoke(token, step),
    verify: async (token, step) => of(step).verify(token, step),
    ...(parts.some(({ look }) => look) && {
      look: async (token: Secret, step: Step) => of(step).look?.(token, step) ?? UNDECIDED,
    }),
    ...(parts.some(({ check }) => check) && { check: (signal) => checkAll(parts, signal) }),
  };
}

async function checkAll(parts: readonly Part[], signal: AbortSignal): Promise<readonly CredentialCheck[]> {
  const checks: CredentialCheck[] = [];
  for (const part of parts) checks.push(...((await part.check?.(signal)) ?? []));
  return checks;
}
