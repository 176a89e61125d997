/**
 * Nothing is changed upstream unless the whole secret was shown to have leaked. Adapters say how they proved that; until
 * then the client lets none of their mutating calls out.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Secret, secretsIn } from '../words/secret.ts';
import { Failure } from './failure.ts';
import type { Possession, TokenKind } from './provider.ts';
import { type Body, originOf, UnsendableHeader, type Upstream, type UpstreamRequest } from './upstream.ts';

type Proven = Exclude<Possession, 'unproven'>;

/** From the strongest to the weakest. */
const STRENGTH: readonly Possession[] = ['by-value', 'signs-in', 'listed-whole', 'one-fits', 'unproven'];

/** What may be done about one token in one step. */
export class Permit {
  readonly #kind: TokenKind;
  readonly #text: string;
  readonly #mayActUnproven: boolean;
  #proven: Proven | undefined;

  constructor(kind: TokenKind, token: Secret, mayActUnproven: boolean) {
    this.#kind = kind;
    this.#text = kind.inRequests?.(token.reveal()) ?? token.reveal();
    this.#mayActUnproven = mayActUnproven;
  }

  /** How it was proven in this step, for the evidence; undefined when it was not. */
  get proven(): Proven | undefined {
    return this.#proven;
  }

  /** @throws {Failure} `internal` when the proof is weaker than what the kind declares */
  prove(by: Proven): void {
    const declared = this.#kind.possession;
    if (STRENGTH.indexOf(by) > STRENGTH.indexOf(declared)) throw new Failure('internal');
    this.#proven = by;
  }

