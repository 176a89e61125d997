/** How both ledgers keep where a token was found: sealed, but for what filters need. */
import { projectOf } from '../words/share.ts';
import type { EntryDetails } from './entry.ts';
import type { ReportedToken } from './report.ts';
import type { LedgerVault } from './vault.ts';

/** In clear, for filters; each is empty where the location does not tell. The namespace is the project's first segment. */
export interface Scope {
  /** E.g. `https://gitlab.example.com`. */
  readonly instance: string;
  /** Its full path. */
  readonly project: string;
}

export interface StoredPlace extends Scope {
  readonly key: string;
  readonly sealed: string;
}

/** Without a user's name, which may be a secret. */
const URL_PARTS = /^(https?:\/\/[^/?#@\s]+)\/([^?#\s]*)/i;

export function scopeOf(location: string): Scope {
  const [, instance = '', path = ''] = URL_PARTS.exec(location) ?? [];
  return { instance: instance.toLowerCase(), project: projectOf(path) };
}

/** @param location not empty */
export function storedPlace(vault: LedgerVault, id: string, location: string): StoredPlace {
  return {
    key: vault.placeKey(id, location),
    ...scopeOf(location),
    sealed: vault.sealPlace(id, location),
  };
}

/** Where a token was reported, and whether somebody reported it for whom places are read. */
export type Place = Pick<ReportedToken, 'location' | 'readable'>;

export type ShownPlaces = Pick<EntryDetails, 'locations' | 'unreadableLocations'>;

/** @param places oldest first */
export function shownPlaces(places: readonly Place[]): ShownPlaces {
  return {
    locations: places.map(({ location }) => location),
    unreadableLocations: places.flatMap(({ location, readable }) => (readable ? [] : [location])),
  };
}

/** The projects of several places, each once, in their order. */
export function projectsOf(scopes: readonly Scope[]): readonly string[] {
  const names = scopes
    .filter(({ project }) => project !== '')
    .map((scope) => `${scope.instance}/${scope.project}`);
  return [...new Set(names)];
}
