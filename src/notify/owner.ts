/**
 * Mails those whose secret leaked: the owner of a GitLab token, and the author of the commit. Whoever commits chooses the
 * author's address, so that only addresses of the operator's domains are written to, and few times a day.
 */

import { isOfThisAlone } from '../gitlab/of-one.ts';
import { createPeople, type People, type PeopleTokens } from '../gitlab/people.ts';
import { type Place, placesIn } from '../gitlab/places.ts';
import type { Announcement } from '../ledger/announcement.ts';
import type { EntryDetails } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import { fewFromBothEnds } from '../provider/context.ts';
import { Failure } from '../provider/failure.ts';
import type { Upstream } from '../provider/upstream.ts';
import type { Clock } from '../words/clock.ts';
import { type AnnouncementsToDeliver, type Channel, type Delivered, keepOnly, ofFirst } from './channel.ts';
import type { OwnerSettings } from './config.ts';
import { isWanted } from './notice-event.ts';
import { logIdOf, NoticeLog } from './notice-log.ts';
import { type OwnedLeak, ownerMail } from './owner-mail.ts';
import { sendingAgain } from './send-again.ts';
import type { Mail, SendMail } from './smtp.ts';

export interface OwnerInstance extends PeopleTokens {
  readonly url: string;
}

export interface OwnerOptions {
  readonly name: string;
  readonly settings: OwnerSettings;
  readonly instances: readonly OwnerInstance[];
  readonly ledger: Pick<Ledger, 'get' | 'notice' | 'saveNotice' | 'countOfDay'>;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly upstreamFor: (url: string) => Upstream;
  readonly send: SendMail;
  /** Names an address or a namespace, so that the ledger counts for it without showing it. */
  readonly fingerprint: (text: string) => string;
}

const LIMIT = 1_000;
/** Of GitLab in one delivery, which has to end within its lease, and as many of what failed; the rest comes with the next one. */
const MAX_READS = 50;
const READ_MS = 20_000;
const MAX_FAILED_READS = 5;
const MAX_PLACES = 10;
/** Of telling whose leak one is, while others can be told: about an hour with its pauses. */
const MAX_TRIES = 8;
/** Of one commit, or one user. */
const MAX_READ_TRIES = 3;
/** Of SMTP: all mail has to wait. */
const SHUTTING_DOWN = 421;
/** One address, without a name, a comment or quotes, with which text could get into headers. */
const ADDRESS = /^[\w.+-]{1,64}@([a-z0-9.-]{1,190})$/;

interface Source {
  readonly base: string;
  readonly people: People;
}

interface Letter {
  readonly leaks: OwnedLeak[];
  readonly of: readonly Announcement[];
  newest: Announcement;
}

/** What is known of announcements that are handed over again, because one before them could not be told. */
interface Progress {
  told: ReadonlySet<string>;
  readonly failing: Map<string, Failing>;
}

interface Failing {
  /** In a row. */
  readonly times: number;
  /** Keys of what GitLab fails at alone, time and again: it is asked for no more. */
  readonly without: Set<string>;
}

export function ownerChannel(options: OwnerOptions): Channel {
  const { name, settings, instances, ledger, clock, observe, upstreamFor, send } = options;
  const log = new NoticeLog({ channel: name, ledger, clock, observe });
  const sources = instances.map((instance): Source => {
    const upstream = upstreamFor(instance.url);
    return { base: upstream.base, people: createPeople(upstream, instance) };
  });
  const progress: Progress = { told: new Set(), failing: new Map() };
  const channel: Channel = {
    name,
    groupMs: settings.groupSeconds * 1000,
    limit: LIMIT,
    wants: (announcement) => announcement.id !== undefined && isWanted(announcement, settings.events),
    deliver: (news, signal) => new OwnerDelivery(options, { log, sources, signal, progress }).run(news),
  };
  return sendingAgain(channel, log, async (content, signal) => {
    const mail = JSON.parse(content) as Mail;
    // Its domain may have been taken out since.
    if (!mail.to.every((address) => isAllowed(address, settings))) throw new Failure('misconfigured');
    await send(mail, signal);
  });
}

type Asked = 'GitLab' | 'mail server';

interface Failed {
  readonly failure: Failure;
  readonly by: Asked;
  /** Nothing was asked for it, as another one had failed before, or there was no room for more. */
  readonly isUnasked?: boolean;
}

