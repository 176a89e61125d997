/**
 * Volcengine's signature HMAC-SHA256 of a GET request to `/`: AWS Signature Version 4 under other names.
 *
 * Docs: https://github.com/volcengine/volc-sdk-golang/blob/main/base/sign.go, the vendor's own client
 */
import { createHash, createHmac } from 'node:crypto';
import { Secret } from '../../src/words/secret.ts';

export interface KeyPair {
  readonly id: string;
  readonly secret: Secret;
}

export interface QueryCall {
  /** As Volcengine sees it, wherever the request is sent. */
  readonly host: string;
  readonly region: string;
  readonly service: string;
  readonly query: Readonly<Record<string, string>>;
}

const ALGORITHM = 'HMAC-SHA256';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The headers that go with the request. They name the access key, so they are secrets. */
export function signedHeaders(
  { host, region, service, query }: QueryCall,
  { id, secret }: KeyPair,
  nowMs: number,
): Readonly<Record<string, string | Secret>> {
  const time = new Date(nowMs).toISOString().replace(/\.\d+|[-:]/g, '');
  const scope = [time.slice(0, 8), region, service, 'request'];
  const parameters = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const canonical = `GET\n/\n${parameters}\nhost:${host}\nx-date:${time}\n\nhost;x-date\n${sha256('')}`;
  const key = scope.reduce<string | Buffer>(hmac, secret.reveal());
  const toSign = [ALGORITHM, time, scope.join('/'), sha256(canonical)].join('\n');
  const signature = hmac(key, toSign).toString('hex');
  return {
    'x-date': time,
    authorization: new Secret(
      `${ALGORITHM} Credential=${id}/${scope.join('/')}, SignedHeaders=host;x-date, Signature=${signature}`,
    ),
  };
}

/** Percent-encodes all but the unreserved characters. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
