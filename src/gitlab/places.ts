/** Places in projects of configured instances. */
import type { EntryDetails } from '../ledger/entry.ts';
import { type CodeLocation, parseLocation } from '../provider/context.ts';

export interface Place extends CodeLocation {
  /** Base URL of its GitLab. */
  readonly base: string;
}

const MAX_ADDRESS = 300;

/**
 * Where GitLab itself reported it, oldest first, as far as it is certain which of the instances that is.
 * @param bases of all instances, without a slash at the end
 */
export function placesIn(
  { locations, unreadableLocations }: Pick<EntryDetails, 'locations' | 'unreadableLocations'>,
  bases: readonly string[],
): readonly Place[] {
  const unreadable = new Set(unreadableLocations);
  return locations.flatMap((location) => {
    // Where one instance lies below another one, a group of the outer one may have the inner one's path.
    const [base, ...others] = bases.filter((each) => location.startsWith(`${each}/`));
    const place =
      base !== undefined &&
      others.length === 0 &&
      !unreadable.has(location) &&
      parseLocation(location.slice(base.length));
    return place ? [{ ...place, base }] : [];
  });
}

/** In which no name of a committer can be anything but a part of it; of the project alone where it would be too long. */
export function addressOf({ base, project, commit, file, firstLine }: Place): string {
  const address = `${base}/${encoded(project)}/-/blob/${commit}/${encoded(file)}#L${firstLine}`;
  return address.length > MAX_ADDRESS ? `${base}/${encoded(project)}` : address;
}

function encoded(path: string): string {
  const all = (text: string) => encodeURIComponent(text).replace(/[!'()*~]/g, hex);
  return path.split('/').map(all).join('/');
}

function hex(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}
