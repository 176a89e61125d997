/** What a person may see and do, whether by API or by dashboard: each action is recorded with who did it. */

import { SWEEPS, type SweepOrder } from '../gitlab/sweep-order.ts';
import { shownDueAt } from '../ledger/claim.ts';
import {
  type Cause,
  type Entry,
  type EntryDetails,
  type ListOptions,
  type ListPage,
  STATES,
  type State,
} from '../ledger/entry.ts';
import { ALL_LANES, type LaneState } from '../ledger/lane-state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { MAX_NOTICES, type NoticeSummary } from '../ledger/notice.ts';
import type { ProjectOptions } from '../ledger/projects.ts';
import type { Hour } from '../ledger/statistics.ts';
import type { Observe } from '../observe/events.ts';
import type { CredentialCheck } from '../provider/provider.ts';
import type { RegisteredProvider, Registry } from '../provider/registry.ts';
import { Problem } from '../server/problem.ts';
import type { Clock } from '../words/clock.ts';
import type { Mode } from '../words/mode.ts';
import type { Secret } from '../words/secret.ts';
import { type Decision, Decisions, type ManyDecided, type ManyDecisions } from './decisions.ts';
import { entryNamed } from './entry-names.ts';
import { exportEntries } from './export.ts';
import { idsOf } from './known-tokens.ts';
import { listFitting, type PathFilter } from './path-filter.ts';
import { type ProjectStates, stateOf } from './project-state.ts';
import { PROVIDER_TREND, type ProviderTrend, providerTrends } from './provider-trends.ts';
import {
  type Delays,
  deadOf,
  delaysOf,
  firstStepAt,
  type OverviewWindow,
  type Step,
  sumOf,
  trendOf,
  windowMs,
} from './trend.ts';

/** What a check of a provider's credentials may take. */
const CHECK_TIMEOUT_MS = 15_000;

export interface Overview {
  readonly entries: Readonly<Record<State, number>>;
  /** What endangers the entries in their storage. */
  readonly ledgerWarnings: readonly string[];
  readonly oldestQueuedAt: number | null;
  readonly window: OverviewWindow;
  readonly created: number;
  readonly dead: number;
  readonly ended: Readonly<Record<string, number>>;
  /** Entries that a dry run ended, whenever that was: they may still work. */
  readonly endedDry: number;
  readonly delayMs: Delays;
  readonly hours: readonly Pick<Hour, 'at' | 'created' | 'ended'>[];
  /** The window in hours or days, the oldest first, with none left out. */
  readonly trend: readonly Step[];
  /** Of the last 30 days, whatever the window is. */
  readonly providers: readonly ProviderTrend[];
}

/** An entry as one looks at it before one decides. */
export interface ShownEntry extends EntryDetails {
  /** What else an approval hits, while it is held. */
  readonly warning?: string;
}

export interface ProviderState {
  readonly id: string;
  readonly title: string;
  readonly docs: string;
  readonly needs: string;
  readonly effect: string;
  readonly enabled: boolean;
  readonly stability: RegisteredProvider['definition']['stability'];
  readonly types: readonly string[];
  /** In force for its kinds of tokens. */
  readonly modes: readonly Mode[];
  readonly modeOverride: Mode | null;
  readonly maxPerHour: number;
  readonly lane: LaneState | null;
  readonly entries: Readonly<Partial<Record<State, number>>>;
  readonly credentials: CredentialHealth | null;
}

/** What the last check of our own credentials at a provider found. */
export interface CredentialHealth {
  readonly at: number;
  readonly checks: readonly CredentialCheck[];
}

export interface OperationsOptions {
  readonly registry: () => Registry;
  /** Names of those who are told. */
  readonly channels: () => readonly string[];
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Names a token of a provider as the ledger has it. */
  readonly fingerprint: (provider: string, token: Secret) => string;
  readonly startSweep: (order: SweepOrder) => Promise<string>;
  readonly ledgerWarnings: () => readonly string[];
  /** Resolves once reports to this process go by the modes that are set. */
  readonly modesChanged: () => Promise<void>;
}

