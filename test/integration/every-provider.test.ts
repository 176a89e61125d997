/**
 * One token of every kind that the providers' contract cases describe, posted to one real service that reaches the
 * world through a proxy which intercepts TLS: every call has to arrive at the right vendor, and none anywhere else.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { request } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { definitions } from '../../providers/index.ts';
import { createProviders } from '../../src/cli/setup.ts';
import type { Clock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { QuashEvent } from '../../src/events.ts';
import { createKeys } from '../../src/ledger/keys.ts';
import { Vault } from '../../src/ledger/seal.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { Secret } from '../../src/secret.ts';
import { startService } from '../../src/service.ts';
import type { ProviderSpec } from '../contract/provider-suite.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startVendorProxy, vendorCalls } from '../support/vendor-proxy.ts';

const PROVIDERS = resolve(import.meta.dirname, '../../providers');
const PRE_SHARED = 'pre-shared-token-of-the-tests';

/** Pauses between verifications last an hour; here they pass a thousand times faster. */
const HASTE = 1_000;

const START = Date.now();

const hastyClock: Clock = {
  now: () => START + (Date.now() - START) * HASTE,
  sleep: (ms, signal) =>
    new Promise((done) => {
      const timer = setTimeout(done, ms / HASTE);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        done();
      });
    }),
};

type Spec = ProviderSpec<unknown>;

async function casesOf(id: string): Promise<readonly Spec[]> {
  const path = join(PROVIDERS, id, 'cases.ts');
  if (!existsSync(path)) return [];
  return (await import(path)).cases as readonly Spec[];
}

function configuredHost(id: string): string {
  return `${id}.quash.example.com`;
}

/** The cases of a provider that fit into one configuration, and that need nothing beside the token. */
async function participants(id: string): Promise<readonly Spec[]> {
  const cases = (await casesOf(id)).filter((spec) => !spec.parts && spec.context === undefined);
  const configOf = (spec: Spec) => spec.config(`https://${configuredHost(id)}`);
  // Of several configurations, that of the most cases.
  const groups = cases.map((spec) =>
    cases.filter((other) => isDeepStrictEqual(configOf(spec), configOf(other))),
  );
  return groups.sort((a, b) => b.length - a.length)[0] ?? [];
}

it('revokes one token of every kind at the right vendor, through a proxy that intercepts TLS', async () => {
  const ids = readdirSync(PROVIDERS).filter((name) => definitions.some(({ id }) => id === name));
  const taking = (await Promise.all(ids.map(async (id) => ({ id, specs: await participants(id) })))).filter(
    ({ specs }) => specs.length > 0,
  );
  const isWide = ({ kind }: Spec, id: string) =>
    registry.find(id)?.provider?.kinds.find((each) => each.id === kind)?.effect === 'wider';

  const folder = temporaryFolder();
  const config = {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { port: 0 },
    auth: { tokens: [PRE_SHARED] },
    ledger: { url: `sqlite:${join(folder, 'quash.db')}` },
    revocation: { leaseSeconds: 1_000_000 },
    providers: Object.fromEntries(
      taking.map(({ id, specs }) => [
        id,
        { ...specs[0]?.config(`https://${configuredHost(id)}`), enabled: true },
      ]),
    ),
  };
  const setupFor = (upstream: object) => {
    writeFileSync(join(folder, 'quash.yaml'), stringify({ ...config, upstream }));
    return { ...loadConfig({ env: {}, cwd: folder, definitions }), definitions };
  };
  const { registry } = createProviders(setupFor({}), { cwd: folder });
  const scripts = taking.flatMap(({ id, specs }) =>
    specs
      .filter((spec) => !isWide(spec, id))
      .map((spec) => ({
        name: `${id} ${spec.kind}`,
        calls: vendorCalls(spec.scripts.revoked.exchanges, configuredHost(id)),
        repeatsLast: outcomeOf(spec) === 'accepted',
      })),
  );
  const proxy = await startVendorProxy(scripts);
  onTestFinished(() => proxy.close());
  writeFileSync(join(folder, 'ca.pem'), proxy.ca);

  const setup = setupFor({ proxy: proxy.url, caFile: 'ca.pem' });
  const keys = await createKeys(join(folder, 'keys.json'));
  const vault = new Vault(keys);
  const events: QuashEvent[] = [];
  const service = await startService({
    config: setup.config,
    // By the real clock: what a provider measures has nothing to do with the pauses between its steps.
    providers: createProviders(setup, { cwd: folder }),
    keys,
    role: 'all',
    clock: hastyClock,
    observe: (event) => events.push(event),
  });
  const ledger = openSqliteLedger({ path: join(folder, 'quash.db'), keyCheck: vault.keyCheck() });
  onTestFinished(async () => {
    await service.stop(0);
    await ledger.close();
  });

  type Reported = { readonly id: string; readonly spec: Spec };
  const report = async (wave: readonly Reported[]): Promise<void> => {
    const elements = wave.flatMap(({ id, spec }) => {
      const kind = registry.find(id)?.provider?.kinds.find((each) => each.id === spec.kind);
      const location = `https://x.example.com/${id}`;
      return (kind?.types ?? []).map((type) => ({ type, token: spec.token, location }));
    });
    const answer = await request(`${service.apiUrl}/v1/revoke_tokens`, {
      method: 'POST',
      headers: { authorization: PRE_SHARED },
      body: JSON.stringify(elements),
    });
    expect([answer.statusCode, await answer.body.text()]).toEqual([204, '']);
  };
  const stateOf = async ({ id, spec }: Reported): Promise<string> => {
    const entry = await ledger.get(vault.fingerprint(id, new Secret(spec.token)));
    return [`${id} ${spec.kind}:`, entry?.state, entry?.outcome?.kind, entry?.outcome?.reason]
      .filter(Boolean)
      .join(' ');
  };
  const expectedOf = ({ id, spec }: Reported): string =>
    isWide(spec, id) ? `${id} ${spec.kind}: held` : `${id} ${spec.kind}: done ${outcomeOf(spec)}`;

  // One kind of each provider at a time: two at once would go upstream in one batch, which no script describes.
  for (let kind = 0; taking.some(({ specs }) => specs[kind]); kind++) {
    const wave = taking.flatMap(({ id, specs }) => specs.slice(kind, kind + 1).map((spec) => ({ id, spec })));
    await report(wave);
    await eventually(async () => {
      const states = await Promise.all(wave.map(stateOf));
      expect({ states, unexpected: proxy.unexpected }).toEqual({
        states: wave.map(expectedOf),
        unexpected: [],
      });
    }, 60_000);
  }
  expect(proxy.unfinished()).toEqual([]);
}, 240_000);

/** What upstream only took and then proved is revoked. */
function outcomeOf({ scripts }: Spec): string {
  const { endsAs } = scripts.revoked;
  if (!endsAs || !('outcome' in endsAs)) return 'revoked';
  return endsAs.outcome === 'accepted' && endsAs.verified ? 'revoked' : endsAs.outcome;
}
