/**
 * API keys: looked up by their value, and deleted, which can be undone for 30 days.
 *
 * Docs: https://cloud.google.com/api-keys/docs/reference/rest/v2/projects.locations.keys/getKeyString, checked 2026-11-29.
 *
 * - A key that was regenerated has two strings for a day (http://apispotlight.io/api-keys/google). So only a key whose string
 *   is the leaked one is deleted.
 */
import { z } from 'zod';
import {
  alreadyInactive,
  credentialFailure,
  refused,
  revoked,
  unexpected,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import { serverTime } from '../../src/provider/kit/server-time.ts';
import { isSame } from '../../src/provider/own-credential.ts';
import type { Liveness, Refused, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { GOOGLE_ERROR, type Google, isNotEnabled, NOT_ENABLED } from './google.ts';

const LOOKUP = z.object({ parent: z.string(), name: z.string().optional() });
const NAME = /^projects\/[\w:.-]+\/locations\/global\/keys\/[\w-]+$/;
const KEY = z.object({ name: z.string().regex(NAME), deleteTime: z.iso.datetime().optional() });
const STRING = z.object({ keyString: z.string() });
const OPERATION = z.object({ name: z.string(), error: z.never().optional() });

/** So long a change of a key may take until all of Google's services know it. */
const SPREAD_MS = 5 * 60 * 1000;

const FOREIGN = refused(
  'not-permitted',
  'The service account of Quash may not look up this key: give it the role API Keys Admin in the project of the key and retry, or delete the key by hand.',
);

const FORMER = refused(
  'wrong-record',
  'The key was regenerated: this is its former string, which works for a day more, and to delete the key would end the new string, too. Wait for that time, or delete the key by hand.',
);

type Sight =
  | { readonly state: 'alive'; readonly name: string; readonly accessToken: Secret }
  /** `purged`: of a key that is deleted for longer than 30 days, only its project is left. */
  | { readonly state: 'deleted' | 'deleting' | 'purged' | 'absent' }
  | { readonly state: 'unable'; readonly refusal: Refused };

export async function revokeApiKey(token: Secret, step: Step, google: Google): Promise<RevokeResult> {
  const sight = await look(token, step.signal, google);
  if (sight.state === 'unable') return sight.refusal;
  if (sight.state === 'absent') return unknownAt([google.apiKeys.base]);
  if (sight.state === 'deleting') return revoked();
  if (sight.state !== 'alive') return alreadyInactive();
  const { name, accessToken } = sight;
  const request = {
    headers: { authorization: bearer(accessToken) },
    statuses: [200, 401, 403],
    signal: step.signal,
  };
  const path = `/v2/${name}`;
  const shown = await google.apiKeys.request({ ...request, method: 'GET', path: `${path}/keyString` });
  const unread = refusalOf(shown, google);
  if (unread) return unread;
  if (!isSame(new Secret(shown.json(STRING).keyString), token)) return FORMER;
  step.prove('listed-whole');
  const answer = await google.apiKeys.request({ ...request, method: 'DELETE', path });
  const kept = refusalOf(answer, google);
  if (kept) return kept;
  answer.json(OPERATION);
  return revoked({ name });
}

export async function verifyApiKey(token: Secret, { signal }: Step, google: Google): Promise<Liveness> {
  const { state } = await look(token, signal, google);
  if (state === 'deleted' || state === 'purged') return 'dead';
  return state === 'alive' ? 'alive' : 'unknown';
}

async function look(token: Secret, signal: AbortSignal, google: Google): Promise<Sight> {
  const accessToken = await google.accessToken(signal);
  const headers = { authorization: bearer(accessToken) };
  const statuses = [200, 401, 403, 404];
  const query = { keyString: token };
  const path = '/v2/keys:lookupKey';
  const found = await google.apiKeys.request({ method: 'GET', path, query, headers, statuses, signal });
  const refusal = refusalOf(found, google);
  if (refusal) return { state: 'unable', refusal };
  if (found.status === 404) {
    found.json(GOOGLE_ERROR);
    return { state: 'absent' };
  }
  const { name } = found.json(LOOKUP);
  if (!name) return { state: 'purged' };
  if (!NAME.test(name)) throw unexpected(google.apiKeys, found);
  const record = await google.apiKeys.request({
    method: 'GET',
    path: `/v2/${name}`,
    headers,
    statuses: [200, 401, 403],
    signal,
  });
  const closed = refusalOf(record, google);
  if (closed) return { state: 'unable', refusal: closed };
  const { deleteTime } = record.json(KEY);
  if (!deleteTime) return { state: 'alive', name, accessToken };
  return {
    state: serverTime(record, google.clock) - Date.parse(deleteTime) < SPREAD_MS ? 'deleting' : 'deleted',
  };
}

/** A 403 may only mean that the key is of somebody else's project, so it is no fault of our credential. */
function refusalOf(answer: Answer, { apiKeys }: Google): Refused | undefined {
  if (answer.status === 401) throw credentialFailure(apiKeys, answer);
  if (answer.status !== 403) return undefined;
  answer.json(GOOGLE_ERROR);
  return isNotEnabled(answer) ? NOT_ENABLED : FOREIGN;
}
