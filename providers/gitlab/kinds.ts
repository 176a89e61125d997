/** The kinds of GitLab token as the operator's configuration makes them. */
import type { TokenKind } from '../../src/provider/provider.ts';
import { KINDS } from './kind-facts.ts';
import { escaped, type Prefixes } from './prefixes.ts';

export const ALL_TYPES: readonly string[] = [...new Set(KINDS.flatMap(({ rules }) => rules.map(typeOf)))];

/** Without an administrator's token only what can revoke itself. */
export function tokenKinds(options: { withAdmin: boolean; prefixes: Prefixes }): readonly TokenKind[] {
  return KINDS.filter(({ selfService }) => selfService || options.withAdmin).map(
    ({ id, rules, pattern, warning }) => ({
      id,
      types: rules.map(typeOf),
      pattern: new RegExp(instancePrefix(options.prefixes) + pattern(options.prefixes)),
      ...(warning === undefined ? { effect: 'token' } : { effect: 'wider', warning }),
    }),
  );
}

/** What a person must do about a kind that no API can revoke; undefined for all others. */
export function adviceByHand(kindId: string): string | undefined {
  return KINDS.find(({ id }) => id === kindId)?.byHand;
}

/** Whether "not found" is all that GitLab will ever say about a revoked token of this kind. */
export function vanishes(kindId: string): boolean {
  return KINDS.find(({ id }) => id === kindId)?.vanishes ?? false;
}

function typeOf(rule: string): string {
  return `gitleaks_rule_id_${rule}`;
}

function instancePrefix({ instance }: Prefixes): string {
  return instance.length === 0 ? '' : `(?:(?:${instance.map(escaped).join('|')})-)?`;
}
