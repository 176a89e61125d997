/** A key is disabled for the SecretKey that signs with it; a SecretId alone is public and waits for a person. */

import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import {
  goneSinceSeen,
  heldUnproven,
  refused,
  revoked,
  unexpected,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import { ownCredential } from '../../src/provider/own-credential.ts';
import type { Liveness, LookResult, Refused, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Call, isForbidden, SITES, type Site } from './api.ts';
import type { TencentAccount } from './config.ts';
import { operatorOf } from './operator.ts';
import { look, NOT_FOUND, type Paired } from './sight.ts';

export interface Keys {
  readonly accounts: readonly TencentAccount[];
  readonly call: Call;
}

const SECRET = /(?<![A-Za-z0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9])/;

const OWN = ownCredential('key', 'disable');
const UNKNOWN =
  'Neither site of Tencent Cloud has an active key with this SecretId: ask where it was used, and look for it there.';
const NO_SECRET = refused(
  'needs-context',
  'The key works, but no SecretKey of it is near and no configured account lists it: disable it by hand in the CAM console.',
);
const ID_ALONE =
  'The key works, but a SecretId is public and its SecretKey was not found near it: disable it if its SecretKey leaked, too.';
const NOT_PERMITTED = refused(
  'not-permitted',
  'The key works, but its user may not change its own keys: disable it by hand in the CAM console.',
);
const LOOK_AGAIN: RevokeResult = { outcome: 'continue', afterMs: 2_000 };

export async function revokeKey(token: Secret, step: Step, keys: Keys): Promise<RevokeResult> {
  const id = token.reveal();
  if (isOwn(id, keys)) return OWN;
  const secrets = await step.matchesAround(SECRET);
  const sight = await look(id, secrets, homeOf(step), step.signal, keys.call);
  if (sight.state === 'unknown') return gone(step);
  step.sawAlive(sight.site);
  if (sight.state === 'active') return withoutSecret(id, sight.site, step, keys);
  step.prove('signs-in');
  return disableItself(sight, step, keys);
}

export async function lookAtKey(token: Secret, step: Step, keys: Keys): Promise<LookResult> {
  if (isOwn(token.reveal(), keys)) return OWN;
  const sight = await look(token.reveal(), [], homeOf(step), step.signal, keys.call);
  return sight.state === 'unknown' ? gone(step) : { outcome: 'alive', evidence: { site: sight.site } };
}

export async function verifyKey(token: Secret, step: Step, { call }: Keys): Promise<Liveness> {
  const { state } = await look(token.reveal(), [], homeOf(step), step.signal, call);
  return state === 'unknown' ? 'dead' : 'alive';
}

function isOwn(id: string, { accounts }: Keys): boolean {
  return accounts.some(({ secretId }) => secretId === id);
}

/** Where it was seen to be active; everywhere when it was not seen yet. */
function homeOf({ seenAlive }: Step): readonly Site[] {
  const seen = SITES.filter((site) => seenAlive.includes(site));
  return seen.length > 0 ? seen : SITES;
}

function gone({ seenAlive }: Step) {
  return seenAlive.length > 0 ? goneSinceSeen() : unknownAt(SITES, UNKNOWN);
}

async function disableItself({ site, pair, account }: Paired, step: Step, keys: Keys): Promise<RevokeResult> {
  const parameters = { AccessKeyId: pair.id, Status: 'Inactive' };
  const where = { site, service: 'cam', pair } as const;
  const { error, upstream, answer } = await keys.call(where, 'UpdateAccessKey', parameters, step.signal);
  if (error === undefined) return revoked({ account });
  // The key signed a moment ago, so somebody else has disabled it since.
  if (error === NOT_FOUND) return LOOK_AGAIN;
  if (!isForbidden(error)) throw unexpected(upstream, answer);
  const found = await search(pair.id, site, step, keys);
  return found && 'operator' in found ? found.disable() : NOT_PERMITTED;
}

async function withoutSecret(id: string, site: Site, step: Step, keys: Keys): Promise<RevokeResult> {
  const found = await search(id, site, step, keys);
  if (!found) return NO_SECRET;
  if (!('operator' in found)) return found;
  const { operator, user, disable } = found;
  return step.mayActUnproven ? disable() : heldUnproven(true, { operator, user }, ID_ALONE);
}

/** Looks for an active key, which is why nobody can have many searches made for ids that he invents. */
async function search(id: string, site: Site, { signal }: Step, { accounts, call }: Keys) {
  const operators = accounts
    .filter((account) => account.site === site)
    .map((account) => operatorOf(account, call));
  const refusals: Refused[] = [];
  const found = await firstSparingTheLane(operators, async (operator) => {
    const owner = await operator.find(id, signal);
    if (owner === undefined) return undefined;
    if (typeof owner === 'object') {
      // Another account may have it.
      refusals.push(owner);
      return undefined;
    }
    return {
      operator: operator.name,
      user: owner,
      disable: () => operator.disable(id, owner, signal),
    };
  });
  return found ?? refusals[0];
}
