/**
 * Tencent Cloud's signature TC3-HMAC-SHA256 of a call with a JSON body.
 *
 * Docs: https://www.tencentcloud.com/document/product/1021/34193
 */
import { createHash, createHmac } from 'node:crypto';
import { Secret } from '../../src/words/secret.ts';

export interface KeyPair {
  readonly id: string;
  readonly secret: Secret;
}

export interface ApiCall {
  /** As Tencent Cloud sees it, wherever the request is sent. */
  readonly host: string;
  readonly service: string;
  readonly action: string;
  readonly version: string;
  readonly region: string;
  /** The body as it is sent. */
  readonly payload: string;
}

const ALGORITHM = 'TC3-HMAC-SHA256';
const TYPE = 'application/json';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The headers that go with a POST to `/`. They name the key, so they are secrets. */
export function signedHeaders(
  { host, service, action, version, region, payload }: ApiCall,
  { id, secret }: KeyPair,
  nowMs: number,
): Readonly<Record<string, string | Secret>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const date = new Date(nowMs).toISOString().slice(0, 10);
  const scope = `${date}/${service}/tc3_request`;
  const canonical = `POST\n/\n\ncontent-type:${TYPE}\nhost:${host}\n\ncontent-type;host\n${sha256(payload)}`;
  const key = hmac(hmac(hmac(`TC3${secret.reveal()}`, date), service), 'tc3_request');
  const signature = hmac(key, `${ALGORITHM}\n${timestamp}\n${scope}\n${sha256(canonical)}`).toString('hex');
  return {
    authorization: new Secret(
      `${ALGORITHM} Credential=${id}/${scope}, SignedHeaders=content-type;host, Signature=${signature}`,
    ),
    'content-type': TYPE,
    'x-tc-action': action,
    'x-tc-region': region,
    'x-tc-timestamp': timestamp,
    'x-tc-version': version,
  };
}
