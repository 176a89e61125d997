/** Keys of service accounts: disabled by the operator's service account, or by themselves where they may. */
import { z } from 'zod';
import { ownCredential } from '../../src/provider/kit/own-credential.ts';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { GOOGLE_ERROR, type Google } from './google.ts';
import { fits, type Minted, parseKey, type ServiceAccountKey } from './token.ts';

export const PEM =
  /-----BEGIN PRIVATE KEY-----(?:\\+[nr]|[A-Za-z0-9+/=\s]){200,8000}-----END PRIVATE KEY-----/;
export const FILE =
  /\{[^{}]{0,4000}"private_key"\s{0,20}:\s{0,20}"-----BEGIN PRIVATE KEY-----[^{}]{200,8000}\}/;

const RESOURCE = z.object({ name: z.string(), disabled: z.boolean().optional(), publicKeyData: z.string() });

const NO_FILE = refused(
  'needs-context',
  'The rest of the key file is not at hand: give Quash a token that may read the repository and retry, or disable the key by hand on the page of its service account.',
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

export async function revokeServiceAccountKey(
  token: Secret,
  step: Step,
  google: Google,
): Promise<RevokeResult> {
  const key = await keyOf(token, step);
  if (!key) return NO_FILE;
  const { operator } = google;
  if (operator && operator.keyId === key.keyId) return OWN;
  const minted = await google.mint(key, step.signal);
  if (minted.state === 'dead') return alreadyInactive({ serviceAccount: key.email });
  if (minted.state === 'refused') return UNREADABLE;
  // One that Google takes for the operator's project may still be foreign to it, so its 403 is no fault of ours.
  const callers = [...(operator ? [await google.accessToken(step.signal)] : []), minted.accessToken];
  for (const [index, caller] of callers.entries()) {
    const isOurs = operator !== undefined && index === 0;
    const result = await disable(key, caller, isOurs, step, google);
    if (result) return result;
  }
  return refused('not-permitted', NOT_PERMITTED, { serviceAccount: key.email, key: key.keyId });
}

export async function verifyServiceAccountKey(token: Secret, step: Step, google: Google): Promise<Liveness> {
  const key = await keyOf(token, step);
  if (!key) return 'unknown';
  const livenesses: Readonly<Record<Minted['state'], Liveness>> = {
    dead: 'dead',
    token: 'alive',
    refused: 'unknown',
  };
  return livenesses[(await google.mint(key, step.signal)).state];
}

/** @returns undefined where the caller lacks the right */
async function disable(
  key: ServiceAccountKey,
  accessToken: Secret,
  isOurs: boolean,
  { signal }: Step,
  { iam }: Google,
): Promise<RevokeResult | undefined> {
  const path = `/v1/projects/-/serviceAccounts/${key.email}/keys/${key.keyId}`;
  const headers = { authorization: bearer(accessToken) };
  const statuses = [200, 401, 403, 404];
  const query = { publicKeyType: 'TYPE_X509_PEM_FILE' };
  const found = await iam.request({ method: 'GET', path, query, headers, statuses, signal });
  if (found.status === 401 && isOurs) throw credentialFailure(iam, found);
  if (found.status !== 200) {
    found.json(GOOGLE_ERROR);
    return undefined;
  }
  const { publicKeyData, disabled } = found.json(RESOURCE);
  if (!fits(key, Buffer.from(publicKeyData, 'base64').toString())) return OTHER_KEY;
  const evidence = { serviceAccount: key.email, key: key.keyId };
  if (disabled) return alreadyInactive(evidence);
  const answer = await iam.request({
    method: 'POST',
    path: `${path}:disable`,
    headers,
    json: {},
    statuses,
    signal,
  });
  if (answer.status === 200) {
    answer.json(z.strictObject({}));
    return revoked(evidence);
  }
  if (answer.status === 401 && isOurs) throw credentialFailure(iam, answer);
  if (!answer.maybeJson(GOOGLE_ERROR)) throw unexpected(iam, answer);
  return undefined;
}

/** The file that the private key is from: reported whole, or read around the leak. */
async function keyOf(token: Secret, step: Step): Promise<ServiceAccountKey | undefined> {
  if (step.kind === 'service-account-file') return parseKey(token);
  const text = (await step.context())?.reveal() ?? '';
  const files = [...text.matchAll(new RegExp(FILE, 'g'))].map(([file]) => file);
  const own = files.filter((file) => bare(file).includes(bare(token.reveal())));
  return own.length === 1 && own[0] !== undefined ? parseKey(new Secret(own[0])) : undefined;
}

/** Without the line breaks, which scanners write in their own ways. */
function bare(text: string): string {
  return text.replace(/\\+[nr]|\s/g, '');
}
