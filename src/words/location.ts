/** The file of a location, whatever the commit: each pipeline reports it under a new one. */
export function fileOf(location: string): string {
  const [file = ''] = location.split('#', 1);
  return file.replace(/\/-\/(?:raw|blob)\/[0-9a-f]{7,64}\//, '/-/');
}

/** Of these names one is seldom that of a folder, the other often. */
const BROWSED =
  /\/-\/(?:(?:blob|blame)\/(?!\*\*)[^/]+|(?:raw|tree)\/(?:[0-9a-f]{7,64}|HEAD|main|master|\*))\//;
/** An address from a browser says what the name before it is, or which lines are shown. */
const BROWSED_FOR_SURE = /\/-\/(?:blob|raw|tree|blame)\/(?!\*\*)[^/]+\//;
const AS_BROWSED = /(?:\?ref_type=[a-z]+(?:#L[\d-]+)?|#L[\d-]+)$/;

/**
 * A pattern of places as these are compared, without commit and lines: whoever writes one may have it from the address bar of a
 * browser. A folder may be called as there, `raw`, so that it is one as it stands as well.
 */
export function placePatterns(written: string): readonly string[] {
  const plain = withPlainHost(written);
  const place = plain.replace(AS_BROWSED, '');
  return [plain, place.replace(place === plain ? BROWSED : BROWSED_FOR_SURE, '/-/')];
}

/** The same file with its name as it is; as it stands where that cannot be told. */
export function withPlainName(file: string): string {
  try {
    return decodeURIComponent(file);
  } catch {
    return file;
  }
}

/** A longer one is no file of anybody's, and is searched for nothing. */
const MAX_PATH_LENGTH = 1_024;

/** The path of its file in the project, as its author wrote it; of what is no URL of a project, all of it. */
export function pathOf(location: string): string {
  const [file = ''] = location.slice(0, MAX_PATH_LENGTH).split('#', 1);
  const at = file.indexOf('/-/');
  if (at < 0) return file;
  const path = file.slice(at + '/-/'.length).replace(/^(?:raw|blob)\/[^/]+\//, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** As nearly all are; to parse a URL takes longer than the rest of reading an element. */
const IS_PLAIN = /^https?:\/\/[a-z\d.-]+(?:[/?#]|$)/;

/**
 * With its host as URLs are compared: in small letters, in ASCII, without the default port. GitLab writes its host as its
 * administrator did.
 */
export function withPlainHost(location: string): string {
  if (IS_PLAIN.test(location)) return location;
  return location.replace(/^https?:\/\/[^/?#\\@]+(?=[/?#]|$)/i, (start) => URL.parse(start)?.origin ?? start);
}

/** To find whose a location is: where one instance lies below another one, the inner one's path is no group of the outer one. */
export function innermostFirst<T>(instances: readonly T[], baseOf: (instance: T) => string): readonly T[] {
  return instances.toSorted((a, b) => baseOf(b).length - baseOf(a).length);
}

/** The path of a file or project as it stands in a URL: each of its segments is percent-encoded. */
export function encodedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
