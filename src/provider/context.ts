/**
 * The text around a leak. A location is the committer's text: what is read comes from a GitLab that the operator
 * configured, or not at all.
 */
import { hash } from 'node:crypto';
import { unescapedForms } from '../words/escapes.ts';
import { encodedPath, fileOf, innermostFirst } from '../words/location.ts';
import { Secret } from '../words/secret.ts';
import { Failure } from './failure.ts';
import { isOfGitlab, mustBeOfGitlab } from './gitlab-not-found.ts';
import type { TokenKind } from './provider.ts';
import { canonicalOf } from './recognise.ts';
import type { Upstream } from './upstream.ts';

export interface ContextInstance {
  readonly url: string;
  /** With scope `read_repository` or `read_api`; without it only public projects can be read. */
  readonly readToken?: Secret | undefined;
}

/** What stands around a leak. */
export interface Surroundings {
  /** Each place that could be read, the newest first. */
  readonly places: readonly {
    readonly location: string;
    readonly text: Secret;
    /** Nothing was read there: the reporter says so. */
    readonly isSent?: true;
  }[];
  /** The other ones: they cannot be read, or there are too many. */
  readonly unread: number;
  /** One of these cannot be read now, and may hold what the others lack: nothing is known for sure by what was read. */
  readonly failure?: Failure | undefined;
}

/**
 * Reads around the newest and the oldest of the locations that lead into a configured GitLab; undefined where none can be
 * read. Decoys that were committed before, or after, hide no real leak.
 * @param locations oldest first
 * @throws {Failure} when none could be read, and one may be later
 */
export type ReadContext = (
  locations: readonly string[],
  signal: AbortSignal,
) => Promise<Surroundings | undefined>;

/** All of it in one text. */
export function joined({ places }: Surroundings): Secret {
  return new Secret(places.map(({ text }) => text.reveal()).join('\n'));
}

/** A token of this kind, in the spelling by which it is known. */
export function canonicalSecret(kind: TokenKind, found: Secret): Secret {
  return new Secret(canonicalOf(kind, found.reveal()));
}

/** Where the text stands, the newest place first. */
export function placesOf(text: Secret, { places }: Surroundings): Surroundings['places'] {
  return places.filter((place) => place.text.reveal().includes(text.reveal()));
}

/**
 * What tells a text that many secrets share from itself elsewhere: its file and, where a reporter sends the lines around
 * it, these lines, as nothing but that very report leads to the secret in them.
 */
export function sharedTextPlace(location: string, sent: Secret | undefined): string {
  const file = fileOf(location);
  return sent === undefined ? file : `${file}\n${hash('sha256', sent.reveal(), 'base64url')}`;
}

/** A token that stands at more places in its lines is no nearer to anything. */
const MAX_OCCURRENCES = 100;

/**
 * What fits a pattern there, each text once: from one place after the other, and of each what stands nearest to the token
 * first, so that neither a decoy at another place nor noise in the same file comes before all that is real.
 */
export function matchesAround({ places }: Surroundings, token: Secret, pattern: RegExp): readonly string[] {
  const flags = pattern.global ? pattern.flags : `${pattern.flags}g`;
  const byPlace = fromBothEnds(places).map(({ text }) =>
    nearestFirst(text.reveal(), token.reveal(), new RegExp(pattern.source, flags)),
  );
  const longest = Math.max(0, ...byPlace.map((found) => found.length));
  const inTurn = Array.from({ length: longest }, (_, turn) => byPlace.flatMap((found) => found[turn] ?? []));
  return [...new Set(inTurn.flat())];
}

interface Match {
  readonly match: string;
  /** How far from the token it stands. */
  readonly distance: number;
}

/** Also what is there once its characters are not escaped any more: half of all secrets have one that JSON may escape. */
function nearestFirst(text: string, token: string, pattern: RegExp): readonly string[] {
  const forms = [text, ...unescapedForms(text)];
  const isThere = forms.some((form) => form.includes(token));
  const found = forms.flatMap((form) => matchesIn(form, token, pattern, isThere ? FAR : 0));
  return [...new Set(found.sort((a, b) => a.distance - b.distance).map(({ match }) => match))];
}

/** Where one form of a text has the token, what another one has that lost it is near to nothing. */
const FAR = Number.MAX_SAFE_INTEGER;

function matchesIn(text: string, token: string, pattern: RegExp, unplaced: number): readonly Match[] {
  const occurrences: number[] = [];
  for (let at = text.indexOf(token); at >= 0 && occurrences.length < MAX_OCCURRENCES; ) {
    occurrences.push(at);
    at = text.indexOf(token, at + token.length);
  }
  const distance = (start: number, end: number) =>
    Math.min(...occurrences.map((at) => Math.max(at - end, start - at - token.length, 0)));
  return [...text.matchAll(pattern)].map(({ 0: match, index }) => ({
    match,
    distance: occurrences.length > 0 ? distance(index, index + match.length) : unplaced,
  }));
}

/**
 * The first, the last, the second, and so on: whoever adds to a list pushes aside neither what came first nor what comes
 * last.
 */
function fromBothEnds<T extends object>(list: readonly T[]): readonly T[] {
  const back = list.toReversed();
  return [...new Set(list.flatMap((each, index) => [each, back[index] ?? each]))];
}

/** At most so many of them, from both ends, in their order. */
export function fewFromBothEnds<T extends object>(list: readonly T[], most: number): readonly T[] {
  const chosen = new Set(fromBothEnds(list).slice(0, most));
  return list.filter((each) => chosen.has(each));
}

