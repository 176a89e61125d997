/**
 * From what was reported to the public key, with what stands around the leak where only a part was reported.
 *
 * - Scanners often report the header alone, and all such reports are one entry, whatever the key.
 * - What cannot be proven (a passphrase) waits for approval, or goes to a person.
 */
import { refused } from '../../src/provider/kit/results.ts';
import type { RevokeResult, Step } from '../../src/provider/provider.ts';
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
  unproven:
    'Nothing proves that the public key in this file belongs to the private one: ask the owner of the public key before removing it.',
  unreadable: 'This is no key that SSH can use: find out what it is for and replace it there.',
} as const;

/** How many characters of a key's body no other key has: the first ones are the same for all of a type. */
const MIN_TELLING_LENGTH = 128;

/** Scanners report a header alone, which all keys share. */
export function isShared(text: string): boolean {
  const [block] = blocksIn(text);
  return block !== undefined && !block.isWhole && block.body.length < MIN_TELLING_LENGTH;
}

/** @returns the fingerprint of the public key */
export async function readLeak(token: Secret, step: Step): Promise<string | RevokeResult> {
  const [reported] = blocksIn(token.reveal());
  if (!reported) return refused('needs-context', ADVICE.needsContext);
  const block = reported.isWhole ? reported : await completed(reported, step);
  if ('outcome' in block) return block;
  const key = publicKeyOf(block);
  if (key.state === 'sealed') return refused('manual', ADVICE.sealed);
  if (key.state === 'unreadable') return refused('unsupported-kind', ADVICE.unreadable);
  const { fingerprint } = key;
  // Of this kind it gets here only when a person, or the operator's settings, approved it.
  const isApproved = step.kind === 'encrypted-key';
  if (key.state === 'unproven' && !isApproved) return refused('manual', ADVICE.unproven, { fingerprint });
  return fingerprint;
}

/** The whole key of which a part was reported, from the lines around the leak. */
async function completed(part: Block, step: Step): Promise<Block | RevokeResult> {
  const context = await step.context();
  const around = blocksIn(context?.reveal() ?? '').filter(
    ({ isWhole, label, body }) => isWhole && label === part.label && body.startsWith(part.body),
  );
  const [block, ...others] = new Map(around.map((each) => [each.body, each])).values();
  if (!block) return refused('needs-context', ADVICE.needsContext);
  return others.length > 0 ? refused('ambiguous', ADVICE.ambiguous) : block;
}
