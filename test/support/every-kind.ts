/** The contract cases of all providers, in the order in which one service after the other can meet them. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { definitions } from '../../providers/index.ts';
import type { ProviderSpec } from '../contract/provider-suite.ts';
import { type VendorScript, vendorCalls } from './vendor-proxy.ts';

export type Spec = ProviderSpec<unknown>;

/** Cases of one provider that share a configuration; no two of them have the same token, as one service takes that once. */
export interface Group {
  readonly provider: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Those of halves of one credential stand together: they have to be in one report. */
  readonly units: readonly (readonly Spec[])[];
}

/** What one service is configured with, and which of its providers meet their cases there. */
export interface Round {
  readonly configured: readonly Group[];
  readonly travelling: readonly Group[];
}

const PROVIDERS = resolve(import.meta.dirname, '../../providers');

/** As many rounds as the provider with the most configurations has; each has every provider. */
export async function everyRound(): Promise<readonly Round[]> {
  const ids = definitions.filter(({ lastResort }) => !lastResort).map(({ id }) => id);
  const groups = (await Promise.all(ids.map(groupsOf))).filter(({ length }) => length > 0);
  const count = Math.max(...groups.map(({ length }) => length));
  return Array.from({ length: count }, (_, round) => ({
    configured: groups.flatMap((each) => each[round] ?? each.slice(0, 1)),
    travelling: groups.flatMap((each) => each.slice(round, round + 1)),
  }));
}

async function groupsOf(provider: string): Promise<readonly Group[]> {
  const path = join(PROVIDERS, provider, 'cases.ts');
  if (!existsSync(path)) return [];
  const cases: readonly Spec[] = (await import(path)).cases;
  const groups: { config: Group['config']; specs: Spec[] }[] = [];
  for (const spec of cases) {
    const config = spec.config(`https://${hostOf(provider)}`);
    const group = groups.find(
      (each) =>
        isDeepStrictEqual(each.config, config) && each.specs.every(({ token }) => token !== spec.token),
    );
    if (group) group.specs.push(spec);
    else groups.push({ config, specs: [spec] });
  }
  return groups
    .map(({ config, specs }) => ({ provider, config, units: unitsOf(specs.filter(hasItsHalves(specs))) }))
    .filter(({ units }) => units.length > 0);
}

/** Of one alone, the service would know only half of what its script takes for granted. */
function hasItsHalves(specs: readonly Spec[]) {
  const tokens = specs.map(({ token }) => token);
  return ({ parts = {} }: Spec) =>
    Object.values(parts)
      .flat()
      .every((part) => tokens.includes(part));
}

function unitsOf(specs: readonly Spec[]): readonly (readonly Spec[])[] {
  const units: Spec[][] = [];
  for (const spec of specs) {
    const halves = Object.values(spec.parts ?? {}).flat();
    const unit = units.find((each) => each.some(({ token }) => halves.includes(token)));
    if (unit) unit.push(spec);
    else units.push([spec]);
  }
  return units;
}

/** Where the operator's own servers of a provider are. */
function hostOf(provider: string): string {
  return `${provider}.quash.example.com`;
}

/** The GitLab in whose projects tokens leak. */
export const GITLAB = { url: 'https://gitlab.quash.example.com', readToken: 'token-to-read-with' };

const COMMIT = '0123abc'.repeat(5);

/** Where a unit leaked; only what has a context stands where that can be read. */
export function locationOf({ provider }: Group, unit: readonly Spec[]): string {
  const [{ kind, context } = { kind: '' }] = unit;
  if (context === undefined) return `https://elsewhere.example.com/${provider}/${kind}`;
  return `${GITLAB.url}/acme/app/-/raw/${COMMIT}/${fileOf(provider, kind, context)}#L1`;
}

/** Two cases of a kind may stand in different surroundings. */
function fileOf(provider: string, kind: string, context: string): string {
  return `${provider}/${kind}-${context.length}`;
}

/** What the world answers to the cases of one group. */
export function scriptsOf({ provider, units }: Group): readonly VendorScript[] {
  return units
    .flatMap((unit) => unit.map((spec) => ({ spec, isPair: unit.length > 1 })))
    .flatMap(({ spec, isPair }) => {
      const { kind, context, scripts } = spec;
      const script = {
        provider,
        isLookedAt: spec.approved === true,
        isOtherHalf: isPair && !kind.includes('secret'),
        name: `${provider} ${kind}`,
        calls: vendorCalls(scripts.revoked.exchanges, hostOf(provider)),
        repeatsLast: endOf(spec) === 'done accepted',
      };
      return context === undefined ? [script] : [script, contextScript(provider, kind, context)];
    });
}

function contextScript(provider: string, kind: string, text: string): VendorScript {
  const file = encodeURIComponent(fileOf(provider, kind, text));
  const call = {
    host: new URL(GITLAB.url).host,
    exchange: {
      expect: {
        method: 'GET',
        path: `/api/v4/projects/acme%2Fapp/repository/files/${file}/raw?ref=${COMMIT}`,
        headers: { 'private-token': GITLAB.readToken },
      },
      answer: { status: 200, text },
    },
  };
  return { provider, name: `the context of ${provider} ${kind}`, calls: [call], repeatsLast: true };
}

/** State and outcome of the entry once its case has ended. */
export function endOf({ scripts }: Spec): string {
  const { endsAs } = scripts.revoked;
  if (!endsAs) return 'done revoked';
  if (!('outcome' in endsAs)) throw new Error('A case that ends as a failure never ends.');
  const { outcome, verified, reason } = endsAs;
  if (outcome === 'refused') return `attention refused ${reason}`;
  if (outcome === 'held') return 'held held unproven';
  // What upstream only took and then proved is revoked.
  return outcome === 'accepted' && verified ? 'done revoked' : `done ${outcome}`;
}
