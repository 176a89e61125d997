/** The words with which a server refuses a token, or a call. Quirks are listed in `index.ts`. */
import { z } from 'zod';

/** The answer to a known token whose policies do not allow the call. */
export const FORBIDDEN = z.object({
  errors: z.tuple([z.string().regex(/^1 error occurred:\s+\* permission denied\s*$/)]),
});
/** Of one that was not found, and of nothing else. */
export const GONE = z.object({
  errors: z
    .array(z.string().refine((text) => isRefusal(text) && /\b(?:invalid|bad) token\b/.test(text)))
    .min(1),
});
/** Also of one whose entity is disabled, or that is bound to other addresses; older versions of Vault may say so of the others, too. */
export const REFUSED = z.object({ errors: z.array(z.string().refine(isRefusal)).min(1) });
/** A policy of Sentinel that holds for an address or an hour names itself, and says nothing of the token. */
export const DENIED = z.object({ errors: z.array(z.string()).min(1) });

/** https://developer.hashicorp.com/vault/docs/concepts/tokens ("Error responses") */
function isRefusal(text: string): boolean {
  const lines = text.split('\n').map((line) => line.trim());
  const isOf = /^(?:|\d errors? occurred:|(?:\* )?(?:permission denied|invalid token|bad token))$/;
  return lines.every((line) => isOf.test(line));
}
