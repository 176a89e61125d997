/** What a place is called at which an adapter saw a token work, or which it has asked. */

/** What stands behind it is kept, and never shown. */
const BEHIND_THE_NAME = '\n';

/**
 * A place by the name that an operator gave it, as it is seen with one credential, or at one address. Another one may be of
 * somebody else's account, or be shown less, so what is absent there was not for that reason ended where it was seen.
 * @param mark of the credential, or of the address; of both, it is `placeSeenWith(address, credential)`
 */
export function placeSeenWith(name: string, mark: string): string {
  return `${name}${BEHIND_THE_NAME}${mark}`;
}

/** For a person, who knows it by its name alone. */
export function nameOfPlace(place: string): string {
  return place.split(BEHIND_THE_NAME, 1)[0] ?? place;
}

/**
 * Whether what is said at a place where a token was seen holds for another one: that of another credential of ours at the same
 * address, such as one that it took the place of. Servers at two addresses may both have it, whatever they are called.
 * @param other of an earlier version, it is the name alone, and may be any of that name
 */
export function speaksFor(place: string, other: string): boolean {
  return addressOf(place) === addressOf(other) || nameOfPlace(place) === other;
}

/** All but the last that stands behind the name. */
function addressOf(place: string): string {
  const end = place.lastIndexOf(BEHIND_THE_NAME);
  return end === -1 ? place : place.slice(0, end);
}
