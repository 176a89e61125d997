/** What a server lists of a user's tokens, and which of them may be the one that has just been used. */
import { z } from 'zod';
import { Secret } from '../../src/words/secret.ts';

export const LIST = z.object({
  login: z.string(),
  userTokens: z.array(
    z.object({
      name: z.string(),
      type: z.string().optional(),
      project: z.object({ key: z.string() }).optional(),
      isExpired: z.boolean().optional(),
      createdAt: z.string().optional(),
      lastConnectionDate: z.string().optional(),
    }),
  ),
});

export type Listed = z.output<typeof LIST>['userTokens'][number];

/** By the letter after `sq`. Older servers tell no types, and have tokens of users alone. */
const TYPES: Readonly<Record<string, string>> = {
  u: 'USER_TOKEN',
  a: 'GLOBAL_ANALYSIS_TOKEN',
  p: 'PROJECT_ANALYSIS_TOKEN',
};

export function isOfType({ type = 'USER_TOKEN' }: Listed, token: Secret): boolean {
  return type === TYPES[token.reveal().charAt(2)];
}

/**
 * One of the same kind that nobody has. A server takes the user that a proxy names in a header before it looks at a token
 * (SonarSource/sonarqube, RequestAuthenticatorImpl.java, checked 2026-11-29), and then lets any text in.
 */
export function nobodys(token: Secret): Secret {
  return new Secret(token.reveal().slice(0, 'squ_'.length) + '0'.repeat(40));
}

/** How far apart the times of two uses can be that the server wrote for calls within an hour, plus its nodes' skew. */
const WINDOW_MS = 65 * 60 * 1000;

/** Those that can be the token which was used just now; it is always among them. */
export function usedJustNow(tokens: readonly Listed[]): readonly Listed[] {
  const usable = tokens.filter(({ isExpired }) => !isExpired);
  const uses = usable.map(lastUseMs).filter((ms) => Number.isFinite(ms));
  if (uses.length === 0) return usable;
  const newest = Math.max(...uses);
  // A time that cannot be read rules nothing out.
  return usable.filter((token) => !(lastUseMs(token) < newest - WINDOW_MS));
}

/** `2018-01-10T14:06:05+0100`; -Infinity when it was never used, NaN when the time cannot be read. */
function lastUseMs({ lastConnectionDate }: Listed): number {
  if (lastConnectionDate === undefined) return Number.NEGATIVE_INFINITY;
  return Date.parse(lastConnectionDate.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
}
