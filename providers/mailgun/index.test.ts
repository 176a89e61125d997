import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  cases,
  config,
  deletion,
  ID,
  KEY,
  list,
  OLD_KEY,
  OTHER_ID,
  SIGNING_KEY,
  shown,
  signingCall,
} from './cases.ts';
import { mailgun } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(token: string, exchanges: readonly Exchange[], notes: unknown[] = [], kind = 'api-key') {
  const bench = await startBench(mailgun, config, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(token), { kind, notes });
  bench.verify();
  return end;
}

it('never takes a part of a key for its id', async () => {
  const parts = [KEY.slice(0, 8), KEY.slice(-8), '', KEY.slice(-10)];
  const { result } = await run(KEY, [list(parts)]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('sends an old key without an id to a person', async () => {
  const { result } = await run(OLD_KEY, [list([OTHER_ID])]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not call a key unknown when the list is not whole', async () => {
  await expect(run(KEY, [list([OTHER_ID], 2)])).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('knows after a crash that the key which is gone was its own to delete', async () => {
  const notes = [{ keeper: 'acme', id: ID }];
  const end = await run(KEY, [deletion(404, { message: 'key not found' }), list([])], notes);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});

describe('a webhook signing key', () => {
  const notes = () => [{ keeper: 'acme', id: 'http-signing-key' }];

  it('is not regenerated when the account has another by now', async () => {
    const script = [shown('another'), shown('another')];
    const end = await run(SIGNING_KEY, script, notes(), 'webhook-signing-key');
    expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  });

  it('is not called dead because the account shows none', async () => {
    const none = signingCall('GET', 404, { message: 'not found' });
    const end = await run(SIGNING_KEY, [none, none], notes(), 'webhook-signing-key');
    expect(end).toMatchObject({ verified: false, liveness: 'unknown' });
  });
});
