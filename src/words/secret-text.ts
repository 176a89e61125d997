import { z } from 'zod';
import { invisibleFault, withoutInvisible } from './invisible.ts';
import { Secret } from './secret.ts';

/** For texts that somebody chose: a random one of 16 hexadecimal digits has fewer different ones once in ten thousand times. */
export const MIN_VARIETY = 6;

interface SecretTextOptions {
  readonly minLength?: number;
  readonly minVariety?: number;
  /** With the sentence of the fault where it does not fit. */
  readonly pattern?: RegExp;
  readonly expected?: string;
}

/**
 * A configuration key that holds a secret: a non-empty string that becomes a {@link Secret}. The loader recognises
 * it by its `secret` mark and accepts the same key with the suffix `File`, too.
 */
export function secretText({
  minLength = 1,
  minVariety = 1,
  pattern = /^/,
  expected = '',
}: SecretTextOptions = {}) {
  return z
    .string()
    .overwrite(withoutInvisible)
    .min(minLength, aborting(`expected a secret of at least ${minLength} characters`))
    .refine(
      (value) => new Set(value).size >= minVariety,
      aborting(`expected a secret of at least ${minVariety} different characters`),
    )
    .regex(pattern, aborting(expected))
    .superRefine((value, context) => {
      const message = invisibleFault(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message, continue: false });
    })
    .transform((value) => new Secret(value))
    .meta({ secret: true });
}

/** What compares several keys runs only where each is what its type says, and here that is a {@link Secret}. */
function aborting(error: string) {
  return { error, abort: true };
}
