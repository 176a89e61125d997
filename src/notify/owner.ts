/**
 * Mails those whose secret leaked: the owner of a GitLab token, and the author of the commit. Whoever commits chooses the
 * author's address, so that only addresses of the operator's domains are written to, and few times a day.
 */

import { createPeople, type People, type PeopleTokens } from '../gitlab/people.ts';
import { type Place, placesIn } from '../gitlab/places.ts';
import type { Announcement } from '../ledger/announcement.ts';
import type { EntryDetails } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import { Failure } from '../provider/failure.ts';
import type { Upstream } from '../provider/upstream.ts';
import type { Clock } from '../words/clock.ts';
import type { AnnouncementsToDeliver, Channel, Delivered } from './channel.ts';
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
/** Of GitLab in one delivery, which has to end within its lease; the rest comes with the next one. */
const MAX_READS = 50;
const MAX_PLACES = 10;
/** One address, without a name, a comment or quotes, with which text could get into headers. */
const ADDRESS = /^[\w.+-]{1,64}@([a-z0-9.-]{1,190})$/;

interface Source {
  readonly base: string;
  readonly people: People;
}

interface Letter {
  readonly leaks: OwnedLeak[];
  newest: Announcement;
}

export function ownerChannel(options: OwnerOptions): Channel {
  const { name, settings, instances, ledger, clock, observe, upstreamFor, send } = options;
  const log = new NoticeLog({ channel: name, ledger, clock, observe });
  const sources = instances.map((instance): Source => {
    const upstream = upstreamFor(instance.url);
    return { base: upstream.base, people: createPeople(upstream, instance) };
  });
  const channel: Channel = {
    name,
    groupMs: settings.groupSeconds * 1000,
    limit: LIMIT,
    wants: (announcement) => announcement.id !== undefined && isWanted(announcement, settings.events),
    deliver: (news, signal) => new OwnerDelivery(options, { log, sources, signal }).run(news),
  };
  return sendingAgain(channel, log, async (content, signal) => {
    const mail = JSON.parse(content) as Mail;
    // Its domain may have been taken out since.
    if (!mail.to.every((address) => isAllowed(address, settings))) throw new Failure('misconfigured');
    await send(mail, signal);
  });
}

class OwnerDelivery {
  readonly #options: OwnerOptions;
  readonly #log: NoticeLog;
  readonly #sources: readonly Source[];
  readonly #signal: AbortSignal;
  readonly #read = new Map<string, Promise<string | undefined>>();
  /** By address. */
  readonly #letters = new Map<string, Letter>();

  constructor(
    options: OwnerOptions,
    { log, sources, signal }: { log: NoticeLog; sources: readonly Source[]; signal: AbortSignal },
  ) {
    this.#options = options;
    [this.#log, this.#sources, this.#signal] = [log, sources, signal];
  }

  async run({ announcements }: AnnouncementsToDeliver): Promise<Delivered> {
    // What happened to an entry before something else did is old news.
    const last = new Map(announcements.map((each) => [each.id, each]));
    let handled = 0;
    for (const announcement of announcements) {
      if (this.#read.size >= MAX_READS) break;
      if (last.get(announcement.id) === announcement) await this.#gather(announcement);
      handled += 1;
    }
    let [told, leftOut] = [0, 0];
    for (const [address, letter] of this.#letters) {
      const isTold = await this.#mail(address, letter);
      if (isTold) told += letter.leaks.length;
      else leftOut += 1;
    }
    if (leftOut > 0)
      this.#options.observe({ type: 'owners-left-out', channel: this.#log.channel, mails: leftOut });
    return { handled, told };
  }

  async #gather(announcement: Announcement): Promise<void> {
    const entry = await this.#options.ledger.get(announcement.id ?? '');
    if (!entry) return;
    const places = placesIn(
      entry,
      this.#sources.map(({ base }) => base),
    ).slice(-MAX_PLACES);
    // Where GitLab itself has reported nothing, nobody is looked for.
    if (places.length === 0) return;
    const owner = await this.#ownerOf(entry);
    if (owner !== undefined) this.#add(owner, announcement, { entry, isOwner: true, places });
    const byAuthor = new Map<string, Place[]>();
    for (const place of places) {
      const author = this.#allowed(await this.#authorOf(place));
      if (author !== undefined && author !== owner)
        byAuthor.set(author, [...(byAuthor.get(author) ?? []), place]);
    }
    for (const [author, own] of byAuthor) {
      this.#add(author, announcement, { entry, isOwner: false, places: own });
    }
  }

  /** Of a token that a configured GitLab has issued. */
  async #ownerOf({ subject, outcome }: EntryDetails): Promise<string | undefined> {
    const id = subject?.owner;
    const source = this.#sources.find(({ base }) => base === outcome?.evidence?.instance);
    if (!source || id === undefined || !/^\d{1,15}$/.test(id)) return undefined;
    return this.#allowed(
      await this.#once(`${source.base} ${id}`, () => source.people.user(id, this.#signal)),
    );
  }

  async #authorOf(place: Place): Promise<string | undefined> {
    const people = this.#sources.find(({ base }) => base === place.base)?.people;
    const key = `${place.base} ${place.project} ${place.commit}`;
    return this.#once(key, async () => people?.author(place, this.#signal));
  }

  #once(key: string, read: () => Promise<string | undefined>): Promise<string | undefined> {
    const known = this.#read.get(key) ?? read();
    this.#read.set(key, known);
    return known;
  }

  #allowed(address: string | undefined): string | undefined {
    const lowered = address?.toLowerCase();
    return lowered !== undefined && isAllowed(lowered, this.#options.settings) ? lowered : undefined;
  }

  #add(address: string, newest: Announcement, leak: OwnedLeak): void {
    const letter = this.#letters.get(address) ?? { leaks: [], newest };
    letter.leaks.push(leak);
    this.#letters.set(address, { ...letter, newest });
  }

  /** @returns false when the address, or the namespace, has had its mails of today */
  async #mail(address: string, { leaks: gathered, newest }: Letter): Promise<boolean> {
    const { send } = this.#options;
    const id = logIdOf(this.#log.channel, newest, address);
    const before = await this.#log.find(id);
    // The delivery failed at a later mail, and is repeated.
    if (before?.answer.delivered) return true;
    const leaks = before ? gathered : await this.#withinLimits(address, gathered);
    if (leaks.length === 0) return false;
    const mail: Mail = { id: `quash_${id}`, to: [address], at: newest.at, ...ownerMail(leaks) };
    const counts = [...Map.groupBy(leaks, ({ entry }) => entry.provider)].map(([provider, of]) => {
      return { event: 'owner', provider, entries: of.length };
    });
    const message = { id, target: address, counts, missed: 0, content: JSON.stringify(mail) };
    try {
      await this.#log.send(message, () => send(mail, this.#signal), this.#signal);
    } catch (error) {
      if (!isRefusedForGood(error)) throw error;
    }
    return true;
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

function namespaceOf({ base, project }: Place): string {
  return `${base} ${project.split('/')[0]}`;
}

/** The server takes no mail for that address, which the others must not wait for. */
function isRefusedForGood(error: unknown): boolean {
  const isRefusal = error instanceof Failure && error.code === 'unexpected-answer';
  return isRefusal && error.status !== undefined && error.status >= 500;
}

/** @param address in small letters */
function isAllowed(address: string, { domains }: Pick<OwnerSettings, 'domains'>): boolean {
  const [, domain = ''] = ADDRESS.exec(address) ?? [];
  return domains.includes(domain);
}
