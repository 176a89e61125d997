import { expect, it, onTestFinished } from 'vitest';
import { look } from '../../src/dispatch/attempt.ts';
import { Secret } from '../../src/words/secret.ts';
import {
  describeProvider,
  runStep,
  startBench,
  stepOf,
  untilTold,
} from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { seenNote } from '../../test/support/seen-note.ts';
import {
  APPLICATION_KEY,
  cases,
  config,
  FORBIDDEN,
  KEY,
  keyCall,
  LEAKED_APPLICATION_KEY,
  listCall,
  listedAs,
  nowhere,
  refusedKey,
  refusedList,
  removed,
  shown,
  validateCall,
  withApplicationKeys,
  works,
} from './cases.ts';
import { datadog } from './index.ts';

for (const spec of cases) describeProvider(spec);

async function run(exchanges: readonly Exchange[], notes: unknown[] = []) {
  const bench = await startBench(datadog, config, exchanges);
  onTestFinished(() => bench.close());
  const end = await runStep(bench, new Secret(KEY), { kind: 'api-key', notes });
  bench.verify();
  return end;
}

it('tells keys with the same ending apart by their values, on all pages', async () => {
  const end = await run([
    listCall(['key-1'], 0, 99),
    listCall(['key-2'], 1),
    shown('key-1', 'e'.repeat(28) + KEY.slice(-4)),
    shown('key-2', KEY),
    shown('key-2', KEY),
    keyCall('DELETE', 'key-2', 204),
    validateCall(403, FORBIDDEN),
  ]);
  expect(end).toMatchObject({
    verified: true,
    result: { evidence: { account: 'acme', keyId: 'key-2' } },
  });
});

it('finds a key that moved to a page which was read before, as another one was deleted', async () => {
  const { verified, result } = await run([
    ...[listCall(['key-1'], 0, 99), listCall([], 1), shown('key-1', 'e'.repeat(28) + KEY.slice(-4))],
    ...[listCall(['key-1', 'key-2'], 0, 98), listCall([], 1)],
    ...[shown('key-1', 'e'.repeat(28) + KEY.slice(-4)), shown('key-2', KEY), shown('key-2', KEY)],
    ...[keyCall('DELETE', 'key-2', 204), validateCall(403, FORBIDDEN)],
  ]);
  expect(verified).toBe(true);
  expect(result).toMatchObject({ evidence: { keyId: 'key-2' } });
});

it.each([
  ['not shown', undefined],
  ['masked', '****2c3d'],
  ['masked to its length', `${'*'.repeat(28)}2c3d`],
])('deletes nothing when the value of the only candidate is %s', async (_how, value) => {
  const { result } = await run([listCall(['key-1']), shown('key-1', value)]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'ambiguous',
    evidence: { candidates: [{ keyId: 'key-1' }] },
  });
});

