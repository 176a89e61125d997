/** Disables a key of a service account whose record shows the certificate of this very key. */
import { z } from 'zod';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { RevokeResult, Step } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { GOOGLE_ERROR, type Google, isNotEnabled, NOT_ENABLED } from './google.ts';
import { fits, type ServiceAccountKey } from './key-file.ts';
import type { Minted } from './token.ts';

const RESOURCE = z.object({ name: z.string(), disabled: z.boolean().optional(), publicKeyData: z.string() });

export const OTHER_KEY = refused(
  'wrong-record',
  'The key id beside the private key is that of another key: disable the right one by hand on the page of the service account.',
);

/** What may disable a key may make others, and with an access token of before enable this one again, for an hour. */
const COULD_MANAGE_KEYS = { mayHaveOtherKeys: 'it could make keys of its account: look there for others' };

interface Caller {
  readonly accessToken: Secret;
  readonly isOurs: boolean;
  readonly byRightOf?: Secret;
}

/** @returns undefined where the caller lacks the right, or the record says nothing of this key; {@link NOT_ENABLED} */
export async function disable(
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
    return isOurs && isNotEnabled(found) ? NOT_ENABLED : undefined;
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
