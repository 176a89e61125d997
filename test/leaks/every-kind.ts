/** One token of every kind, at vendors each of whose calls fails in every way before it does what it should. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { definitions } from '../../providers/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { secretsIn } from '../../src/words/secret.ts';
import { CODE_CACHE } from '../support/code-cache.ts';
import { eventually } from '../support/eventually.ts';
import { GITLAB, type Group, locationOf, type Round, type Spec, scriptsOf } from '../support/every-kind.ts';
import { LONG_TEST_PATIENCE_MS } from '../support/patience.ts';
import { type QuashProcess, startQuash } from '../support/quash-process.ts';
import { compare, type Fault, play, type RecordedRequest } from '../support/scripted-upstream.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type AnswerVendorCall, startInterceptingProxy, type VendorScript } from '../support/vendor-proxy.ts';
import { type ListedEntry, readAdminPort } from './admin-port.ts';
import type { LedgerToHunt } from './ledgers-to-hunt.ts';
import type { Marks } from './marks.ts';
import { Places } from './places.ts';
import { Search } from './search.ts';

const CHILD = resolve(import.meta.dirname, 'child.ts');

/** Each comes once in each script, at one of its calls. */
const FAULTS: readonly Fault[] = ['status-500', 'status-429', 'bad-json', 'reset', 'html', 'status-503'];

export interface HuntedKinds {
  readonly places: Places;
  readonly kinds: number;
  /** Broken calls that were answered. */
  readonly faults: number;
  readonly ends: Readonly<Record<string, number>>;
  /** Providers that put a secret into the query of an address. */
  readonly inQuery: readonly string[];
}

interface Played {
  readonly script: VendorScript;
  readonly faults: (readonly [call: number, fault: Fault])[];
  next: number;
}

/** Vendors that may be called again from the start, as after a failure. */
function failingVendors(scripts: readonly VendorScript[], firstFault: number) {
  const played: readonly Played[] = scripts.map((script, at) => ({
    script,
    next: 0,
    faults: FAULTS.map((fault, n) => [(n + at + firstFault) % Math.max(script.calls.length, 1), fault]),
  }));
  const requests: { readonly provider: string; readonly request: RecordedRequest }[] = [];
  let faults = 0;
  const answer: AnswerVendorCall = (host, request, response) => {
    const fitting = played.flatMap((each) =>
      each.script.calls.flatMap((call, at) =>
        call.host === host && compare(call.exchange.expect, request).length === 0 ? [{ each, call, at }] : [],
      ),
    );
    const found = fitting.find(({ each, at }) => each.next === at) ?? fitting[0];
    if (!found) return void response.writeHead(599).end();
    const { each, call, at } = found;
    requests.push({ provider: each.script.provider, request });
    const pending = each.faults.findIndex(([broken]) => broken === at);
    if (pending < 0) {
      each.next = at + 1;
      play(call.exchange.answer, response);
      return;
    }
    const [[, fault] = [at, 'reset' as const]] = each.faults.splice(pending, 1);
    faults++;
    play({ fault }, response);
  };
  return { answer, requests, faults: () => faults };
}

