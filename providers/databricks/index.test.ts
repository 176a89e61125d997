import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  BLOCKED,
  call,
  cases,
  dead,
  ID,
  info,
  listed,
  NO_PUBLIC_NETWORK,
  OF_ANOTHER,
  TOKEN,
} from './cases.ts';
import { databricks } from './index.ts';

for (const spec of cases) describeProvider(spec);

it('revokes none of the tokens of a user who has several', async () => {
  const list = call('GET', 'list', 200, { token_infos: [info('a1'), info('b2')] });
  const several = await startBench(databricks, (url) => ({ workspaces: [{ url }] }), [list]);
  onTestFinished(() => several.close());
  const { result } = await runStep(several, new Secret(TOKEN), { kind: 'personal-access-token' });
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ tokenId: 'a1' }, { tokenId: 'b2' }] },
  });
});

it('takes no other token of its user for the leaked one, however old, before a deleted one would be refused', async () => {
  const deleted = await startBench(databricks, (url) => ({ workspaces: [{ url }] }), [listed, dead]);
  onTestFinished(() => deleted.close());
  const startedMs = deleted.clock.now();
  const { result } = await runStep(deleted, new Secret(TOKEN), { kind: 'personal-access-token' });
  expect(deleted.clock.now() - startedMs).toBe(600_000);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  deleted.verify();
});

it.each([
  ['our address', BLOCKED],
  ['the public network', NO_PUBLIC_NETWORK],
])('waits while the workspace does not let %s in', async (_, answer) => {
  const blocked = await startBench(databricks, (url) => ({ workspaces: [{ url }] }), [
    call('GET', 'list', 403, answer),
  ]);
  onTestFinished(() => blocked.close());
  const step = runStep(blocked, new Secret(TOKEN), { kind: 'personal-access-token' });
  await expect(step).rejects.toMatchObject({ code: 'suspended' });
});

it('does not take what may be cut for a dead token, whatever the operator says of unknown ones', async () => {
  const bench = await startBench(
    databricks,
    (url) => ({ workspaces: [{ url }], unknownTokens: 'inactive' }),
    [dead],
  );
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'personal-access-token' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not say of a token that worked and is refused that it is dead', async () => {
  const notes: unknown[] = [];
  const down = call('POST', 'delete', 503, {}, { token_id: ID });
  const bench = await startBench(databricks, (url) => ({ workspaces: [{ url }] }), [
    ...[listed, listed, down],
    dead,
  ]);
  onTestFinished(() => bench.close());
  const step = () => runStep(bench, new Secret(TOKEN), { kind: 'personal-access-token', notes });
  await expect(step()).rejects.toMatchObject({ code: 'unavailable' });
  expect((await step()).result).toMatchObject({ outcome: 'refused', reason: 'manual' });
  bench.verify();
});

it.each([
  ['that says it is of another', OF_ANOTHER],
  ['that refuses it in words of its own', { error_code: '403', message: 'user not found' }],
])('asks the next workspace after one %s', async (_, answer) => {
  const there = (exchange: Exchange): Exchange => ({
    ...exchange,
    expect: { ...exchange.expect, path: `/second${exchange.expect.path}` },
  });
  const bench = await startBench(databricks, (url) => ({ workspaces: [{ url }, { url: `${url}/second` }] }), [
    call('GET', 'list', 403, answer),
    ...[listed, listed, call('POST', 'delete', 200, {}, { token_id: ID }), dead].map(there),
  ]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'personal-access-token' });
  expect(result).toMatchObject({ outcome: 'revoked' });
  bench.verify();
});

it('asks a person which workspace it is of when none of the configured ones has it', async () => {
  const bench = await startBench(databricks, (url) => ({ workspaces: [{ url }] }), [
    call('GET', 'list', 403, OF_ANOTHER),
  ]);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'personal-access-token' });
  expect(result).toMatchObject({ outcome: 'refused', advice: expect.stringContaining('which workspace') });
});
