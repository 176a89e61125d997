import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  startBench,
  stepOf,
  untilTold,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { alive, cases, dead, deletion, ID, list, page, record, sessionOver, TOKEN, user } from './cases.ts';
import { pulumi } from './index.ts';

for (const spec of cases) describeProvider(spec);

it.each([
  ['two records have its name', { name: 'ci' }, ['ci', 'ci']],
  ['names are missing in the list', { name: 'ci' }, [undefined, undefined]],
  ['it does not know its own name', undefined, ['laptop', 'server']],
  ['a record without a name is beside it', { name: 'ci' }, ['ci', undefined]],
] as const)('deletes nothing when %s', async (_when, tokenInfo, [own, other]) => {
  const bench = await startBench(pulumi, (baseUrl) => ({ baseUrl }), [alive(tokenInfo), list(own, other)]);
  try {
    const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
    expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
    bench.verify();
  } finally {
    await bench.close();
  }
});

async function run(exchanges: readonly Exchange[]) {
  const bench = await startBench(pulumi, (baseUrl) => ({ baseUrl }), exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
  bench.verify();
  return end;
}

it('deletes nothing when no record has its name', async () => {
  const { result } = await run(untilTold([alive({ name: 'ci' }), list('laptop', 'server')]));
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('knows that a token is dead which was let in a while longer than its user had it', async () => {
  const { result } = await run([alive({ name: 'ci' }), list('laptop', 'server'), dead()]);
  expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
});

it('deletes nothing when it does not know its own name, though one record is left', async () => {
  const { result } = await run([alive(undefined), page([record('laptop')])]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('reads the list to its end before a name is there once', async () => {
  const pages = [page([record('ci', ID)], 'next'), page([record('ci')], undefined, 'next')];
  const { result } = await run([alive({ name: 'ci' }), ...pages]);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('finds its record on a later page, and takes no refresh token for it', async () => {
  const pages = [
    page([record('ci', undefined, { type: 'refresh' })], 'next'),
    page([record('ci', ID)], undefined, 'next'),
  ];
  const seen = [alive({ name: 'ci' }), ...pages];
  const end = await run([...seen, ...seen, deletion, dead()]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked', evidence: { tokenId: ID } } });
});

it('deletes no other token of its name that was alone before both were there, and is so again', async () => {
  const older = page([record('ci', ID)]);
  const bench = await startBench(pulumi, (baseUrl) => ({ baseUrl }), [
    ...[alive({ name: 'ci' }), list('ci', 'ci')],
    ...[alive({ name: 'ci' }), older, dead()],
  ]);
  onTestFinished(() => bench.close());
  const notes: unknown[] = [{ quash: 1, note: { tokenId: ID, since: 0 }, seenAlive: [] }];
  const step = { kind: 'access-token', notes };
  const { result } = await runStep(bench, new Secret(TOKEN), step);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  // A person has deleted the leaked one, and has it tried again while it is let in still.
  expect(await runStep(bench, new Secret(TOKEN), step)).toMatchObject({ verified: true });
  bench.verify();
});

it('deletes no other token of its name, however old, before a deleted one would be refused', async () => {
  const { result } = await run([alive({ name: 'ci' }), page([record('ci', ID)]), dead()]);
  expect(result).toMatchObject({ outcome: 'already-inactive' });
});

it('takes a 401 of another shape for no answer of Pulumi', async () => {
  const step = run([user(401, { message: 'Sign in to the proxy' })]);
  await expect(step).rejects.toMatchObject({ code: 'unexpected-answer' });
});

it('is not dead while the session of its user is over', async () => {
  const notes: unknown[] = [];
  const seen = [alive({ name: 'ci' }), list('ci', 'ci')];
  const bench = await startBench(pulumi, (baseUrl) => ({ baseUrl }), [...seen, sessionOver, dead()]);
  onTestFinished(() => bench.close());
  const step = () => runStep(bench, new Secret(TOKEN), { kind: 'access-token', notes });
  expect((await step()).result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  await expect(step()).rejects.toMatchObject({ code: 'suspended' });
  expect((await step()).result).toMatchObject({ outcome: 'already-inactive' });
  bench.verify();
});

it('is dead after a look that saw it work, though its own Pulumi Cloud might be another one', async () => {
  const bench = await startBench(pulumi, (baseUrl) => ({ baseUrl }), [alive(), dead()]);
  onTestFinished(() => bench.close());
  const token = new Secret(TOKEN);
  const looking = stepOf(bench.provider, token, { kind: 'access-token' });
  expect(await bench.provider.look?.(token, looking)).toMatchObject({ outcome: 'alive' });
  const notes = [looking.remembered];
  const { result } = await runStep(bench, token, { kind: 'access-token', notes });
  expect(result).toMatchObject({ outcome: 'already-inactive' });
});

it('asks the hosted Pulumi Cloud by default', () => {
  expect(pulumi.config.parse({}).baseUrl).toBe('https://api.pulumi.com');
});