  allows(request: UpstreamRequest): boolean {
    if (this.#proven !== undefined && this.#proven !== 'by-value') return true;
    const { path, query, headers, json, form } = request;
    if (carry([path, query, headers, json, form], this.#text)) return true;
    return this.#mayActUnproven && this.#kind.possession !== 'by-value';
  }

  /** Whether the request shows a credential of ours, and nothing of the token that gives a right. */
  isOurs(request: UpstreamRequest): boolean {
    const { path, query, headers, json, form } = request;
    return !secretsIn([path, query, headers, json, form]).next().done && !this.isCredentialOf(request);
  }

  /** Of a part of the token a header may be, too, and none of the others that wait is at fault when that cannot carry it. */
  mayMakeUnsendable({ headers }: UpstreamRequest): boolean {
    const odd = textsOf(headers).join('').match(NOT_IN_HEADERS) ?? [];
    return odd.some((character) => this.#text.includes(character));
  }

  /** Whether the request is made by right of the token, and not about it by right of another secret. */
  isCredentialOf({ path, query, headers, json, form, byRightOf }: UpstreamRequest): boolean {
    if (carry([headers, byRightOf], this.#text)) return true;
    const shown = [...secretsIn([path, query, headers, json, form, byRightOf])];
    const hasOther = shown.some((secret) => !carry([secret], this.#text));
    return !hasOther && carry([path, query, json, form], this.#text);
  }
}

/** What a step may change, and how much it has learned. */
interface Scope {
  readonly permits: readonly Permit[];
  readonly mayAct: boolean;
  readonly activity: Activity;
}

/** What is known of the calls of a step. */
export interface Activity {
  /** How many were answered, whatever the answer. */
  answered: number;
  /** The origins of those that answered. */
  readonly answeredBy: Set<string>;
  /** Of these, where a call showed a credential of ours. */
  readonly answeredToUs: Set<string>;
  /** Whether the last one was made by right of the leaked token; found out when that matters alone. */
  isByLeaked: () => boolean;
}

/** The origins are taken by the sets of a step, where they are to be known of several activities together. */
export function noActivity({
  answeredBy = new Set(),
  answeredToUs = new Set(),
}: Partial<Pick<Activity, 'answeredBy' | 'answeredToUs'>> = {}): Activity {
  return { answered: 0, answeredBy, answeredToUs, isByLeaked: () => false };
}

const scopes = new AsyncLocalStorage<Scope>();

/** Runs work that may change upstream what the permits allow. */
export function acting<T>(
  on: readonly Permit[],
  work: () => Promise<T>,
  activity: Activity = noActivity(),
): Promise<T> {
  return scopes.run({ permits: on, mayAct: true, activity }, work);
}

/** Runs work on a token that may change nothing: a proof, or a look. */
export function onlyAsking<T>(on: Permit, work: () => Promise<T>, activity: Activity): Promise<T> {
  return scopes.run({ permits: [on], mayAct: false, activity }, work);
}

/** Whether the last call of the step under way was made by right of the leaked token. */
export function wasByLeaked(): boolean {
  return scopes.getStore()?.activity.isByLeaked() ?? false;
}

/** A client that lets no call out that changes anything, but for what {@link acting} allows. */
export function guarded(upstream: Upstream): Upstream {
  const origin = originOf(upstream.base);
  return {
    base: upstream.base,
    async request(request) {
      // The only calls outside a step are checks of our own credentials.
      const scope = scopes.getStore();
      const isAllowed = () => scope?.mayAct && scope.permits.some((permit) => permit.allows(request));
      if (changesSomething(request) && !isAllowed()) {
        throw new Failure('internal', { target: upstream.base, cause: new UnprovenCall() });
      }
      if (scope) {
        scope.activity.isByLeaked = () => scope.permits.some((permit) => permit.isCredentialOf(request));
      }
      const answer = await upstream.request(request).catch((error: unknown) => {
        const isOfOurs = () =>
          !scope ||
          scope.permits.every((permit) => permit.isOurs(request) && !permit.mayMakeUnsendable(request));
        throw isUnsendable(error) && isOfOurs()
          ? new Failure('credential-refused', { target: origin, cause: error })
          : error;
      });
      if (scope) {
        scope.activity.answered += 1;
        scope.activity.answeredBy.add(origin);
        if (scope.permits.every((permit) => permit.isOurs(request))) scope.activity.answeredToUs.add(origin);
      }
      return answer;
    },
  };
}

const NOT_IN_HEADERS = /[^\t\x20-\x7e\x80-\xff]/g;

/** No vendor takes a credential with a typographic quote or a line break, and none of the tokens that wait is at fault. */
function isUnsendable(error: unknown): boolean {
  return error instanceof Failure && error.cause instanceof UnsendableHeader;
}

/** Thrown for a mistake of an adapter, before the call could harm a credential. */
class UnprovenCall extends Error {
  constructor() {
    super('A provider was about to change something upstream without having proven that the secret leaked.');
    this.name = 'UnprovenCall';
  }
}

export function changesSomething({
  method,
  readOnly,
  changes,
}: Pick<UpstreamRequest, 'method' | 'readOnly' | 'changes'>): boolean {
  return changes === true || (method !== 'GET' && readOnly !== true);
}

/** Whether these parts of a request carry the whole token. */
function carry(parts: readonly (Body | undefined)[], token: string): boolean {
  return parts.flatMap((part) => textsOf(part)).some((text) => holds(text, token));
}

function textsOf(value: Body | Secret | undefined): readonly string[] {
  if (value instanceof Secret) return [value.reveal()];
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((item: Body | undefined) => textsOf(item));
}

/** The forms in which a request may carry the token: plain, percent-encoded in a path, or as an HTTP Basic password. */
function holds(text: string, token: string): boolean {
  const [, credentials] = /^Basic (\S+)$/.exec(text) ?? [];
  const decoded = credentials === undefined ? text : Buffer.from(credentials, 'base64').toString();
  return [token, encodeURIComponent(token)].some((form) => standsAlone(decoded, form));
}

/** A shorter text that begins like the token is another one: `abc` is not in `abcd`. */
function standsAlone(text: string, part: string): boolean {
  const at = text.indexOf(part);
  if (at < 0) return false;
  const isWordy = (character: string | undefined) => character !== undefined && /[\w-]/.test(character);
  return !isWordy(text[at - 1]) && !isWordy(text[at + part.length]);
}
