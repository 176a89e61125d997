import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { itEndsAtCopies } from '../../test/contract/copies.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  alive,
  CONTEXT,
  cases,
  config,
  DECOY_CONTEXT,
  elsewhere,
  gone,
  known,
  listed,
  notWithItsOwn,
  ofAgent,
  ofDecoy,
  ofOrganization,
  remove,
  SECRET_KEY,
  withItsOwn,
} from './cases.ts';
import { langfuse } from './index.ts';

for (const spec of cases) describeProvider(spec);

for (const spec of cases.slice(0, 1)) {
  const organization = (url: string) => config(url).organizations.map((each) => ({ ...each, name: url }));
  itEndsAtCopies(spec, (urls) => ({ organizations: urls.flatMap(organization) }), {
    look: [alive, known],
    revoke: [remove],
    gone: [gone],
  });
}

async function run(exchanges: readonly Exchange[], context = CONTEXT) {
  const bench = await startBench(langfuse, config, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(SECRET_KEY), { kind: 'secret-key', context });
  bench.verify();
  return ended;
}

it('needs a public key beside the leak only for a key that is not let in with any other', async () => {
  const { result } = await run([gone], `SECRET=${SECRET_KEY}`);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
});

it('finds the public key of an old key behind one of which nothing can be said', async () => {
  const script = [gone, ofDecoy, withItsOwn, known, withItsOwn, known, remove, notWithItsOwn];
  const end = await run(script, DECOY_CONTEXT);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});

it('leaves a key of the agent that is built in, which nothing lists, to a person at once', async () => {
  const { result } = await run([ofAgent]);
  expect(result).toMatchObject({
    ...{ outcome: 'refused', reason: 'unsupported-kind' },
    advice: expect.stringContaining('made for its own agent'),
  });
});

it('does not take a key of another organization for a dead one', async () => {
  const { result } = await run([alive, elsewhere]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
});

it('does not call a key dead that an instance from before it does not know, which has the same organization', async () => {
  const at = (path: string) => (url: string) => config(`${url}${path}`);
  const on = (path: string, script: readonly Exchange[]) =>
    script.map((each) => ({ ...each, expect: { ...each.expect, path: path + each.expect.path } }));
  const notes: unknown[] = [];
  const options = { kind: 'secret-key', context: `SECRET=${SECRET_KEY}`, notes };
  const away = { ...alive, answer: { status: 503 } };
  const before = await startBench(langfuse, at('/live'), on('/live', [alive, known, away]));
  onTestFinished(() => before.close());
  const seen = runStep(before, new Secret(SECRET_KEY), options);
  await expect(seen).rejects.toMatchObject({ code: 'unavailable' });
  const after = await startBench(langfuse, at('/copy'), on('/copy', [gone]));
  onTestFinished(() => after.close());
  const { result } = await runStep(after, new Secret(SECRET_KEY), options);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });

  // Nor where the copy had it, too, and loses it.
  const had = await startBench(langfuse, at('/copy'), on('/copy', [alive, known, gone, elsewhere]));
  onTestFinished(() => had.close());
  const lost = await runStep(had, new Secret(SECRET_KEY), options);
  expect(lost.result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
});

it('does not call a key dead that works while its project is not seen any more', async () => {
  await expect(run([alive, known, alive, elsewhere])).rejects.toMatchObject({ code: 'still-active' });
});

it('deletes no record for the public key that stands beside the leak', async () => {
  const { result } = await run([alive, listed('beef', 'cafe')]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('deletes none of two keys that end alike', async () => {
  const { result } = await run([alive, listed('0001', '0001')]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { projectId: 'project-1' },
  });
});

it('does not call a key dead that is refused while its project lists it', async () => {
  await expect(run([alive, known, gone, known])).rejects.toMatchObject({ code: 'suspended' });
});

it('calls a key dead that is refused and gone from its project since it worked', async () => {
  const { result } = await run([alive, known, gone, listed('beef')]);
  expect(result).toMatchObject({ outcome: 'already-inactive' });
});

it('leaves a key of an organization to a person', async () => {
  const { result } = await run([ofOrganization]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unsupported-kind' });
});
