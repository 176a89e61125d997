/** One call of an own provider, and what its answer means. */
import { z } from 'zod';
import type { FailureCode } from '../provider/failure.ts';
import { type AnswerRow, isEmptyOrJson, JSON_FIRST } from '../provider/kit/answers.ts';
import { unexpected } from '../provider/kit/results.ts';
import type { Tools } from '../provider/provider.ts';
import type { Answer, Upstream, UpstreamRequest } from '../provider/upstream.ts';
import { statusFailure } from '../upstream/failed-call.ts';
import { parseAddress } from './address.ts';
import type { CustomAnswer, CustomRequest, FAILING } from './schema.ts';
import { fits, jsonTemplate, renderBasic, renderJson, Template, type Values } from './template.ts';

type Failing = (typeof FAILING)[number];

const FAILURE_CODES: Readonly<Record<Failing, FailureCode>> = {
  retry: 'upstream-error',
  'credential-refused': 'credential-refused',
  'permission-missing': 'permission-missing',
  throttled: 'throttled',
  unavailable: 'unavailable',
};

export interface Judged<Means extends string> {
  readonly rule: CustomAnswer<Exclude<Means, Failing>>;
  readonly upstream: Upstream;
  readonly answer: Answer;
}

/** @throws {Failure} also for an answer that means one, and for one that is not known */
export type Exchange<Means extends string> = (values: Values, signal: AbortSignal) => Promise<Judged<Means>>;

export function createExchange<Means extends string>(
  { request, answers }: { readonly request: CustomRequest; readonly answers: readonly CustomAnswer<Means>[] },
  { upstream: upstreamOf, clock }: Pick<Tools, 'upstream' | 'clock'>,
  role: { readonly readOnly?: true } = {},
): Exchange<Means> {
  const { origin, render } = prepared(request);
  const upstream = upstreamOf(origin);
  const statuses = answers.flatMap(({ status }) => status);
  const rows = answers.map((rule) => rowOf(rule));
  return async (values, signal) => {
    const answer = await upstream.request({ ...render(values), ...role, statuses, signal });
    const rule = firstFitting(rows, answer, values);
    if (!rule) throw statusFailure(upstream.base, answer, clock.now());
    if (isFailing(rule)) throw statusFailure(upstream.base, answer, clock.now(), FAILURE_CODES[rule.means]);
    return { rule: rule as CustomAnswer<Exclude<Means, Failing>>, upstream, answer };
  };
}

function isFailing(rule: CustomAnswer): rule is CustomAnswer<Failing> {
  return rule.means in FAILURE_CODES;
}

function prepared({ method, url, headers, basic, json, form }: CustomRequest) {
  const address = parseAddress(url);
  if (typeof address === 'string') throw new TypeError(address);
  const headerTemplates = templatesOf(headers);
  const formTemplates = form && templatesOf(form);
  const body = json === undefined ? undefined : jsonTemplate(json);
  const login = basic && { username: Template.of(basic.username), password: Template.of(basic.password) };
  const render = (values: Values): Omit<UpstreamRequest, 'statuses' | 'signal'> => ({
    method,
    path: address.path(values),
    query: address.query(values),
    headers: {
      // An own header goes before it.
      accept: JSON_FIRST,
      ...renderAll(headerTemplates, values),
      ...(login && { authorization: renderBasic(login.username, login.password, values) }),
    },
    ...(body !== undefined && { json: renderJson(body, values) }),
    ...(formTemplates && { form: renderAll(formTemplates, values) }),
  });
  return { origin: address.origin, render };
}

type Templates = readonly (readonly [name: string, template: Template])[];

function templatesOf(texts: Readonly<Record<string, string>>): Templates {
  return Object.entries(texts).map(([name, text]) => [name, Template.of(text)] as const);
}

function renderAll(templates: Templates, values: Values) {
  return Object.fromEntries(templates.map(([name, template]) => [name, template.render(values)] as const));
}

type RowOf<Means extends string> = (values: Values) => AnswerRow<CustomAnswer<Means>>;

function firstFitting<Means extends string>(
  rows: readonly RowOf<Means>[],
  answer: Answer,
  values: Values,
): CustomAnswer<Means> | undefined {
  for (const row of rows) {
    const { statuses, read } = row(values);
    const found = statuses.includes(answer.status) ? read(answer) : undefined;
    if (found) return found.means;
  }
  return undefined;
}

/**
 * A page of HTML is some proxy's, so it says nothing of a token; but a refusal to let us in may well be written in
 * it, and to wait is safe.
 */
function rowOf<Means extends string>(rule: CustomAnswer<Means>): RowOf<Means> {
  const statuses = [rule.status].flat();
  const template = rule.json === undefined ? undefined : jsonTemplate(rule.json);
  const anyBody = rule.anyBody || (template === undefined && isFailing(rule));
  const isShownBy = (answer: Answer, values: Values): boolean => {
    if (anyBody) return true;
    if (template === undefined) return isEmptyOrJson(answer);
    const json = answer.maybeJson(JSON_VALUE);
    return json !== undefined && fits(template, json.value, values);
  };
  return (values) => ({
    statuses,
    read: (answer) => (isShownBy(answer, values) ? { means: rule } : undefined),
  });
}

/** Wrapped, so that `null` and a body that is no JSON are told apart. */
const JSON_VALUE = z.unknown().transform((value) => ({ value }));

/** A value that other calls are made with; longer ones are no ids. */
const MAX_VALUE_BYTES = 1024;

/**
 * Takes values out of a JSON answer, by their paths. `ambiguous` when a list on the way has several elements: one of
 * them may be another's.
 * @throws {Failure} `unexpected-answer` when one is missing or can be no id
 */
export function extract(
  paths: Readonly<Record<string, string>>,
  { answer, upstream }: Pick<Judged<string>, 'answer' | 'upstream'>,
): Readonly<Record<string, string>> | 'ambiguous' {
  if (Object.keys(paths).length === 0) return {};
  const json = answer.json(z.unknown());
  const found: Record<string, string> = {};
  for (const [name, path] of Object.entries(paths)) {
    const value = valueAt(json, path.split('.'));
    if (value === AMBIGUOUS) return 'ambiguous';
    if (!isId(value)) throw unexpected(upstream, answer);
    found[name] = String(value);
  }
  return found;
}

const AMBIGUOUS = Symbol('ambiguous');

function valueAt(json: unknown, keys: readonly string[]): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return json;
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, key)) return undefined;
  if (Array.isArray(json) && key !== '0') return undefined;
  if (Array.isArray(json) && json.length > 1) return AMBIGUOUS;
  return valueAt((json as Record<string, unknown>)[key], rest);
}

/** A larger number may have been rounded, and be the id of another record then. */
function isId(value: unknown): value is string | number {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_VALUE_BYTES;
}
