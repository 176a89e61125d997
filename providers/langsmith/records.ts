/** What the lists show of keys. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import type { Secret } from '../../src/words/secret.ts';

export const ORGANIZATION = '/api/v1/orgs/current';

export const KEYS = z.array(
  z.object({ id: z.uuid(), short_key: z.string(), revoked_at: z.string().nullish() }),
);
export type KeyRecord = z.output<typeof KEYS>[number];

export const ERROR = z.object({ detail: z.unknown() }).or(z.object({ error: z.string() }));

/** Was said of a new key that had just worked (langsmith-sdk issue 1201), so it says nothing and may pass. */
export const LEGACY = z.object({ detail: z.string().regex(/\blegacy API key\b/i) });

export function fitting(keys: readonly KeyRecord[], token: Secret): readonly KeyRecord[] {
  const text = token.reveal();
  // `lsv2_pt_`, or no more than `lsv2_`: either way nothing that tells keys apart.
  const fixedHead = text.slice(0, 'lsv2_pt_'.length);
  return keys.filter(({ short_key }) => mayBe(text, short_key, { fixedHead }));
}
