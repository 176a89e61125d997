/** Tells a GitLab what became of the leaks that it reported: on the vulnerability's own page. */

import { isOfThisAlone } from '../gitlab/of-one.ts';
import type { Announcement } from '../ledger/announcement.ts';
import type { EntryDetails } from '../ledger/entry.ts';
import {
  type AnnouncementsToDeliver,
  type Channel,
  type Delivered,
  isOutOfTime,
  keepOnly,
  ofFirst,
} from '../notify/channel.ts';
import { toldProvenDead, type Verdict, verdictOf } from '../notify/verdict.ts';
import { parseLocation } from '../provider/context.ts';
import { Failure } from '../provider/failure.ts';
import type { Secret } from '../words/secret.ts';
import { subjectLines, withoutMarkup } from '../words/subject.ts';
import { parseVulnerabilityRef, type VulnerabilityRef } from '../words/vulnerability-ref.ts';
import { IssueChannel } from './issue-channel.ts';
import type { WriteBackOptions } from './options.ts';
import { reporterOf } from './reporter.ts';
import { Tries } from './tries.ts';
import { createVulnerabilities, type Vulnerabilities, type Vulnerability } from './vulnerabilities.ts';

const LIMIT = 50;
const KINDS: readonly Announcement['kind'][] = ['done', 'attention', 'alive-again', 'finding'];
const SECRET = 'SECRET_DETECTION';
const OPEN_STATES = ['DETECTED', 'CONFIRMED'];
/** What GitLab cannot handle must not keep all that comes behind it waiting. */
const MAX_TRIES = 5;
/** With all the time of a delivery each, where nothing more comes of it. */
const MAX_LONG_TRIES = 2;

/** A secret may stand at more places than GitLab tells of in the time of a delivery. */
interface Partly {
  /** Vulnerabilities that need not be asked for again. */
  readonly done: ReadonlySet<number>;
  /** Those with which a delivery did not come any further: they come last. */
  readonly slow: ReadonlySet<number>;
  /** Another one was done, or comes first now. */
  readonly mayGoOn: boolean;
}

const NOTHING_YET: Partly = { done: new Set(), slow: new Set(), mayGoOn: true };

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
  /** Of announcements. */
  readonly #tries = new Tries();
  /** Announcements that are handed over again, because one before them failed. */
  #done: ReadonlySet<string> = new Set();
  /** Those that were broken off, by announcement. */
  readonly #partly = new Map<string, Partly>();
  /** Vulnerabilities that GitLab has told of, which shows that it grants something. */
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

  /** Goes on past one that GitLab fails at, and gives it up in the end; a failure of GitLab itself ends the delivery. */
  async deliver(
    { announcements, skipsFailed }: AnnouncementsToDeliver,
    signal: AbortSignal,
  ): Promise<Delivered> {
    const all = announcements.map(({ seq }) => seq);
    this.#tries.keepOnly(all);
    keepOnly(all, this.#partly);
    const done = new Set(announcements.filter(({ seq }) => this.#done.has(seq)));
    const isMeant = ({ seq }: Announcement) => !skipsFailed || !this.#tries.hasFailed(seq);
    const left = announcements.filter((each) => !done.has(each) && isMeant(each));
    const ordered = this.#tries.inOrder(left, ({ seq }) => seq);
    let told = 0;
    let failed: unknown;
    let isOfAll = false;
    for (const announcement of ordered) {
      try {
        if (await this.#tell(announcement, signal)) told += 1;
        done.add(announcement);
        this.#tries.end(announcement.seq);
      } catch (error) {
        failed ??= error;
        const isOver = isOutOfTime(signal);
        isOfAll = !isOfThisAlone(error);
        if (!isOver && isOfAll) break;
        // Only of the first one it is certain that it took all the time itself.
        if (isOver && announcement !== ordered[0]) this.#tries.cutOff(announcement.seq);
        else if (this.#isHopeless(announcement, isOver ? undefined : error)) done.add(announcement);
        if (isOver) break;
      }
    }
    this.#done = new Set([...done].map(({ seq }) => seq));
    const handled = announcements.findIndex((each) => !done.has(each));
    if (handled === 0 && failed) throw isOfAll ? failed : ofFirst(failed);
    return { handled: handled < 0 ? announcements.length : handled, told };
  }

  /** @param error undefined where it took all the time of a delivery */
  #isHopeless({ seq, id = '' }: Announcement, error: unknown): boolean {
    // A denial is an answer, and that of one group where others were told of.
    const isDenied = isDenial(error) && this.#answers > 0;
    const tries = this.#tries.fail(seq);
    const isStuck = error === undefined && !this.#partly.get(seq)?.mayGoOn;
    if (!isDenied && tries < (isStuck ? MAX_LONG_TRIES : MAX_TRIES)) return false;
    this.#tries.end(seq);
    this.#refused(id, isDenied ? 'no-access' : 'failed');
    return true;
  }

  /** @returns whether GitLab was told something @throws {Failure} once all are told that can be */
  async #tell({ seq, id = '', kind }: Announcement, signal: AbortSignal): Promise<boolean> {
    const entry = await this.#options.ledger.get(id);
    const verdict = entry && verdictOf(entry, kind);
    if (!verdict) return false;
    let told = false;
    let failed: unknown;
    const before = this.#partly.get(seq) ?? NOTHING_YET;
    const done = new Set(before.done);
    const left = this.#vulnerabilitiesOf(entry).filter((each) => !done.has(each));
    const isSlow = (each: number) => Number(before.slow.has(each));
    for (const vulnerability of left.toSorted((a, b) => isSlow(a) - isSlow(b))) {
      try {
        if (await this.#write(vulnerability, entry, verdict, signal)) told = true;
        done.add(vulnerability);
      } catch (error) {
        if (!isOfThisAlone(error)) {
          const isFurther = done.size > before.done.size;
          const slow = isFurther ? before.slow : new Set([...before.slow, vulnerability]);
          this.#partly.set(seq, { done, slow, mayGoOn: isFurther || left.some((each) => !slow.has(each)) });
          throw error;
        }
        // Others have the same secret, in projects of their own: what may pass decides, and no group that denies us.
        if (!failed || isDenial(failed)) failed = error;
      }
    }
    if (failed) throw failed;
    return told;
  }

  #vulnerabilitiesOf(entry: EntryDetails): readonly number[] {
    const findings = entry.findings.map(parseVulnerabilityRef);
    return findings.flatMap((each) => (each && this.#reported(each, entry) ? [each.vulnerability] : []));
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

function isDenial(error: unknown): boolean {
  return error instanceof Failure && error.code === 'permission-missing';
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
