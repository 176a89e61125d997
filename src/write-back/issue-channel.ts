/** Keeps one confidential issue in each project in which something leaked, with the places of that project alone. */

import { isOfThisAlone } from '../gitlab/of-one.ts';
import { type Place, placesIn } from '../gitlab/places.ts';
import { baseOf } from '../gitlab/pointer.ts';
import type { Announcement } from '../ledger/announcement.ts';
import type { EntryDetails, State } from '../ledger/entry.ts';
import { scopeOf } from '../ledger/places.ts';
import {
  type AnnouncementsToDeliver,
  type Channel,
  type Delivered,
  isOutOfTime,
  keepOnly,
  ofFirst,
} from '../notify/channel.ts';
import { standingOf } from '../notify/verdict.ts';
import { isPageForOne } from '../provider/gitlab-not-found.ts';
import { encodedPath } from '../words/location.ts';
import type { Secret } from '../words/secret.ts';
import { ISSUE_BEGINNING, ISSUE_MARK, ISSUE_TITLE, issueText, type ProjectLeak } from './issue-text.ts';
import { createIssues, type Issue, type Issues } from './issues.ts';
import type { WriteBackOptions } from './options.ts';
import { Tries } from './tries.ts';

/** What happens within it is one change of each issue. */
const GROUP_MS = 60_000;
const LIMIT = 1_000;
/** In one delivery, which has to end within its lease; the rest comes with the next one. */
const MAX_PROJECTS = 10;
/** How many entries are listed of each state, the most urgent first. */
const LISTED: readonly (readonly [state: State, entries: number])[] = [
  ['attention', 20],
  ['held', 20],
  ['queued', 20],
  ['done', 10],
];
/** A project that GitLab fails at must not keep the others waiting. */
const MAX_TRIES = 5;

interface Meant {
  /** URL by which the ledger lists its entries. */
  readonly url: string;
  /** An entry that led to it. */
  readonly id: string;
  /** The last announcement that led to it. */
  readonly newest: string;
}

export class IssueChannel implements Channel {
  readonly name: string;
  readonly groupMs = GROUP_MS;
  readonly limit = LIMIT;
  readonly #base: string;
  readonly #issues: Issues;
  readonly #options: WriteBackOptions;
  /** Of projects. */
  readonly #tries = new Tries();
  /** Projects that are left out until all others of the same delivery are done: it comes again as a whole. */
  readonly #givenUp = new Set<string>();
  /** What need not be done again then: the newest announcement of each project that is done or given up. */
  readonly #settled = new Map<string, string>();

  constructor(url: string, token: Secret, options: WriteBackOptions) {
    const upstream = options.upstream.for('write-back', url);
    this.name = `gitlab-issues:${upstream.base}`;
    this.#base = upstream.base;
    this.#issues = createIssues(upstream, token);
    this.#options = options;
  }

  wants({ id, outcome }: Announcement): boolean {
    return id !== undefined && outcome?.kind !== 'followed';
  }

