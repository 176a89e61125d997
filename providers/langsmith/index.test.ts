import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { itEndsAtCopies } from '../../test/contract/copies.ts';
import { describeProvider, runStep, startBench, stepOf } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import {
  bySelf,
  cases,
  config,
  error,
  ID,
  info,
  itself,
  list,
  notLetIn,
  notLetInElsewhere,
  OTHER,
  PERSONAL,
  record,
  revocation,
  SERVICE,
  serviceDeletion,
  serviceKey,
  serviceList,
} from './cases.ts';
import { langsmith } from './index.ts';

for (const spec of cases) describeProvider(spec);

for (const spec of cases.slice(0, 1)) {
  const api = '/api/v1/orgs/current';
  itEndsAtCopies(spec, (hosts) => ({ hosts }), {
    look: [list([record(ID)], api)],
    revoke: [revocation(204, undefined, api)],
    gone: [notLetIn(api)],
  });
}

async function run(
  token: string,
  exchanges: readonly Exchange[],
  notes: unknown[] = [],
  settings: () => unknown = config,
) {
  const bench = await startBench(langsmith, settings, exchanges);
  onTestFinished(() => bench.close());
  const kind = token === SERVICE ? 'service-key' : 'personal-access-token';
  const end = await runStep(bench, new Secret(token), { kind, notes });
  bench.verify();
  return end;
}

it('is off unless turned on', () => {
  expect(langsmith.stability).toBe('experimental');
});

/** https://github.com/langchain-ai/langsmith-sdk/issues/1201 */
const LEGACY = 'Using legacy API key. Please generate a new API key.';
const AMBIGUOUS = { outcome: 'refused', reason: 'ambiguous' };

describe('a personal access token', () => {
  it('needs no credential of the operator', async () => {
    const bench = await startBench(langsmith, () => ({}), []);
    onTestFinished(() => bench.close());
    expect(bench.provider.kinds.map(({ id }) => id)).toEqual(['personal-access-token']);
  });

  it('is not revoked when two of its owner look like it', async () => {
    const { result } = await run(PERSONAL, [list([record(ID), record(OTHER)])]);
    expect(result).toMatchObject({
      ...AMBIGUOUS,
      evidence: { candidates: [{ keyId: ID }, { keyId: OTHER }] },
    });
  });

  it.each(['lsv2_pt_...789', 'lsv2_pt_...', 'lsv2_sk_...6789', 'lsv2_pt_', '', '...', 'abc...de...6789'])(
    'is not the one that is shown as %j',
    async (short_key) => {
      const { result } = await run(PERSONAL, [list([record(ID, { short_key })])]);
      expect(result).toMatchObject(AMBIGUOUS);
    },
  );

  it('is dead when its own record says so, though the cache still lets it in', async () => {
    const revoked = list([record(ID, { revoked_at: '2026-11-21' })]);
    const { result, verified } = await run(PERSONAL, [revoked, ...notLetInElsewhere]);
    expect([result.outcome, verified]).toEqual(['already-inactive', true]);
  });

  it('still works while LangSmith lets it in and does not say that it is revoked', async () => {
    const own = list([record(ID)]);
    const step = run(PERSONAL, [own, own, revocation(204), own]);
    await expect(step).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is known after a crash to have been there', async () => {
    const notes = [{ quash: 1, note: { account: US, found: ID }, seenAlive: [US] }];
    const end = await run(PERSONAL, [notLetIn()], notes);
    expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
  });

  it.each([
    [403, 'Forbidden'],
    [401, LEGACY],
  ])('is not dead when LangSmith refuses with %i %j what it had let it do', async (status, words) => {
    const notes = [{ quash: 1, note: { account: US, found: ID }, seenAlive: [US] }];
    const forbidden = bySelf('GET', '/personal-access-tokens', status, error(words));
    await expect(run(PERSONAL, [forbidden], notes)).rejects.toMatchObject({ code: 'suspended' });
  });

  it('is tried again where it is called a legacy one, at the first look and when it revokes itself', async () => {
    const own = list([record(ID)]);
    const legacy = error(LEGACY);
    const first = [bySelf('GET', '/personal-access-tokens', 401, legacy), ...notLetInElsewhere];
    await expect(run(PERSONAL, first)).rejects.toMatchObject({ code: 'suspended' });
    const { expect: call } = revocation(204);
    const last = [own, own, { expect: call, answer: { status: 401, json: legacy } }];
    await expect(run(PERSONAL, last)).rejects.toMatchObject({ code: 'suspended' });
  });
});

