/**
 * An operator's export of `SALTID` and `ID` from GoCD's database. A token begins with its salt id, in 8 characters, which
 * GoCD's API shows nowhere. A salt id is no secret: it proves nothing until the whole token was accepted.
 */
import { z } from 'zod';
import { ConfigFault } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';

/** Ids of records by salt id. */
export type SaltIds = ReadonlyMap<string, number>;

const SALT_ID = /^[0-9a-f]{8}$/;
const jsonSchema = z.record(z.string().regex(SALT_ID), z.int().positive());

/** @throws {ConfigFault} when it is neither a JSON object nor lines of CSV */
export function readSaltIds(exported: Secret | undefined, path: readonly (string | number)[]): SaltIds {
  if (!exported) return new Map();
  const text = exported.reveal().trim();
  const entries = text.startsWith('{') ? fromJson(text) : fromCsv(text);
  const byId = new Map(entries);
  if (entries?.some(([saltId, id]) => byId.get(saltId) !== id)) {
    throw new ConfigFault(path, 'has a salt id with two records: is it of two servers, or of two times?');
  }
  if (entries) return byId;
  throw new ConfigFault(
    path,
    'expected a JSON object of record ids by salt id, or lines of salt id and record id',
  );
}

function fromJson(text: string): readonly (readonly [string, number])[] | undefined {
  try {
    const parsed = jsonSchema.safeParse(JSON.parse(text));
    return parsed.success ? Object.entries(parsed.data) : undefined;
  } catch {
    return undefined;
  }
}

/** The first line may hold the names of the columns. */
function fromCsv(text: string): readonly (readonly [string, number])[] | undefined {
  const rows = text
    .split(/\r?\n/)
    .map((line) => line.split(/[,;\t|]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')));
  const [head] = rows;
  const body = head?.[0]?.toLowerCase() === 'saltid' ? rows.slice(1) : rows;
  const isRow = ([saltId = '', id = '', ...rest]: readonly string[]) =>
    SALT_ID.test(saltId) && /^[1-9]\d{0,14}$/.test(id) && rest.length === 0;
  if (!body.every(isRow)) return undefined;
  return body.map(([saltId = '', id = '']) => [saltId, Number(id)] as const);
}

export function recordOf(token: Secret, saltIds: SaltIds): number | undefined {
  return saltIds.get(token.reveal().slice(0, 8));
}
