import type { EntryDetails } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { Problem } from '../server/problem.ts';

/** Of an id; shorter beginnings are typed by mistake. */
const MIN_BEGINNING = 6;

/** What the vault makes. */
const ID_LENGTH = 32;

/**
 * @param name an id, or a beginning of one that no other entry has
 * @throws {Problem} 404, 409
 */
export async function entryNamed(ledger: Pick<Ledger, 'get' | 'list'>, name: string): Promise<EntryDetails> {
  const known = await ledger.get(name);
  if (known) return known;
  const isBeginning = name.length >= MIN_BEGINNING && name.length < ID_LENGTH;
  const [id, ...others] = isBeginning ? await idsThatBegin(ledger, name) : [];
  if (others.length > 0) {
    throw new Problem(409, 'Several entries', {
      detail: `More than one id begins like this: give more characters of it.`,
    });
  }
  const found = id === undefined ? undefined : await ledger.get(id);
  if (!found) {
    const detail = `The beginning of an id needs ${MIN_BEGINNING} characters at least.`;
    throw new Problem(404, 'No such entry', name.length < MIN_BEGINNING ? { detail } : {});
  }
  return found;
}

/** Two of them at most. */
async function idsThatBegin(ledger: Pick<Ledger, 'list'>, beginning: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.list({ id: beginning, limit: 2, ...(cursor !== undefined && { cursor }) });
    ids.push(...page.entries.map(({ id }) => id));
    cursor = page.cursor;
  } while (ids.length < 2 && cursor !== undefined);
  return ids;
}