const US = 'https://api.smith.langchain.com';

describe('a service key', () => {
  const refused = itself(401, error('Invalid token'));

  it('is not deleted when two look like it', async () => {
    const { result } = await run(SERVICE, [serviceList([serviceKey(ID), serviceKey(OTHER)])]);
    expect(result).toMatchObject(AMBIGUOUS);
  });

  it.each([
    ['is refused', itself(401, error('Invalid token'))],
    ['may not say where it works', itself(403, error('Forbidden'))],
    ['works in another organization', itself(200, { ...info, id: OTHER })],
  ])('that looks alike is not deleted when the leaked one %s', async (_why, exchange) => {
    const { result } = await run(SERVICE, [serviceList([serviceKey(ID)]), exchange]);
    expect(result).toMatchObject(AMBIGUOUS);
  });

  it.each([
    ['one that looks alike, where it does not work', [serviceKey(ID)], [itself(200, { ...info, id: OTHER })]],
    ['several that look alike', [serviceKey(ID), serviceKey(OTHER)], []],
  ])('is deleted in its own organization though another has %s', async (_why, alike, asked) => {
    const { organizations } = config();
    const both = () => ({ organizations: organizations.flatMap((acme) => [acme, { ...acme, id: OTHER }]) });
    const seen = [serviceList([serviceKey(ID)], OTHER), itself(200, { ...info, id: OTHER })];
    const rest = [...seen, ...seen, serviceDeletion(OTHER), serviceList([], OTHER), refused];
    const end = await run(SERVICE, [serviceList(alike), ...asked, ...rest], [], both);
    expect(end).toMatchObject({
      verified: true,
      result: { outcome: 'revoked', evidence: { account: OTHER, keyId: ID } },
    });
  });

  it('is known after a crash to have been its own to delete', async () => {
    const notes = [{ keeper: config().organizations[0]?.id, id: ID }];
    const end = await run(SERVICE, [serviceList([]), refused], notes);
    expect(end).toMatchObject({ verified: true, result: { outcome: 'already-inactive' } });
  });

  it.each([
    ['works', itself(200, info)],
    ['is not told', itself(403, error('Forbidden'))],
  ])('is not dead because its record is gone, while it %s', async (_, exchange) => {
    const notes = [{ keeper: config().organizations[0]?.id, id: ID }];
    const end = run(SERVICE, [serviceList([]), exchange], notes);
    await expect(end).rejects.toMatchObject({ code: 'still-active' });
  });

  it('is tried again where it is called a legacy one', async () => {
    const legacy = itself(401, error(LEGACY));
    const notes = [{ keeper: config().organizations[0]?.id, id: ID }];
    for (const end of [
      run(SERVICE, [serviceList([serviceKey(ID)]), legacy]),
      run(SERVICE, [serviceList([]), legacy], notes),
    ]) {
      await expect(end).rejects.toMatchObject({ code: 'suspended' });
    }
  });

  it('is not dead after its deletion while it works out of the cache', async () => {
    const seen = [serviceList([serviceKey(ID)]), itself(200, info)];
    const end = run(SERVICE, [...seen, ...seen, serviceDeletion(), serviceList([]), itself(200, info)]);
    await expect(end).rejects.toMatchObject({ code: 'still-active' });
  });
});

it('ends a personal token that version 0.1.0 saw work, which kept the organization', async () => {
  const url = 'https://langsmith.acme.example';
  const settings = () => ({ hosts: [url], organizations: [{ ...config().organizations[0], url }] });
  const api = '/langsmith.acme.example/api/v1/orgs/current';
  const own = list([record(ID)], api);
  const notes = [{ keeper: config().organizations[0]?.id, id: ID }];
  const end = await run(
    PERSONAL,
    [own, own, revocation(204, undefined, api), notLetIn(api)],
    notes,
    settings,
  );
  expect(end).toMatchObject({ verified: true, result: { outcome: 'revoked' } });

  // Where that version has revoked it, no more than the proof is missing.
  const bench = await startBench(langsmith, settings, [notLetIn(api)]);
  onTestFinished(() => bench.close());
  const step = stepOf(bench.provider, new Secret(PERSONAL), {
    kind: 'personal-access-token',
    notes: [{ keeper: config().organizations[0]?.id, id: ID }],
  });
  expect(await bench.provider.verify?.(new Secret(PERSONAL), step)).toBe('dead');
});
