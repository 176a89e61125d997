/** All open secret findings of a group, a project or an instance, one after the other, from any place among them. */
import { z } from 'zod';
import { Failure } from '../provider/failure.ts';
import type { Findings, Listed, Scope } from './findings.ts';
import { isOfThisAlone, isTooMuch } from './of-one.ts';
import type { SecretFinding } from './secret-finding.ts';
import type { SweepOrder } from './sweep-order.ts';

const PROJECT = z.object({
  id: z.int(),
  path: z.string(),
  /** From which its list goes on. */
  after: z.string().optional(),
});
type Project = z.output<typeof PROJECT>;

export const POSITION = z.object({
  /** From which the list of findings goes on; absent at its beginning. */
  after: z.string().optional(),
  /** Project by project: that whose findings these are, and the last one that has ended. */
  project: z.int().optional(),
  afterProject: z.int().default(0),
  /** The list of the group has been read to its end; what follows are those that an earlier sweep had left out. */
  isListed: z.literal(true).optional(),
  /** The list of the group cannot be read to its end, so that its projects are gone through. */
  byProject: z.literal(true).optional(),
  /** The lowest number of a finding in the group's own list, and the earliest time of one. */
  lowest: z.int().optional(),
  earliest: z.number().optional(),
  /** Projects that have ended. */
  projects: z.int().default(0),
  /** Those of them whose findings are not for us, or cannot be listed. */
  leftOut: z.int().default(0),
  /** Which these are, the first ones of them: whoever makes any number later puts none of them out. */
  missed: z.array(PROJECT.pick({ id: true, path: true })).default([]),
  /** The highest number of a finding, in the list of the group where that told one. */
  highest: z.int().default(0),
  /** Those whose lists GitLab failed at: once all others have ended, they are asked for once more. */
  failed: z.array(PROJECT).default([]),
  /** These were given time to be answered. */
  hasRested: z.literal(true).optional(),
  /** Findings in a row that are older than asked for. */
  old: z.int().default(0),
});
export type Position = z.output<typeof POSITION>;

/** Without a finding behind a page or a project, and for what is not for us. */
interface Stop extends Partial<Listed> {
  /** To go on from behind it. */
  readonly position: Position;
  /** What comes next is asked for again: a GitLab that failed at it a moment ago would fail once more. */
  readonly restMs?: number;
}

/** The group or project is not there, or its findings are not for us. */
export class NoSuchScope extends Error {
  constructor() {
    super(
      'There is no such group or project, or the user of readToken may not read its vulnerabilities, which need GitLab Ultimate: give that user at least the role Developer there, and retry.',
    );
    this.name = 'NoSuchScope';
  }
}

/** A project of the group hides so many findings in a row that GitLab does not tell where its list goes on. */
class HiddenPage extends Error {}

/**
 * So many older ones in a row end the list of a group. It goes by the numbers of findings: what one project has brought
 * from another GitLab is listed first, with its dates of there.
 */
const MAX_OLD = 1_000;
/** Of so many it is known which were left out: what these have from before is read once it is granted. */
const MAX_MISSED = 50;
const REST_BEFORE_AGAIN_MS = 2 * 60_000;
/** Where more fail, others may have arranged it. */
const MAX_FAILED = 20;

/**
 * The newest of each list come first.
 * @throws {Failure}
 * @throws {NoSuchScope}
 */
