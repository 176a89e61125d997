import { describe, expect, it } from 'vitest';
import { look } from '../../src/dispatch/attempt.ts';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import { callsWith, cases, failed, inText, MALFORMED, NO_SCOPE, OF_TEAM, SHORT_LIVED } from './cases.ts';
import { dropbox } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('dropbox', () => {
  const { token = '', kind = '' } = cases[2] ?? {};
  const { revoke, probe } = callsWith(token);

  it('does not take a suspended user for a dead token', async () => {
    const bench = await startBench(dropbox, () => ({}), [revoke(401, failed('user_suspended'))]);
    try {
      const step = runStep(bench, new Secret(token), { kind });
      await expect(step).rejects.toMatchObject({ code: 'suspended' });
    } finally {
      await bench.close();
    }
  });

  it('knows that a token is dead which a look saw to work, and which a person then revoked', async () => {
    const calls = callsWith(SHORT_LIVED);
    const exchanges = [
      calls.probe(200, { account_id: 'dbid:a1' }),
      calls.revoke(401, failed('invalid_access_token')),
    ];
    const bench = await startBench(dropbox, () => ({}), exchanges);
    try {
      const shortLived = new Secret(SHORT_LIVED);
      const { provider, unknownTokens } = bench;
      const step = stepOf(provider, shortLived, { kind: 'short-lived-token' });
      await look({ provider, token: shortLived, step, phase: 'revoke', unknownTokens }, 'wider');
      const ended = await runStep(bench, shortLived, { kind: step.kind, notes: [step.remembered] });
      expect(ended).toMatchObject({ result: { outcome: 'already-inactive' }, verified: true });
    } finally {
      await bench.close();
    }
  });

  it.each([
    ['a lack of scope', probe(401, failed('missing_scope'))],
    ['an app that lacks a scope', inText(probe(400, {}), NO_SCOPE)],
    ['a refusal of the whole team', inText(probe(400, {}), OF_TEAM)],
  ])('takes %s for a sign of life', async (_name, answer) => {
    const bench = await startBench(dropbox, () => ({}), [revoke(200, null), answer]);
    try {
      const step = runStep(bench, new Secret(token), { kind });
      await expect(step).rejects.toMatchObject({ code: 'still-active' });
    } finally {
      await bench.close();
    }
  });

  it.each([
    ['the token of a whole team', OF_TEAM, 'not-permitted'],
    ['a token that was cut', MALFORMED, 'unknown-token'],
  ])('gives %s to a person', async (_name, words, reason) => {
    const bench = await startBench(dropbox, () => ({}), [inText(revoke(400, {}), words)]);
    try {
      const { result } = await runStep(bench, new Secret(token), { kind });
      expect(result).toMatchObject({ outcome: 'refused', reason });
    } finally {
      await bench.close();
    }
  });
});