/** All methods throw {@link Problem} 404 for what is not there, 409 for what cannot be done, and LedgerErrors. */
export class Operations {
  readonly #options: OperationsOptions;
  readonly #decisions: Decisions;
  /** By provider; of the registry that is in force. */
  #credentials = new WeakMap<RegisteredProvider, CredentialHealth>();

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.#decisions = new Decisions(options);
  }

  async list(options: PathFilter & ListOptions): Promise<ListPage> {
    const page = await listFitting(this.#options.ledger, options);
    return { ...page, entries: page.entries.map((entry) => this.#shown(entry)) };
  }

  #shown<Shown extends Pick<Entry, 'dueAt'>>(entry: Shown): Shown {
    return { ...entry, dueAt: shownDueAt(entry.dueAt, this.#options.clock.now()) };
  }

  /** @param name an id, or a beginning of one that no other entry has */
  async entry(name: string): Promise<ShownEntry> {
    const entry = await entryNamed(this.#options.ledger, name);
    const warning = entry.state === 'held' ? this.warningOf(entry) : undefined;
    return { ...this.#shown(entry), ...(warning !== undefined && { warning }) };
  }

  /** What else is hit by revoking it; undefined when nothing is. */
  warningOf({ provider, kind }: Pick<Entry, 'provider' | 'kind'>): string | undefined {
    const kinds = this.#options.registry().find(provider)?.provider?.kinds;
    return kinds?.find(({ id }) => id === kind)?.warning;
  }

  /** Also tells how the entry is then. */
  async decide(name: string, decision: Decision): Promise<ShownEntry> {
    await this.#decisions.decide(name, decision);
    return this.entry(name);
  }

  decideMany(order: ManyDecisions): Promise<ManyDecided> {
    return this.#decisions.decideMany(order);
  }

  /** How many entries need a person or wait for one, and why: the most frequent cause first. */
  async causes(): Promise<readonly Cause[]> {
    const causes = await this.#options.ledger.causes();
    return [...causes].sort((a, b) => b.entries - a.entries);
  }

  async projects(options: ProjectOptions): Promise<ProjectStates> {
    const { projects, ...more } = await this.#options.ledger.projects(options);
    return { ...more, projects: projects.map(stateOf) };
  }

  /**
   * The entries of a secret, whether or not somebody can tell of what type it is. Nothing of it is kept.
   * @param type as it may have been reported; else all providers are asked whose token it may be
   */
  async known(token: string, type: string | undefined): Promise<readonly EntryDetails[]> {
    const { registry, fingerprint, ledger } = this.#options;
    const ids = idsOf(token, type, { registry: registry(), fingerprint });
    const found = await Promise.all(ids.map((id) => ledger.get(id)));
    return found.flatMap((entry) => (entry ? [this.#shown(entry)] : []));
  }

  /** All that fit, newest first, each with its places and its history. */
  async *export(filter: PathFilter): AsyncGenerator<EntryDetails> {
    for await (const entry of exportEntries(this.#options.ledger, filter)) yield this.#shown(entry);
  }

  async providers(): Promise<readonly ProviderState[]> {
    const { ledger, registry, clock } = this.#options;
    const [lanes, counts, overrides] = await Promise.all([
      ledger.lanes(clock.now()),
      ledger.count(),
      ledger.modes(),
    ]);
    return registry().providers.map((registered): ProviderState => {
      const { definition, enabled, types, maxPerHour } = registered;
      const { id, title, docs, needs, effect, stability } = definition;
      const override = overrides[id] ?? overrides[ALL_LANES] ?? null;
      const own = counts.filter(({ provider }) => provider === id);
      return {
        ...{ id, title, docs, needs, effect, enabled, stability, types, maxPerHour },
        modes: modesOf(registered, override),
        modeOverride: overrides[id] ?? null,
        lane: lanes.find(({ provider }) => provider === id) ?? null,
        entries: Object.fromEntries(own.map(({ state, entries }) => [state, entries])),
        credentials: this.#credentials.get(registered) ?? null,
      };
    });
  }

  async provider(id: string): Promise<ProviderState> {
    this.#registered(id);
    const found = (await this.providers()).find((provider) => provider.id === id);
    if (!found) throw new Problem(404, 'No such provider');
    return found;
  }

  /** The mode that a person set for all providers. */
  async generalMode(): Promise<Mode | null> {
    return (await this.#options.ledger.modes())[ALL_LANES] ?? null;
  }

  async steer(id: string, action: 'pause' | 'resume', by: string): Promise<ProviderState> {
    this.#registered(id);
    const { ledger, clock, observe } = this.#options;
    const now = clock.now();
    await (action === 'pause' ? ledger.parkLane(id, 'operator', now) : ledger.resumeLane(id, now));
    observe({ type: 'acted', action, provider: id, by });
    return this.provider(id);
  }

  async setMode(id: string, mode: Mode | null, by: string): Promise<void> {
    this.#registered(id);
    const { ledger, modesChanged, observe } = this.#options;
    await ledger.setMode(id, mode);
    await modesChanged();
    observe({ type: 'acted', action: 'set-mode', provider: id, mode: mode ?? 'as-configured', by });
  }

  /** Sets the mode of all providers that have none of their own. It allows no action that the configuration forbids. */
  async setGeneralMode(mode: Mode | null, by: string): Promise<void> {
    if (mode === 'revoke')
      throw new Problem(400, 'All providers at once can be held or run dry, or be as configured');
    const { ledger, modesChanged, observe } = this.#options;
    await ledger.setMode(ALL_LANES, mode);
    await modesChanged();
    observe({ type: 'acted', action: 'set-mode', mode: mode ?? 'as-configured', by });
  }

  /** Asks the provider's upstream whether our own credentials work; what it says is kept until the next time. */
  async checkCredentials(id: string, by: string): Promise<CredentialHealth> {
    const registered = this.#registered(id);
    this.#options.observe({ type: 'acted', action: 'check', provider: id, by });
    const check = registered.provider?.check;
    const checks = (await check?.call(registered.provider, AbortSignal.timeout(CHECK_TIMEOUT_MS))) ?? [];
    const health = { at: this.#options.clock.now(), checks };
    this.#credentials.set(registered, health);
    return health;
  }

  /** Starts a sweep, or finds the one that is under way. @returns its entry */
  async sweep(order: SweepOrder, by: string): Promise<EntryDetails> {
    const { startSweep, observe } = this.#options;
    const id = await startSweep(order);
    observe({ type: 'acted', action: 'sweep', id, by });
    return this.entry(id);
  }

  /** @param delivered only those of which the last attempt ended so */
  async notices({
    delivered,
    limit,
  }: {
    delivered?: boolean;
    limit: number;
  }): Promise<readonly NoticeSummary[]> {
    const { ledger } = this.#options;
    if (delivered === undefined) return ledger.notices(limit);
    const all = await ledger.notices(MAX_NOTICES);
    return all.filter(({ answer }) => answer.delivered === delivered).slice(0, limit);
  }

  /** @returns the notice as it is now; it is sent a moment later */
  async sendAgain(id: string, by: string): Promise<NoticeSummary> {
    const { ledger, channels, clock, observe } = this.#options;
    const found = await ledger.notice(id);
    if (!found) throw new Problem(404, 'No such notice');
    const { content: _content, ...notice } = found;
    if (!channels().includes(notice.channel)) {
      throw new Problem(409, 'Its receiver is not configured any more', {
        detail: `No receiver in notify has the name ${notice.channel}.`,
      });
    }
    if (!(await ledger.sendAgain(notice, clock.now()))) throw new Problem(404, 'No such notice');
    observe({ type: 'acted', action: 'send-again', id, by });
    return notice;
  }

  async overview(window: OverviewWindow): Promise<Overview> {
    const { ledger, clock, ledgerWarnings } = this.#options;
    const now = clock.now();
    const since = now - windowMs(window);
    const [counts, causes, oldest, hours, days] = await Promise.all([
      ledger.count(),
      ledger.causes(),
      ledger.oldestQueuedAt(SWEEPS),
      ledger.hours(since),
      ledger.days(firstStepAt(PROVIDER_TREND, now)),
    ]);
    const ended = sumOf(hours.map((hour) => hour.ended));
    const entries = Object.fromEntries(
      STATES.map((state) => [
        state,
        counts.reduce((sum, count) => sum + (count.state === state ? count.entries : 0), 0),
      ]),
    ) as Record<State, number>;
    const open = entries.queued + entries.held + entries.attention;
    return {
      entries,
      ledgerWarnings: ledgerWarnings(),
      oldestQueuedAt: oldest ?? null,
      window,
      created: hours.reduce((sum, hour) => sum + hour.created, 0),
      dead: deadOf(ended),
      ended,
      endedDry: causes.reduce((sum, each) => sum + (each.outcome === 'would-revoke' ? each.entries : 0), 0),
      delayMs: delaysOf(hours),
      hours: hours.map((hour) => ({ at: hour.at, created: hour.created, ended: hour.ended })),
      trend: trendOf(window, { hours, open, now }),
      providers: providerTrends(days, counts, now),
    };
  }

  #registered(id: string): RegisteredProvider {
    const registered = this.#options.registry().find(id);
    if (!registered) throw new Problem(404, 'No such provider');
    return registered;
  }
}

function modesOf({ provider, mode }: RegisteredProvider, override: Mode | null): readonly Mode[] {
  return provider && provider.kinds.length > 0 ? [mode(override)] : [];
}
