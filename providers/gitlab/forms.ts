/** How tokens of GitLab look, and whether such a text is surely a whole one. */
import { crc32 } from 'node:zlib';

/** What operators have changed about the look of their tokens. */
export interface Prefixes {
  /** In place of `glpat-`; the empty one is {@link bareAccessToken}'s. */
  readonly personalAccessToken: readonly string[];
  /** Before any default prefix, with a hyphen: `acme` makes `acme-gldt-...`. */
  readonly instance: readonly string[];
}

/** A prefix that is not known would be cut off, and GitLab does not know what is left. */
const START = '(?<![\\w-])';
/** A token that goes on is another one: with more characters, or with the further parts of a routable token. */
export const END = '(?![\\w-]|\\.[A-Za-z0-9])';

/** Payload, version, and in nine characters the payload's length and the checksum. The oldest have no version. */
const ROUTABLE = '[\\w-]{27,300}(?:\\.[0-9a-z]{2})?\\.[0-9a-z]{9}';

/** Routable, or of the older form. */
export const body = (classic: string): string => `(?:${ROUTABLE}|${classic})${END}`;

/** The classic body of most kinds. It may just as well be the beginning of a routable one, so it is never surely whole. */
export const TWENTY = '[\\w-]{20}';

/** In an address for incoming mail it stands between the id of the project and what is done there. */
const START_OF_MAIL_TOKEN = `(?:${START}|(?<=[-+]\\d{1,12}-))`;

/** Not in upper case, and no hyphen: GitLab writes 128 bits in base 36. */
export const MAIL_TOKEN = '[0-9a-z]{20,26}(?![0-9A-Za-z_]|\\.[A-Za-z0-9])';
/** 128 bits have 25 digits, and fewer now and then. */
export const isWholeMailToken = (token: string): boolean => /glimt-[0-9a-z]{25,26}$/.test(token);

/** @param pattern of the token behind the prefix of the instance */
export function tokenPattern(pattern: string, { instance }: Prefixes): RegExp {
  const prefix = instance.length === 0 ? '' : `(?:(?:${instance.map(escaped).join('|')})-)?`;
  const start = pattern.startsWith('glimt-') ? START_OF_MAIL_TOKEN : START;
  return new RegExp(start + prefix + pattern);
}

/** Scanners' words for what they hide make no token, and what has a prefix is no token without one. */
const NOT_BARE = '(?!gl[a-z]{1,6}-|t\\d_)';

/** An access token of an instance whose administrators have cleared the prefix: it fits many a text. */
export const bareAccessToken = (): string => `(?<!\\.)${NOT_BARE}${body(TWENTY)}`;

/** By the checksum of a routable token, which is over all that stands before it, the prefix included. */
export function isWholeRoutable(token: string): boolean {
  const [, text, checksum] = /^(\S+\.[0-9a-z]{2})([0-9a-z]{7})$/.exec(token) ?? [];
  return text !== undefined && crc32(text).toString(36).padStart(7, '0') === checksum;
}

export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
