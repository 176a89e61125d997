/** Tells a GitLab what became of the leaks that it reported: on the vulnerability's own page. */

import type { Announcement } from '../ledger/announcement.ts';
import type { EntryDetails } from '../ledger/entry.ts';
import { type AnnouncementsToDeliver, type Channel, type Delivered, isOutOfTime } from '../notify/channel.ts';
import { toldProvenDead, type Verdict, verdictOf } from '../notify/verdict.ts';
import { parseLocation } from '../provider/context.ts';
import { Failure } from '../provider/failure.ts';
import type { Secret } from '../words/secret.ts';
import { subjectLines, withoutMarkup } from '../words/subject.ts';
import { parseVulnerabilityRef, type VulnerabilityRef } from '../words/vulnerability-ref.ts';
import { IssueChannel } from './issue-channel.ts';
import type { WriteBackOptions } from './options.ts';
import { reporterOf } from './reporter.ts';
import { createVulnerabilities, type Vulnerabilities, type Vulnerability } from './vulnerabilities.ts';

const LIMIT = 50;
const KINDS: readonly Announcement['kind'][] = ['done', 'attention', 'alive-again', 'finding'];
const SECRET = 'SECRET_DETECTION';
const OPEN_STATES = ['DETECTED', 'CONFIRMED'];
/** What GitLab cannot handle must not keep all that comes behind it waiting. */
const MAX_TRIES = 5;

/** One channel for each instance that has a token. */
export function writeBackChannels(options: WriteBackOptions): readonly Channel[] {
  const { mode, instances } = options;
  if (mode === 'off') return [];
  return instances.flatMap(({ url, writeBackToken }) =>
    writeBackToken ? [channelOf(url, writeBackToken, options)] : [],
  );
}

function channelOf(url: string, token: Secret, options: WriteBackOptions): Channel {
  return options.mode === 'issue'
    ? new IssueChannel(url, token, options)
    : new WriteBack(url, token, options);
}

class WriteBack implements Channel {
  readonly name: string;
  readonly groupMs = 0;
  readonly limit = LIMIT;
  readonly #url: string;
  readonly #base: string;
  readonly #vulnerabilities: Vulnerabilities;
  readonly #options: WriteBackOptions;
  /** In a row, by announcement. */
  readonly #failures = new Map<string, number>();
  /** Vulnerabilities that GitLab has told of, which shows that it works. */
  #answers = 0;

  constructor(url: string, token: Secret, options: WriteBackOptions) {
    const upstream = options.upstream.for('write-back', url);
    this.name = `gitlab:${upstream.base}`;
    this.#url = url;
    this.#base = upstream.base;
    this.#vulnerabilities = createVulnerabilities(upstream, token);
    this.#options = options;
  }

  wants({ kind, id }: Announcement): boolean {
    return id !== undefined && KINDS.includes(kind);
  }

