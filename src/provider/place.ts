/** What a place is called at which an adapter saw a token work, or which it has asked. */

/** What stands behind it is kept, and never shown. */
const BEHIND_THE_NAME = '\n';

/**
 * A place by the name that an operator gave it, as it is seen with one credential, or at one address. Another one may be of
 * somebody else's account, or be shown less, so what is absent there was not for that reason ended where it was seen.
 */
export function placeSeenWith(name: string, mark: string): string {
  return `${name}${BEHIND_THE_NAME}${mark}`;
}

/** For a person, who knows it by its name alone. */
export function nameOfPlace(place: string): string {
  return place.split(BEHIND_THE_NAME, 1)[0] ?? place;
}
