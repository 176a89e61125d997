import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { CLAIM, cases, ID, list, OTHER, remove, TOKEN, tokenOf, unauthorized } from './cases.ts';
import { snyk } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(token: string, exchanges: readonly Exchange[]) {
  const bench = await startBench(snyk, () => ({}), exchanges);
  const startedMs = bench.clock.now();
  try {
    const { result } = await runStep(bench, new Secret(token), { kind: 'personal-access-token' });
    bench.verify();
    return { ...result, waitedMs: bench.clock.now() - startedMs };
  } finally {
    await bench.close();
  }
}

describe('snyk', () => {
  it('asks the region that the token names', async () => {
    const token = tokenOf({ h: 'api.eu.snyk.io', j: 'unlike-an-id' });
    const target = { token, host: 'api.eu.snyk.io' };
    const seen = list([OTHER], target);
    const result = await run(token, [seen, seen, remove(OTHER, target), unauthorized(target)]);
    expect(result).toMatchObject({ outcome: 'revoked', evidence: { id: OTHER, inferred: true } });
  });

  it.each([
    tokenOf({ h: 'snyk.io.example.com' }),
    tokenOf({ h: 'example.com' }),
    tokenOf({}),
    TOKEN.replace(/\.ey/, '.!!'),
  ])('sends a token that names no known region nowhere', async (token) => {
    expect(await run(token, [])).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('knows a refusal as the documentation of the authentication shows it', async () => {
    const refusal = {
      ...unauthorized(),
      answer: { status: 401, json: { status: '401', code: 'Unauthorized' } },
    };
    expect(await run(TOKEN, [refusal])).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  });

  it('asks the region for governments about its tokens', async () => {
    const token = tokenOf({ h: 'snykgov.io', j: 'unlike-an-id' });
    expect(await run(token, [unauthorized({ token, host: 'api.snykgov.io' })])).toMatchObject({
      outcome: 'refused',
      reason: 'unknown-token',
      evidence: { asked: 'https://api.snykgov.io' },
    });
  });

  it('holds up no tokens of other regions while one is down', async () => {
    const token = tokenOf({ h: 'snykgov.io' });
    const { expect: call } = unauthorized({ token, host: 'api.snykgov.io' });
    const end = run(token, [{ expect: call, answer: { status: 503 } }]);
    await expect(end).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
  });

  it('knows after a crash that a token which worked is dead', async () => {
    const bench = await startBench(snyk, () => ({}), [list([ID]), list([ID]), remove(ID)]);
    const notes: unknown[] = [];
    const step = { kind: 'personal-access-token', notes };
    await runStep(bench, new Secret(TOKEN), step).catch(() => undefined);
    await bench.close();
    const again = await startBench(snyk, () => ({}), [unauthorized()]);
    expect(await runStep(again, new Secret(TOKEN), step)).toMatchObject({
      result: { outcome: 'already-inactive' },
      verified: true,
    });
    await again.close();
  });

  it('deletes none of several tokens when the id inside the token is not in the list', async () => {
    const token = tokenOf({ h: 'snyk.io', j: 'A'.repeat(22) });
    const result = await run(token, [list([OTHER, ID], { token })]);
    expect(result).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
      evidence: { candidates: [{ id: OTHER }, { id: ID }] },
    });
  });

  it('does not delete the only token of its owner for one that has another id inside it', async () => {
    const token = tokenOf({ h: 'snyk.io', j: CLAIM });
    expect(await run(token, [list([OTHER], { token })])).toMatchObject({
      outcome: 'refused',
      reason: 'ambiguous',
    });
  });

  it('takes no other token for the leaked one, however old, before a deleted one would be refused', async () => {
    const token = tokenOf({ h: 'snyk.io', j: 'unlike-an-id' });
    const result = await run(token, [list([OTHER], { token }), unauthorized({ token })]);
    expect(result).toMatchObject({ outcome: 'already-inactive', waitedMs: 600_000 });
  });

  it('reads the list to its end, at the same host whatever the link says', async () => {
    const next = 'https://example.com/rest/self/personal_access_tokens?starting_after=v1.page2';
    const pages = [list([OTHER], { next }), list([ID], { query: '&starting_after=v1.page2' })];
    const result = await run(TOKEN, [...pages, ...pages, remove(ID), unauthorized()]);
    expect(result).toMatchObject({ outcome: 'revoked', evidence: { id: ID } });
    expect(result).not.toHaveProperty('evidence.inferred');
  });

  it('does not take one token of a list that it could not read to its end for the only one', async () => {
    const token = tokenOf({ h: 'snyk.io' });
    const endless = Array.from({ length: 10 }, (_, page) =>
      list(page === 0 ? [OTHER] : [], {
        token,
        next: '?starting_after=x',
        query: page ? '&starting_after=x' : '',
      }),
    );
    expect(await run(token, endless)).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  });
});
