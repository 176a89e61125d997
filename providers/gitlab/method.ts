/** What the ways to revoke a token at one GitLab instance have in common. */
import { z } from 'zod';
import type { Failure } from '../../src/provider/failure.ts';
import type { RevokeResult } from '../../src/provider/provider.ts';
import type { RefusalReason } from '../../src/words/outcome.ts';
import type { Secret } from '../../src/words/secret.ts';

export type Refusal = Extract<RevokeResult, { outcome: 'refused' }>;

/** What an instance says of a token. */
export type Sight =
  /** `id` is that of the token's record, where the answer has one. */
  | { readonly state: 'alive'; readonly id?: number }
  /** The instance knows the token and says that it is revoked or expired. */
  | { readonly state: 'dead' }
  /** No such token: gone, or never of this instance. */
  | { readonly state: 'absent' }
  /** This way cannot say; the refusal is for the case that no other can. */
  | { readonly state: 'unable'; readonly refusal: Refusal };

/** `done`: the instance took it, and the next look will prove it. Otherwise how it ends when no other way is left. */
export type Ending = 'done' | Refusal | Failure;

/** One way to revoke a token at one instance. */
export interface Method {
  /** @throws {Failure} */
  look(token: Secret, signal: AbortSignal): Promise<Sight>;
  /** @throws {Failure} */
  revoke(token: Secret, id: number | undefined, signal: AbortSignal): Promise<Ending>;
}

export function refused(reason: RefusalReason, advice: string): Refusal {
  return { outcome: 'refused', reason, advice };
}

/** Bodies of GitLab's errors; GitLab nests them in more than one way. */
export const API_ERROR = z.object({
  error: z.string().optional(),
  error_description: z.string().optional(),
  message: z.union([z.string(), z.object({ error: z.string() })]).optional(),
});
