/**
 * One token of every kind of every provider, posted to a real service that reaches the world through a proxy which
 * intercepts TLS: every call has to arrive at the right vendor, and none anywhere else.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { definitions } from '../../providers/index.ts';
import { createProviders } from '../../src/cli/setup.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { Registry } from '../../src/provider/registry.ts';
import { type Service, startService } from '../../src/service.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { Vault } from '../../src/vault/seal.ts';
import type { Clock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';
import { withCaseClock } from '../support/case-clock.ts';
import { eventually } from '../support/eventually.ts';
import {
  endOf,
  everyRound,
  GITLAB,
  type Group,
  locationOf,
  type Round,
  type Spec,
  scriptsOf,
} from '../support/every-kind.ts';

import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startVendorProxy, type VendorProxy } from '../support/vendor-proxy.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';

/** Pauses between verifications last an hour; here they pass a thousand times faster. */
const HASTE = 1_000;

/** So that the polls of a hundred idle lanes do not fill a core; what is due sooner than their next poll has less to wait. */
const SHORTEST_MS = 100;
const POLL_MS = 30_000;
const SHORTEST_POLL_MS = 2_000;

const START = Date.now();

const hastyClock: Clock = {
  now: () => START + (Date.now() - START) * HASTE,
  sleep: (ms, signal) =>
    new Promise((done) => {
      const shortestMs = ms < POLL_MS ? SHORTEST_MS : SHORTEST_POLL_MS;
      const timer = setTimeout(done, Math.max(ms / HASTE, shortestMs));
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        done();
      });
    }),
};

interface World {
  readonly registry: Registry;
  readonly service: Service;
  entryOf(group: Group, spec: Spec): Promise<Entry | undefined>;
  readonly proxy: VendorProxy;
  /** Of steps; what follows them is another call than the script has. */
  readonly failures: readonly string[];
}

/** Starts a service with the configurations of one round, and the world around it. */
async function startWorld({ configured, travelling }: Round): Promise<World> {
  const folder = temporaryFolder();
  const proxy = await startVendorProxy(travelling.flatMap(scriptsOf));
  onTestFinished(() => proxy.close());
  writeFileSync(join(folder, 'ca.pem'), proxy.ca);
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { port: 0, tokens: [ADMIN] },
    auth: { tokens: [PRE_SHARED] },
    ledger: { url: `sqlite:${join(folder, 'quash.db')}` },
    revocation: { leaseSeconds: 86_400 },
    upstream: { proxy: proxy.url, caFile: 'ca.pem', timeoutMs: LONG_TEST_PATIENCE_MS },
    gitlab: { instances: [GITLAB] },
    providers: Object.fromEntries(
      // What hits more than the token goes without a look and an approval here, for which the cases have no calls.
      configured.map(({ provider, config }) => [provider, { ...config, enabled: true, mode: 'revoke' }]),
    ),
  };
  writeFileSync(join(folder, 'quash.yaml'), stringify(config));
  const setup = {
    ...loadConfig({ env: {}, cwd: folder, definitions }),
    definitions: definitions.map(withCaseClock),
  };
  const providers = createProviders(setup, { cwd: folder });
  const keys = await createKeys(join(folder, 'keys.json'));
  const failures: string[] = [];
  const service = await startService({
    config: setup.config,
    providers,
    keys,
    role: 'all',
    clock: hastyClock,
    observe: (event) => {
      if (event.type !== 'attempted' || event.message === undefined) return;
      failures.push(`${event.provider}: ${event.result}, ${event.message}`);
    },
  });
  const vault = new Vault(keys);
  const ledger = openSqliteLedger({ path: join(folder, 'quash.db'), vault });
  onTestFinished(async () => {
    await service.stop(0);
    await ledger.close();
  });
  const entryOf = ({ provider }: Group, { token }: Spec) =>
    ledger.get(vault.fingerprint(provider, new Secret(token)));
  return { registry: providers.registry, service, entryOf, proxy, failures };
}

/** A kind or a type of a provider. */
const named = (provider: string, name: string): string => `${provider} ${name}`;

function kindsOf({ registry }: World) {
  return registry.providers.flatMap(({ definition, provider }) =>
    definition.lastResort || definition.internal
      ? []
      : (provider?.kinds ?? []).map((kind) => ({ ...kind, provider: definition.id })),
  );
}

