/** One finding of GitLab's Secret Detection, whichever way it was told. */
import { encodedPath } from '../words/location.ts';
import type { Secret } from '../words/secret.ts';

export interface SecretFinding {
  readonly vulnerability: number;
  readonly projectId: number;
  /** `group/project` */
  readonly project: string;
  /** Of Secret Detection, and not of another scanner. */
  readonly isSecret: boolean;
  /** `detected`, `confirmed`, `resolved` or `dismissed`. */
  readonly state: string;
  readonly isOpen: boolean;
  /** NaN when that is not known. */
  readonly detectedAt: number;
  /** The type string; empty when there is no identifier. */
  readonly type: string;
  /** Undefined where its commit is not known. */
  readonly place: Place | undefined;
  /** As the scanner matched it, where GitLab told that. */
  readonly text: Secret | undefined;
}

export interface Place {
  readonly file: string;
  readonly commit: string;
  /** Counted from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
}

export interface Identifier {
  readonly type: string;
  readonly id: string;
}

/** A finding has identifiers of several kinds; one of these names the rule of the scanner. */
const RULE_IDENTIFIERS = [
  'gitleaks_rule_id',
  'gitlab_secret_scanner_rule_id',
  'gitlab_secrets_scanner_rule_id',
];

/** As GitLab makes type strings for the Token Revocation API, but whatever the order of the identifiers. */
export function typeOf(identifiers: readonly Identifier[]): string {
  const rule =
    identifiers.find(({ type }) => RULE_IDENTIFIERS.includes(type.toLowerCase())) ?? identifiers[0];
  return rule ? `${rule.type}_${rule.id}`.toLowerCase().replaceAll(' ', '_') : '';
}

export function isOpenState(state: string): boolean {
  return ['detected', 'confirmed'].includes(state.toLowerCase());
}

/** As GitLab reports locations: the lines of a file at a commit. Without that, the page of the vulnerability. */
export function locationOf(base: string, { project, place, vulnerability }: SecretFinding): string {
  if (!place) return `${base}/${project}/-/security/vulnerabilities/${vulnerability}`;
  const { file, commit, firstLine, lastLine } = place;
  const lines = lastLine > firstLine ? `#L${firstLine}-${lastLine}` : `#L${firstLine}`;
  return `${base}/${project}/-/raw/${commit}/${encodedPath(file)}${lines}`;
}
