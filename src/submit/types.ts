/** From the names that scanners give their rules to type strings that a Quash may advertise. */
import detectors from './detectors.json' with { type: 'json' };

const GITLEAKS = 'gitleaks_rule_id_';

/** Which part of a TruffleHog result holds a secret, and the types of that secret. */
export interface DetectorPart {
  /** `rest`: what `RawV2` has behind `Raw`, cut at its colons. */
  readonly of: 'Raw' | 'RawV2' | 'Raw without Redacted' | 'rest';
  readonly types: readonly string[];
}

/**
 * The tables of `detectors.json`: rule or detector in lower case, with type strings without their prefix. Several
 * stand where one provider knows the same secret by several names, or takes some of them only when it is configured;
 * the first one that Quash advertises is used, and the provider's patterns tell its kinds apart.
 */
const TABLES = {
  gitleaks: tableOf(detectors.gitleaks),
  kingfisher: tableOf(detectors.kingfisher),
  captures: tableOf(detectors.kingfisherCaptures),
  trufflehog: tableOf(detectors.trufflehog),
  github: tableOf(detectors.github),
  ggshield: tableOf(detectors.ggshield),
  trufflehogParts: new Map<string, Partial<Record<DetectorPart['of'], readonly string[]>>>(
    Object.entries(detectors.trufflehogParts),
  ),
};

/** The types of a rule of gitleaks or Betterleaks, its own first. */
export function gitleaksTypes(ruleId: string): readonly string[] {
  const id = typeName(ruleId);
  if (id === '') return [];
  const plain = withoutNumber(id);
  return [...new Set([GITLEAKS + id, GITLEAKS + plain]), ...known(TABLES.gitleaks, plain)];
}

/** The parts of what a TruffleHog detector found, each under `trufflehog_<detector>` or the types that it is known by. */
export function trufflehogParts(detectorName: string): readonly DetectorPart[] {
  const name = typeName(detectorName);
  if (name === '') return [{ of: 'Raw', types: [] }];
  const own = `trufflehog_${name}`;
  const parts = Object.entries(TABLES.trufflehogParts.get(name) ?? {}) as [
    DetectorPart['of'],
    readonly string[],
  ][];
  if (parts.length === 0) return [{ of: 'Raw', types: [own, ...known(TABLES.trufflehog, name)] }];
  return parts.map(([of, types]) => ({
    of,
    // The operator's own type is for the secret itself, not for the other half of it.
    types: [...(of === 'rest' ? [] : [own]), ...types.map((type) => GITLEAKS + type)],
  }));
}

/** The types of a rule of Kingfisher: version 2 has those of Betterleaks, version 1 numbers its own in families. */
export function kingfisherTypes(ruleId: string): readonly string[] {
  const id = typeName(ruleId);
  if (id === '') return [];
  const own = `kingfisher_${id}`;
  const [namespace, family = ''] = id.split('.');
  if (namespace === 'betterleaks') return [own, ...gitleaksTypes(id.slice('betterleaks.'.length))];
  const types = known(TABLES.kingfisher, id);
  return [
    own,
    ...(types.length > 0 || namespace !== 'kingfisher' ? types : known(TABLES.kingfisher, family)),
  ];
}

/** The types of a rule of Nosey Parker (`np.gitlab.2`) or Titus: families as those of Kingfisher 1, which has them from there. */
export function noseyParkerTypes(ruleId: string): readonly string[] {
  const id = typeName(ruleId);
  const [, family = ''] = id.split('.');
  return id === '' ? [] : [`noseyparker_${id}`, ...known(TABLES.kingfisher, family)];
}

/** The types of a secret type of GitHub's alerts. */
export function githubTypes(secretType: string): readonly string[] {
  const name = typeName(secretType);
  return name === '' ? [] : [`github_${name}`, ...known(TABLES.github, name)];
}

/**
 * The types of what a detector of GitGuardian found.
 * @param part which half of a credential, such as `client_id`
 */
export function ggshieldTypes(detector: string, part: string): readonly string[] {
  if (detector === '') return [];
  const name = detector.toLowerCase();
  const types = known(TABLES.ggshield, `${name}/${part}`);
  return [`ggshield_${typeName(detector)}`, ...(types.length > 0 ? types : known(TABLES.ggshield, name))];
}

/** The types of the key file of a Google service account. */
export function serviceAccountKeyTypes(): readonly string[] {
  return ['Google (GCP) Service-account', 'gcp-service-account'].flatMap(gitleaksTypes);
}

/** The types of the other half of a credential, as Kingfisher names it; empty for what is no secret. */
export function captureTypes(name: string): readonly string[] {
  return known(TABLES.captures, name.toLowerCase());
}

function tableOf(table: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(table));
}

function known(table: ReadonlyMap<string, readonly string[]>, name: string): readonly string[] {
  return (table.get(name) ?? []).map((type) => GITLEAKS + type);
}

function typeName(name: string): string {
  return name.toLowerCase().replaceAll(' ', '_');
}

/** Betterleaks tells variants of a rule apart by a number: `tailscale-api-key.1`. */
function withoutNumber(id: string): string {
  return id.replace(/\.\d+$/, '');
}
