import { z } from 'zod';

/** One entry of `ignore`. */
export function ignoreRule() {
  return z
    .strictObject({
      fingerprint: z
        .string()
        .regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits; `quash fingerprint` prints them')
        .optional()
        .describe('Of one secret, as `quash fingerprint` prints it; it depends on the key file.'),
      type: z.string().trim().min(1).toLowerCase().optional().describe('A type string.'),
      location: z
        .string()
        .min(1)
        .max(500)
        .optional()
        .describe(
          'Pattern of addresses without their commit and lines, such as `https://gitlab.example.com/group/**/-/test/**`: `*` is a part of a name, `**` anything.',
        ),
      reason: z.string().trim().min(1).max(500).describe('Why; stands at the entry.'),
    })
    .refine(({ fingerprint, type, location }) => fingerprint ?? type ?? location, {
      message: 'expected fingerprint, type or location',
    });
}
