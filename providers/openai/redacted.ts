/** How lists show keys. */
import { z } from 'zod';
import type { Secret } from '../../src/words/secret.ts';

/** The two ends of a key with dots or stars between them. */
const REDACTED = /^([\w-]*)[*.…]+([\w-]+)$/;

export const KEY = z.object({ id: z.string(), redacted_value: z.string().regex(REDACTED) });

/** Fixed beginnings, which tell nothing. */
const KIND = /^sk-(?:proj-|svcacct-|admin-)?/;

/** Legacy keys need not be in the list of any project, so as much as that must be shown of them. */
const MIN_SHOWN_OF_LEGACY = 6;

export function fits(token: Secret, redacted: string): boolean {
  const [, start = '', end = ''] = REDACTED.exec(redacted) ?? [];
  const text = token.reveal();
  if (end === '' || !text.startsWith(start) || !text.endsWith(end)) return false;
  const isLegacy = KIND.exec(text)?.[0] === 'sk-';
  return !isLegacy || start.replace(KIND, '').length + end.length >= MIN_SHOWN_OF_LEGACY;
}

export const AMBIGUOUS = 'Several keys look like this one: delete the right one in the settings of OpenAI.';
export const NOT_LISTED =
  'The key works, but no project of the configured organizations has it: configure its organization and retry, or have its owner delete it.';
