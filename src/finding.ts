/** How Quash remembers which of GitLab's vulnerabilities a leak belongs to: `https://gitlab.example.com 4711`. */

export interface Finding {
  /** Of the GitLab that reported it, e.g. `https://gitlab.example.com`. */
  readonly origin: string;
  readonly vulnerability: number;
}

/** A host name has at most 253 characters. */
const MAX_LENGTH = 300;

/**
 * @param location where the leak is, as GitLab reported it; only its origin is kept
 * @param vulnerability what GitLab sent beside it: null, or a record with a numeric `id`
 * @returns undefined when either does not say enough
 */
export function findingOf(location: string, vulnerability: unknown): string | undefined {
  const id =
    typeof vulnerability === 'object' && vulnerability !== null && 'id' in vulnerability
      ? vulnerability.id
      : undefined;
  if (!isId(id)) return undefined;
  const url = URL.parse(location);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const text = `${url.origin} ${id}`;
  return text.length > MAX_LENGTH ? undefined : text;
}

/** Undefined when it is not what {@link findingOf} makes. */
export function parseFinding(text: string): Finding | undefined {
  const [, origin = '', digits = ''] = /^(https?:\/\/\S+) (\d+)$/.exec(text) ?? [];
  const vulnerability = Number(digits);
  if (!isId(vulnerability) || URL.parse(origin)?.origin !== origin) return undefined;
  return { origin, vulnerability };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
