import { z } from 'zod';
import { Secret } from './secret.ts';

/**
 * A configuration key that holds a secret: a non-empty string that becomes a {@link Secret}. The loader recognises
 * it by its `secret` mark and accepts the same key with the suffix `File`, too.
 */
export function secretText(options: { minLength?: number; minVariety?: number } = {}) {
  const { minLength = 1, minVariety = 1 } = options;
  return z
    .string()
    .min(minLength, `expected a secret of at least ${minLength} characters`)
    .refine(
      (value) => new Set(value).size >= minVariety,
      `expected a secret of at least ${minVariety} different characters`,
    )
    .transform((value) => new Secret(value))
    .meta({ secret: true });
}
