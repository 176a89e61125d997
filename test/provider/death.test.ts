import { describe, expect, it } from 'vitest';
import { judgeUnknown } from '../../src/provider/death.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const KIND = { id: 'token', types: [], pattern: /x/, effect: 'token', ...TRUSTED } as const;
const OPEN = { open: 'There may be other servers.' };
const ADVICE = 'Add the server that issued it, and retry.';

function adviceFor(whole: TokenKind['whole'], text: string, advice?: string): string {
  const unknown = {
    outcome: 'unknown',
    asked: ['https://a.example.com'],
    ...(advice && { advice }),
  } as const;
  const kind = { ...KIND, whole, places: OPEN };
  const token = new Secret(text);
  const judged = judgeUnknown(unknown, { kind, token, seenAlive: [], unknownTokens: 'attention' });
  return judged.outcome === 'refused' ? judged.advice : '';
}

describe('the advice on a token that no place knows', () => {
  it('is what the provider says of a whole one', () => {
    expect(adviceFor('exact', 'acme_0123456789', ADVICE)).toBe(ADVICE);
  });

  it('is that as well of one that may be whole, and that it may be cut', () => {
    for (const whole of ['open', () => false] as const) {
      const advice = adviceFor(whole, 'acme_0123456789', ADVICE);
      expect(advice).toContain(ADVICE);
      expect(advice).toContain('part of a longer token');
    }
  });

  it('is only that it may be cut where the provider says nothing, or a mask stands in it', () => {
    for (const advice of [adviceFor('open', 'acme_0123456789'), adviceFor('open', 'acme_****', ADVICE)]) {
      expect(advice).not.toContain(ADVICE);
      expect(advice).toContain('part of a longer token');
    }
  });
});
