import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { CONTEXT, cases, config, error, gone, ID, itself, record, TOKEN, there, works } from './cases.ts';
import { planetscale } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], context: string | undefined, notes: unknown[] = []) {
  const bench = await startBench(planetscale, config, exchanges);
  onTestFinished(() => bench.close());
  const options = { kind: 'service-token', notes, ...(context !== undefined && { context }) };
  const end = await runStep(bench, new Secret(TOKEN), options);
  bench.verify();
  return end;
}

it('deletes no token whose id stands beside the leak but does not work with it', async () => {
  const { result } = await run([there(), itself(401, error('unauthorized'))], CONTEXT);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ tokenId: ID }] },
  });
});

it('does not take the id of a token that works in another organisation only', async () => {
  const elsewhere = itself(200, { data: [{ name: 'another' }] });
  const { result } = await run([there(), elsewhere], CONTEXT);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('finds the right one among words that look like ids', async () => {
  const context = `# organization\nwrongwrong12 ${CONTEXT}`;
  const exchanges = [
    gone('organization'),
    there('wrongwrong12'),
    itself(401, error('unauthorized'), 'wrongwrong12'),
    there(),
    works(),
    record('DELETE', 204),
    gone(),
  ];
  expect(await run(exchanges, context)).toMatchObject({
    verified: true,
    result: { evidence: { tokenId: ID } },
  });
});

it.each([
  ['there are no lines around the leak', undefined],
  ['they hold no id', `token: ${TOKEN}`],
  ['they hold too many', Array.from({ length: 21 }, (_, index) => `abcdefghij${10 + index}`).join(' ')],
])('asks for the id when %s', async (_why, context) => {
  const { result } = await run([], context);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
});

it('knows after a crash that the token which is gone was its own to delete', async () => {
  const exchanges = [record('DELETE', 404, error('not_found')), gone()];
  const end = await run(exchanges, undefined, [{ keeper: 'acme', id: ID }]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});
