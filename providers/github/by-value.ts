/** The revocation by value, many tokens in a call. Quirks are listed in `index.ts`. */

import { Failure } from '../../src/provider/failure.ts';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { inParts } from '../../src/provider/kit/parts.ts';
import { credentialFailure, unexpected } from '../../src/provider/kit/results.ts';
import type { BatchItem } from '../../src/provider/provider.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Budget } from './budget.ts';
import { failureAt, HEADERS, type Host, LIMITED, throttling } from './host.ts';
import { soundnessOf } from './kinds.ts';
import type { Limits } from './proof.ts';

export interface Submission extends Limits {
  readonly host: Host;
  readonly signal: AbortSignal;
}

/**
 * Hands the tokens to one host. What shows no checksum, or a wrong one, goes by calls of its own, the latter while there are
 * calls to spare: GitHub may call its whole list invalid, and anybody can invent any number of them.
 * @returns those that it did not take, with the reason
 */
export async function submitAll(
  items: readonly BatchItem[],
  submission: Submission,
): Promise<ReadonlyMap<BatchItem, Error>> {
  const { host, budget } = submission;
  const { checked = [], open = [], odd = [] } = Object.groupBy(items, soundnessOf);
  const ofChecked = await submitList(checked, submission);
  const refused = new Map([...ofChecked, ...(await submitList(open, submission))]);
  if (odd.length > 0 && host.isPublic && budget.isLow()) {
    return new Map([...refused, ...odd.map((item) => [item, waiting(host, budget)] as const)]);
  }
  return new Map([...refused, ...(await submitList(odd, submission, 0))]);
}

async function submitList(
  items: readonly BatchItem[],
  submission: Submission,
  halvings?: number,
): Promise<ReadonlyMap<BatchItem, Error>> {
  const { host, budget } = submission;
  const isInvalid = (error: unknown) => error instanceof Failure && error.status === 422;
  // GitHub also answers 422 to too many calls, which is not the fault of a token.
  const isLow = () => host.isPublic && budget.isLow();
  const mayPart = (error: unknown) => isInvalid(error) && !isLow();
  const refused = await inParts(items, (part) => submit(part, submission), mayPart, halvings);
  return new Map(
    [...refused].map(([item, error]) => [
      item,
      isInvalid(error) && isLow() ? waiting(host, budget, 422) : failureAt(host, error),
    ]),
  );
}

function waiting({ api }: Host, budget: Budget, status?: number): Failure {
  return new Failure('throttled', {
    target: api.base,
    retryAfterMs: budget.lowForMs(),
    ...(status !== undefined && { status }),
  }).ofEntry();
}

async function submit(
  items: readonly BatchItem[],
  { host, signal, clock, budget }: Submission,
): Promise<void> {
  const { api, token, isPublic } = host;
  const answer = await api.request({
    method: 'POST',
    path: '/credentials/revoke',
    headers: { ...HEADERS, ...(token && { authorization: bearer(token) }) },
    json: { credentials: items.map((item) => item.token) },
    statuses: [202, 422, ...LIMITED, ...(isPublic ? [] : [401, 404])],
    signal,
  });
  if (isPublic) budget.heed(answer);
  const limited = throttling(host, answer, clock);
  if (limited) throw limited;
  if (!isPublic) expectLetIn(host, answer);
  // The documentation shows no body; a page of HTML would be a proxy's.
  if (answer.status !== 202 || !isEmptyOrJson(answer)) throw unexpected(api, answer);
}

/** @throws {Failure} of a server that wants a credential, or another one, or has no such call */
function expectLetIn({ api, token }: Host, answer: Answer): void {
  const { status } = answer;
  if (token && (status === 401 || status === 403)) throw credentialFailure(api, answer);
  if (status === 401 || status === 403 || status === 404) {
    throw new Failure('misconfigured', { target: api.base, status });
  }
}
