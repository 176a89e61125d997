import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  cases,
  config,
  error,
  ID,
  info,
  itself,
  list,
  OTHER,
  PERSONAL,
  record,
  revocation,
} from './cases.ts';
import { langsmith } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], notes: unknown[] = []) {
  const bench = await startBench(langsmith, config, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(PERSONAL), { kind: 'personal-access-token', notes });
  bench.verify();
  return end;
}

it('is off unless turned on', () => {
  expect(langsmith.stability).toBe('experimental');
});

it('revokes none of two keys that look alike', async () => {
  const { result } = await run([list([record(ID), record(OTHER)])]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ keyId: ID }, { keyId: OTHER }] },
  });
});

it.each([
  ['is refused', itself(401, error('Invalid token'))],
  ['may not say where it works', itself(403, error('Forbidden'))],
  ['works in another organisation', itself(200, { ...info, id: OTHER })],
])('revokes no key that looks alike when the leaked one %s', async (_why, exchange) => {
  const { result } = await run([list([record(ID)]), exchange]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it.each(['lsv2_pt_...789', 'lsv2_pt_...', 'lsv2_sk_...6789', 'lsv2_pt_', '', '...', 'abc...de...6789'])(
  'takes no key that is shown as %j',
  async (short_key) => {
    const { result } = await run([list([record(ID, { short_key })])]);
    expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  },
);

it('knows after a crash that the key which is gone was its own to revoke', async () => {
  const end = await run(
    [revocation(404, error('Not found')), list([])],
    [{ keeper: config().organizations[0]?.id, id: ID }],
  );
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});
