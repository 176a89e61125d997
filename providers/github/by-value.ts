/** The revocation by value, many tokens in a call. Quirks are listed in `index.ts`. */

import { Failure } from '../../src/provider/failure.ts';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { credentialFailure, unexpected } from '../../src/provider/kit/results.ts';
import type { BatchItem } from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import { failureAt, HEADERS, type Host, throttling } from './host.ts';

/** How often a list that GitHub calls invalid is halved, so that one odd token does not hold up the others. */
const MAX_HALVINGS = 3;

export interface Submission {
  readonly host: Host;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  onAnswer(answer: Answer): void;
}

/** Hands the tokens to one host. @returns those that it did not take, with the reason */
export async function submitAll(
  items: readonly BatchItem[],
  submission: Submission,
  halvings = MAX_HALVINGS,
): Promise<ReadonlyMap<BatchItem, Error>> {
  if (items.length === 0) return new Map();
  try {
    await submit(items, submission);
    return new Map();
  } catch (error) {
    const isInvalid = error instanceof Failure && error.status === 422;
    if (!isInvalid || items.length === 1 || halvings === 0) {
      const failure = failureAt(submission.host, error);
      return new Map(items.map((item) => [item, failure]));
    }
    const middle = Math.ceil(items.length / 2);
    const first = await submitAll(items.slice(0, middle), submission, halvings - 1);
    const second = await submitAll(items.slice(middle), submission, halvings - 1);
    return new Map([...first, ...second]);
  }
}

async function submit(
  items: readonly BatchItem[],
  { host, signal, clock, onAnswer }: Submission,
): Promise<void> {
  const { api, token } = host;
  const answer = await api.request({
    method: 'POST',
    path: '/credentials/revoke',
    headers: { ...HEADERS, ...(token && { authorization: bearer(token) }) },
    json: { credentials: items.map((item) => item.token) },
    statuses: token ? [202, 401, 403, 422] : [202, 403, 422],
    signal,
  });
  onAnswer(answer);
  const limited = throttling(host, answer, clock);
  if (limited) throw limited;
  if (token && (answer.status === 401 || answer.status === 403)) throw credentialFailure(api, answer);
  // The documentation shows no body; a page of HTML would be a proxy's.
  if (answer.status !== 202 || !isEmptyOrJson(answer)) throw unexpected(api, answer);
}
