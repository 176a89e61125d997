/** The kinds of GitLab token as the operator's configuration makes them. */
import type { TokenKind } from '../../src/provider/provider.ts';
import { BY_HAND } from './by-hand.ts';
import { escaped, type Prefixes, tokenPattern } from './forms.ts';
import { KINDS, type KindFacts } from './kind-facts.ts';

export const ALL_TYPES: readonly string[] = [
  ...new Set([...KINDS, ...BY_HAND].flatMap(({ rules }) => rules.map(typeOf))),
];

/** Texts that only begin like a token: most were cut by a rule that counts 20 characters. */
export const FRAGMENT = 'fragment';

const ACCESS_TOKENS = ['personal-access-token', 'bare-access-token'];

/** Without an administrator's token: only the kinds that can revoke themselves. */
export function tokenKinds(options: { withAdmin: boolean; prefixes: Prefixes }): readonly TokenKind[] {
  const { withAdmin, prefixes } = options;
  const facts = KINDS.filter(
    ({ selfService, bare }) =>
      (selfService || withAdmin) && (!bare || prefixes.personalAccessToken.includes('')),
  );
  const byHand = withAdmin ? BY_HAND : [];
  const kinds = facts.map((each) => ({
    ...kindOf(each, prefixes),
    possession: possessionOf(each, prefixes),
  }));
  return [
    ...kinds.filter(({ ownTypesOnly }) => !ownTypesOnly),
    // Of these nobody is asked, so nothing is ever proven.
    ...byHand.map((each) => ({ ...kindOf(each, prefixes), possession: 'unproven' as const })),
    fragment([...facts, ...byHand], prefixes),
    ...kinds.filter(({ ownTypesOnly }) => ownTypesOnly),
  ];
}

function kindOf(facts: KindFacts, prefixes: Prefixes) {
  const { id, rules, pattern, warning, whole = 'open', ownTypesOnly } = facts;
  return {
    ...{ id, types: rules.map(typeOf), pattern: tokenPattern(pattern(prefixes), prefixes) },
    ...(ownTypesOnly && { ownTypesOnly }),
    ...(warning === undefined ? { effect: 'token' as const } : { effect: 'wider' as const, warning }),
    ...{ places: ANYWHERE, whole, undo: 'no' as const },
  };
}

const ANYWHERE = { open: 'A GitLab that is not in the configuration may have issued the token.' } as const;

/**
 * Some are deleted by the id of the record that GitLab shows for the whole of them. So it goes for all others
 * by value, but for those of which a scanner has cut the prefix of the instance: what is sent is not what was reported.
 */
function possessionOf({ id, prefix }: KindFacts, { instance }: Prefixes): 'signs-in' | 'by-value' {
  return isDeletedById(id) || (prefix !== undefined && instance.length > 0) ? 'signs-in' : 'by-value';
}

function fragment(facts: readonly KindFacts[], prefixes: Prefixes): TokenKind {
  const known = facts.flatMap(({ prefix = [] }) => prefix).map(escaped);
  return {
    ...{ id: FRAGMENT, types: [], effect: 'token', possession: 'unproven', places: ANYWHERE },
    ...{ whole: 'open', undo: 'no' },
    pattern: tokenPattern(`(?:${known.join('|')})[\\w-]{8,300}(?:\\.[\\w-]{1,60}){0,3}`, prefixes),
  };
}

export function isAccessToken(kindId: string): boolean {
  return ACCESS_TOKENS.includes(kindId);
}

export function isDeletedById(kindId: string): boolean {
  return isAccessToken(kindId) || kindId === 'trigger-token';
}

export function isRunner(kindId: string): boolean {
  return kindId === 'runner' || kindId === 'legacy-runner';
}

/** What a person must do about a kind that no API can revoke; undefined for all others. */
export function adviceByHand(kindId: string): string | undefined {
  return BY_HAND.find(({ id }) => id === kindId)?.advice;
}

/** Whether "not found" is all that GitLab will ever say about a revoked token of this kind. */
export function vanishes(kindId: string): boolean {
  return KINDS.find(({ id }) => id === kindId)?.vanishes ?? false;
}

/** The default prefix, before which that of an instance may be missing; undefined where the token has none of it. */
export function defaultPrefix(kindId: string, token: string): string | undefined {
  const prefix = KINDS.find(({ id }) => id === kindId)?.prefix;
  return prefix !== undefined && token.startsWith(prefix) ? prefix : undefined;
}

function typeOf(rule: string): string {
  return `gitleaks_rule_id_${rule}`;
}
