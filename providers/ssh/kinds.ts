/** The kinds of private keys, and what is shown of each before a public key is removed. */
import type { TokenKind } from '../../src/provider/provider.ts';
import { blocksIn, canonicalKey, ENCRYPTED_OPENSSH_KEY, PGP_PRIVATE_KEY, PRIVATE_KEY } from './block.ts';
import { isShared } from './leak.ts';

const ANY_KEY = 'gitleaks_rule_id_private-key';
export const TYPES = [
  ANY_KEY,
  'gitleaks_rule_id_pkcs8_private_key',
  'gitleaks_rule_id_rsa_private_key',
  'gitleaks_rule_id_ssh_(dsa)_private_key',
  'gitleaks_rule_id_ssh_(ec)_private_key',
  'gitleaks_rule_id_ssh_private_key',
];

/** A key without its last line is a part of one. */
const isWhole = (text: string): boolean => blocksIn(text)[0]?.isWhole === true;

const PLACES = {
  open: 'Any host may let the key in by its authorized_keys, and so may a GitLab that is not in the configuration.',
} as const;

export const KINDS: readonly TokenKind[] = [
  {
    id: 'encrypted-key',
    types: TYPES,
    pattern: ENCRYPTED_OPENSSH_KEY,
    canonical: canonicalKey,
    effect: 'token',
    // Its public half is no secret, and nothing shows that the rest of the file belongs to it.
    possession: 'unproven',
    places: PLACES,
    whole: isWhole,
    undo: 'no',
  },
  {
    id: 'private-key',
    types: TYPES,
    pattern: PRIVATE_KEY,
    canonical: canonicalKey,
    effect: 'token',
    // By the fingerprint of the public key, to which a signature shows that the private one belongs.
    possession: 'listed-whole',
    places: PLACES,
    whole: isWhole,
    undo: 'no',
    sharedText: isShared,
  },
  {
    id: 'pgp-key',
    types: [ANY_KEY],
    pattern: PGP_PRIVATE_KEY,
    effect: 'token',
    // Nobody is asked, so nothing is ever proven.
    possession: 'unproven',
    places: PLACES,
    whole: 'open',
    undo: 'no',
  },
];