export async function* openFindings(
  findings: Findings,
  { group, project, since = 0, newest = Infinity, missed = [] }: Omit<SweepOrder, 'base'>,
  { from, signal }: { readonly from: Position; readonly signal: AbortSignal },
): AsyncGenerator<Stop> {
  if (project !== undefined) return yield* ofOne({ project }, from);
  if (group === undefined) return yield* ofProjects(from, '');
  let position = from;
  if (position.isListed) return yield* again(position);
  if (!from.byProject) {
    try {
      for await (const stop of ofOne({ group }, from)) {
        ({ position } = stop);
        yield stop;
      }
      if (missed.length === 0) return;
      const failed = missed.map((each) => ({ ...each }));
      position = { ...position, after: undefined, isListed: true, hasRested: true, failed };
      yield { position };
      return yield* again(position);
    } catch (error) {
      if (!(error instanceof HiddenPage) && !isTooMuch(error)) throw error;
    }
    position = { ...position, after: undefined, byProject: true };
    yield { position };
  }
  yield* ofProjects(position, `${group}/`.toLowerCase());

  async function* ofOne(scope: Scope, start: Position): AsyncGenerator<Stop> {
    let isEmpty = start.after === undefined;
    for await (const stop of listed(scope, start)) {
      isEmpty = false;
      yield stop;
    }
    if (isEmpty) await failIfHidden(scope);
  }

  /**
   * A group's own list of projects hides pages, too, and does not say where it goes on behind them.
   * @param below with what the paths begin, in small letters
   */
  async function* ofProjects(start: Position, below: string): AsyncGenerator<Stop> {
    let position = start;
    for (;;) {
      const page = await findings.projects(position.afterProject, signal);
      if (page.length === 0) break;
      for (const project of page) {
        if (!project.path.toLowerCase().startsWith(below)) {
          position = { ...position, afterProject: project.id };
          continue;
        }
        for await (const stop of ofNext(project, position, false)) {
          ({ position } = stop);
          yield stop;
        }
      }
      // A step may end here: of another group a list is long, too.
      yield { position };
    }
    yield* again(position);
  }

  async function* again(start: Position): AsyncGenerator<Stop> {
    let position = start;
    if (position.failed.length > 0 && !position.hasRested) {
      position = { ...position, hasRested: true };
      yield { position, restMs: REST_BEFORE_AGAIN_MS };
    }
    for (let [next] = position.failed; next; [next] = position.failed) {
      for await (const stop of ofNext(next, position, true)) {
        ({ position } = stop);
        yield stop;
      }
    }
  }

  /** A busy GitLab fails at one list and not at the same one later; what always fails is left out. */
  async function* ofNext(next: Project, before: Position, isAgain: boolean): AsyncGenerator<Stop> {
    const { id, path, after } = next;
    const start = before.project === id ? before : { ...before, project: id, after, old: 0 };
    const failed = before.failed.filter((each) => each.id !== id);
    let end = start;
    let isLeftOut = false;
    const isWhole = missed.some((each) => each.id === id);
    try {
      for await (const stop of listed({ project: path }, start, isWhole)) {
        end = stop.position;
        yield stop;
      }
    } catch (error) {
      const mayCome = isTooMuch(error) && !isAgain && failed.length < MAX_FAILED;
      if (mayCome) failed.push({ id, path, after: end.after });
      else if (error instanceof NoSuchScope || isOfThisAlone(error)) isLeftOut = true;
      else throw error;
    }
    yield {
      position: {
        ...{ ...end, project: undefined, after: undefined, old: 0, failed },
        afterProject: Math.max(before.afterProject, id),
        projects: before.projects + Number(!failed.some((each) => each.id === id)),
        leftOut: before.leftOut + Number(isLeftOut),
        missed: isLeftOut ? [...before.missed, { id, path }].slice(0, MAX_MISSED) : before.missed,
      },
    };
  }

  /** @param isWhole whether it was left out before, so that nothing of it was shown or is too old */
  async function* listed(scope: Scope, start: Position, isWhole = false): AsyncGenerator<Stop> {
    // The group's own list has shown it, whether it goes by numbers or by times.
    const isBehind = ({ vulnerability, detectedAt }: SecretFinding) =>
      vulnerability >= (start.lowest ?? Infinity) && detectedAt >= (start.earliest ?? Infinity);
    for (let position = start; ; ) {
      const { after } = position;
      const page = await findings.page(scope, { after, signal });
      if (!page || page.isHidden) throw new NoSuchScope();
      for (const { cursor, ...listed } of page.findings) {
        const { finding } = listed;
        const isOld = finding !== undefined && !isWhole && isBefore(finding);
        if (isOld && position.old >= ('group' in scope ? MAX_OLD : 0)) return;
        const isTaken = finding !== undefined && !isWhole && 'project' in scope && isBehind(finding);
        const old = finding && !isOld ? 0 : position.old + Number(isOld);
        // What came while the list of the group was read may have a lower number, and has not been shown.
        const isLater = 'project' in scope && start.lowest !== undefined;
        const highest = isLater ? position.highest : higher(position, finding);
        position = { ...position, after: cursor, old, highest };
        if (finding && 'group' in scope) position = { ...position, ...lowered(position, finding) };
        yield isOld || isTaken ? { position } : { position, ...listed };
      }
      if (page.isLast) return;
      const { end = position.after } = page;
      // Asked from the same place it would answer the same, for ever.
      if (end === after) {
        await failIfHidden(scope);
        throw 'group' in scope ? new HiddenPage() : new Failure('unexpected-answer');
      }
      position = { ...position, after: end };
      yield { position };
    }
  }

  function isBefore({ vulnerability, detectedAt }: SecretFinding): boolean {
    return detectedAt < since && !(vulnerability > newest);
  }

  /** A list of nothing may be one of which nothing is for us. */
  async function failIfHidden(scope: Scope): Promise<void> {
    if (!(await findings.areForUs(scope, signal))) throw new NoSuchScope();
  }
}

function higher({ highest }: Position, { vulnerability }: Partial<SecretFinding> = {}): number {
  return Number.isSafeInteger(vulnerability) ? Math.max(highest, vulnerability ?? 0) : highest;
}

function lowered(
  { lowest = Infinity, earliest = Infinity }: Position,
  { vulnerability, detectedAt }: SecretFinding,
): Pick<Position, 'lowest' | 'earliest'> {
  // What has no number, or no time, is read again.
  if (!Number.isFinite(vulnerability) || !Number.isFinite(detectedAt)) return {};
  return { lowest: Math.min(lowest, vulnerability), earliest: Math.min(earliest, detectedAt) };
}
