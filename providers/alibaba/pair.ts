/** A key that disables itself, once its two halves signed together; or that the operator's credential disables then. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { afterTheSecret, firstOfHalves, otherHalves } from '../../src/provider/kit/halves.ts';
import {
  goneSinceSeen,
  refused,
  revoked,
  suspended,
  unexpected,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import { ownCredential } from '../../src/provider/own-credential.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Call, IMS, STS } from './api.ts';
import { KEY_ID, KEY_SECRET } from './kinds.ts';
import { type Account, disabledByOperator, isForbidden } from './operator.ts';
import type { KeyPair } from './sign.ts';

const IDENTITY = z.object({ AccountId: z.string(), Arn: z.string(), RequestId: z.string() });
const DONE = z.strictObject({ RequestId: z.string() });
/** In the note: which pair was proven, as a hash, and whether Quash disables it, in this entry or in that of its secret. */
const NOTE = z.object({
  pairedWith: z.string(),
  isEnding: z.boolean().default(false),
  /** How often it was looked at again because IMS called it inactive while it signed. */
  again: z.int().default(0),
});
const DELETED = 'InvalidAccessKeyId.NotFound';
/** Of the id, whatever the secret. */
const NOT_ACTIVE: ReadonlySet<string> = new Set(['InvalidAccessKeyId.Inactive', DELETED]);

const NO_OTHER_HALF = refused(
  'needs-context',
  'The other half of this key is not at hand: find the key and disable it by hand in the RAM console.',
);
const NOT_ACTIVE_HERE =
  'Alibaba Cloud does not let this key id in from here: it is disabled, deleted, or limited to other addresses. Look it up in the RAM console.';
const KEPT_OUT = refused(
  'manual',
  'Alibaba Cloud let this key in before, and does not now: it is disabled, or limited to other addresses, where it works. See which in the RAM console, and disable it there.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'The key works, but its user may not change its own keys: add its account to providers.alibaba.accounts and retry, or disable it by hand in the RAM console.',
);
const OWN = ownCredential('access key', 'disable');
/** It takes some time until all services know that a key is disabled; ten seconds are enough. */
const LOOK_AGAIN: RevokeResult = { outcome: 'continue', afterMs: 2_000 };
const MAX_AGAIN = 5;

export interface AccessKeys {
  readonly accounts: readonly Account[];
  readonly call: Call;
}

export async function revokePair(
  token: Secret,
  step: Step,
  { accounts, call }: AccessKeys,
): Promise<RevokeResult> {
  const isOwn = accounts.some(({ accessKeyId }) => accessKeyId === token.reveal());
  if (isOwn) return OWN;
  const known = NOTE.safeParse(step.note).data;
  let wasRefused = false;
  const result = await firstOfHalves(
    await pairs(token, step),
    async (pair): Promise<RevokeResult | undefined> => {
      const identity = await call(STS, 'GetCallerIdentity', pair, {}, step.signal);
      if (identity.error !== undefined) {
        const isRefused = NOT_ACTIVE.has(identity.error);
        if (isRefused && known?.pairedWith === fingerprint(pair)) {
          return known.isEnding || identity.error === DELETED ? goneSinceSeen() : KEPT_OUT;
        }
        if (!isRefused && identity.error !== 'SignatureDoesNotMatch') {
          throw unexpected(identity.upstream, identity.answer);
        }
        wasRefused ||= isRefused;
        return undefined;
      }
      const { AccountId: account, Arn: arn } = identity.answer.json(IDENTITY);
      const remember = (isEnding: boolean, again = known?.again ?? 0) =>
        step.remember({ ...waitedOf(step), pairedWith: fingerprint(pair), isEnding, again });
      remember(true);
      step.sawAlive(STS.host);
      const act = async (): Promise<RevokeResult> => {
        step.prove('signs-in');
        const query = { Status: 'Inactive', UserAccessKeyId: pair.id };
        const { error, upstream, answer } = await call(IMS, 'UpdateAccessKey', pair, query, step.signal);
        if (error !== undefined && isForbidden(error)) {
          const key = { id: pair.id, account, arn };
          remember(false);
          if (!(await disabledByOperator(key, accounts, call, step.signal))) return NOT_PERMITTED;
          remember(true);
          return revoked({ account });
        }
        if (error !== undefined && NOT_ACTIVE.has(error)) {
          // The key signed a moment ago, so somebody else has disabled it since, or it may not be used there from here.
          const again = (known?.again ?? 0) + 1;
          remember(again <= MAX_AGAIN, again);
          if (again <= MAX_AGAIN) return LOOK_AGAIN;
          throw suspended(upstream, answer.status);
        }
        if (error !== undefined) throw unexpected(upstream, answer);
        answer.json(DONE);
        return revoked({ account });
      };
      const isId = step.kind === KEY_ID.id;
      return isId ? afterTheSecret(step, { kind: KEY_SECRET.id, secret: pair.secret }, act) : act();
    },
  );
  if (result) return result;
  // A refused id proves nothing about a secret that was never shown to belong to it.
  return wasRefused && step.kind === KEY_ID.id ? unknownAt([STS.host], NOT_ACTIVE_HERE) : NO_OTHER_HALF;
}

export async function verifyPair(token: Secret, step: Step, call: Call): Promise<Liveness> {
  const proven = NOTE.safeParse(step.note).data?.pairedWith;
  const pair = (await pairs(token, step)).find((each) => fingerprint(each) === proven);
  if (!pair) return 'unknown';
  const { error, upstream, answer } = await call(STS, 'GetCallerIdentity', pair, {}, step.signal);
  if (error === undefined) return 'alive';
  if (NOT_ACTIVE.has(error)) return 'dead';
  throw unexpected(upstream, answer);
}

/** The other keys of the note. */
function waitedOf({ note }: Step): object {
  return typeof note === 'object' && note !== null ? note : {};
}

/** The token with every other half that it may have. */
async function pairs(token: Secret, step: Step): Promise<readonly KeyPair[]> {
  const isId = step.kind === KEY_ID.id;
  const halves = await otherHalves(step, isId ? KEY_SECRET : KEY_ID);
  return halves.map((half) =>
    isId ? { id: token.reveal(), secret: half } : { id: half.reveal(), secret: token },
  );
}

function fingerprint({ id, secret }: KeyPair): string {
  return createHash('sha256').update(`${id}:${secret.reveal()}`).digest('hex');
}
