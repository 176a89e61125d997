/**
 * From what was reported to the public key, with what stands around the leak where only a part was reported.
 *
 * Scanners often report the header alone, and all such reports are one entry, whatever the key.
 */
import { refused } from '../../src/provider/kit/results.ts';
import type { Refused, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Block, blocksIn } from './block.ts';
import { publicKeyOf } from './private-key.ts';

const ADVICE = {
  needsContext:
    'Only a part of the key was reported and the rest cannot be read: find the key at the reported places and remove its public half from GitLab and from the hosts that let it in.',
  ambiguous:
    'Several keys stand around the leak: remove the public half of each from GitLab and from the hosts that let it in.',
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
  /** Not only a part of the key was reported. */
  readonly isWhole: boolean;
}

/** How many characters of a key's body no other key has: the first ones are the same for all of a type. */
const MIN_TELLING_LENGTH = 128;

/** Scanners report a header alone, which all keys share. */
export function isShared(text: string): boolean {
  const [block] = blocksIn(text);
  return block !== undefined && !block.isWhole && block.body.length < MIN_TELLING_LENGTH;
}

export async function readLeak(token: Secret, step: Step): Promise<Leak | Refused> {
  const [reported] = blocksIn(token.reveal());
  if (!reported) return refused('needs-context', ADVICE.needsContext);
  const block = reported.isWhole ? reported : await completed(reported, step);
  if ('outcome' in block) return block;
  const key = publicKeyOf(block);
  if (key.state === 'sealed') return refused('manual', ADVICE.sealed);
  if (key.state === 'unreadable') return refused('unsupported-kind', ADVICE.unreadable);
  const { fingerprint, state } = key;
  return { fingerprint, isProven: state === 'proven', isWhole: reported.isWhole };
}

/** The whole key of which a part was reported, from the lines around the leak. */
async function completed(part: Block, step: Step): Promise<Block | Refused> {
  const context = await step.context();
  const around = blocksIn(context?.reveal() ?? '').filter(
    ({ isWhole, label, body }) => isWhole && label === part.label && body.startsWith(part.body),
  );
  const [block, ...others] = new Map(around.map((each) => [each.body, each])).values();
  if (!block) return refused('needs-context', ADVICE.needsContext);
  return others.length > 0 ? refused('ambiguous', ADVICE.ambiguous) : block;
}