  /** Goes on past one that GitLab fails at, and gives it up in the end; not where that may be GitLab's own failure. */
  async deliver({ announcements }: AnnouncementsToDeliver, signal: AbortSignal): Promise<Delivered> {
    const answersBefore = this.#answers;
    const failuresOf = ({ seq }: Announcement) => this.#failures.get(seq) ?? 0;
    const done = new Set<Announcement>();
    let [told, ownFailures] = [0, 0];
    let failed: unknown;
    // What failed before comes last: whether GitLab works is known by then.
    for (const announcement of announcements.toSorted((a, b) => failuresOf(a) - failuresOf(b))) {
      try {
        if (await this.#tell(announcement, signal)) told += 1;
        done.add(announcement);
        this.#failures.delete(announcement.seq);
      } catch (error) {
        failed ??= error;
        if (!(error instanceof Failure) && !isOutOfTime(signal)) break;
        this.#failures.set(announcement.seq, failuresOf(announcement) + 1);
        const works = this.#answers > answersBefore;
        const isOfAll = !(error instanceof Failure) || (error.whose === 'provider' && error.scope === 'lane');
        const mayGiveUp = !isOfAll || works;
        // A denial is an answer, and that of one group where others were told of.
        const isDenied = !isOfAll && error.code === 'permission-missing' && this.#answers > 0;
        if (isDenied) done.add(this.#giveUp(announcement, 'no-access'));
        else if (mayGiveUp && failuresOf(announcement) >= MAX_TRIES)
          done.add(this.#giveUp(announcement, 'failed'));
        if (isOfAll) ownFailures += 1;
        if (signal.aborted || ownFailures > (works ? 1 : 0)) break;
      }
    }
    const handled = announcements.findIndex((each) => !done.has(each));
    if (handled === 0) throw failed;
    return { handled: handled < 0 ? announcements.length : handled, told };
  }

  #giveUp(announcement: Announcement, reason: 'no-access' | 'failed'): Announcement {
    this.#failures.delete(announcement.seq);
    this.#refused(announcement.id ?? '', reason);
    return announcement;
  }

  /** @returns whether GitLab was told something */
  async #tell({ id = '', kind }: Announcement, signal: AbortSignal): Promise<boolean> {
    const entry = await this.#options.ledger.get(id);
    const verdict = entry && verdictOf(entry, kind);
    if (!verdict) return false;
    let told = false;
    for (const finding of entry.findings.map(parseVulnerabilityRef)) {
      if (!finding || !this.#reported(finding, entry)) continue;
      if (await this.#write(finding.vulnerability, entry, verdict, signal)) told = true;
    }
    return told;
  }

  #reported(finding: VulnerabilityRef, { locations }: EntryDetails): boolean {
    const urls = this.#options.instances.map(({ url }) => url);
    return reporterOf(finding, locations, urls) === this.#url;
  }

  async #write(
    vulnerability: number,
    entry: EntryDetails,
    verdict: Verdict,
    signal: AbortSignal,
  ): Promise<boolean> {
    const found = await this.#vulnerabilities.read(vulnerability, signal);
    this.#answers += 1;
    if (!found) return this.#refused(entry.id, 'no-access');
    if (found.reportType !== SECRET) return this.#refused(entry.id, 'no-secret');
    const reported = entry.locations.filter((each) => !entry.unreadableLocations.includes(each));
    if (!this.#isAt(reported, found)) return this.#refused(entry.id, 'other-place');
    const last = lastKey(found.ownNotes, entry.id);
    if (last === verdict.key) return false;
    // The comment comes last: with it, all is done, and what a person changes later is left alone.
    const change = this.#options.mode === 'resolve' ? changeOf(found, last, verdict) : undefined;
    if (change && !(await this.#vulnerabilities[change](vulnerability, verdict.sentence, signal))) {
      this.#refused(entry.id, 'no-access');
    }
    const text = this.#comment(entry, verdict);
    return (
      (await this.#vulnerabilities.comment(vulnerability, text, signal)) ||
      this.#refused(entry.id, 'no-access')
    );
  }

  /** A number is no proof of anything: whoever reports may name any vulnerability. */
  #isAt(locations: readonly string[], { project, file }: Vulnerability): boolean {
    return locations
      .filter((location) => location.startsWith(`${this.#base}/`))
      .map((location) => parseLocation(location.slice(this.#base.length)))
      .some((place) => place !== undefined && place.project === project && place.file === file);
  }

  #comment({ id, provider, kind, subject = {} }: EntryDetails, { key, sentence }: Verdict): string {
    const { publicUrl } = this.#options;
    const link = publicUrl === undefined ? [] : [`[Details](${publicUrl}/revocations/${id})`];
    // In spans of code, which nothing in the text can end: there GitLab calls nobody and follows no command.
    const told = subjectLines(subject).map(([label, value]) => `${label}: \`${withoutMarkup(value)}\``);
    const lines = [sentence, `Provider: \`${provider}\`, kind: \`${kind}\`.`, ...told, ...link];
    return `${lines.join('\n\n')}\n\n${mark(id)}${key} -->`;
  }

  #refused(id: string, reason: 'no-access' | 'failed' | 'no-secret' | 'other-place'): false {
    this.#options.observe({ type: 'write-back-refused', target: this.#base, id, reason });
    return false;
  }
}

/** What is to be done to its state. Only what we resolved by ourselves for this entry is opened again. */
function changeOf(
  { state, isResolvedByUs }: Vulnerability,
  last: string | undefined,
  { isProvenDead }: Verdict,
): 'resolve' | 'reopen' | undefined {
  if (isProvenDead) return OPEN_STATES.includes(state) ? 'resolve' : undefined;
  return isResolvedByUs && toldProvenDead(last) ? 'reopen' : undefined;
}

/** Invisible in GitLab; by it a comment is known again. */
function mark(id: string): string {
  return `<!-- quash:${id}:`;
}

/** What was said last of this entry, as another one may concern the same vulnerability. */
function lastKey(notes: readonly string[], id: string): string | undefined {
  const last = notes.findLast((note) => note.includes(mark(id)));
  return last?.split(mark(id)).at(-1)?.split(' -->')[0];
}
