/**
 * Private SSH keys whose public half lets somebody into GitLab: keys of users, and deploy keys.
 *
 * Docs: https://docs.gitlab.com/api/keys/#get-user-by-ssh-key-fingerprint,
 * https://docs.gitlab.com/api/user_keys/ and https://docs.gitlab.com/api/deploy_keys/, checked 2026-11-28.
 *
 * - GitLab knows public keys only, so the public half is derived, and the key that is found must be the same.
 * - Anybody can write a "private key" that names the public key of somebody else, to have it removed: see
 *   `private-key.ts`. What cannot be proven (a passphrase) waits for a person, whatever the mode.
 * - Scanners often report the header alone. It only points to the keys around the leak: each is an entry of its own.
 * - A deploy key goes from one project after the other, and from the instance with the last, unless it is public.
 * - Keys of all types are found, also those that no call removes: deploy keys of groups, keys of a directory server.
 * - GitLab revokes keys by hand only. One that is removed leaves the commits verified that it has signed.
 * - Hosts that let the key in by their `authorized_keys` are out of reach.
 */
import { refused } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import { config, type SshConfig } from './config.ts';
import { check, type Instance } from './instance.ts';
import { KINDS, TYPES } from './kinds.ts';
import { readLeak } from './leak.ts';
import { isStillKnown, lookEverywhere, removeEverywhere } from './removal.ts';

const PGP = refused(
  'unsupported-kind',
  'This is a PGP key: publish its revocation certificate, and remove it from the profiles and hosts that trust it.',
);

export const ssh: ProviderDefinition<SshConfig> = {
  id: 'ssh',
  title: 'SSH keys in GitLab',
  docs: 'https://docs.gitlab.com/api/keys/#get-user-by-ssh-key-fingerprint',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the public key that provably belongs to the private one',
  proof: 'no configured GitLab knows the public key any more; other hosts are not asked',
  effect: 'the key of the user, or the deploy key in all its projects; commits that it signed stay verified',
  needs: 'an administrator token in `gitlab.instances`',
  types: TYPES,
  config,
  sharedKeys: { instances: 'gitlab.instances' },
  create,
};

function create(settings: SshConfig, tools: Tools): Provider {
  const instances: readonly Instance[] = settings.instances.flatMap(({ url, adminToken }) =>
    adminToken ? [{ upstream: tools.upstream(url), adminToken }] : [],
  );
  return {
    kinds: instances.length > 0 ? KINDS : [],
    async revoke(token, step) {
      if (step.kind === 'pgp-key') return PGP;
      const leak = await readLeak(token, step);
      return 'outcome' in leak ? leak : removeEverywhere(instances, leak, step);
    },
    async look(token, step) {
      if (step.kind === 'pgp-key') return PGP;
      const leak = await readLeak(token, step);
      return 'outcome' in leak ? leak : lookEverywhere(instances, leak, step);
    },
    async verify(_token, step) {
      const isKnown = await isStillKnown(instances, step);
      if (isKnown === undefined) return 'unknown';
      return isKnown ? 'alive' : 'dead';
    },
    check: (signal) => Promise.all(instances.map((instance) => check(instance, signal))),
  };
}
