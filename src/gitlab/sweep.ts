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
import type { Scope } from './findings.ts';
import { createSources, failureFor, leakOf, type Source, type SourceInstance } from './instances.ts';
import { INTERNAL, internalKind, type Takes } from './internal.ts';
import { pointerText } from './pointer.ts';
import type { SecretFinding } from './secret-finding.ts';
import { parseSweepOrder, SWEEP, SWEEPS, type SweepOrder } from './sweep-order.ts';

/** A step ends after so long, or so many secrets: what it has found by then is committed. */
const STEP_MS = 10_000;
const STEP_LEAKS = 100;

const NOT_CONFIGURED = refused(
  'unsupported-kind',
  'The GitLab of this sweep has no readToken in gitlab.instances any more: configure one and retry.',
);
const NOT_READABLE = refused(
  'not-permitted',
  'There is no such group or project, or the user of readToken may not read its vulnerabilities: give that user at least the role Developer there, and retry.',
);

/** How far a sweep is. */
const PROGRESS = z.object({
  /** Of the project that it is in, in a sweep of all, and how far it is in the list of projects. */
  project: z.object({ id: z.int(), path: z.string() }).optional(),
  afterProject: z.int().default(0),
  /** From which the list of findings goes on. */
  after: z.string().optional(),
  projects: z.int().default(0),
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
          const order = parseSweepOrder(token.reveal());
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
    this.#progress = PROGRESS.safeParse(options.step.note ?? {}).data ?? PROGRESS.parse({});
  }

  /** @throws {Failure} when nothing was reached before it */
  async run(): Promise<RevokeResult> {
    const start = this.#progress;
    try {
      const end = await this.#goThrough();
      if (end !== 'ended' && end !== 'interrupted') return end;
      return this.#result(end === 'ended' ? undefined : this.#source.allowance.restMs);
    } catch (error) {
      // What was found is committed first; if the failure lasts, the next step meets it at once.
      if (!(error instanceof Failure) || this.#progress === start) throw error;
      return this.#result(error.retryAfterMs ?? 0);
    }
  }

  #result(moreAfterMs: number | undefined): RevokeResult {
    const { projects, findings, found, unsupported, unread } = this.#progress;
    this.#options.step.remember(this.#progress);
    return {
      ...{ outcome: 'gathered', leaks: this.#leaks, pointers: this.#pointers },
      evidence: { ...(projects > 0 && { projects }), findings, found, unsupported, unread },
      ...(moreAfterMs !== undefined && { moreAfterMs }),
    };
  }

  async #goThrough(): Promise<'ended' | 'interrupted' | RevokeResult> {
    const { group, project } = this.#order;
    if (group === undefined && project === undefined) return this.#allProjects();
    const scope = group === undefined ? { project: project ?? '' } : { group };
    return (await this.#list(scope)) ?? NOT_READABLE;
  }

  async #allProjects(): Promise<'ended' | 'interrupted'> {
    const { findings } = this.#source;
    for (;;) {
      const { project, afterProject } = this.#progress;
      const listed = await findings.projects(afterProject, this.#options.step.signal);
      if (listed.length === 0) return 'ended';
      for (const each of listed) {
        if (project?.id !== each.id) this.#advance({ project: each, after: undefined });
        // A project whose vulnerabilities are not for us has none.
        if ((await this.#list({ project: each.path })) === 'interrupted') return 'interrupted';
        const projects = this.#progress.projects + 1;
        this.#advance({ project: undefined, after: undefined, afterProject: each.id, projects });
        if (this.#isOver()) return 'interrupted';
      }
    }
  }

  /** @returns undefined when it is not there, or not for us */
  async #list(scope: Scope): Promise<'ended' | 'interrupted' | undefined> {
    const { findings } = this.#source;
    const { since = 0 } = this.#order;
    const { signal } = this.#options.step;
    for (;;) {
      const page = await findings.page(scope, { after: this.#progress.after, signal });
      if (!page) return undefined;
      for (const { cursor, finding } of page.findings) {
        // The newest come first.
        if (finding.detectedAt < since) return 'ended';
        await this.#take(finding);
        this.#advance({ after: cursor, findings: this.#progress.findings + 1 });
        if (this.#isOver()) return 'interrupted';
      }
      if (page.isLast) return 'ended';
    }
  }

  async #take(outline: SecretFinding): Promise<void> {
    if (!this.#options.takes(outline.type)) {
      return this.#advance({ unsupported: this.#progress.unsupported + 1 });
    }
    const { signal } = this.#options.step;
    const record = await this.#source.findings.record(outline.vulnerability, signal);
    const leak = await leakOf(this.#source, record ? { ...outline, text: record.text } : outline, signal);
    if (leak) {
      this.#leaks.push(leak);
      return this.#advance({ found: this.#progress.found + 1 });
    }
    this.#pointers.push(pointerText({ base: this.#source.base, ...outline }));
    this.#advance({ unread: this.#progress.unread + 1 });
  }

  #isOver(): boolean {
    const isLate = this.#options.clock.now() >= this.#endsAt;
    return isLate || this.#leaks.length >= STEP_LEAKS || this.#source.allowance.restMs > 0;
  }

  #advance(change: Partial<SweepProgress>): void {
    this.#progress = { ...this.#progress, ...change };
  }
}
