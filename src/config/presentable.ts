import { Secret } from '../words/secret.ts';

/** A copy for people: secrets become `(set)`, and so does the user's part of an address. */
export function presentable(value: unknown): unknown {
  if (value instanceof Secret) return '(set)';
  if (typeof value === 'string') return value.replace(/\/\/[^/]*@/g, '//(set)@');
  if (Array.isArray(value)) return value.map(presentable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, presentable(item)]));
}
