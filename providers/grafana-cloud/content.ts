/** What is inside a token. */
import { z } from 'zod';
import type { Secret } from '../../src/words/secret.ts';

const CONTENT = z.object({
  o: z.union([z.string(), z.number()]).transform(String),
  n: z.string().min(1),
  m: z.object({ r: z.string().regex(/^[\w-]{1,64}$/) }),
});

export type Content = z.output<typeof CONTENT>;

/** What a token says of itself; undefined when it is no token, or a part of one. */
export function contentOf(token: Secret): Content | undefined {
  try {
    const base64 = token.reveal().slice('glc_'.length);
    // Without its padding it would be refused.
    if (base64.length % 4 !== 0) return undefined;
    const text = Buffer.from(base64, 'base64').toString();
    return CONTENT.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
