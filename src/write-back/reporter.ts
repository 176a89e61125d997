import { MAX_LOCATIONS } from '../ledger/entry.ts';
import type { VulnerabilityRef } from '../words/vulnerability-ref.ts';

/**
 * Which of the configured instances reported a finding. A finding names an origin and no more, so where several
 * instances share one, the locations of its entry have to tell.
 * @param locations all that are kept of the entry
 * @param urls of the instances, with or without a path
 * @returns one of them; undefined when that is not certain: the same number is another vulnerability elsewhere
 */
export function reporterOf(
  { origin }: VulnerabilityRef,
  locations: readonly string[],
  urls: readonly string[],
): string | undefined {
  const there = urls.filter((url) => new URL(url).origin === origin);
  if (there.length <= 1) return there[0];
  // Whose the locations were that found no room, nobody knows.
  if (locations.length >= MAX_LOCATIONS) return undefined;
  const [reporter, ...others] = new Set(
    locations
      .map((location) => URL.parse(location))
      .filter((location) => location?.origin === origin)
      .map((location) => ownerOf(location?.pathname ?? '', there)),
  );
  return others.length === 0 ? reporter : undefined;
}

/** Where one instance lies below another one, a group of the outer one may have the inner one's path. */
function ownerOf(path: string, urls: readonly string[]): string | undefined {
  const [owner, ...others] = urls.filter((url) => {
    const base = new URL(url).pathname.replace(/\/+$/, '');
    return path.startsWith(`${base}/`);
  });
  return others.length === 0 ? owner : undefined;
}
