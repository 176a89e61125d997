import { z } from 'zod';
import type { Told } from '../../words/subject.ts';
import type { Answer } from '../upstream.ts';

/** Where an answer has what: names of fields with dots between; `*` goes through a list. The first that is there counts. */
export type SubjectFields = Readonly<Partial<Record<keyof Told, string | readonly string[]>>>;

/**
 * What a JSON answer tells of a token. Never throws: a vendor that changes a field must not keep a token alive.
 */
export function subjectIn(answer: Pick<Answer, 'maybeJson'>, fields: SubjectFields): Told {
  const body = answer.maybeJson(z.unknown());
  const told = Object.entries(fields).map(([name, paths]) => {
    const values = [paths].flat().map((path) => at(body, path.split('.')));
    return [name, values.find((value) => value !== undefined && value !== null)];
  });
  return Object.fromEntries(told);
}

function at(value: unknown, [first, ...rest]: readonly string[]): unknown {
  if (first === undefined) return value;
  if (first === '*') return Array.isArray(value) ? value.map((item) => at(item, rest)) : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, first)) return undefined;
  return at((value as Record<string, unknown>)[first], rest);
}
