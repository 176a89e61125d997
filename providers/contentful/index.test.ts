import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  cases,
  DELIVERY_KEY,
  deadAt,
  deliveryKey,
  ENDING,
  error,
  inSpace,
  letIn,
  listAnswered,
  ownTokens,
  PERSONAL_TOKEN,
  record,
  revocation,
  space,
} from './cases.ts';
import { contentful } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(contentful, () => ({}), exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(PERSONAL_TOKEN), { kind: 'personal-access-token' });
  bench.verify();
  return end;
}

it('finds a key that moved to a page which was read before, as another one was deleted', async () => {
  const others = Array.from({ length: 100 }, (_, index) => ({
    sys: { id: `other-${index}` },
    accessToken: `other ${index}`,
  }));
  const moved = [...others.slice(1), deliveryKey];
  const exchanges = [
    ...[inSpace.deliveryPage(others, 0, 101), inSpace.deliveryPage([], 100, 100), inSpace.previewKeys()],
    ...[inSpace.deliveryPage(moved, 0, 100), inSpace.delivery, inSpace.remove, ...inSpace.gone],
  ];
  const bench = await startBench(contentful, () => ({ spaces: [space] }), exchanges);
  onTestFinished(() => bench.close());
  const { verified } = await runStep(bench, new Secret(DELIVERY_KEY), { kind: 'content-key' });
  expect(verified).toBe(true);
  bench.verify();
});

it('revokes neither of two tokens with the same ending', async () => {
  const { result } = await run([letIn, ownTokens([record('token-1', ENDING), record('token-2', ENDING)])]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ tokenId: 'token-1' }, { tokenId: 'token-2' }] },
  });
});

it('reads the list to its end before it calls a token the only one', async () => {
  const others = Array.from({ length: 99 }, (_, index) => record(`other-${index}`, 'TmTU'));
  const { result } = await run([
    letIn,
    ownTokens([record('token-1', ENDING), ...others], { total: 101 }),
    ownTokens([record('token-2', ENDING)], { skip: 100, total: 101 }),
  ]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('does not count a token with the same ending that is revoked already', async () => {
  const old = record('token-0', ENDING, '2025-03-04T05:23:09.000Z');
  const denied = revocation(403, error('AccessDenied'));
  const { result } = await run([letIn, ownTokens([old, record('token-1', ENDING)]), denied]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'not-permitted',
    evidence: { tokenId: 'token-1' },
  });
});

it('does not call a token dead while one region answers something else', async () => {
  const eu: Exchange = { expect: deadAt.eu.expect, answer: { status: 401, json: { message: 'No.' } } };
  await expect(run([deadAt.us, eu])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('holds up no other token while a region is down', async () => {
  const down: Exchange = { expect: deadAt.us.expect, answer: { status: 503 } };
  await expect(run([down, deadAt.eu])).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
});

it('does not call a token dead that is let in, but may not list its own', async () => {
  const { result } = await run([letIn, listAnswered(401, 'AccessTokenInvalid')]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('does not call a token dead that one region was not asked about', async () => {
  const bench = await startBench(contentful, () => ({ regions: ['us'] }), [deadAt.us]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(PERSONAL_TOKEN), { kind: 'personal-access-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not call what may be a cut token of 2018 dead', async () => {
  const text = ['CFPAT', `${'1a2b3c4d'.repeat(8)}`.slice(0, 43)].join('-');
  const as = (exchange: Exchange): Exchange => {
    return { ...exchange, expect: { ...exchange.expect, headers: { authorization: `Bearer ${text}` } } };
  };
  const bench = await startBench(contentful, () => ({ unknownTokens: 'inactive' }), [
    as(deadAt.us),
    as(deadAt.eu),
  ]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(text), { kind: 'personal-access-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('reads tokens and keys of 2018, which are longer', async () => {
  const config = { spaces: [{ id: 'space1', managementToken: 'secret' }] };
  const bench = await startBench(contentful, () => config, []);
  onTestFinished(() => bench.close());
  const old = '1a2b3c4d'.repeat(8);
  const [token, key] = bench.provider.kinds;
  expect(token?.pattern.exec(`token: CFPAT-${old}`)?.[0]).toBe(`CFPAT-${old}`);
  expect(key?.pattern.exec(`key: ${old}`)?.[0]).toBe(old);
});

it('revokes none of a list in which a token does not show how it ends', async () => {
  const silent = record('token-2', ENDING);
  const { redactedValue: _, ...sys } = silent.sys;
  const { result } = await run([letIn, ownTokens([record('token-1', ENDING), { ...silent, sys }])]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ tokenId: 'token-1' }, { tokenId: 'token-2' }] },
  });
});

it('takes no token that does not show how it ends for the leaked one', async () => {
  const silent = record('token-1', ENDING);
  const { redactedValue: _, ...sys } = silent.sys;
  const { result } = await run([letIn, ownTokens([{ ...silent, sys }])]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('takes delivery and preview keys only with a space, and holds them for approval', async () => {
  const kindsWith = async (config: object) => {
    const bench = await startBench(contentful, () => config, []);
    onTestFinished(() => bench.close());
    return bench.provider.kinds.map(({ id, effect }) => [id, effect]);
  };
  expect(await kindsWith({})).toEqual([['personal-access-token', 'token']]);
  const spaces = [{ id: 'space1', managementToken: 'secret' }];
  expect(await kindsWith({ spaces })).toContainEqual(['content-key', 'wider']);
});