/** Ends with the running test. */
export async function huntEveryKind(
  marks: Marks,
  { configured, travelling }: Round,
  round: number,
  open: (cwd: string) => Promise<LedgerToHunt>,
): Promise<HuntedKinds> {
  const cwd = temporaryFolder();
  const ledger = await open(cwd);
  const places = new Places();
  const secrets = {
    preShared: marks.plain(`pre-shared token of round ${round}`),
    admin: marks.plain(`admin token of round ${round}`),
    wrongAdmin: marks.plain(`wrong admin token of round ${round}`),
    proxy: marks.plain(`password of the proxy in round ${round}`),
  };
  const scripts = travelling.flatMap(scriptsOf);
  const vendors = failingVendors(scripts, round);
  const hosts = new Set(scripts.flatMap(({ calls }) => calls.map(({ host }) => host)));
  const proxy = await startInterceptingProxy(hosts, vendors.answer);
  onTestFinished(() => proxy.close());
  await createKeys(join(cwd, 'keys.json'));
  writeFileSync(join(cwd, 'ca.pem'), proxy.ca);
  const config = {
    admin: { tokens: [secrets.admin] },
    auth: { tokens: [secrets.preShared] },
    ledger: { url: ledger.url, keysFile: join(cwd, 'keys.json') },
    revocation: { leaseSeconds: 86_400, maxPerHour: 1_000_000 },
    upstream: {
      proxy: proxy.url.replace('http://', `http://quash:${secrets.proxy}@`),
      caFile: 'ca.pem',
      timeoutMs: LONG_TEST_PATIENCE_MS,
    },
    gitlab: { instances: [GITLAB] },
    providers: Object.fromEntries(
      configured.map(({ provider, config }) => [provider, { ...config, enabled: true }]),
    ),
    log: { level: 'trace' },
  };
  writeFileSync(join(cwd, 'quash.yaml'), stringify(config));
  for (const secret of secretsIn(loadConfig({ env: {}, cwd, definitions }).config))
    marks.known(`a credential of ours, ${secret.reveal().slice(0, 20)}`, secret.reveal());
  for (const { provider, units } of travelling)
    for (const spec of units.flat()) markSpec(marks, provider, spec);

  const quash = await startQuash({
    cwd,
    env: { ...CODE_CACHE, LEAKS_HASTE: '1000' },
    command: [process.execPath, CHILD, 'serve'],
  });
  places.addProcess('the service', quash.pid);
  const world: World = { places, quash, secrets };
  await Promise.all(travelling.map((group) => travel(world, group)));
  const entries = await readAdminPort(places, quash, secrets);
  places.addFiles('ledger after the end', ledger.folder);
  expect(await quash.end('SIGTERM')).toBe(0);
  places.add('log', quash.output());
  await ledger.compact();
  places.addFiles('ledger after the service has stopped', ledger.folder);
  const ends = Object.groupBy(entries, ({ state }) => state);
  const search = new Search(marks.all);
  const inQuery = vendors.requests
    .filter(({ request }) => search.in(request.url.split('?')[1] ?? '').length > 0)
    .map(({ provider }) => provider);
  return {
    places,
    kinds: travelling.flatMap(({ units }) => units.flat()).length,
    faults: vendors.faults(),
    ends: Object.fromEntries(Object.entries(ends).map(([state, of = []]) => [state, of.length])),
    inQuery: [...new Set(inQuery)],
  };
}

function markSpec(marks: Marks, provider: string, { kind, token, credentials = [], parts = {} }: Spec): void {
  marks.known(`token of ${provider} ${kind}`, token);
  for (const text of credentials) marks.known(`credential for ${provider} ${kind}`, text);
  for (const text of Object.values(parts).flat()) marks.known(`half of ${provider} ${kind}`, text);
}

interface World {
  readonly places: Places;
  readonly quash: QuashProcess;
  readonly secrets: { readonly preShared: string; readonly admin: string };
}

/** One after the other: two at once would go upstream in one batch, which no script describes. */
async function travel(world: World, group: Group): Promise<void> {
  const { places, quash, secrets } = world;
  for (const unit of group.units) {
    const elements = unit.map(({ type, token, reported = token }) => ({
      ...{ type, token: reported },
      location: locationOf(group, unit),
    }));
    const { status } = await places.ask('answers of the API port', `${quash.apiUrl}/v1/revoke_tokens`, {
      method: 'POST',
      headers: { authorization: secrets.preShared },
      body: JSON.stringify(elements),
    });
    expect(status).toBe(204);
    for (const { kind } of unit) await ends(world, group.provider, kind);
  }
}

async function ends({ places, quash, secrets }: World, provider: string, kind: string): Promise<void> {
  const api = async (path: string, method: 'GET' | 'POST' = 'GET') => {
    const headers = { authorization: `Bearer ${secrets.admin}` };
    return places.ask('answers of the admin API', `${quash.adminUrl}/api${path}`, { method, headers });
  };
  await eventually(async () => {
    const { text } = await api(`/revocations?provider=${provider}&limit=20`);
    const { entries } = JSON.parse(text) as { entries: readonly ListedEntry[] };
    const newest = entries.find((each) => each.kind === kind);
    if (newest?.state === 'held') await api(`/revocations/${newest.id}/approve`, 'POST');
    expect(`${provider} ${kind}: ${newest?.state}`).toMatch(/: (?:done|attention)$/);
  });
}