it('knows after a crash that the key which is gone was its own to delete', async () => {
  const gone = [
    keyCall('GET', 'key-1', 404, { errors: ['API key not found'] }),
    validateCall(403, FORBIDDEN),
  ];
  const end = await run([...gone, ...gone], [seenNote('acme', APPLICATION_KEY, 'key-1')]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('knows that a key is dead which no site lets in, whichever credential of ours it was seen with', async () => {
  const seen = seenNote('acme', 'the application key of before', 'key-1');
  const dead = { result: { outcome: 'already-inactive' }, verified: true };
  expect(await run(nowhere.exchanges, [seen])).toMatchObject(dead);
});

it('does not call a key dead that works at another site', async () => {
  const { result } = await run([
    listCall([]),
    validateCall(403, FORBIDDEN),
    validateCall(200, { valid: true }, '/api.us3.datadoghq.com'),
  ]);
  expect(result).toMatchObject({
    outcome: 'refused',
    reason: 'not-permitted',
    evidence: { site: 'https://api.us3.datadoghq.com' },
  });
});

it.each([
  [
    'that works at another site is alive',
    [
      listCall([]),
      validateCall(403, FORBIDDEN),
      validateCall(200, { valid: true }, '/api.us3.datadoghq.com'),
    ],
    { outcome: 'refused', reason: 'not-permitted', evidence: { site: 'https://api.us3.datadoghq.com' } },
  ],
  [
    'that no site lets in, even a minute later, is dead',
    [...nowhere.exchanges, ...nowhere.exchanges],
    { outcome: 'already-inactive', proven: true },
  ],
])('sees before a person decides that a key %s', async (_what, exchanges, expected) => {
  const bench = await startBench(datadog, config, exchanges);
  onTestFinished(() => bench.close());
  const token = new Secret(KEY);
  const { provider, unknownTokens } = bench;
  const lookWith = async (notes: unknown[]) => {
    const step = stepOf(provider, token, { kind: 'api-key', notes });
    const looked = await look({ provider, token, step, phase: 'revoke', unknownTokens }, 'mode');
    return { looked, notes: [step.remembered] };
  };
  const first = await lookWith([]);
  if (first.looked.outcome === 'continue') await bench.clock.advance(first.looked.afterMs);
  const { looked } = first.looked.outcome === 'continue' ? await lookWith(first.notes) : first;
  expect(looked).toMatchObject(expected);
  bench.verify();
});

it('asks the other sites when one is not reached, and holds up no other key', async () => {
  const [list, first, ...others] = nowhere.exchanges;
  const down = { ...validateCall(503, {}), answer: { status: 503 } };
  const exchanges = list && first ? [list, down, ...others] : [];
  await expect(run(exchanges)).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });

  const us3 = validateCall(200, { valid: true }, '/api.us3.datadoghq.com');
  expect((await run([listCall([]), down, us3])).result).toMatchObject({ reason: 'not-permitted' });
});

it('does not call a key dead that something on the way took out of the request', async () => {
  const required = validateCall(403, { errors: ['API key required'] });
  await expect(run([listCall([]), required, ...nowhere.exchanges.slice(2)])).rejects.toMatchObject({
    code: 'unexpected-answer',
  });
});

it('does not call a key dead whose site keeps our address out', async () => {
  const blocked = validateCall(403, { errors: ['Forbidden: the IP address is not in the allowlist'] });
  await expect(run([listCall([]), blocked])).rejects.toMatchObject({ code: 'suspended' });
});

it('is not done while the site still takes the key', async () => {
  const exchanges = [
    listCall(['key-1']),
    shown('key-1', KEY),
    shown('key-1', KEY),
    keyCall('DELETE', 'key-1', 204),
    validateCall(200, { valid: true }),
  ];
  await expect(run(exchanges)).rejects.toMatchObject({ code: 'still-active' });
});

it('is not done either when the key is gone and the site still takes it', async () => {
  const exchanges = [
    keyCall('GET', 'key-1', 404, { errors: ['API key not found'] }),
    validateCall(200, { valid: true }),
  ];
  await expect(run(exchanges, [seenNote('acme', APPLICATION_KEY, 'key-1')])).rejects.toMatchObject({
    code: 'still-active',
  });
});

it.each([
  ['no record ends like it', untilTold([works, listedAs('ffff')])],
  [
    'two records end like it',
    [works, listedAs(LEAKED_APPLICATION_KEY.slice(-4), LEAKED_APPLICATION_KEY.slice(-4))],
  ],
])('deletes no application key when %s', async (_when, exchanges) => {
  const bench = await startBench(datadog, withApplicationKeys, exchanges);
  onTestFinished(() => bench.close());
  const { result } = await runStep(bench, new Secret(LEAKED_APPLICATION_KEY), { kind: 'application-key' });
  bench.verify();
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('knows that a key is dead which was let in a while longer than its organization listed it', async () => {
  const exchanges = [listCall([]), validateCall(200, { valid: true }), ...nowhere.exchanges];
  expect(await run(exchanges)).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });

  const listed = listedAs('ffff');
  const bench = await startBench(datadog, withApplicationKeys, [works, listed, refusedKey, listed]);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(LEAKED_APPLICATION_KEY), { kind: 'application-key' });
  bench.verify();
  expect(ended).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('deletes an application key that Datadog did not take at first, as it was made a moment ago', async () => {
  const seen = [works, listedAs('ffff', LEAKED_APPLICATION_KEY.slice(-4))];
  const exchanges = [refusedKey, listedAs('ffff'), ...seen, ...seen, removed, refusedKey, listedAs('ffff')];
  const bench = await startBench(datadog, withApplicationKeys, exchanges);
  onTestFinished(() => bench.close());
  const ended = await runStep(bench, new Secret(LEAKED_APPLICATION_KEY), { kind: 'application-key' });
  bench.verify();
  expect(ended).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});

it('keeps of an application key that is not listed yet with which key it was seen to work', async () => {
  const away: Exchange = { ...works, answer: { status: 503 } };
  const bench = await startBench(datadog, withApplicationKeys, [works, listedAs('ffff'), away]);
  onTestFinished(() => bench.close());
  const notes: unknown[] = [];
  const step = runStep(bench, new Secret(LEAKED_APPLICATION_KEY), { kind: 'application-key', notes });
  await expect(step).rejects.toMatchObject({ code: 'unavailable' });
  const { seenAlive } = seenNote('acme', APPLICATION_KEY, 'app-1');
  expect(notes.at(-1)).toMatchObject({ seenAlive });
});

it.each([
  ['its organization', [listCall(['key-1']), shown('key-1', KEY), shown('key-1', KEY)]],
  [
    'a site',
    [
      listCall([]),
      validateCall(200, { valid: true }),
      listCall(['key-1']),
      ...[1, 2].map(() => shown('key-1', KEY)),
    ],
  ],
])(
  'deletes a key that was not known anywhere yet, as it was made a moment ago, once %s knows it',
  async (_who, known) => {
    const removed = [keyCall('DELETE', 'key-1', 204), validateCall(403, FORBIDDEN)];
    const end = await run([...nowhere.exchanges, ...known, ...removed]);
    expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  },
);

it('asks no site a third time about a key that none lets in, as one of them is away the second time', async () => {
  const [reading, first, ...others] = nowhere.exchanges;
  if (!reading || !first) throw new Error('no script');
  const away: Exchange = { ...first, answer: { status: 503 } };
  const exchanges = [...nowhere.exchanges, reading, away, ...others, ...nowhere.exchanges];
  const bench = await startBench(datadog, config, exchanges);
  onTestFinished(() => bench.close());
  const options = { kind: 'api-key', notes: [] };
  await expect(runStep(bench, new Secret(KEY), options)).rejects.toMatchObject({ code: 'unavailable' });
  await bench.clock.advance(60_000);
  const { result } = await runStep(bench, new Secret(KEY), options);
  expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  bench.verify();
});

it('leaves a key that is never listed to a person after the same time, although a site was away meanwhile', async () => {
  const [reading, first, ...others] = nowhere.exchanges;
  if (!reading || !first) throw new Error('no script');
  const away: Exchange = { ...first, answer: { status: 503 } };
  const letIn = validateCall(200, { valid: true });
  const exchanges = [reading, letIn, reading, away, ...others, reading, letIn];
  const bench = await startBench(datadog, config, exchanges);
  onTestFinished(() => bench.close());
  const before = bench.clock.now();
  const options = { kind: 'api-key', notes: [] };
  await expect(runStep(bench, new Secret(KEY), options)).rejects.toMatchObject({ code: 'unavailable' });
  await bench.clock.advance(before + 600_000 - bench.clock.now());
  const { result } = await runStep(bench, new Secret(KEY), options);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  bench.verify();
});

it('deletes a key that one server of Datadog knows, and the next one not yet, as it was made a moment ago', async () => {
  const notYet = [keyCall('GET', 'key-1', 404, FORBIDDEN), validateCall(403, FORBIDDEN)];
  const first = [listCall(['key-1']), shown('key-1', KEY), ...notYet];
  const removed = [keyCall('DELETE', 'key-1', 204), validateCall(403, FORBIDDEN)];
  const known = await run([...first, shown('key-1', KEY), ...removed]);
  expect(known).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
  const deleted = await run([...first, ...notYet]);
  expect(deleted).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
});

it('deletes a key that its organization lists a moment later', async () => {
  const found = [listCall(['key-1']), shown('key-1', KEY), shown('key-1', KEY)];
  const removed = [keyCall('DELETE', 'key-1', 204), validateCall(403, FORBIDDEN)];
  const end = await run([listCall([]), validateCall(200, { valid: true }), ...found, ...removed]);
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });
});

it('does not call an application key dead that is refused while its record is there', async () => {
  const listed = listedAs('ffff', LEAKED_APPLICATION_KEY.slice(-4));
  const exchanges = [works, listed, refusedKey, listed, listed];
  const bench = await startBench(datadog, withApplicationKeys, exchanges);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(LEAKED_APPLICATION_KEY), { kind: 'application-key' });
  await expect(step).rejects.toMatchObject({ code: 'suspended' });
  bench.verify();
});

it('does not call an application key dead that is refused with ours', async () => {
  const listed = listedAs('ffff', LEAKED_APPLICATION_KEY.slice(-4));
  const exchanges = [works, listed, works, listed, removed, refusedKey, refusedList];
  const bench = await startBench(datadog, withApplicationKeys, exchanges);
  onTestFinished(() => bench.close());
  const step = runStep(bench, new Secret(LEAKED_APPLICATION_KEY), { kind: 'application-key' });
  await expect(step).rejects.toMatchObject({ code: 'permission-missing' });
  bench.verify();
});

it('takes application keys only where the operator says so', async () => {
  const bench = await startBench(datadog, config, []);
  onTestFinished(() => bench.close());
  expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['api-key']);
});
