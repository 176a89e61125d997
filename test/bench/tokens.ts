/** Makes bodies with new tokens cheaply: only the digits of the tokens change. */
import { findings } from '../../src/fakes/gitlab-client.ts';

export const TOKEN_TYPE = 'bench_token';
export const TOKEN_PATTERN = String.raw`\bqbench_[0-9]{18}\b`;

/** What GitLab and the administrator authenticate with. */
export const PRE_SHARED = 'pre-shared-token-of-the-benchmark';
export const ADMIN = 'admin-token-of-the-benchmark';

const SERIAL_DIGITS = 12;
const PREFIX_DIGITS = 6;
const PLACE = '#'.repeat(SERIAL_DIGITS);

/** A body whose tokens each get the next serial number. */
export class Template {
  readonly size: number;
  readonly #bytes: Buffer;
  readonly #places: readonly number[];

  constructor(text: string) {
    this.#bytes = Buffer.from(text);
    this.#places = [...text.matchAll(new RegExp(PLACE, 'g'))].map(({ index }) => index);
    this.size = this.#places.length;
  }

  /** The body with serial numbers from `first` on. It belongs to the caller. */
  fill(first: number): Buffer {
    const bytes = Buffer.from(this.#bytes);
    for (const [index, place] of this.#places.entries()) writeDigits(bytes, place, first + index);
    return bytes;
  }
}

/** The body that GitLab posts for this number of findings of one pipeline. */
export function reportTemplate(elements: number): Template {
  return new Template(JSON.stringify(findings(elements, { type: TOKEN_TYPE, token: tokenPlaces() })));
}

/** The call with which one token is revoked upstream. */
export function revocationTemplate(): Template {
  return new Template(`token=${tokenPlaces()()}`);
}

/** The number in a body that has one token; it tells tokens of one client apart. */
export function serialIn(body: string): number {
  return Number(body.slice(-SERIAL_DIGITS));
}

/** Each client has its own prefix, so that two of them never send the same token. */
function tokenPlaces(): () => string {
  const prefix = String(Math.floor(Math.random() * 10 ** PREFIX_DIGITS)).padStart(PREFIX_DIGITS, '0');
  return () => `qbench_${prefix}${PLACE}`;
}

function writeDigits(bytes: Buffer, place: number, serial: number): void {
  const ZERO = 48;
  let rest = serial;
  for (let at = place + SERIAL_DIGITS - 1; at >= place; at--) {
    bytes[at] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
