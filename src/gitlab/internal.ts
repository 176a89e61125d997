/** What the internal providers of GitLab are alike in: they read, and are no providers to an operator. */
import { z } from 'zod';
import type { TokenKind } from '../provider/provider.ts';

/** Whether any enabled provider takes tokens of this type. */
export type Takes = (type: string) => boolean;

export const INTERNAL = {
  docs: 'https://docs.gitlab.com/api/vulnerabilities/',
  checked: '2026-11-28',
  stability: 'beta',
  needs: 'a readToken of the instance',
  exactness: 'reads only',
  proof: 'none',
  effect: 'nothing',
  types: [],
  config: z.strictObject({}),
  internal: true,
} as const;

/** What an internal provider works on is no token, and nothing is changed. */
export function internalKind(id: string, pattern: RegExp): TokenKind {
  const nothing = { effect: 'token', possession: 'by-value', undo: 'yes' } as const;
  return { id, types: [], pattern, places: { open: 'GitLab' }, whole: 'exact', ...nothing };
}