const LINES_AROUND = 30;
const MAX_LENGTH = 64 * 1024;
const MAX_PLACES = 10;
/** One after the other, slow ones would leave a step no time for its provider. */
const AT_ONCE = 5;

/** @param upstreamFor the hardened client, bound to an instance's URL */
export function createContextReader(
  instances: readonly ContextInstance[],
  upstreamFor: (url: string) => Upstream,
): ReadContext {
  const sources = innermostFirst(
    instances.map((instance) => ({ instance, upstream: upstreamFor(instance.url) })),
    ({ upstream }) => upstream.base,
  );
  return async (locations, signal) => {
    const places = locations.flatMap((location) => {
      const source = sources.find(({ upstream }) => location.startsWith(`${upstream.base}/`));
      const place = source && parseLocation(location.slice(source.upstream.base.length));
      return source && place ? [{ ...source, location, place }] : [];
    });
    const asked = fewFromBothEnds(places.toReversed(), MAX_PLACES);
    const answers: (Surroundings['places'][number] | Failure | undefined)[] = [];
    for (let at = 0; at < asked.length; at += AT_ONCE) {
      const reading = asked.slice(at, at + AT_ONCE).map(async ({ instance, upstream, location, place }) => {
        const text = await readFileAt(upstream, instance.readToken, place, signal).catch(failureAlone);
        if (text instanceof Failure) return text;
        return text ? { location, text: new Secret(around(text, place)) } : undefined;
      });
      answers.push(...(await Promise.all(reading)));
    }
    const failure = answers.find((each) => each instanceof Failure);
    const read = answers.flatMap((each) => (each === undefined || each instanceof Failure ? [] : [each]));
    if (failure && read.length === 0) throw failure;
    const unread = locations.length - read.length;
    return read.length > 0 ? { places: read, unread, ...(failure && { failure }) } : undefined;
  };
}

function failureAlone(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** Where something stands in a project. */
export interface CodeLocation {
  /** `group/project`, decoded. */
  readonly project: string;
  readonly commit: string;
  readonly file: string;
  /** Counted from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
}

/** @param path `/group/project/-/raw/<commit>/<file>#L40-45`, as GitLab writes it below its own address */
export function parseLocation(path: string): CodeLocation | undefined {
  const match =
    /^\/([^#?]+?)\/-\/(?:raw|blob)\/([0-9a-f]{7,64})\/([^#?]+)(?:#L(\d{1,7})(?:-(\d{1,7}))?)?$/.exec(path);
  if (!match) return undefined;
  const [, project = '', commit = '', file = '', first = '1', last = first] = match;
  try {
    const names = { project: decodeURIComponent(project), file: decodeURIComponent(file) };
    const segments = `${names.project}/${names.file}`.split('/');
    // Some servers take a backslash for a slash.
    const isOdd = (segment: string) => ['', '.', '..'].includes(segment) || segment.includes('\\');
    if (segments.some(isOdd)) return undefined;
    return { ...names, commit, firstLine: Number(first), lastLine: Number(last) };
  } catch {
    return undefined;
  }
}

/** A file, as far as GitLab lets us read it; undefined when it does not. @throws {Failure} */
export async function readFileAt(
  upstream: Upstream,
  readToken: Secret | undefined,
  place: CodeLocation,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const answer = await upstream.request({
      method: 'GET',
      ...(readToken ? apiCall(place, readToken) : { path: publicPath(place) }),
      statuses: [200, 302, 401, 403, 404],
      signal,
    });
    if (answer.status === 404 && !isOfGitlab(answer)) await mustBeThere(upstream, signal);
    return answer.status === 200 ? answer.text : undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // A file that is too large or no text holds no context; a GitLab that is away concerns this entry alone.
    if (error.code === 'unexpected-answer') return undefined;
    const isPassing = error.code === 'upstream-error' || error.code === 'throttled';
    throw error.ofEntry(isPassing ? 'unavailable' : error.code);
  }
}

/** GitLab's own page for a missing file looks like one of a proxy before it. @throws {Failure} */
async function mustBeThere(upstream: Upstream, signal: AbortSignal): Promise<void> {
  const statuses = [200, 401, 403, 404];
  try {
    mustBeOfGitlab(
      upstream,
      await upstream.request({ method: 'GET', path: '/api/v4/version', statuses, signal }),
    );
  } catch (error) {
    throw error instanceof Failure ? error.ofEntry('unavailable') : error;
  }
}

function apiCall({ project, file, commit }: CodeLocation, readToken: Secret) {
  const path = `/api/v4/projects/${encodeURIComponent(project)}/repository/files/${encodeURIComponent(file)}/raw`;
  return { path, query: { ref: commit }, headers: { 'PRIVATE-TOKEN': readToken } };
}

function publicPath({ project, file, commit }: CodeLocation): string {
  return `/${encodedPath(project)}/-/raw/${commit}/${encodedPath(file)}`;
}

function around(text: string, { firstLine, lastLine }: CodeLocation): string {
  const lines = text.split('\n');
  const start = Math.max(0, firstLine - 1 - LINES_AROUND);
  let end = lastLine + LINES_AROUND;
  // A key in many lines goes on to its last one.
  const block = lines.slice(start, end).findLast((line) => /-----(?:BEGIN|END) /.test(line));
  if (block?.includes('-----BEGIN ')) {
    const last = lines.findIndex((line, index) => index >= end && line.includes('-----END '));
    if (last >= 0) end = last + 1;
  }
  return lines.slice(start, end).join('\n').slice(0, MAX_LENGTH);
}
