/** Secrets have 43 characters of an alphabet of 64, or 64 hex digits where they are from before 2019. */

/** Whether a text as long as a secret of today is the beginning of an old one: chance makes none of hex digits alone. */
export function isCut(secret: string): boolean {
  return /^[0-9a-f]{43}$/.test(secret);
}
