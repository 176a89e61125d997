/**
 * The flood of every kind of token: somebody who may commit forges tokens, with the ids of real ones where they can be
 * seen, and then a real one leaks elsewhere. It has its turn after a few calls, and ends without a person.
 */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { guarded } from '../../src/provider/possession.ts';
import { createRegistry } from '../../src/provider/registry.ts';
import { Secret } from '../../src/words/secret.ts';
import { settingsOf } from '../contract/bench.ts';
import { BENCH_URL } from '../contract/trust-suite.ts';
import { endOf, everyRound, type Group, type Spec } from '../support/every-kind.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { floodOf, floodWorld, locationIn, paceBy } from '../support/flood-world.ts';
import { FloodedVendor } from '../support/flooded-vendor.ts';
import { forgedTokens } from '../support/forged-tokens.ts';
import { type RedisServer, redisAvailable, startRedis } from '../support/redis-server.ts';

/** Of each kind. What thousands do is in `flood.test.ts`: the ledger's turns are the same for all kinds. */
const FORGED = 20;

/** What a lane that works on four at a time has in hand, what goes on of it meanwhile, and a turn of each group and namespace. */
const MOST_STEPS_BEFORE = 16;
/** In those steps. Datadog's take most: a key that no organization has is asked about at every site. */
const MOST_CALLS_BEFORE = 100;

const STEP_MS = 60_000;

/** What they sign has the time in it, and their scripts have the signature. */
const SIGNING = new Set(['alibaba', 'aws', 'gcp', 'tencent', 'volcengine', 'x', 'yandex']);

async function world({ provider: id, units }: Group, redis: RedisServer | undefined) {
  const specs = units.flat();
  const [first] = specs;
  if (!first) throw new Error(`${id} has no cases.`);
  const clock = new FakeClock();
  const vendor = new FloodedVendor(() => clock.now());
  for (const spec of specs) await vendor.learn(spec);
  const { own, unknownTokens } = settingsOf(first.definition, first.config(BENCH_URL));
  // What hits more than the token goes without an approval here.
  const settings = { ...(own as object), unknownTokens, enabled: true, mode: 'revoke' };
  const registry = createRegistry(
    { revocation: { mode: 'revoke', maxPerHour: 500 }, providers: { [id]: settings }, types: {} },
    [vendor.watched(first.definition)],
    () => ({
      upstream: (baseUrl) => guarded(vendor.upstream(baseUrl)),
      clock: SIGNING.has(id) ? new FakeClock() : clock,
      log: { warn: () => {}, info: () => {} },
    }),
  );
  const contexts = new Map<string, Secret>();
  const flood = await floodWorld({
    ...{ registry, clock, redis, pace: paceBy(clock) },
    readContext: async (locations) => {
      const places = locations.flatMap((location) => {
        const text = contexts.get(location);
        return text ? [{ location, text }] : [];
      });
      return places.length > 0 ? { places, unread: 0 } : undefined;
    },
  });
  onTestFinished(() => vendor.open());
  return {
    ...{ ...flood, vendor, contexts },
    forgedOf(spec: Spec, seed: number): readonly string[] {
      const fits = (text: string) => {
        const routed = registry.route(spec.type, text);
        return routed.ok && routed.kind === spec.kind && routed.token === text;
      };
      return forgedTokens(spec.token, fits, FORGED, seed).filter((text) => !spec.stillHoldsSecret?.(text));
    },
    async endOf({ token }: Spec): Promise<string> {
      const { state, outcome } = (await flood.entryOf(id, token)) ?? {};
      return [state, outcome?.kind, outcome?.reason].filter(Boolean).join(' ');
    },
  };
}

/** How a real token ends while nobody approves anything. */
function endsOf(unit: readonly Spec[], spec: Spec): readonly string[] {
  if (spec.approved) return ['held held unproven'];
  const end = endOf(spec);
  const { endsAs } = spec.scripts.revoked;
  // Of what was only accepted nobody says whether it died by that.
  if (endsAs && 'outcome' in endsAs && endsAs.outcome === 'accepted') return [end, 'done already-inactive'];
  // Whichever half acts first leaves the other one with a credential that is dead already, or that nothing proves.
  return unit.length > 1 ? [end, 'done already-inactive', 'held held unproven'] : [end];
}

const groups = (await everyRound()).flatMap(({ travelling }, round) =>
  travelling.map((group) => ({ title: `${group.provider} (${round + 1})`, group })),
);

/** What a ledger sees of a kind: halves of one credential, an approval, several at once. All else is the same to it. */
const differs = ({ group }: (typeof groups)[number]) =>
  group.units.some(
    (unit) => unit.length > 1 || unit.some(({ approved, scripts }) => approved || scripts.batch),
  );

let server: RedisServer;

beforeAll(async () => {
  if (redisAvailable()) server = await startRedis({ aof: false });
});

afterAll(() => server?.stop());

describe.each([
  { name: 'SQLite', kinds: groups, redis: () => undefined },
  { name: 'Redis', kinds: groups.filter(differs), missing: !redisAvailable(), redis: () => server },
])('a flood on $name', ({ missing, kinds, redis }) => {
  it.skipIf(missing).each(kinds)('of $title is a few calls ahead of a real leak', async ({ group }) => {
    const { vendor, contexts, report, forgedOf, endOf: endNow, workUntil } = await world(group, redis());
    for (const [index, unit] of group.units.entries()) {
      const floods = unit.map((spec) => ({ spec, texts: forgedOf(spec, index + 1) }));
      for (const { spec, texts } of floods) for (const text of texts) vendor.forge(spec, text);
      vendor.close();
      let hasBegun = false;
      void vendor.stepOf().then(() => {
        hasBegun = true;
      });
      await report(floods.flatMap(({ spec, texts }) => floodOf(spec.type, texts)));
      // The text of some kinds is always the same, so that nobody can forge a second one. The lane may be paused still.
      const canBegin = floods.some(({ texts }) => texts.length > 0);
      if (canBegin) await workUntil(STEP_MS, () => expect(hasBegun).toBe(true));

      const location = locationIn(`good-${index}/app`);
      for (const { context } of unit) if (context !== undefined) contexts.set(location, new Secret(context));
      const before = { calls: vendor.calls, steps: vendor.steps };
      const turn = vendor.stepOf(unit.map(({ token }) => token));
      await report(unit.map(({ type, token, reported = token }) => ({ type, token: reported, location })));
      vendor.open();

      await workUntil(STEP_MS, async () => {
        for (const spec of unit) expect(endsOf(unit, spec)).toContain(await endNow(spec));
      });
      const { calls, steps } = await turn;
      expect(calls - before.calls).toBeLessThanOrEqual(MOST_CALLS_BEFORE);
      expect(steps - before.steps).toBeLessThanOrEqual(MOST_STEPS_BEFORE);
    }
  });
});
