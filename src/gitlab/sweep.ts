/**
 * The internal provider that goes through the open secret findings of a group, a project or a whole instance. An entry
 * of it is one sweep: its place in the list is kept with the entry, so that it goes on there after a restart or at
 * another replica, waits where GitLab asks for that, and is seen, paused and dismissed like any other entry.
 */
import { z } from 'zod';
import { Failure } from '../provider/failure.ts';
import { refused } from '../provider/kit/results.ts';
import type { GatheredLeak, Provider, ProviderDefinition, RevokeResult, Step } from '../provider/provider.ts';
import type { Clock } from '../words/clock.ts';
import { createSources, failureFor, leakOf, type Source, type SourceInstance } from './instances.ts';
import { INTERNAL, internalKind, type Takes } from './internal.ts';
import { isOfThisAlone } from './of-one.ts';
import { NoSuchScope, openFindings, POSITION } from './open-findings.ts';
import { pointerText } from './pointer.ts';
import type { SecretFinding } from './secret-finding.ts';
import { ORDERED, orderedAt, parseSweepOrder, SWEEP, SWEEPS, type SweepOrder } from './sweep-order.ts';

/** A step ends after so long, or so many secrets: what it has found by then is committed. */
const STEP_MS = 10_000;
const STEP_LEAKS = 100;
/** Any proxy on the way can ask for more, and its clock may be another one. */
const LONGEST_REST_MS = 60 * 60_000;

const NOT_CONFIGURED = refused(
  'unsupported-kind',
  'The GitLab of this sweep has no readToken in gitlab.instances any more: configure one and retry.',
);
const NOT_READABLE = refused('not-permitted', new NoSuchScope().message);

/** How far a sweep is, as it is kept with its entry. */
const PROGRESS = z.object({
  /** Of the order that it is of. */
  ordered: z.string().optional(),
  position: POSITION.prefault({}),
  /** Findings gone through: their secrets were read, nobody takes their type, or they have to be read one by one. */
  findings: z.int().default(0),
  found: z.int().default(0),
  unsupported: z.int().default(0),
  unread: z.int().default(0),
});
type SweepProgress = z.output<typeof PROGRESS>;

export function sweepsDefinition(
  instances: readonly SourceInstance[],
  takes: Takes,
): ProviderDefinition<Record<string, never>> {
  return {
    ...INTERNAL,
    id: SWEEPS,
    title: 'GitLab sweeps',
    // One after the other, as they ask the same servers.
    concurrency: 1,
    create(_config, tools): Provider {
      const sources = createSources(instances, tools);
      return {
        kinds: [internalKind(SWEEP, /^\{.*\}$/)],
        async revoke(token, step) {
          const order = parseSweepOrder(token, (kind) => step.parts(kind));
          const source = sources.find(({ base }) => base === order?.base);
          if (!order || !source) return NOT_CONFIGURED;
          try {
            return await new SweepStep(source, order, { takes, clock: tools.clock, step }).run();
          } catch (error) {
            throw failureFor(sources, error);
          }
        },
      };
    },
  };
}

interface SweepStepOptions {
  readonly takes: Takes;
  readonly clock: Clock;
  readonly step: Step;
}

class SweepStep {
  readonly #source: Source;
  readonly #order: SweepOrder;
  readonly #options: SweepStepOptions;
  readonly #endsAt: number;
  readonly #leaks: GatheredLeak[] = [];
  readonly #pointers: string[] = [];
  #progress: SweepProgress;

  constructor(source: Source, order: SweepOrder, options: SweepStepOptions) {
    this.#source = source;
    this.#order = order;
    this.#options = options;
    this.#endsAt = options.clock.now() + STEP_MS;
    const ordered = orderedAt(options.step.parts(ORDERED));
    const known = PROGRESS.safeParse(options.step.note ?? {}).data;
    this.#progress = known && known.ordered === ordered ? known : PROGRESS.parse({ ordered });
  }

  /** @throws {Failure} when nothing was reached before it */
  async run(): Promise<RevokeResult> {
    const start = this.#progress;
    try {
      const restMs = await this.#goThrough();
      return this.#result(restMs === undefined ? undefined : Math.max(restMs, this.#source.allowance.restMs));
    } catch (error) {
      // What was found is committed first; if the failure lasts, the next step meets it at once.
      const isFirst = this.#progress === start;
      if (error instanceof NoSuchScope) return isFirst ? NOT_READABLE : this.#result(0);
      if (!(error instanceof Failure) || isFirst) throw error;
      return this.#result(error.retryAfterMs ?? 0);
    }
  }

  #result(moreAfterMs: number | undefined): RevokeResult {
    const { position, findings, found, unsupported, unread } = this.#progress;
    const { projects, leftOut, missed } = position;
    // Where nothing is new, the lists of projects are not read as far as to what is known.
    const newest = Math.max(position.highest, this.#order.newest ?? 0);
    this.#options.step.remember(this.#progress);
    return {
      ...{ outcome: 'gathered', leaks: this.#leaks, pointers: this.#pointers },
      evidence: {
        ...(projects > 0 && { projects }),
        ...(leftOut > 0 && { leftOut }),
        // The history has the evidence of each step, and paths may be long.
        ...(missed.length > 0 && moreAfterMs === undefined && { leftOutProjects: missed }),
        ...(newest > 0 && { newest }),
        ...{ findings, found, unsupported, unread },
      },
      ...(moreAfterMs !== undefined && { moreAfterMs: Math.min(moreAfterMs, LONGEST_REST_MS) }),
    };
  }

  /** @returns how long to rest before it goes on; undefined where it came to the end */
  async #goThrough(): Promise<number | undefined> {
    const { signal } = this.#options.step;
    const walk = { from: this.#progress.position, signal };
    const stops = openFindings(this.#source.findings, this.#order, walk);
    for await (const { position, finding, isBare, restMs = 0 } of stops) {
      const counted = finding && (isBare ? this.#leave(finding) : await this.#take(finding));
      const { findings } = this.#progress;
      const counts = counted && { findings: findings + 1, [counted]: this.#progress[counted] + 1 };
      this.#progress = { ...this.#progress, position, ...counts };
      const isLate = this.#options.clock.now() >= this.#endsAt;
      const isFull = this.#leaks.length >= STEP_LEAKS;
      if (isLate || isFull || restMs > 0 || this.#source.allowance.restMs > 0) return restMs;
    }
    return undefined;
  }

  /** @returns as what it counts */
  async #take(outline: SecretFinding): Promise<'found' | 'unsupported' | 'unread'> {
    if (!this.#options.takes(outline.type)) return 'unsupported';
    const leak = await this.#read(outline).catch((error: unknown) => {
      // A record at which GitLab fails each time must not hold up all that come behind it.
      if (!isOfThisAlone(error)) throw error;
    });
    if (!leak) return this.#leave(outline);
    this.#leaks.push(leak);
    return 'found';
  }

  /** To a step of its own. */
  #leave(outline: SecretFinding): 'unread' {
    this.#pointers.push(pointerText({ base: this.#source.base, ...outline }));
    return 'unread';
  }

  async #read(outline: SecretFinding): Promise<GatheredLeak | undefined> {
    const { signal } = this.#options.step;
    const record = await this.#source.findings.record(outline.vulnerability, signal);
    return leakOf(this.#source, record ? { ...outline, text: record.text } : outline, signal);
  }
}
