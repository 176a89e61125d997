/** Of an address, without what is empty. */
export function queryOf(filter: object): string {
  const given = Object.entries(filter).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return new URLSearchParams(given).toString();
}
