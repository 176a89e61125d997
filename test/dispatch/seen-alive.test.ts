/** "It worked before and does not any more" proves nothing of what was never seen to work. */
import { expect, it } from 'vitest';
import { attempt, look } from '../../src/dispatch/attempt.ts';
import { RunningStep } from '../../src/dispatch/running-step.ts';
import { goneSinceSeen } from '../../src/provider/kit/results.ts';
import type { Provider, TokenKind } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const KIND: TokenKind = { id: 'token', types: ['x'], pattern: /x/, effect: 'token', ...TRUSTED };
const gone = async () => goneSinceSeen();
const provider: Provider = { kinds: [KIND], revoke: gone, look: gone };

function workOn(seenAt: readonly string[]) {
  const token = new Secret('x');
  const given = { kind: KIND, token, note: undefined, parts: {}, mayActUnproven: false };
  const signal = new AbortController().signal;
  const step = new RunningStep({ ...given, signal, context: async () => undefined });
  for (const place of seenAt) step.sawAlive(place);
  return { provider, token, step, phase: 'revoke', unknownTokens: 'attention' } as const;
}

it.each([
  ['is no proof where nothing was seen', [], false],
  ['is the proof where it was', ['https://api.example.com'], true],
])('a token that is gone %s, in a revocation and in a look', async (_, seenAt, proven) => {
  const end = { outcome: 'already-inactive', proven };
  expect(await attempt(workOn(seenAt))).toMatchObject(end);
  expect(await look(workOn(seenAt), 'wider')).toMatchObject(end);
});
