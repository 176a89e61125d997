/** What the ways to revoke a token at one GitLab instance have in common. */
import { z } from 'zod';
import type { Failure } from '../../src/provider/failure.ts';
import type { AnswerRow } from '../../src/provider/kit/answers.ts';
import type { Refused } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';

/** What an instance says of a token. */
export type Sight =
  /** `id` is that of the token's record, where the answer has one. */
  | { readonly state: 'alive'; readonly id?: number }
  /** The instance knows the token and says that it is revoked or expired. */
  | { readonly state: 'dead' }
  /** No such token: gone, or never of this instance. */
  | { readonly state: 'absent' }
  /** This way cannot say; the refusal is for the case that no other can. */
  | { readonly state: 'unable'; readonly refusal: Refused };

/**
 * `done`: the instance took it, and the next look will prove it. `gone`: it does not know the token any more. Otherwise
 * how it ends when no other way is left.
 */
export type Ending = 'done' | 'gone' | Refused | Failure;

/** Why no answer of GitLab came: such an answer says nothing about the token. */
export type Away = 'misconfigured' | 'unavailable';

/** One way to revoke a token at one instance. */
export interface Method {
  /** A look has a side effect, and the revocation is by value: so one look is enough. */
  readonly looksOnce?: true;
  /** @throws {Failure} */
  look(token: Secret, signal: AbortSignal): Promise<Sight>;
  /** @throws {Failure} */
  revoke(token: Secret, id: number | undefined, signal: AbortSignal): Promise<Ending>;
}

/** Bodies of GitLab's errors; GitLab nests them in more than one way. */
export const API_ERROR = z.object({
  error: z.string().optional(),
  error_description: z.string().optional(),
  message: z.union([z.string(), z.object({ error: z.string() })]).optional(),
});

/**
 * What a GitLab in maintenance mode, or a Geo secondary, says (403) to a call with a JSON body that might change something:
 * a sentence, which its administrator may choose. Its refusals of a credential begin with the status. A call without such
 * a body is redirected (301).
 */
export const READ_ONLY = z.object({ message: z.string().regex(/^(?!403 )/) });

/** By the status alone, where it is known that the body is of no use. */
export function unread<const Means>(statuses: readonly number[], means: Means): AnswerRow<Means> {
  return { statuses, read: () => ({ means }) };
}

export const ABSENT = { state: 'absent' } as const;

export function unable(refusal: Refused) {
  return { state: 'unable', refusal } as const;
}
