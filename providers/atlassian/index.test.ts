import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench, untilTold } from '../../test/contract/provider-suite.ts';
import { dated, type Exchange } from '../../test/support/scripted-upstream.ts';
import {
  CONTEXT,
  cases,
  config,
  found,
  gone,
  KEY,
  keyConfig,
  keys,
  LEAKED_KEY,
  list,
  myself,
  ORGANIZATION,
  OUT_OF_SCOPE,
  OWN_KEY,
  organizations,
  own,
  owner,
  refusedKey,
  TOKEN,
  works,
  worksElsewhere,
} from './cases.ts';
import { atlassian } from './index.ts';

const MINUTE_MS = 60_000;

for (const spec of cases) describeProvider(spec);

async function bench(exchanges: readonly Exchange[]) {
  const started = await startBench(atlassian, config, exchanges);
  onTestFinished(() => started.close());
  return started;
}

it('deletes none of several tokens of an account', async () => {
  const several = await bench([...found, list({ id: 'a' }, { id: 'b' })]);
  const { result } = await runStep(several, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  several.verify();
});

it('knows that a token is dead which logged in a while longer than its account had it', async () => {
  const listed = await bench([...found, list(), ...found.slice(0, 1), gone, list()]);
  const step = { kind: 'api-token', context: CONTEXT };
  expect(await runStep(listed, new Secret(TOKEN), step)).toMatchObject({
    verified: true,
    result: { outcome: 'already-inactive' },
  });
  listed.verify();
});

it('says that an account has no token on record, once a revoked one would log in no more', async () => {
  const unlisted = await bench(untilTold([owner, list()]));
  const { result } = await runStep(unlisted, new Secret(TOKEN), {
    kind: 'api-token',
    context: 'bob@example.com',
  });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  expect(unlisted.clock.now()).toBe((await bench([])).clock.now() + 30 * MINUTE_MS);
  unlisted.verify();
});

it('counts a token that has ended by our clock alone, as that may be ahead', async () => {
  const several = await bench([]);
  const expiry = new Date(several.clock.now() - 60 * MINUTE_MS).toISOString();
  const started = await bench([...found, list({ id: 'leaked', expiry }, { id: 'b' })]);
  const { result } = await runStep(started, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('counts a token that lives by the clock of Atlassian, days behind ours', async () => {
  const both = list({ id: 'leaked', expiry: '2025-12-20T12:00:00Z' }, { id: 'b' });
  const started = await bench([...found, dated(both, 'Sat, 20 Dec 2025 11:00:00 GMT')]);
  const { result } = await runStep(started, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
});

it('sends the token nowhere when there is no address near the leak', async () => {
  const none = await bench([]);
  const { result } = await runStep(none, new Secret(TOKEN), { kind: 'api-token', context: 'token = x@y' });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
});

it('tries no address outside of the configured domains', async () => {
  const none = await bench([]);
  const context = `victim@elsewhere.example\n${TOKEN}\nx@sub.example.com`;
  const { result } = await runStep(none, new Secret(TOKEN), { kind: 'api-token', context });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  none.verify();
});

it('leaves an address alone for an hour that was refused three times', async () => {
  const refusal = myself('alice@example.com', 401, {});
  const flood = await bench([refusal, refusal, refusal, refusal]);
  const step = { kind: 'api-token', context: 'alice@example.com' };
  const run = () => runStep(flood, new Secret(TOKEN), step);
  for (const _ of [1, 2, 3]) expect((await run()).result).toMatchObject({ reason: 'unknown-token' });
  await expect(run()).rejects.toMatchObject({
    code: 'throttled',
    scope: 'entry',
    retryAfterMs: 3_600_000,
  });
  await flood.clock.advance(3_600_000);
  expect((await run()).result).toMatchObject({ reason: 'unknown-token' });
  flood.verify();
});

it('asks the other sites while one is down, and holds up no other token', async () => {
  const down = { ...owner, answer: { status: 503 } };
  const there = (exchange: Exchange): Exchange => ({
    ...exchange,
    expect: { ...exchange.expect, path: exchange.expect.path.replace('/acme.', '/other.') },
  });
  const sites = ['https://acme.atlassian.net', 'https://other.atlassian.net'];
  const run = async (...exchanges: readonly Exchange[]) => {
    const started = await startBench(atlassian, () => ({ ...config(), sites }), exchanges);
    onTestFinished(() => started.close());
    const step = { kind: 'api-token', context: 'bob@example.com' };
    return (await runStep(started, new Secret(TOKEN), step)).result;
  };
  expect(await run(down, there(owner), list({ id: 'a' }, { id: 'b' }))).toMatchObject({
    reason: 'ambiguous',
  });
  await expect(run(down, there(gone))).rejects.toMatchObject({ code: 'unavailable', scope: 'entry' });
});

it('knows that a token works which has no scope to read its user', async () => {
  const scoped = await bench([...found.slice(0, 1), myself('bob@example.com', 401, OUT_OF_SCOPE)]);
  const { result } = await runStep(scoped, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  scoped.verify();
});

it('says that it needs domains', async () => {
  const { domains: _, ...rest } = config();
  const blind = await startBench(atlassian, () => rest, []);
  onTestFinished(() => blind.close());
  const { result } = await runStep(blind, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'needs-context' });
  const checks = await blind.provider.check?.(new AbortController().signal);
  expect(checks).toContainEqual(expect.objectContaining({ name: 'Atlassian domains', ok: false }));
});

it.each([
  ['is of nobody', { code: 401, message: 'Unauthorized' }, /refused the API key/],
  ['lacks a scope', OUT_OF_SCOPE, /limited to scopes/],
])('says of the key of the organization that it %s', async (_what, body, advice) => {
  const { provider } = await bench([own(401, body)]);
  const checks = await provider.check?.(new AbortController().signal);
  expect(checks).toContainEqual(
    expect.objectContaining({ ok: false, advice: expect.stringMatching(advice) }),
  );
});

it('was dead already when the token that was seen is gone from the list', async () => {
  const dead = await bench([...found, list({ id: 't-1' }), list({ id: 'another' }), gone]);
  const { result } = await runStep(dead, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
});

it('deletes no other token of the account while the one that was seen and is gone from the list works on', async () => {
  const lagging = await bench([...found, list({ id: 't-1' }), list({ id: 'new' }), owner]);
  const step = runStep(lagging, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  await expect(step).rejects.toMatchObject({ code: 'still-active' });
  lagging.verify();
});

it('has not revoked a token that logs in although the list has let it go', async () => {
  const [revoked] = cases.map(({ scripts }) => scripts.revoked.exchanges);
  const lagging = await bench([...(revoked ?? []).slice(0, -1), owner]);
  const step = runStep(lagging, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  await expect(step).rejects.toMatchObject({ code: 'still-active' });
  lagging.verify();
});

it('deletes nothing for an address and an id on file alone', async () => {
  const stranger = await bench([
    list({ id: 't-1' }),
    myself('alice@example.com', 401, {}),
    myself('bob@example.com', 401, {}),
  ]);
  const notes = [{ accountId: '5b10a2844c20165700ede21g', tokenId: 't-1' }];
  const { result } = await runStep(stranger, new Secret(TOKEN), {
    kind: 'api-token',
    context: CONTEXT,
    notes,
  });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  stranger.verify();
});

it('deletes the only token that is left when the leaked one is let in half an hour later, and no sooner', async () => {
  const revoked = cases[0]?.scripts.revoked.exchanges ?? [];
  const started = await bench([...revoked.slice(3, 6), ...revoked.slice(3)]);
  const { clock } = started;
  const since = clock.now() - 10 * MINUTE_MS;
  const account = '5b10a2844c20165700ede21g';
  const notes = [{ accountId: account, tokenId: 't-1', email: 'bob@example.com', since }];
  const step = { kind: 'api-token', context: CONTEXT, notes };
  const { result } = await runStep(started, new Secret(TOKEN), step);
  expect(result).toMatchObject({ outcome: 'revoked' });
  expect(clock.now() - since).toBe(30 * MINUTE_MS);
  started.verify();
});

it('deletes no token of a user who has revoked the leaked one, which was let in for some minutes still', async () => {
  const other = list({ id: 'not leaked' });
  const started = await bench([...found, other, other, gone]);
  const { result } = await runStep(started, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  started.verify();
});

it('deletes no token that was the only one before there were two, and is so again', async () => {
  const both = list({ id: 't-1' }, { id: 't-2' });
  const only = list({ id: 't-1' });
  const started = await bench([both, owner, both, ...found, only, only, gone]);
  const notes: unknown[] = [
    { accountId: '5b10a2844c20165700ede21g', tokenId: 't-1', email: 'bob@example.com', since: 0 },
  ];
  const step = { kind: 'api-token', context: CONTEXT, notes };
  const { result } = await runStep(started, new Secret(TOKEN), step);
  expect(result).toMatchObject({ outcome: 'refused', reason: 'ambiguous' });
  // A person has deleted the leaked one, and has it tried again while it logs in still.
  const retried = await runStep(started, new Secret(TOKEN), step);
  expect(retried.result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  started.verify();
});

it('revokes the only other key of an organization no sooner than after half an hour', async () => {
  const exchanges = cases.find(({ kind }) => kind === 'organization-key')?.scripts.revoked.exchanges;
  const started = await startBench(atlassian, keyConfig, exchanges ?? []);
  onTestFinished(() => started.close());
  const before = started.clock.now();
  await runStep(started, new Secret(KEY), { kind: 'organization-key' });
  expect(started.clock.now() - before).toBe(30 * MINUTE_MS);
});

it('does not take a refused log-in for the end of a token that the list still has', async () => {
  const refused = await bench([...found, list({ id: 't-1' }), list({ id: 't-1' }), gone]);
  const { result } = await runStep(refused, new Secret(TOKEN), { kind: 'api-token', context: CONTEXT });
  expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
  refused.verify();
});

it.each<[string, readonly Exchange[], string]>([
  [
    'another has ended by our clock alone',
    [...works, keys([OWN_KEY, LEAKED_KEY, { ...LEAKED_KEY, id: 'k-2', expiresAt: '2025-12-31T23:00:00Z' }])],
    'ambiguous',
  ],
  [
    'another lives by the clock of Atlassian, days behind ours',
    [
      ...works,
      dated(
        keys([OWN_KEY, LEAKED_KEY, { ...LEAKED_KEY, id: 'k-2', expiresAt: '2025-12-20T12:00:00Z' }]),
        'Sat, 20 Dec 2025 11:00:00 GMT',
      ),
    ],
    'ambiguous',
  ],
  [
    'two others are active',
    [...works, keys([OWN_KEY, LEAKED_KEY, { ...LEAKED_KEY, id: 'k-2' }])],
    'ambiguous',
  ],
  ['there are more keys than a page', [...works, keys([OWN_KEY, LEAKED_KEY], 'cursor')], 'ambiguous'],
  ['our own is not in the list', [...works, keys([LEAKED_KEY])], 'ambiguous'],
  ['it is of another organization than ours', worksElsewhere, 'not-permitted'],
  ['it may not say whose it is', [organizations(403, { message: 'Forbidden' })], 'not-permitted'],
  ['it has no scope to say whose it is', [organizations(401, OUT_OF_SCOPE)], 'not-permitted'],
])('revokes no key of an organization when %s', async (_when, exchanges, reason) => {
  const started = await startBench(atlassian, keyConfig, exchanges);
  onTestFinished(() => started.close());
  const { result } = await runStep(started, new Secret(KEY), { kind: 'organization-key' });
  expect(result).toMatchObject({ outcome: 'refused', reason });
  started.verify();
});

const REVOKED_KEY = { ...LEAKED_KEY, revocationDate: '2026-01-01T00:00:00.000Z' };

it.each<[string, object, object]>([
  ['is dead once the organization says so', REVOKED_KEY, { end: 'already-inactive' }],
  ['is not dead by a 401 while the organization has it', LEAKED_KEY, { failure: 'suspended' }],
])('a key of an organization that worked %s', async (_what, record, expected) => {
  const started = await startBench(atlassian, keyConfig, [refusedKey, keys([OWN_KEY, record])]);
  onTestFinished(() => started.close());
  const host = 'https://api.atlassian.com';
  const note = { account: host, found: { organization: ORGANIZATION, key: LEAKED_KEY.id } };
  const notes = [{ quash: 1, note, seenAlive: [host] }];
  const end = await runStep(started, new Secret(KEY), { kind: 'organization-key', notes }).then(
    ({ result }) => ({ end: result.outcome }),
    ({ code }) => ({ failure: code }),
  );
  expect(end).toEqual(expected);
  started.verify();
});

it('takes no key of an organization without the id of our own', async () => {
  const { provider } = await bench([]);
  expect(provider.kinds.map(({ id }) => id)).toEqual(['api-token']);
});
