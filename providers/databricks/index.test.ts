import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { BLOCKED, call, cases, dead, ID, info, listed, TOKEN } from './cases.ts';
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

it('waits while the workspace does not let our address in', async () => {
  const blocked = await startBench(databricks, (url) => ({ workspaces: [{ url }] }), [
    call('GET', 'list', 403, BLOCKED),
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
