import { expect, it } from 'vitest';
import { SWEEPS } from '../../src/gitlab/sweep-order.ts';
import { takeGathered } from '../../src/http/gathered.ts';
import type { GatheredLeak } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { FAKE_TYPE } from '../support/fake-provider.ts';
import { type HttpFixtureOptions, httpFixture } from '../support/http-fixture.ts';

const GITLAB = 'https://gitlab.example.com';

function leak(index: number): GatheredLeak {
  const location = `${GITLAB}/group-${index % 40}/app/-/raw/0123abc/a.env#L${index + 1}`;
  return {
    type: FAKE_TYPE,
    token: new Secret(`fake-${String(index).padStart(20, '0')}`),
    location,
    vulnerability: index + 1,
  };
}

it('takes what was gathered as it takes a report, with its vulnerability', async () => {
  const { ledger, gathered } = fixture();
  await gathered('gitlab-event', { leaks: [leak(0)], pointers: [] });
  const [entry] = (await ledger.list({ limit: 1 })).entries;
  expect(entry).toMatchObject({ provider: 'fake', types: [FAKE_TYPE], state: 'queued' });
  expect(await ledger.get(entry?.id ?? '')).toMatchObject({
    findings: [`${GITLAB} 1`],
    locations: [`${GITLAB}/group-0/app/-/raw/0123abc/a.env#L1`],
  });
});

it('lets a report wait for one entry of a sweep at most, and a sweep use a tenth of the safety valve', async () => {
  const { ledger, post, gathered, vault, now } = fixture();
  await gathered(SWEEPS, { leaks: Array.from({ length: 400 }, (_, i) => leak(i)), pointers: [] });
  const token = `fake-${'f'.repeat(20)}`;
  const location = `${GITLAB}/live/app/-/raw/0123abc/a.env#L1`;
  expect((await post([{ type: FAKE_TYPE, token, location }])).status).toBe(204);
  const options = { now: now() + 1, limit: 100, leaseMs: 60_000, maxPerHour: 100 };
  const { claims } = await ledger.claim('fake', options);
  const live = vault.fingerprint('fake', new Secret(token));
  expect(claims.slice(0, 2).map(({ id }) => id)).toContain(live);
  expect(claims).toHaveLength(1 + 100 / 10);
});

it('knows an entry by the spelling in which an earlier version named it, whichever way the token comes', async () => {
  let isFolded = false;
  const canonical = (token: string) => (isFolded ? token.toLowerCase() : token);
  const { ledger, post, gathered } = fixture({ kind: { pattern: /fake-[a-z0-9]+/i, canonical } });
  const [token, location] = ['fake-00000000000000ABCDEF', `${GITLAB}/group/app/-/raw/0123abc/a.env#L1`];
  const report = async () => (await post([{ type: FAKE_TYPE, token, location }])).status;
  const ids = async () => (await ledger.list({ limit: 9 })).entries.map(({ id }) => id);
  expect(await report()).toBe(204);
  const named = await ids();
  isFolded = true;

  expect(await report()).toBe(204);
  await gathered('gitlab-event', {
    leaks: [{ type: FAKE_TYPE, token: new Secret(token), location, vulnerability: 1 }],
    pointers: [],
  });

  expect(named).toHaveLength(1);
  expect(await ids()).toEqual(named);
});

function fixture(options: HttpFixtureOptions = {}) {
  const { settings, ...world } = httpFixture(options);
  const { ledger, vault, observe, clock } = world;
  const work = { settings, ledger, vault, clock, observe };
  const gathered = (by: string, what: Parameters<typeof takeGathered>[1]) => takeGathered(by, what, work);
  return { ...world, gathered, now: () => clock.now() };
}
