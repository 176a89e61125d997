/**
 * Private SSH keys whose public half lets somebody into GitLab: keys of users, and deploy keys.
 *
 * Docs: https://docs.gitlab.com/api/keys/#get-user-by-ssh-key-fingerprint,
 * https://docs.gitlab.com/api/user_keys/ and https://docs.gitlab.com/api/deploy_keys/, checked 2026-11-21.
 *
 * - GitLab knows public keys only, so the public half is derived, and the key that is found must be the same.
 * - Anybody can write a "private key" that names the public key of somebody else, to have it removed: see
 *   `private-key.ts`. What cannot be proven (a passphrase) waits for approval, or goes to a person.
 * - Scanners often report the header alone, and all such reports are one entry, whatever the key. So the key is read
 *   from around the leak and removed, and yet a person has to look at the other places.
 * - A deploy key goes from one project after the other, and from the instance with the last, unless it is public.
 * - Hosts that let the key in by their `authorized_keys` are out of reach.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { alreadyInactive, refused, revoked } from '../../src/provider/kit.ts';
import type {
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Secret } from '../../src/secret.ts';
import { gitlabInstance } from '../gitlab/index.ts';
import { check, findKey, type Instance, removeKey } from './instance.ts';
import {
  type Block,
  blocksIn,
  ENCRYPTED_OPENSSH_KEY,
  PGP_PRIVATE_KEY,
  PRIVATE_KEY,
  publicKeyOf,
} from './private-key.ts';

const config = z.strictObject({
  instances: z
    .array(gitlabInstance)
    .default([])
    .describe(
      'GitLab instances from which leaked keys are removed; those without an administrator token are left out.',
    ),
});
export type SshConfig = z.output<typeof config>;

const ANY_KEY = 'gitleaks_rule_id_private-key';
const TYPES = [
  ANY_KEY,
  'gitleaks_rule_id_pkcs8_private_key',
  'gitleaks_rule_id_rsa_private_key',
  'gitleaks_rule_id_ssh_(dsa)_private_key',
  'gitleaks_rule_id_ssh_(ec)_private_key',
  'gitleaks_rule_id_ssh_private_key',
];

const KINDS: readonly TokenKind[] = [
  {
    id: 'encrypted-key',
    types: TYPES,
    pattern: ENCRYPTED_OPENSSH_KEY,
    effect: 'wider',
    warning:
      "The key has a passphrase, so nothing proves that the public key in its file is its own and not somebody else's.",
  },
  { id: 'private-key', types: TYPES, pattern: PRIVATE_KEY, effect: 'token', sharedText: isShared },
  { id: 'pgp-key', types: [ANY_KEY], pattern: PGP_PRIVATE_KEY, effect: 'token' },
];

const ADVICE = {
  pgp: 'This is a PGP key: publish its revocation certificate, and remove it from the profiles and hosts that trust it.',
  needsContext:
    'Only a part of the key was reported and the rest cannot be read: find the key at the reported places and remove its public half from GitLab and from the hosts that let it in.',
  ambiguous:
    'Several keys stand around the leak: remove the public half of each from GitLab and from the hosts that let it in.',
  sealed:
    'The key has a passphrase, so its public half is not known: ask its owner, and remove it from GitLab and from the hosts that let it in.',
  unproven:
    'Nothing proves that the public key in this file belongs to the private one: ask the owner of the public key before removing it.',
  unreadable: 'This is no key that SSH can use: find out what it is for and replace it there.',
  publicDeployKey:
    'This is a public deploy key that no project uses: remove it in the Admin area of GitLab before one does.',
  unknown:
    'No configured GitLab knows this key: remove its public half from the hosts that let it in, or replace it where it serves another purpose.',
} as const;

/** Fingerprint of the public key that was found in GitLab. */
const NOTE = z.object({ fingerprint: z.string() });

export const ssh: ProviderDefinition<SshConfig> = {
  id: 'ssh',
  title: 'SSH keys in GitLab',
  docs: 'https://docs.gitlab.com/api/keys/#get-user-by-ssh-key-fingerprint',
  stability: 'beta',
  exactness: 'the public key that provably belongs to the private one',
  proof: 'no configured GitLab knows the public key any more; other hosts are not asked',
  effect: 'the key of the user, or the deploy key in all its projects',
  needs: 'an administrator token in `gitlab.instances`',
  types: TYPES,
  config,
  create,
};

function create(settings: SshConfig, tools: Tools): Provider {
  const instances: readonly Instance[] = settings.instances.flatMap(({ url, adminToken }) =>
    adminToken ? [{ upstream: tools.upstream(url), adminToken }] : [],
  );
  return {
    kinds: instances.length > 0 ? KINDS : [],
    async revoke(token, step) {
      if (step.kind === 'pgp-key') return refused('unsupported-kind', ADVICE.pgp);
      const leaked = await readLeak(token, step);
      if (typeof leaked !== 'string') return leaked;
      return removeEverywhere(instances, leaked, step);
    },
    async verify(_token, step) {
      const seen = NOTE.safeParse(step.note).data;
      if (!seen) return 'unknown';
      const found = await eachOf(instances, (instance) => findKey(instance, seen.fingerprint, step.signal));
      return found.length > 0 ? 'alive' : 'dead';
    },
    check: (signal) => Promise.all(instances.map((instance) => check(instance, signal))),
  };
}

/** How many characters of a key's body no other key has: the first ones are the same for all of a type. */
const MIN_TELLING_LENGTH = 128;

/** Scanners report a header alone, which all keys share. */
function isShared(text: string): boolean {
  const [block] = blocksIn(text);
  return block !== undefined && !block.isWhole && block.body.length < MIN_TELLING_LENGTH;
}

/** @returns the fingerprint of the public key */
async function readLeak(token: Secret, step: Step): Promise<string | RevokeResult> {
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

async function removeEverywhere(
  instances: readonly Instance[],
  fingerprint: string,
  step: Step,
): Promise<RevokeResult> {
  const seen = NOTE.safeParse(step.note).data?.fingerprint === fingerprint;
  const ends = await eachOf(instances, async (instance) => {
    const key = await findKey(instance, fingerprint, step.signal);
    if (!key) return undefined;
    step.remember({ fingerprint } satisfies z.output<typeof NOTE>);
    const isRemoved = await removeKey(instance, key, step.signal);
    return { isRemoved, facts: { instance: instance.upstream.base, keyId: key.id, userId: key.userId } };
  });
  const evidence = { fingerprint, keys: ends.map(({ facts }) => facts) };
  if (ends.some(({ isRemoved }) => !isRemoved)) return refused('manual', ADVICE.publicDeployKey, evidence);
  if (ends.length > 0) return revoked(evidence);
  if (seen) return alreadyInactive({ fingerprint });
  return refused('unknown-token', ADVICE.unknown, { fingerprint });
}

/** What the instances have to say. One that fails does not keep the others from being asked. */
async function eachOf<T>(
  instances: readonly Instance[],
  ask: (instance: Instance) => Promise<T | undefined>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  const failures: Failure[] = [];
  for (const instance of instances) {
    try {
      const answer = await ask(instance);
      if (answer !== undefined) answers.push(answer);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  // One of several instances that is down, or refuses us, must not stop the work at the others.
  if (failures[0]) throw instances.length === 1 ? failures[0] : failures[0].ofEntry();
  return answers;
}
