/** API keys: looked up by their value, and deleted, which can be undone for 30 days. */
import { z } from 'zod';
import { alreadyInactive, credentialFailure, refused, revoked } from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { GOOGLE_ERROR, type Google } from './google.ts';

const LOOKUP = z.object({ parent: z.string(), name: z.string().optional() });
const NAME = /^projects\/[\w:.-]+\/locations\/global\/keys\/[\w-]+$/;
const KEY = z.object({ name: z.string().regex(NAME), deleteTime: z.string().optional() });
const OPERATION = z.object({ name: z.string(), error: z.never().optional() });

const FOREIGN = refused(
  'not-permitted',
  'The service account of Quash may not look up this key: give it the role API Keys Admin in the project of the key and retry, or delete the key by hand.',
);
const UNKNOWN = refused(
  'unknown-token',
  'Google does not know this API key: dismiss it when it was deleted long ago.',
);

type Sight =
  | { readonly state: 'alive'; readonly name: string; readonly accessToken: Secret }
  | { readonly state: 'dead' }
  | { readonly state: 'unable'; readonly refusal: RevokeResult };

export async function revokeApiKey(token: Secret, { signal }: Step, google: Google): Promise<RevokeResult> {
  const sight = await look(token, signal, google);
  if (sight.state === 'dead') return alreadyInactive();
  if (sight.state === 'unable') return sight.refusal;
  const { name, accessToken } = sight;
  const answer = await google.apiKeys.request({
    method: 'DELETE',
    path: `/v2/${name}`,
    headers: { authorization: bearer(accessToken) },
    statuses: [200, 401, 403],
    signal,
  });
  if (refusesUs(answer, google)) return FOREIGN;
  answer.json(OPERATION);
  return revoked({ name });
}

export async function verifyApiKey(token: Secret, { signal }: Step, google: Google): Promise<Liveness> {
  const { state } = await look(token, signal, google);
  return state === 'unable' ? 'unknown' : state;
}

async function look(token: Secret, signal: AbortSignal, google: Google): Promise<Sight> {
  const accessToken = await google.accessToken(signal);
  const headers = { authorization: bearer(accessToken) };
  const statuses = [200, 401, 403, 404];
  const query = { keyString: token };
  const path = '/v2/keys:lookupKey';
  const found = await google.apiKeys.request({ method: 'GET', path, query, headers, statuses, signal });
  if (refusesUs(found, google)) return { state: 'unable', refusal: FOREIGN };
  if (found.status === 404) {
    found.json(GOOGLE_ERROR);
    return { state: 'unable', refusal: UNKNOWN };
  }
  const { name } = found.json(LOOKUP);
  // Of a key that was purged only the project is left.
  if (!name) return { state: 'dead' };
  if (!NAME.test(name)) return { state: 'unable', refusal: UNKNOWN };
  const record = await google.apiKeys.request({
    method: 'GET',
    path: `/v2/${name}`,
    headers,
    statuses: [200, 401, 403],
    signal,
  });
  if (refusesUs(record, google)) return { state: 'unable', refusal: FOREIGN };
  const { deleteTime } = record.json(KEY);
  return deleteTime ? { state: 'dead' } : { state: 'alive', name, accessToken };
}

/** A 403 may only mean that the key is of somebody else's project, so it is no fault of our credential. */
function refusesUs(answer: Answer, { apiKeys }: Google): boolean {
  if (answer.status === 401) throw credentialFailure(apiKeys, answer);
  if (answer.status !== 403) return false;
  answer.json(GOOGLE_ERROR);
  return true;
}
