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
import { eachOf } from '../../src/provider/kit/places.ts';
import { alreadyInactive, refused, revoked } from '../../src/provider/kit/results.ts';
import type {
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import { gitlabInstance } from '../gitlab/config.ts';
import { ENCRYPTED_OPENSSH_KEY, PGP_PRIVATE_KEY, PRIVATE_KEY } from './block.ts';
import { check, findKey, type Instance, removeKey } from './instance.ts';
import { isShared, readLeak } from './leak.ts';

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
