/**
 * From what was reported to the public key, or to the whole keys around the leak where only a part was reported.
 *
 * Scanners often report the header alone, and all such reports of a file are one entry, whatever the keys.
 */
import { refused } from '../../src/provider/kit/results.ts';
import type { Found, Refused, Step } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { type Block, blocksIn, ENCRYPTED_OPENSSH_KEY } from './block.ts';
import { publicKeyOf } from './private-key.ts';

const ADVICE = {
  needsContext:
    'Only a part of the key was reported and the rest cannot be read: find the key at the reported places and remove its public half from GitLab and from the hosts that let it in.',
  sealed:
    'The key has a passphrase, so its public half is not known: ask its owner, and remove it from GitLab and from the hosts that let it in.',
  unreadable: 'This is no key that SSH can use: find out what it is for and replace it there.',
} as const;

/** The public key that a leak leads to. */
export interface Leak {
  /** `SHA256:...` */
  readonly fingerprint: string;
  /** A signature shows that the private key belongs to it; else it is only named in the file, by whoever wrote that. */
  readonly isProven: boolean;
}

/** How many characters of a key's body no other key has: the first ones are the same for all of a type. */
const MIN_TELLING_LENGTH = 128;

/** Scanners report a header alone, which all keys share. */
export function isShared(text: string): boolean {
  const [block] = blocksIn(text);
  return block !== undefined && !block.isWhole && block.body.length < MIN_TELLING_LENGTH;
}

export async function readLeak(token: Secret, step: Step): Promise<Leak | Found | Refused> {
  const [block] = blocksIn(token.reveal());
  if (!block) return refused('needs-context', ADVICE.needsContext);
  if (!block.isWhole) return keysAround(block, step);
  const key = publicKeyOf(block);
  if (key.state === 'sealed') return refused('manual', ADVICE.sealed);
  if (key.state === 'unreadable') return refused('unsupported-kind', ADVICE.unreadable);
  return { fingerprint: key.fingerprint, isProven: key.state === 'proven' };
}

/** The whole keys of which a part was reported. Whether each is one will be seen: a decoy hides none of the others. */
async function keysAround(part: Block, step: Step): Promise<Found | Refused> {
  const around = blocksIn((await step.context())?.reveal() ?? '').filter(
    ({ isWhole, label, body }) => isWhole && label === part.label && body.startsWith(part.body),
  );
  // One key may be indented in one file and not in the other.
  const keys = [...new Map(around.map((each) => [each.body, each])).values()];
  if (keys.length === 0) return refused('needs-context', ADVICE.needsContext);
  const secrets = keys.map(({ text }) => ({
    kind: ENCRYPTED_OPENSSH_KEY.test(text) ? 'encrypted-key' : 'private-key',
    token: new Secret(text),
  }));
  return { outcome: 'found', secrets };
}
