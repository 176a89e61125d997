/** What the scripts take of reports. */
import { outcomeNames } from '../outcome-names.ts';
import type { RepeatedReport, ReportedToken } from '../report.ts';
import { createShareKeys, type ShareKeys } from '../shares.ts';
import type { LedgerVault } from '../vault.ts';
import { placeArguments } from './places.ts';
import type { Values } from './scripts.ts';

/** What many reports have in common is told once, and called by its number then. */
class Routes {
  readonly #numbers = new Map<string, number>();
  readonly #values: (string | number)[] = [];

  numberOf(values: Values): number {
    const name = values.join('\0');
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#numbers.size + 1;
    this.#numbers.set(name, number);
    this.#values.push(...values);
    return number;
  }

  /** What the script takes: first their number, then the routes, then the reports. */
  with(reports: Values): Values {
    return [this.#numbers.size, ...this.#values, ...reports];
  }
}

export function reportArguments(reports: readonly ReportedToken[], vault: LedgerVault): Values {
  const keysOf = createShareKeys();
  const routes = new Routes();
  const each: (string | number)[] = [];
  let before: ReportedToken | undefined;
  let number = 0;
  for (const report of reports) {
    const { id, location, beyond } = report;
    if (!before || !isOnRouteOf(report, before)) {
      number = routes.numberOf(routeValues(report, keysOf(report.share)));
    }
    before = report;
    const place = placeArguments(vault, id, location);
    const beyondPlace = beyond ? placeArguments(vault, beyond.id, location) : ['', ''];
    each.push(number, id, ...place, report.sealed, report.finding ?? '', ...beyondPlace);
  }
  return routes.with(each);
}

export function repeatArguments(reports: readonly RepeatedReport[], vault: LedgerVault): Values {
  const routes = new Routes();
  const each: (string | number)[] = [];
  let before: RepeatedReport | undefined;
  let number = 0;
  for (const report of reports) {
    const { id, type, location, readable, finding = '', restarts, recheckEndedBefore } = report;
    const isAsBefore =
      type === before?.type &&
      restarts === before.restarts &&
      recheckEndedBefore === before.recheckEndedBefore;
    if (!isAsBefore) {
      number = routes.numberOf([type, JSON.stringify(restarts), recheckEndedBefore ?? '']);
    }
    before = report;
    // With the space that stands behind the key of a place that is read; without it, either fits.
    const place = location === '' ? '' : vault.placeKey(id, location) + (readable ? ' ' : '');
    each.push(number, id, place, finding);
  }
  return routes.with(each);
}

/** What is told of each report by itself. */
type OwnField = 'id' | 'location' | 'sealed' | 'finding';
type RouteField = Exclude<keyof ReportedToken, OwnField>;

interface RoutePart {
  /** Lists and outcomes are told apart by their identity. */
  readonly isSame: (one: ReportedToken, other: ReportedToken) => boolean;
  /** What the script takes of it. */
  readonly values: (report: ReportedToken, keys: ShareKeys) => Values;
}

/**
 * What most reports have in common with many others, in the order of the script. Functions of their own for each field:
 * to read fields by their names takes three times as long.
 */
const ROUTE: Readonly<Record<RouteField, RoutePart>> = {
  provider: {
    isSame: (one, other) => one.provider === other.provider,
    values: ({ provider }) => [provider],
  },
  kind: {
    isSame: (one, other) => one.kind === other.kind,
    values: ({ kind }) => [kind],
  },
  type: {
    isSame: (one, other) => one.type === other.type,
    values: ({ type }) => [type],
  },
  initial: {
    isSame: (one, other) => one.initial === other.initial,
    values({ initial }) {
      const outcome = initial.state === 'queued' ? undefined : initial.outcome;
      return [initial.state, outcome ? JSON.stringify(outcome) : '', outcomeNames(outcome)];
    },
  },
  restarts: {
    isSame: (one, other) => one.restarts === other.restarts,
    values: ({ restarts }) => [JSON.stringify(restarts)],
  },
  recheckEndedBefore: {
    isSame: (one, other) => one.recheckEndedBefore === other.recheckEndedBefore,
    values: ({ recheckEndedBefore = '' }) => [recheckEndedBefore],
  },
  restartsAtNewPlace: {
    isSame: (one, other) => one.restartsAtNewPlace === other.restartsAtNewPlace,
    values: ({ restartsAtNewPlace = [] }) => [JSON.stringify(restartsAtNewPlace)],
  },
  share: {
    isSame: ({ share: one }, { share: other }) =>
      one?.project === other?.project && one?.namespace === other?.namespace && one?.group === other?.group,
    values: (_report, { group, namespace, project, limited }) => [group, namespace, project, limited ?? ''],
  },
  beyond: {
    isSame: ({ beyond: one }, { beyond: other }) => one?.id === other?.id && one?.after === other?.after,
    values: ({ beyond }) => [beyond?.id ?? '', beyond?.after ?? 0],
  },
  readable: {
    isSame: (one, other) => one.readable === other.readable,
    values: ({ readable }) => [readable ? 1 : 0],
  },
  caller: {
    isSame: (one, other) => one.caller === other.caller,
    values: ({ caller = '' }) => [caller],
  },
};
const ROUTE_PARTS = Object.values(ROUTE);

/** Most reports have their route in common with the one before. */
function isOnRouteOf(report: ReportedToken, before: ReportedToken): boolean {
  return ROUTE_PARTS.every(({ isSame }) => isSame(report, before));
}

function routeValues(report: ReportedToken, keys: ShareKeys): Values {
  return ROUTE_PARTS.flatMap(({ values }) => values(report, keys));
}
