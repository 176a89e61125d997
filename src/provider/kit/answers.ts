/**
 * What a vendor's answers mean, said once: a table of rows (status, body, meaning), from which the accepted statuses
 * follow. An answer without a row is unexpected, so a status that nobody thought of never passes for another one.
 * @example
 * const { means } = await ask(upstream, request, [
 *   row([204], 'revoked'),
 *   row([401], z.object({ error: z.literal('token_revoked') }), 'revoked-before'),
 *   row([401], z.object({ error: z.string() }), 'refused'),
 * ]);
 */
import { z } from 'zod';
import { tell } from '../telling.ts';
import type { Answer, Upstream, UpstreamRequest } from '../upstream.ts';
import { unexpected } from './results.ts';
import { type SubjectFields, subjectIn } from './subject.ts';

/** For vendors that refuse in JSON whoever asks for it, and in words for people whoever does not. */
export const AS_JSON = { accept: 'application/json' } as const;

/**
 * What to accept from servers that may be of any software: many refuse in XML or HTML where nobody asks for JSON. Whoever
 * names "any format" beside another one is a browser to Rails, and gets HTML (rails/rails,
 * actionpack/lib/action_dispatch/http/mime_negotiation.rb, `BROWSER_LIKE_ACCEPTS`): so the others are named by their kind.
 */
export const JSON_FIRST = 'application/json, application/*;q=0.5, text/*;q=0.1';

/** One row of the table. */
export interface AnswerRow<Means> {
  readonly statuses: readonly number[];
  /** What the answer means; undefined when it is not of this row. */
  read(answer: Answer): { readonly means: Means } | undefined;
}

/** By the status alone, whatever the body; a page of HTML would be a proxy's, so it is not of this row. */
export function row<const Means>(statuses: readonly number[], means: Means): AnswerRow<Means>;
/** By a body of this shape, too; `means` may depend on what stands in it. */
export function row<const Means, Body>(
  statuses: readonly number[],
  body: z.core.$ZodType<Body>,
  means: Means | ((body: Body) => Means),
): AnswerRow<Means>;
export function row<const Means, Body>(
  statuses: readonly number[],
  ...rest: readonly [Means] | readonly [z.core.$ZodType<Body>, Means | ((body: Body) => Means)]
): AnswerRow<Means> {
  if (rest.length === 1) {
    const [means] = rest;
    return { statuses, read: (answer) => (isEmptyOrJson(answer) ? { means } : undefined) };
  }
  const [schema, means] = rest;
  return {
    statuses,
    read(answer) {
      const body = answer.maybeJson(schema);
      if (body === undefined) return undefined;
      return { means: isFunction(means) ? means(body) : means };
    },
  };
}

/** By the status and the words, for vendors that write some answers in plain text. */
export function textRow<const Means>(
  statuses: readonly number[],
  words: RegExp,
  means: Means,
): AnswerRow<Means> {
  return { statuses, read: ({ text }) => (words.test(text) ? { means } : undefined) };
}

/** By the status and an empty body, for vendors that say no more: a proxy may refuse like this, too. */
export function emptyRow<const Means>(statuses: readonly number[], means: Means): AnswerRow<Means> {
  return { statuses, read: (answer) => (answer.text.trim() === '' ? { means } : undefined) };
}

function isFunction<Means, Body>(means: Means | ((body: Body) => Means)): means is (body: Body) => Means {
  return typeof means === 'function';
}

// To make a schema takes longer than to use one.
const ANY_JSON = z.unknown().transform(() => true);
const JSON_THAT_SAYS_MORE = z.union([z.looseObject({}), z.array(z.unknown())]).transform(() => true);

/** A page of HTML would be a proxy's. Nor does a refusal say `null`, or a bare word or number. */
export function isEmptyOrJson(answer: Answer): boolean {
  const schema = answer.status < 400 ? ANY_JSON : JSON_THAT_SAYS_MORE;
  return answer.text.trim() === '' || answer.maybeJson(schema) === true;
}

export interface AskRequest extends Omit<UpstreamRequest, 'statuses'> {
  /**
   * What the body of an answer with status 200 tells of the token, and where; only for a call that is made anyway.
   * @example tells: { owner: ['user.email', 'user.name'], scopes: 'scopes', expires: 'expires_at' }
   */
  readonly tells?: SubjectFields;
}

type MeaningOf<Row> = Row extends AnswerRow<infer Means> ? Means : never;

/**
 * Makes the call; the first row that fits says what its answer means.
 * @throws {Failure} `unexpected-answer` where no row does, and whatever the call fails with
 */
export async function ask<Row extends AnswerRow<unknown>>(
  upstream: Upstream,
  { tells, ...request }: AskRequest,
  rows: readonly Row[],
): Promise<{ readonly means: MeaningOf<Row>; readonly answer: Answer }> {
  const statuses = [...new Set(rows.flatMap((each) => each.statuses))];
  const answer = await upstream.request({ ...request, statuses });
  const means = meaningOf(upstream, answer, rows);
  if (tells && answer.status === 200) tell(subjectIn(answer, tells));
  return { means, answer };
}

/** The same for an answer that has come already. @throws {Failure} `unexpected-answer` where no row fits */
export function meaningOf<Row extends AnswerRow<unknown>>(
  upstream: Upstream,
  answer: Answer,
  rows: readonly Row[],
): MeaningOf<Row> {
  for (const each of rows) {
    const found = each.statuses.includes(answer.status) ? each.read(answer) : undefined;
    if (found) return found.means as MeaningOf<Row>;
  }
  throw unexpected(upstream, answer);
}