const UNASKED: Failed = { failure: new Failure('out-of-time'), by: 'GitLab', isUnasked: true };

const SKIPPED: Failed = { ...UNASKED };

/** GitLab is asked no more in this delivery. */
class NotAsked extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

interface DeliveryParts {
  readonly log: NoticeLog;
  readonly sources: readonly Source[];
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

class OwnerDelivery {
  readonly #options: OwnerOptions;
  readonly #log: NoticeLog;
  readonly #sources: readonly Source[];
  readonly #signal: AbortSignal;
  readonly #progress: Progress;
  readonly #read = new Map<string, Promise<string | undefined>>();
  /** By address. */
  readonly #letters = new Map<string, Letter>();
  /** What cannot be told now. */
  readonly #failed = new Map<Announcement, Failed>();
  readonly #works = new Set<Asked>();
  #failedReads = 0;
  /** Instances that are away, or are asked no more in this delivery. */
  readonly #away = new Map<string, Failure>();

  constructor(options: OwnerOptions, { log, sources, signal, progress }: DeliveryParts) {
    this.#options = options;
    [this.#log, this.#sources, this.#signal, this.#progress] = [log, sources, signal, progress];
  }

  /** Goes on past an instance that is away and an address that the server does not take now, and gives up what always fails. */
  async run({ announcements, skipsFailed }: AnnouncementsToDeliver): Promise<Delivered> {
    keepOnly(
      announcements.map(({ seq }) => seq),
      this.#progress.failing,
    );
    // What happened to an entry before something else did is old news.
    const last = new Map(announcements.map((each) => [each.id, each]));
    const tried: Announcement[] = [];
    const failedBefore: Announcement[] = [];
    const room = this.#room();
    for (const announcement of announcements) {
      if (!room.isLeft()) break;
      tried.push(announcement);
      const isNews = last.get(announcement.id) === announcement;
      if (!isNews || this.#progress.told.has(announcement.seq)) continue;
      if (this.#progress.failing.has(announcement.seq)) failedBefore.push(announcement);
      else await this.#gather(announcement);
    }
    if (skipsFailed) for (const each of failedBefore) this.#failed.set(each, SKIPPED);
    else await this.#gatherAgain(failedBefore);
    let [told, leftOut] = [0, 0];
    for (const [address, letter] of this.#letters) {
      const became = await this.#mail(address, letter);
      if (became === 'told') told += letter.leaks.length;
      if (became === 'left-out') leftOut += 1;
    }
    if (leftOut > 0)
      this.#options.observe({ type: 'owners-left-out', channel: this.#log.channel, mails: leftOut });
    return { handled: this.#handledOf(tried, announcements.length >= LIMIT), told };
  }

  /** @param isFull nothing behind these is reached before some of them are done @throws {Failure} when the first one could not be told */
  #handledOf(tried: readonly Announcement[], isFull: boolean): number {
    const { failing } = this.#progress;
    for (const [announcement, { by, isUnasked }] of [...this.#failed]) {
      if (isUnasked) continue;
      const { times: before = 0, without = new Set<string>() } = failing.get(announcement.seq) ?? {};
      const times = before + 1;
      failing.set(announcement.seq, { times, without });
      // Else what fails is the server itself.
      const isAlone = this.#works.has(by) || isFull;
      if (isAlone && times >= MAX_TRIES) this.#failed.delete(announcement);
    }
    const done = tried.filter((each) => !this.#failed.has(each));
    for (const { seq } of done) failing.delete(seq);
    this.#progress.told = new Set(done.map(({ seq }) => seq));
    const [first] = tried;
    const failed = first && this.#failed.get(first);
    if (failed && failed !== SKIPPED) throw this.#isOfOne(failed) ? ofFirst(failed.failure) : failed.failure;
    const handled = tried.findIndex((each) => this.#failed.has(each));
    return handled < 0 ? tried.length : handled;
  }

  /** A mail server that refuses an address is there for others, and so may another instance be. */
  #isOfOne({ by }: Failed): boolean {
    return by === 'mail server' || this.#works.has(by) || this.#sources.length > 1;
  }

  /**
   * Whether GitLab works is known by then: a commit may be too much for it, as whoever pushes it can arrange. So many more
   * have room in a delivery; without the first one nothing is done, and of the others those come next that have come least.
   */
  async #gatherAgain([first, ...others]: readonly Announcement[]): Promise<void> {
    if (!first) return;
    const times = ({ seq }: Announcement) => this.#progress.failing.get(seq)?.times ?? 0;
    const room = this.#room();
    await this.#gather(first);
    for (const announcement of others.toSorted((a, b) => times(a) - times(b))) {
      if (room.isLeft()) await this.#gather(announcement);
      else this.#failed.set(announcement, UNASKED);
    }
  }

  /** GitLab may be slow, and the mails have to be sent in the same time. */
  #room(): { isLeft(): boolean } {
    const { clock } = this.#options;
    const [reads, endsAt] = [this.#read.size + MAX_READS, clock.now() + READ_MS];
    return { isLeft: () => this.#read.size < reads && clock.now() < endsAt };
  }

  async #gather(announcement: Announcement): Promise<void> {
    try {
      await this.#lookUp(announcement);
    } catch (error) {
      const isUnasked = error instanceof NotAsked;
      const failure = isUnasked ? error.failure : error;
      if (!(failure instanceof Failure) || this.#signal.aborted) throw error;
      this.#failed.set(announcement, { failure, by: 'GitLab', isUnasked });
    }
  }

  async #lookUp(announcement: Announcement): Promise<void> {
    const entry = await this.#options.ledger.get(announcement.id ?? '');
    if (!entry) return;
    const known = placesIn(
      entry,
      this.#sources.map(({ base }) => base),
    );
    const places = fewFromBothEnds(known, MAX_PLACES);
    // Where GitLab itself has reported nothing, nobody is looked for.
    if (places.length === 0) return;
    // At once: a slow GitLab takes as long for all of them as for one.
    const [owner, ...authors] = await all([
      this.#ownerOf(entry, announcement),
      ...places.map((place) => this.#authorOf(place, announcement)),
    ]);
    const byAuthor = new Map<string, Place[]>();
    for (const [index, place] of places.entries()) {
      const author = this.#allowed(authors[index]);
      if (author !== undefined && author !== owner)
        byAuthor.set(author, [...(byAuthor.get(author) ?? []), place]);
    }
    if (owner !== undefined) this.#add(owner, announcement, { entry, isOwner: true, places });
    for (const [author, own] of byAuthor) {
      this.#add(author, announcement, { entry, isOwner: false, places: own });
    }
  }

  /** Of a token that a configured GitLab has issued. */
  async #ownerOf(
    { subject, outcome }: EntryDetails,
    announcement: Announcement,
  ): Promise<string | undefined> {
    const id = subject?.owner;
    const source = this.#sources.find(({ base }) => base === outcome?.evidence?.instance);
    if (!source || id === undefined || !/^\d{1,15}$/.test(id)) return undefined;
    const read = () => source.people.user(id, this.#signal);
    return this.#allowed(await this.#told(announcement, source, id, read));
  }

  async #authorOf(place: Place, announcement: Announcement): Promise<string | undefined> {
    const source = this.#sources.find(({ base }) => base === place.base);
    const key = `${place.project} ${place.commit}`;
    return source && this.#told(announcement, source, key, () => source.people.author(place, this.#signal));
  }

  /** What GitLab fails at alone, time and again, is done without: others have to do with the same leak. */
  async #told(
    { seq }: Announcement,
    { base }: Source,
    what: string,
    read: () => Promise<string | undefined>,
  ): Promise<string | undefined> {
    const key = `${base} ${what}`;
    const failing = this.#progress.failing.get(seq);
    if (failing?.without.has(key)) return undefined;
    try {
      return await this.#once(base, key, read);
    } catch (error) {
      if (!failing || failing.times + 1 < MAX_READ_TRIES || !isOfThisAlone(error)) throw error;
      failing.without.add(key);
      return undefined;
    }
  }

  /** @throws {NotAsked} */
  #once(base: string, key: string, read: () => Promise<string | undefined>): Promise<string | undefined> {
    const known = this.#read.get(key);
    if (known) return known;
    const away = this.#away.get(base);
    if (away) throw new NotAsked(away);
    const asked = this.#ask(base, read);
    this.#read.set(key, asked);
    return asked;
  }

  async #ask(base: string, read: () => Promise<string | undefined>): Promise<string | undefined> {
    try {
      const address = await read();
      this.#works.add('GitLab');
      return address;
    } catch (error) {
      if (error instanceof Failure) this.#noteFailure(base, error);
      throw error;
    }
  }

  /** What GitLab fails at alone takes its time all the same: so much of it has room in a delivery. */
  #noteFailure(base: string, failure: Failure): void {
    if (isOfThisAlone(failure)) {
      this.#works.add('GitLab');
      this.#failedReads += 1;
      if (this.#failedReads < MAX_FAILED_READS) return;
    }
    this.#away.set(base, failure);
  }

  #allowed(address: string | undefined): string | undefined {
    const lowered = address?.toLowerCase();
    return lowered !== undefined && isAllowed(lowered, this.#options.settings) ? lowered : undefined;
  }

  #add(address: string, newest: Announcement, leak: OwnedLeak): void {
    const { leaks = [], of = [] } = this.#letters.get(address) ?? {};
    this.#letters.set(address, { leaks: [...leaks, leak], of: [...of, newest], newest });
  }