  async deliver(
    { announcements, skipsFailed }: AnnouncementsToDeliver,
    signal: AbortSignal,
  ): Promise<Delivered> {
    const projects = new Map<string, Meant>();
    const known = new Map<string, ReadonlyMap<string, string>>();
    let handled = 0;
    for (const { id = '', seq } of announcements) {
      if (projects.size >= MAX_PROJECTS) break;
      const own = known.get(id) ?? (await this.#projectsOf(id));
      known.set(id, own);
      for (const [project, url] of own) projects.set(project, { id, url, newest: seq });
      handled += 1;
    }
    this.#tries.keepOnly(projects.keys());
    for (const known of [this.#givenUp, this.#settled]) keepOnly(projects.keys(), known);
    const later = [...projects.keys()].filter((project) => skipsFailed && this.#tries.hasFailed(project));
    if (later.length === 0) return { handled, told: await this.#updateAll(projects, signal) };
    for (const project of later) projects.delete(project);
    return { handled: 0, told: await this.#updateEach(projects, signal) };
  }

  /** @returns in how many issues there is something new */
  async #updateAll(projects: ReadonlyMap<string, Meant>, signal: AbortSignal): Promise<number> {
    let told = await this.#updateEach(projects, signal);
    told += await this.#updateGivenUp(projects, signal);
    this.#givenUp.clear();
    this.#settled.clear();
    return told;
  }

  /** Goes on past a project that GitLab fails at, and gives it up in the end; throws at a failure of GitLab itself. */
  async #updateEach(projects: ReadonlyMap<string, Meant>, signal: AbortSignal): Promise<number> {
    const left = [...projects].filter(
      ([project, { newest }]) => !this.#givenUp.has(project) && this.#settled.get(project) !== newest,
    );
    const ordered = this.#tries.inOrder(left, ([project]) => project);
    let told = 0;
    let failed: unknown;
    for (const [project, meant] of ordered) {
      try {
        if (await this.#update(project, meant, signal)) told += 1;
        this.#settle(project, meant);
      } catch (error) {
        const isOver = isOutOfTime(signal);
        if (!isOver && !isOfThisAlone(error)) throw error;
        // Only of the first one it is certain that it took all the time itself.
        if (isOver && project !== ordered[0]?.[0]) this.#tries.cutOff(project);
        else if (!this.#isHopeless(project, meant)) failed = error;
        if (isOver) throw error;
      }
    }
    if (failed) throw ofFirst(failed);
    return told;
  }

  /** Once, of what is new in them since: as often as others are tried, they would keep those waiting. */
  async #updateGivenUp(projects: ReadonlyMap<string, Meant>, signal: AbortSignal): Promise<number> {
    let told = 0;
    for (const [project, meant] of projects) {
      if (!this.#givenUp.has(project) || this.#settled.get(project) === meant.newest) continue;
      try {
        if (await this.#update(project, meant, signal)) told += 1;
      } catch (error) {
        if (!isOutOfTime(signal) && !isOfThisAlone(error)) throw error;
        this.#refused(meant.id, 'failed');
      }
      this.#settle(project, meant);
    }
    return told;
  }

  #settle(project: string, { newest }: Meant): void {
    this.#tries.end(project);
    this.#settled.set(project, newest);
  }

  #isHopeless(project: string, meant: Meant): boolean {
    if (this.#tries.fail(project) < MAX_TRIES) return false;
    this.#settle(project, meant);
    this.#givenUp.add(project);
    this.#refused(meant.id, 'failed');
    return true;
  }

  /** @returns the projects of an entry, each with the URL by which the ledger lists its entries */
  async #projectsOf(id: string): Promise<ReadonlyMap<string, string>> {
    const entry = await this.#options.ledger.get(id);
    const projects = (entry ? this.#placesOf(entry) : []).map(({ project }) => project);
    return new Map(
      projects.map((project) => {
        const { instance, project: own } = scopeOf(`${this.#base}/${encodedPath(project)}/-/`);
        return [project, `${instance}/${own}`];
      }),
    );
  }

  #placesOf(entry: EntryDetails): readonly Place[] {
    const bases = this.#options.instances.map(({ url }) => baseOf(url));
    return placesIn(entry, bases).filter(({ base }) => base === this.#base);
  }

  /** @returns whether there is something new in the issue */
  async #update(project: string, { id, url }: Meant, signal: AbortSignal): Promise<boolean> {
    const { leaks, isCut } = await this.#leaksOf(project, url);
    if (leaks.length === 0) return false;
    const issue = (await this.#known(project, signal)) ?? (await this.#begin(project, signal));
    if (!issue) return this.#refused(id, 'no-access');
    if (!issue.isConfidential) return this.#refused(id, 'public-issue');
    const description = issueText(leaks, { isCut, publicUrl: this.#options.publicUrl });
    const isOpen = leaks.some(({ entry }) => standingOf(entry).isOpen);
    // A person who closes or opens it is not contradicted before something happens.
    if (issue.description.trim() === description) return false;
    const state = issue.isOpen === isOpen ? {} : ({ state: isOpen ? 'reopen' : 'close' } as const);
    const changed = await this.#issues.change(project, issue.iid, { description, ...state }, signal);
    return changed !== undefined || this.#refused(id, 'no-access');
  }

  async #leaksOf(project: string, url: string): Promise<{ leaks: readonly ProjectLeak[]; isCut: boolean }> {
    const { ledger } = this.#options;
    const leaks: ProjectLeak[] = [];
    let isCut = false;
    for (const [state, limit] of LISTED) {
      const { entries, cursor } = await ledger.list({ state, project: url, limit });
      isCut ||= cursor !== undefined;
      for (const { id } of entries) {
        const entry = await ledger.get(id);
        const places = entry ? this.#placesOf(entry).filter((place) => place.project === project) : [];
        if (entry && places.length > 0) leaks.push({ entry, places });
      }
    }
    return { leaks, isCut };
  }

  /** Where the ledger does not know it any more, the issue itself tells. */
  async #known(project: string, signal: AbortSignal): Promise<Issue | undefined> {
    const iid = await this.#options.ledger.mark(this.#markOf(project));
    const known = iid === undefined ? undefined : await this.#read(project, Number(iid), signal);
    // Another project may have come to this path since, and its issue of that number is somebody else's.
    if (known && (known.title === ISSUE_TITLE || known.description.includes(ISSUE_MARK))) return known;
    const found = await this.#issues.find(project, { title: ISSUE_TITLE, mark: ISSUE_MARK }, signal);
    if (found) await this.#options.ledger.setMark(this.#markOf(project), String(found.iid));
    return found;
  }

  /** Where a page came in place of it, the list of the project tells whether it is there. */
  async #read(project: string, iid: number, signal: AbortSignal): Promise<Issue | undefined> {
    try {
      return await this.#issues.read(project, iid, signal);
    } catch (error) {
      if (!isPageForOne(error)) throw error;
      return undefined;
    }
  }

  /** Nothing is in it before GitLab has said that it is confidential. */
  async #begin(project: string, signal: AbortSignal): Promise<Issue | undefined> {
    const content = { title: ISSUE_TITLE, description: ISSUE_BEGINNING };
    const issue = await this.#issues.create(project, content, signal);
    if (!issue) return undefined;
    await this.#options.ledger.setMark(this.#markOf(project), String(issue.iid));
    if (!issue.isConfidential) await this.#issues.change(project, issue.iid, { state: 'close' }, signal);
    return issue;
  }

  #markOf(project: string): string {
    return `issue ${this.#base}/${project}`;
  }

  #refused(id: string, reason: 'no-access' | 'failed' | 'public-issue'): false {
    this.#options.observe({ type: 'write-back-refused', target: this.#base, id, reason });
    return false;
  }
}