/** All types under which scanners report it. */
function typesOf(world: World, { provider }: Group, { kind, type }: Spec): readonly string[] {
  const found = kindsOf(world).find((each) => each.provider === provider && each.id === kind);
  // What no scanner names is found under the types of the other kinds.
  return found && found.types.length > 0 ? found.types : [type];
}

async function report(world: World, group: Group, unit: readonly Spec[]): Promise<void> {
  const elements = unit.flatMap((spec) =>
    typesOf(world, group, spec).map((type) => ({
      type,
      token: spec.reported ?? spec.token,
      location: locationOf(group, unit),
    })),
  );
  const answer = await request(`${world.service.apiUrl}/v1/revoke_tokens`, {
    method: 'POST',
    headers: { authorization: PRE_SHARED },
    body: JSON.stringify(elements),
  });
  expect([answer.statusCode, await answer.body.text()]).toEqual([204, '']);
}

/** Waits until the case's entry has come to this state; not once a call has gone astray. */
async function reaches(
  { entryOf, proxy, failures }: World,
  group: Group,
  spec: Spec,
  ...ends: readonly string[]
): Promise<Entry> {
  const entry = await eventually(async () => {
    const found = await entryOf(group, spec);
    const { state, outcome } = found ?? {};
    const reached = [state, outcome?.kind, outcome?.reason].filter(Boolean).join(' ');
    if (proxy.unexpected().length > 0) return undefined;
    if (ends.includes(reached)) return found;
    // No assertion, as there are some hundred looks a second.
    throw new Error(`${named(group.provider, spec.kind)}: ${reached}, and not ${ends.join(' or ')}`);
  });
  if (!entry) throw new Error(['Unexpected calls:', ...proxy.unexpected(), ...failures].join('\n'));
  return entry;
}

async function approve({ service }: World, { id }: Entry): Promise<void> {
  const answer = await request(`${service.adminUrl}/api/revocations/${id}/approve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN}` },
  });
  await answer.body.dump();
  expect(answer.statusCode).toBe(200);
}

async function follow(world: World, group: Group, spec: Spec, isHalf: boolean): Promise<void> {
  const reason = world.registry.find(group.provider)?.waitsFor(spec.kind);
  const end = endOf(spec);
  const { endsAs } = spec.scripts.revoked;
  const isEither = isHalf || (endsAs !== undefined && 'outcome' in endsAs && endsAs.outcome === 'accepted');
  // What nobody is asked about ends at the first look, and what nothing proves waits.
  const isApproved = reason && end.startsWith('done');
  if (isApproved) await approve(world, await reaches(world, group, spec, `held held ${reason}`));
  // Whichever half of a pair acts first leaves the other one with a credential that is dead already; and of what was only
  // accepted nobody says whether it died by that.
  await reaches(
    world,
    group,
    spec,
    ...(isEither && end === 'done revoked' ? [end, 'done already-inactive'] : [end]),
  );
}

/** One after the other: two at once would go upstream in one batch, which no script describes. */
async function travel(world: World, group: Group): Promise<void> {
  for (const unit of group.units) {
    await report(world, group, unit);
    await Promise.all(unit.map((spec) => follow(world, group, spec, unit.length > 1)));
  }
}

it(
  'revokes one token of every kind at the right vendor, through a proxy that intercepts TLS',
  async () => {
    const rounds = await everyRound();
    const created = new Set<string>();
    const posted = new Set<string>();
    for (const round of rounds) {
      const world = await startWorld(round);
      for (const { provider, id } of kindsOf(world)) created.add(named(provider, id));
      await Promise.all(round.travelling.map((group) => travel(world, group)));
      expect([...world.proxy.unfinished(), ...world.proxy.unexpected()]).toEqual([]);
      for (const group of round.travelling) {
        for (const spec of group.units.flat()) {
          posted.add(named(group.provider, spec.kind));
          for (const type of typesOf(world, group, spec)) posted.add(named(group.provider, type));
        }
      }
    }
    const declared = definitions
      .filter(({ lastResort }) => !lastResort)
      .flatMap(({ id, types }) => types.map((type) => named(id, type)));
    expect([...created, ...declared].filter((each) => !posted.has(each))).toEqual([]);
  },
  LONG_TEST_PATIENCE_MS,
);
