/** A key is disabled for the secret that signs with it; a key id alone is public and waits for a person. */
import { z } from 'zod';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import {
  alreadyInactive,
  goneSinceSeen,
  heldUnproven,
  refused,
  revoked,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import { ownCredential } from '../../src/provider/own-credential.ts';
import type { Liveness, LookResult, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { Account } from './account.ts';
import { type Call, PLACE } from './api.ts';
import { look } from './sight.ts';

export interface Keys {
  readonly accounts: readonly Account[];
  readonly call: Call;
}

/** Base64. Keys of one sort have one length; a match that is no secret signs nothing. */
const SECRET = /(?<![\w+/-])(?!AKLT)[A-Za-z0-9+/]{40,80}={0,2}(?![\w+/=-])/;
const NOTE = z.object({ account: z.string(), user: z.string() });

const OWN = ownCredential('access key', 'disable');
const UNKNOWN =
  'Volcengine has no active key with this id: look for it in the IAM console of the account that it was used with, or in BytePlus.';
const ID_ALONE =
  'The key is active, but a key id is public and its secret was not found near it: disable it if its secret leaked, too.';
const FOREIGN = refused(
  'needs-context',
  'The key is known to Volcengine, but no configured account has it: configure its account and retry, or disable it by hand in the IAM console.',
);
const TOO_MANY_USERS = refused(
  'needs-context',
  'The account has too many users to look for the key: disable it by hand in the IAM console.',
);

export async function revokeKey(token: Secret, step: Step, keys: Keys): Promise<RevokeResult> {
  const id = token.reveal();
  if (isOwn(id, keys)) return OWN;
  const { signal } = step;
  const sight = await look(id, await step.matchesAround(SECRET), signal, keys.call);
  if (sight === 'unknown') return gone(step);
  const found = await search(id, keys, signal);
  if ('outcome' in found) return found;
  const { account, user, status } = found;
  const evidence = { account: account.name, user };
  // The text is the id: of this very key it is said.
  if (status !== 'active') return alreadyInactive(evidence);
  step.sawAlive(PLACE);
  if (sight === 'paired') step.prove('signs-in');
  else if (!step.mayActUnproven) return heldUnproven(true, evidence, ID_ALONE);
  step.remember(evidence satisfies z.output<typeof NOTE>);
  await account.disable(id, user, signal);
  return revoked(evidence);
}

export async function lookAtKey(token: Secret, step: Step, keys: Keys): Promise<LookResult> {
  if (isOwn(token.reveal(), keys)) return OWN;
  const sight = await look(token.reveal(), [], step.signal, keys.call);
  return sight === 'unknown' ? gone(step) : { outcome: 'undecided' };
}

/** What becomes of calls with a disabled key is not documented, so the list of its user is asked. */
export async function verifyKey(token: Secret, { note, signal }: Step, keys: Keys): Promise<Liveness> {
  const kept = NOTE.safeParse(note).data;
  const account = keys.accounts.find(({ name }) => name === kept?.account);
  if (!kept || !account) return 'unknown';
  const status = await account.statusOf(token.reveal(), kept.user, signal);
  if (status !== undefined) return status === 'active' ? 'alive' : 'dead';
  // One that is not listed may be kept from our sight, and is gone once there is no such id.
  return (await look(token.reveal(), [], signal, keys.call)) === 'unknown' ? 'dead' : 'unknown';
}

function isOwn(id: string, { accounts }: Keys): boolean {
  return accounts.some(({ name }) => name === id);
}

function gone({ seenAlive }: Step) {
  return seenAlive.includes(PLACE) ? goneSinceSeen() : unknownAt([PLACE], UNKNOWN);
}

/** Only for an id that is known, which is why nobody can have many searches made for ids that he invents. */
async function search(id: string, { accounts }: Keys, signal: AbortSignal) {
  let otherwise = FOREIGN;
  const found = await firstSparingTheLane(accounts, async (account) => {
    const held = await account.find(id, signal);
    // Another account may have it.
    if (held === 'too-many') otherwise = TOO_MANY_USERS;
    return held === undefined || held === 'too-many' ? undefined : { account, ...held };
  });
  return found ?? otherwise;
}