  /** Left out is what the address, or the namespace, has had enough mails of today for. */
  async #mail(
    address: string,
    { leaks: gathered, of, newest }: Letter,
  ): Promise<'told' | 'left-out' | 'later'> {
    const { send } = this.#options;
    const id = logIdOf(this.#log.channel, newest, address);
    const before = await this.#log.find(id);
    // The delivery failed at a later mail, and is repeated.
    if (before?.answer.delivered) return 'told';
    const leaks = before ? gathered : await this.#withinLimits(address, gathered);
    if (leaks.length === 0) return 'left-out';
    const mail: Mail = { id: `quash_${id}`, to: [address], at: newest.at, ...ownerMail(leaks) };
    const counts = [...Map.groupBy(leaks, ({ entry }) => entry.provider)].map(([provider, own]) => {
      return { event: 'owner', provider, entries: own.length };
    });
    const message = { id, target: address, counts, missed: 0, content: JSON.stringify(mail) };
    try {
      await this.#log.send(message, () => send(mail, this.#signal), this.#signal);
      this.#works.add('mail server');
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      if (refusal.isForGood) return 'told';
      for (const each of of) this.#failed.set(each, { failure: refusal.failure, by: 'mail server' });
      return 'later';
    }
    return 'told';
  }

  /** The address comes last: a namespace that has had its mails must not use up those of everybody whom it names. */
  async #withinLimits(address: string, leaks: readonly OwnedLeak[]): Promise<readonly OwnedLeak[]> {
    const { perDay, perNamespace } = this.#options.settings;
    const rooms = new Map<string, boolean>();
    for (const namespace of new Set(leaks.flatMap(({ places }) => places.map(namespaceOf))))
      rooms.set(namespace, await this.#count(namespace, perNamespace));
    const within = leaks
      .map((leak) => ({ ...leak, places: leak.places.filter((place) => rooms.get(namespaceOf(place))) }))
      .filter(({ places }) => places.length > 0);
    return within.length > 0 && (await this.#count(address, perDay)) ? within : [];
  }

  #count(what: string, limit: number): Promise<boolean> {
    const { ledger, clock, fingerprint } = this.#options;
    const name = fingerprint(JSON.stringify([this.#log.channel, what]));
    return ledger.countOfDay(name, { now: clock.now(), limit });
  }
}

/** Once each has ended. @throws what one of them throws */
async function all<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

function namespaceOf({ base, project }: Place): string {
  return `${base} ${project.split('/')[0]}`;
}

/** The server takes no mail for that address, at all or now, which the others must not wait for. */
function refusalOf(error: unknown): { readonly failure: Failure; readonly isForGood: boolean } | undefined {
  if (!(error instanceof Failure) || error.code !== 'unexpected-answer') return undefined;
  const { status = 0 } = error;
  return status >= 400 && status !== SHUTTING_DOWN ? { failure: error, isForGood: status >= 500 } : undefined;
}

/** @param address in small letters */
function isAllowed(address: string, { domains }: Pick<OwnerSettings, 'domains'>): boolean {
  const [, domain = ''] = ADDRESS.exec(address) ?? [];
  return domains.includes(domain);
}
