/**
 * HTTP digest authentication, by which a programmatic API key shows both of its halves.
 *
 * Docs: https://www.rfc-editor.org/rfc/rfc7616; the challenge as in the examples of
 * https://www.mongodb.com/docs/atlas/configure-api-access/
 */
import { createHash, randomUUID } from 'node:crypto';
import { Secret } from '../../src/words/secret.ts';

export interface DigestCall {
  readonly method: 'GET';
  /** With the path of the base URL. */
  readonly uri: string;
  readonly username: string;
  readonly password: Secret;
}

/** Undefined when this is no challenge that can be answered. */
export function digestHeader(
  challenge: string | undefined,
  { method, uri, username, password }: DigestCall,
  cnonce: string = randomUUID(),
): Secret | undefined {
  const { realm, nonce, qop, algorithm = 'MD5' } = parametersOf(challenge ?? '');
  if (realm === undefined || nonce === undefined || algorithm.toUpperCase() !== 'MD5') return undefined;
  if (qop !== undefined && !qop.split(',').some((each) => each.trim() === 'auth')) return undefined;
  const nc = '00000001';
  const account = md5(`${username}:${realm}:${password.reveal()}`);
  const call = md5(`${method}:${uri}`);
  const response = md5([account, nonce, nc, cnonce, 'auth', call].join(':'));
  const quoted = { username, realm, nonce, uri, cnonce, response };
  const parts = Object.entries(quoted).map(([name, value]) => `${name}="${value}"`);
  return new Secret(`Digest ${[...parts, `qop=auth`, `nc=${nc}`, 'algorithm=MD5'].join(', ')}`);
}

function parametersOf(challenge: string): Readonly<Record<string, string | undefined>> {
  const [, rest = ''] = /^Digest\s+(.*)$/i.exec(challenge) ?? [];
  const found = rest.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g);
  return Object.fromEntries(
    [...found].map(([, name = '', text, token]) => [name.toLowerCase(), text ?? token]),
  );
}

/** The vendor's choice; nothing but the two halves of a key depends on it. */
function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
