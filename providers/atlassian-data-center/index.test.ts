import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  anonymous,
  anyText,
  BITBUCKET_TOKEN,
  bitbucket,
  cases,
  denied,
  gone,
  ID,
  letIn,
  listed,
  noRecord,
  products,
  refusedToken,
  remove,
  seenTwice,
  signedIn,
  TOKEN,
  tokens,
  tokensOfAnyText,
} from './cases.ts';
import { atlassianDataCenter } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(
  exchanges: readonly Exchange[],
  config: (url: string) => object,
  token: string,
  kind: string,
) {
  const bench = await startBench(atlassianDataCenter, config, exchanges);
  const startedMs = bench.clock.now();
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(token), { kind });
  bench.verify();
  return { ...result, waitedMs: bench.clock.now() - startedMs };
}

describe('a token of Bitbucket', () => {
  const ofBitbucket = (...exchanges: readonly Exchange[]) =>
    run(exchanges, bitbucket, BITBUCKET_TOKEN, 'bitbucket-token');

  it('goes to a person when its user has no record with its id', async () => {
    expect(await ofBitbucket(...letIn, noRecord)).toMatchObject({
      outcome: 'refused',
      reason: 'not-permitted',
    });
  });

  it('is not called dead when it is refused while its user has it', async () => {
    const refusal = ofBitbucket(...letIn, listed, gone, listed);
    await expect(refusal).rejects.toMatchObject({ code: 'suspended' });
    expect(await ofBitbucket(...letIn, listed, gone, noRecord)).toMatchObject({
      outcome: 'already-inactive',
    });
  });

  it('is not deleted where any text is let in, or any id with its secret', async () => {
    await expect(ofBitbucket(signedIn, anyText)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is not taken for working when the answer names no user', async () => {
    await expect(ofBitbucket(anonymous)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });
});

describe('a token of Jira or Confluence', () => {
  const ofProduct = (...exchanges: readonly Exchange[]) => run(exchanges, products, TOKEN, 'token');

  it('is the only one of its user where no record has its id', async () => {
    expect(await ofProduct(...seenTwice(7), remove(7), refusedToken)).toMatchObject({
      outcome: 'revoked',
    });
  });

  it('is not taken for another one that is alone, however old, before a deleted one would be refused', async () => {
    expect(await ofProduct(...tokens(7), refusedToken)).toMatchObject({
      ...{ reason: 'manual', waitedMs: 600_000 },
    });
  });

  it('goes to a person when it worked before and is refused, as those of a deactivated user are', async () => {
    expect(await ofProduct(...tokens(1, ID), refusedToken)).toMatchObject({
      outcome: 'refused',
      reason: 'manual',
    });
  });

  it('ends nobody’s only token where any text is let in', async () => {
    await expect(ofProduct(...tokensOfAnyText(7))).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it.each([
    ['its user has several, none with its id', tokens(7, 8), 'ambiguous'],
    ['it may not manage tokens', [denied], 'not-permitted'],
  ])('goes to a person when %s', async (_when, exchanges, reason) => {
    expect(await ofProduct(...exchanges)).toMatchObject({ outcome: 'refused', reason });
  });
});
