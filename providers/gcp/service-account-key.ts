/** Keys of service accounts: disabled by the operator's service account, or by themselves where they may. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  unexpected,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import { ownCredential } from '../../src/provider/own-credential.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { GOOGLE_ERROR, type Google } from './google.ts';
import { fits, keyOf, PUBLIC_UNIVERSE, type ServiceAccountKey } from './key-file.ts';
import { type Minted, TOKEN_HOST } from './token.ts';

const RESOURCE = z.object({ name: z.string(), disabled: z.boolean().optional(), publicKeyData: z.string() });

const NO_FILE = refused(
  'needs-context',
  'The rest of the key file is not at hand: give Quash a token that may read the repository and retry, or disable the key by hand on the page of its service account.',
);
const OTHER_UNIVERSE = refused(
  'unsupported-kind',
  'The key is of a cloud of another universe than googleapis.com, which Quash does not ask: disable it there by hand.',
);
const UNREADABLE = refused(
  'unrecognised',
  'Google cannot be asked about a key in this form: disable it by hand on the page of its service account.',
);
const OWN = ownCredential('service account key', 'disable');
const OTHER_KEY = refused(
  'wrong-record',
  'The key id beside the private key is that of another key: disable the right one by hand on the page of the service account.',
);
const NOT_PERMITTED =
  'The key works, but may not disable itself: give the service account of Quash the role Service Account Key Admin there and retry, or disable the key by hand.';
const UNKNOWN =
  'Google does not take this key for one of the account beside it, and neither address nor key id is proven: find out of which service account it is, and see there that it is disabled.';

/** What may disable a key may make others, and with an access token of before enable this one again, for an hour. */
const COULD_MANAGE_KEYS = { mayHaveOtherKeys: 'it could make keys of its account: look there for others' };

export async function revokeServiceAccountKey(
  token: Secret,
  step: Step,
  google: Google,
): Promise<RevokeResult> {
  const key = await keyOf(token, step);
  if (!key) return NO_FILE;
  if (key.universe !== PUBLIC_UNIVERSE) return OTHER_UNIVERSE;
  const { operator } = google;
  if (operator && operator.keyId === key.keyId) return OWN;
  const minted = await google.mint(key, step.signal);
  if (minted.state === 'refused') return UNREADABLE;
  if (minted.state === 'token') step.sawAlive(placeOf(key));
  if (operator) {
    // One that Google takes for the operator's project may still be foreign to it, so its 403 is no fault of ours.
    const caller = { accessToken: await google.accessToken(step.signal), isOurs: true };
    const result = await disable(key, caller, minted, step, google);
    if (result) return result;
  }
  if (minted.state === 'token') {
    const caller = { accessToken: minted.accessToken, isOurs: false, byRightOf: token };
    const result = await disable(key, caller, minted, step, google);
    return result ?? refused('not-permitted', NOT_PERMITTED, { serviceAccount: key.email, key: key.keyId });
  }
  if (minted.state === 'passing') throw new Failure('suspended', { target: TOKEN_HOST, status: 400 });
  // An account that is disabled counts as not found, and its keys work again once it is not.
  return unknownAt(minted.state === 'account' ? [] : [placeOf(key)], UNKNOWN);
}

/** Google was asked about the key with this address and id; a committer may change both beside a private key. */
function placeOf({ email, keyId }: ServiceAccountKey): string {
  return `${TOKEN_HOST} about key ${keyId} of ${email}`;
}

export async function verifyServiceAccountKey(token: Secret, step: Step, google: Google): Promise<Liveness> {
  const key = await keyOf(token, step);
  if (!key) return 'unknown';
  const livenesses: Readonly<Record<Minted['state'], Liveness>> = {
    signature: 'dead',
    token: 'alive',
    // The account may be enabled again, and the clock be set right.
    account: 'unknown',
    passing: 'unknown',
    refused: 'unknown',
  };
  const { state } = await google.mint(key, step.signal);
  // It worked by another address or id than those that stand beside it now.
  const isAnother = step.seenAlive.length > 0 && !step.seenAlive.includes(placeOf(key));
  return state === 'signature' && isAnother ? 'unknown' : livenesses[state];
}

interface Caller {
  readonly accessToken: Secret;
  readonly isOurs: boolean;
  readonly byRightOf?: Secret;
}

/** @returns undefined where the caller lacks the right, or the record says nothing of this key */
async function disable(
  key: ServiceAccountKey,
  { accessToken, isOurs, ...right }: Caller,
  { state }: Minted,
  step: Step,
  { iam }: Google,
): Promise<RevokeResult | undefined> {
  const { signal } = step;
  const path = `/v1/projects/-/serviceAccounts/${key.email}/keys/${key.keyId}`;
  const as = { headers: { authorization: bearer(accessToken) }, ...right };
  const statuses = [200, 401, 403, 404];
  const query = { publicKeyType: 'TYPE_X509_PEM_FILE' };
  const found = await iam.request({ method: 'GET', path, query, ...as, statuses, signal });
  if (found.status === 401 && isOurs) throw credentialFailure(iam, found);
  if (found.status !== 200) {
    found.json(GOOGLE_ERROR);
    return undefined;
  }
  const { publicKeyData, disabled } = found.json(RESOURCE);
  if (!fits(key, Buffer.from(publicKeyData, 'base64').toString())) {
    return state === 'token' ? OTHER_KEY : undefined;
  }
  step.prove('listed-whole');
  const evidence = { serviceAccount: key.email, key: key.keyId };
  // It takes minutes until a key that was disabled is refused: then its next call is the proof.
  if (disabled) return state === 'token' ? revoked(evidence) : alreadyInactive(evidence);
  const request = { method: 'POST', path: `${path}:disable`, ...as, json: {}, statuses, signal } as const;
  const answer = await iam.request(request);
  if (answer.status === 200) {
    answer.json(z.strictObject({}));
    return revoked(isOurs ? evidence : { ...evidence, ...COULD_MANAGE_KEYS });
  }
  if (answer.status === 401 && isOurs) throw credentialFailure(iam, answer);
  if (!answer.maybeJson(GOOGLE_ERROR)) throw unexpected(iam, answer);
  return undefined;
}
