/**
 * Alibaba Cloud's signature V3 of a call of the RPC kind.
 *
 * Docs: https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { Secret } from '../../src/words/secret.ts';

export interface KeyPair {
  readonly id: string;
  readonly secret: Secret;
  /** Of temporary credentials. */
  readonly securityToken?: Secret;
}

export interface RpcCall {
  readonly host: string;
  readonly action: string;
  readonly version: string;
  /** Goes into the query string. */
  readonly query: Readonly<Record<string, string>>;
}

const ALGORITHM = 'ACS3-HMAC-SHA256';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The headers that go with a POST without a body. They name the access key, so they are secrets. */
export function signedHeaders(
  { host, action, version, query }: RpcCall,
  { id, secret, securityToken }: KeyPair,
  nowMs: number,
  nonce: string = randomUUID(),
): Readonly<Record<string, Secret>> {
  const bodyHash = sha256('');
  const headers: Readonly<Record<string, string>> = {
    host,
    'x-acs-action': action,
    'x-acs-content-sha256': bodyHash,
    'x-acs-date': `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': nonce,
    'x-acs-version': version,
    ...(securityToken && { 'x-acs-accesskey-id': id, 'x-acs-security-token': securityToken.reveal() }),
  };
  const names = Object.keys(headers).sort();
  const canonical = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const parameters = Object.keys(query)
    .sort()
    .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(query[name] ?? '')}`);
  const request = ['POST', '/', parameters.join('&'), canonical, names.join(';'), bodyHash].join('\n');
  const signature = createHmac('sha256', secret.reveal())
    .update(`${ALGORITHM}\n${sha256(request)}`)
    .digest('hex');
  const authorization = `${ALGORITHM} Credential=${id},SignedHeaders=${names.join(';')},Signature=${signature}`;
  const sent = Object.entries({ ...headers, authorization }).filter(([name]) => name !== 'host');
  return Object.fromEntries(sent.map(([name, value]) => [name, new Secret(value)]));
}
