/**
 * The header of a call that is signed by OAuth 1.0a.
 *
 * Docs: https://www.rfc-editor.org/rfc/rfc5849#section-3.4
 */
import { createHmac, randomUUID } from 'node:crypto';
import { Secret } from '../../src/words/secret.ts';

export interface OAuth1Keys {
  readonly consumerKey: string;
  readonly consumerSecret: Secret;
  readonly accessToken: string;
  readonly accessTokenSecret: Secret;
}

export interface SignedCall {
  readonly method: 'GET' | 'POST';
  /** As X sees it, without a query. */
  readonly url: string;
  readonly form: Readonly<Record<string, Secret>>;
}

export function authorization(
  { method, url, form }: SignedCall,
  { consumerKey, consumerSecret, accessToken, accessTokenSecret }: OAuth1Keys,
  nowMs: number,
  nonce: string = randomUUID(),
): Secret {
  const oauth = {
    oauth_consumer_key: consumerKey,
    oauth_nonce: nonce,
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(Math.floor(nowMs / 1000)),
    oauth_token: accessToken,
    oauth_version: '1.0',
  };
  const fields = Object.entries(form).map(([name, value]) => [name, value.reveal()] as const);
  const parameters = [...Object.entries(oauth), ...fields]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const key = `${encoded(consumerSecret.reveal())}&${encoded(accessTokenSecret.reveal())}`;
  const signature = createHmac('sha1', key)
    .update([method, url, parameters].map(encoded).join('&'))
    .digest('base64');
  const shown = Object.entries({ ...oauth, oauth_signature: signature });
  return new Secret(`OAuth ${shown.map(([name, value]) => `${name}="${encoded(value)}"`).join(', ')}`);
}

/** Percent-encodes all but the unreserved characters. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}
