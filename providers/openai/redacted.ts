/** How lists show keys: the two ends, with dots or stars between them. */
import { z } from 'zod';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import type { Secret } from '../../src/words/secret.ts';

export const KEY = z.object({ id: z.string(), redacted_value: z.string().regex(/[\w-][*.…]+[\w-]+$/) });

/** Fixed beginnings, which tell nothing. */
const KIND = /^sk-(?:proj-|svcacct-|admin-)?/;

/** Legacy keys need not be in the list of any project, so as much as that must be shown of them. */
const MIN_SHOWN_OF_LEGACY = 6;

export function fits(token: Secret, redacted: string): boolean {
  const text = token.reveal();
  const fixedHead = KIND.exec(text)?.[0] ?? '';
  const isLegacy = fixedHead === 'sk-';
  return mayBe(text, redacted, { fixedHead, ...(isLegacy && { minShown: MIN_SHOWN_OF_LEGACY }) });
}

export const AMBIGUOUS = 'Several keys look like this one: delete the right one in the settings of OpenAI.';
export const NOT_LISTED =
  'The key works, but no project of the configured organizations has it: configure its organization and retry, or have its owner delete it.';
