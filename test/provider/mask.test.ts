import { describe, expect, it } from 'vitest';
import type { TokenKind } from '../../src/provider/provider.ts';
import { recognise } from '../../src/provider/recognise.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

/** As loose as patterns get: it takes what is left of a token beside any mask. */
const LOOSE: TokenKind = {
  ...{ id: 'loose', types: [], effect: 'token' },
  ...TRUSTED,
  pattern: /(?<![\w-])sk-[\w.%-]{4,300}/,
};
const whyOf = (text: string) => {
  const found = recognise([LOOSE], text);
  return found.ok ? found.token : found.why;
};

describe('a text in which a mask stands for the secret, or for a part of it', () => {
  it.each([
    'sk-live-0a1b…',
    'sk-live-0a1b...',
    'sk-live-0a1b\\u2026',
    'sk-live-0a1b...9z8y',
    'x = "sk-live-0a1b..."; // old',
    'x = "sk-live-0a1b…9z8y"; // old',
    'sk-live-****',
    'sk-live-••••9z8y',
    'sk-live-<redacted>',
    'sk-live-[REDACTED]',
    'key: sk-live-[REDACTED:5f2a]-9z8y',
    'sk-live-REMOVED',
    'sk-live-0a1bREMOVED9z8y',
    '"sk-live-0a1b-REDACTED", "other"',
    '***REMOVED*** sk-live-0a1b',
    'sk-live-xxxxxxxxxxxxxxxx',
    'key = ...-9z8y, it was here',
    'sk = REDACTED # see the vault',
  ])('is no token: %s', (text) => {
    expect(whyOf(text)).toBe('redacted');
  });

  it.each([
    'sk-live-0a1b9z8y',
    '**sk-live-0a1b9z8y**',
    'MASKED_TOKEN=sk-live-0a1b9z8y',
    'loading... sk-live-0a1b9z8y',
    'call(...args, "sk-live-0a1b9z8y")',
    'x = "sk-live-0a1b9z8y"; // not hidden, but here',
  ])('is told from one in which it stands for something else: %s', (text) => {
    expect(whyOf(text)).toBe('sk-live-0a1b9z8y');
  });
});
