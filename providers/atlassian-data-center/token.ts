/** What a token says of itself. */
import { Secret } from '../../src/words/secret.ts';

/** The text before the colon in its base64. @param head what the base64 begins after */
export function idInside(token: Secret, head = ''): string {
  const text = Buffer.from(token.reveal().slice(head.length), 'base64').toString('latin1');
  return text.slice(0, Math.max(text.indexOf(':'), 0));
}

/** The same secret behind an id that nobody has. */
export function withNobodysId(token: Secret, head = ''): Secret {
  const bytes = Buffer.from(token.reveal().slice(head.length), 'base64');
  bytes.fill('0', 0, Math.max(bytes.indexOf(':'), 0));
  return new Secret(head + bytes.toString('base64'));
}
