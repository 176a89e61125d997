/** Keys of service accounts: disabled by the operator's service account, or by themselves where they may. */
import { Failure } from '../../src/provider/failure.ts';
import { asFailure, asOurFault, firstOf } from '../../src/provider/kit/in-turn.ts';
import { onceMore } from '../../src/provider/kit/new-keys.ts';
import { refused, unknownAt } from '../../src/provider/kit/results.ts';
import { unasked } from '../../src/provider/kit/seen.ts';
import { ownCredential } from '../../src/provider/own-credential.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { disable, OTHER_KEY } from './disabling.ts';
import { type Google, NOT_ENABLED } from './google.ts';
import { keysOf, PUBLIC_UNIVERSE, type ServiceAccountKey } from './key-file.ts';
import { type Minted, TOKEN_HOST } from './token.ts';

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
const NOT_OF_IT: readonly RevokeResult[] = [OTHER_UNIVERSE, UNREADABLE, OWN, OTHER_KEY];
const NOT_PERMITTED =
  'The key works, but may not disable itself: give the service account of Quash the role Service Account Key Admin there and retry, or disable the key by hand.';
const UNKNOWN =
  'Google does not take this key for one of the account beside it, and neither address nor key id is proven: find out of which service account it is, and see there that it is disabled.';

/** "you might need to wait for 60 seconds or more": https://cloud.google.com/iam/docs/keys-create-delete, checked 2026-11-30. */
const KNOWN_AFTER_MS = 120_000;

const ELSEWHERE =
  'The key is disabled at the account that stands beside it, and worked at another one, which does not: see there that it is disabled, too.';

export async function revokeServiceAccountKey(
  token: Secret,
  step: Step,
  google: Google,
): Promise<RevokeResult> {
  const results: RevokeResult[] = [];
  const deadAt: string[] = [];
  // Whoever has the private key may upload it to an account of his own, and write that beside a copy: none ends the search.
  const failure = await firstOf(await keysOf(token, step), async (key) => {
    const result = await revokeAs(key, token, step, google);
    results.push(result);
    if (result.outcome === 'already-inactive') deadAt.push(placeOf(key));
    return undefined;
  }).catch(asFailure);
  const done = results.find(({ outcome }) => outcome === 'revoked');
  if (failure && !done) throw failure;
  const isUnknown = !done && results.some(({ outcome }) => outcome === 'unknown');
  const result = done ?? lastingOf(results) ?? NO_FILE;
  // Also one that was seen to work: where the first call that ends it failed, that was maybe a moment ago.
  const mayBeNew = result.outcome === 'unknown' || (isUnknown && step.seenAlive.length === 0);
  const lasting = mayBeNew ? onceMore(result, step, KNOWN_AFTER_MS) : result;
  const [workedAt] = unasked(deadAt, step);
  return lasting.outcome === 'already-inactive' && workedAt !== undefined
    ? refused('unknown-token', ELSEWHERE, { ...lasting.evidence, workedAt })
    : lasting;
}

/** Where it may live still comes first: an account that has ended it says nothing of another one. */
function lastingOf(results: readonly RevokeResult[]): RevokeResult | undefined {
  const asked = results.flatMap((result) => (result.outcome === 'unknown' ? result.asked : []));
  const isUnknown = results.some(({ outcome }) => outcome === 'unknown');
  const refusals = results.filter(({ outcome }) => outcome === 'refused');
  const works = refusals.find((result) => !NOT_OF_IT.includes(result));
  return works ?? refusals[0] ?? (isUnknown ? unknownAt(asked, UNKNOWN) : results[0]);
}

async function revokeAs(
  key: ServiceAccountKey,
  token: Secret,
  step: Step,
  google: Google,
): Promise<RevokeResult> {
  if (key.universe !== PUBLIC_UNIVERSE) return OTHER_UNIVERSE;
  const { operator } = google;
  if (operator && operator.keyId === key.keyId) return OWN;
  const minted = await google.mint(key, token, step.signal);
  if (minted.state === 'refused') return UNREADABLE;
  if (minted.state === 'token') step.sawAlive(placeOf(key));
  const byOurs = operator && (await disableAsOperator(key, minted, step, google));
  if (byOurs && byOurs !== NOT_ENABLED && !(byOurs instanceof Failure)) return byOurs;
  if (minted.state === 'token') {
    const caller = { accessToken: minted.accessToken, isOurs: false, byRightOf: token };
    const result = await disable(key, caller, minted, step, google);
    if (result && byOurs instanceof Failure) google.log.warn('own-credential-failed', { code: byOurs.code });
    if (result) return result;
  }
  if (byOurs instanceof Failure) throw byOurs;
  if (byOurs) return byOurs;
  if (minted.state === 'token') {
    return refused('not-permitted', NOT_PERMITTED, { serviceAccount: key.email, key: key.keyId });
  }
  if (minted.state === 'passing') throw new Failure('suspended', { target: TOKEN_HOST, status: 400 });
  if (minted.state === 'clock') throw new Failure('wrong-clock', { target: TOKEN_HOST, status: 400 });
  // An account that is disabled counts as not found, and its keys work again once it is not.
  return unknownAt(minted.state === 'account' ? [] : [placeOf(key)], UNKNOWN);
}

/** @returns what is wrong with our credential, too: that keeps no key alive that may disable itself */
async function disableAsOperator(
  key: ServiceAccountKey,
  minted: Minted,
  step: Step,
  google: Google,
): Promise<RevokeResult | Failure | undefined> {
  const accessToken = await google.accessToken(step.signal).catch(asOurFault);
  if (accessToken instanceof Failure) return accessToken;
  // One that Google takes for the operator's project may still be foreign to it, so its 403 is no fault of ours.
  return disable(key, { accessToken, isOurs: true }, minted, step, google);
}

/** Google was asked about the key with this address and id; a committer may change both beside a private key. */
function placeOf({ email, keyId }: ServiceAccountKey): string {
  return `${TOKEN_HOST} about key ${keyId} of ${email}`;
}

export async function verifyServiceAccountKey(token: Secret, step: Step, google: Google): Promise<Liveness> {
  const keys = await keysOf(token, step);
  const found: Liveness[] = [];
  const deadAt: string[] = [];
  for (const key of keys.filter(({ universe }) => universe === PUBLIC_UNIVERSE)) {
    const liveness = await livenessOf(key, token, step, { google, isOnly: keys.length === 1 });
    found.push(liveness);
    if (liveness === 'dead') deadAt.push(placeOf(key));
  }
  if (found.includes('alive')) return 'alive';
  // Another account that has the key may be disabled for now, or not stand beside it any more.
  return deadAt.length > 0 && unasked(deadAt, step).length === 0 ? 'dead' : 'unknown';
}

/** @param isOnly no other address or id stands beside the private key */
async function livenessOf(
  key: ServiceAccountKey,
  token: Secret,
  { seenAlive, signal }: Step,
  { google, isOnly }: { readonly google: Google; readonly isOnly: boolean },
): Promise<Liveness> {
  const livenesses: Readonly<Record<Minted['state'], Liveness>> = {
    signature: 'dead',
    token: 'alive',
    // The account may be enabled again, and the clock be set right.
    account: 'unknown',
    passing: 'unknown',
    clock: 'unknown',
    refused: 'unknown',
  };
  const { state } = await google.mint(key, token, signal);
  // It worked by another address or id than those that stand beside it now.
  const isAnother = (seenAlive.length > 0 || !isOnly) && !seenAlive.includes(placeOf(key));
  return state === 'signature' && isAnother ? 'unknown' : livenesses[state];
}
