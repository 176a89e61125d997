/** The users of Redis's access lists, as the document of the ledger tells operators to make them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const DOCUMENT = readFileSync(resolve(import.meta.dirname, '../../src/ledger/README.md'), 'utf8');

export const RIGHTFUL_USER = { username: 'quash', password: 'password-of-the-tests' } as const;

/** Arguments of redis-server. */
export function rightsFromReadme(further = ''): readonly string[] {
  const rights = /^user quash-ledger on >PASSWORD (.+)$/m.exec(DOCUMENT)?.[1];
  if (rights === undefined) throw new Error('Its document does not say which rights Quash needs.');
  const { username, password } = RIGHTFUL_USER;
  return [
    '--user',
    username,
    'on',
    `>${password}`,
    ...rights.split(' '),
    ...further.split(' ').filter(Boolean),
  ];
}
