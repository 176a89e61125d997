/** The users of Redis's access lists, as the README tells operators to make them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const README = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');

export const RIGHTFUL_USER = { username: 'quash', password: 'password-of-the-tests' } as const;

/** Arguments of redis-server. */
export function rightsFromReadme(ofCluster = ''): readonly string[] {
  const rights = /^user quash-ledger on >PASSWORD (.+)$/m.exec(README)?.[1];
  if (rights === undefined) throw new Error('The README does not say which rights Quash needs.');
  const { username, password } = RIGHTFUL_USER;
  return [
    '--user',
    username,
    'on',
    `>${password}`,
    ...rights.split(' '),
    ...ofCluster.split(' ').filter(Boolean),
  ];
}
