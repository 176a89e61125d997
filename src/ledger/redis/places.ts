/** Places as the scripts have them. */
import { type ShownPlaces, shownPlaces, storedPlace } from '../places.ts';
import type { LedgerVault } from '../vault.ts';

/** As the script of accept has it. */
const UNREADABLE = '!';

/** Name and text of a place; both are empty where there is none. */
export function placeArguments(
  vault: LedgerVault,
  id: string,
  location: string,
): [key: string, place: string] {
  if (location === '') return ['', ''];
  const { key, instance, project, sealed } = storedPlace(vault, id, location);
  return [key, [instance, project, sealed].join('\n')];
}

/**
 * @param stored texts of {@link placeArguments}, oldest first
 * @param keys of these places, each with a space behind it, and a mark before that where nothing is read
 */
export function toPlaces(
  vault: LedgerVault,
  id: string,
  stored: readonly string[],
  keys: string,
): ShownPlaces {
  const places = stored.map((place) => place.split('\n'));
  const marks = keys.split(' ');
  return shownPlaces(
    places.map(([, , sealed = ''], index) => ({
      location: vault.openPlace(id, sealed),
      readable: !marks[index]?.endsWith(UNREADABLE),
    })),
  );
}
