/** What the keys of an own provider have to do with each other. */
import { isDeepStrictEqual } from 'node:util';
import { groupsOf } from '../provider/kit/pattern.ts';
import { Template, textsIn } from './template.ts';

/** One thing that is wrong; its path begins at what was judged. */
export interface EntryFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** These leave the token to a person. */
export const REFUSING = ['unknown-token', 'not-permitted', 'ambiguous'] as const;

export type Refusing = (typeof REFUSING)[number];

/** These say of the token itself that it is dead. */
const DEAD: readonly string[] = ['already-inactive', 'dead'];

interface RequestKeys {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly basic?: { readonly password: string } | undefined;
  readonly json?: unknown;
  readonly form?: unknown;
}

export function requestFaults({ method, headers, basic, json, form }: RequestKeys): EntryFault[] {
  const faults: EntryFault[] = [];
  const add = (message: string, ...path: string[]) => faults.push({ path, message });
  const names = Object.keys(headers);
  for (const header of names) {
    const isRepeated = names.some(
      (other) => other !== header && other.toLowerCase() === header.toLowerCase(),
    );
    if (isRepeated) add('given twice, as upper and lower case are alike', 'headers', header);
    if (basic && header.toLowerCase() === 'authorization') {
      add('given together with basic; expected one of the two', 'headers', header);
    }
    if (SECRET_HEADER.test(header) && isFixed(headers[header])) add(NO_CLEAR_TEXT, 'headers', header);
  }
  if (basic && isFixed(basic.password)) add(NO_CLEAR_TEXT, 'basic', 'password');
  if (json !== undefined && form !== undefined)
    add('given together with json; expected one of the two', 'form');
  const body = json !== undefined ? 'json' : form !== undefined ? 'form' : undefined;
  if (method === 'GET' && body) add('expected no body with GET', body);
  return faults;
}

const SECRET_HEADER = /authorization|cookie|api-?key|token|secret/i;

/** What stands in a request is shown by `quash check`. */
const NO_CLEAR_TEXT = 'expected a placeholder, such as {secrets.x}, as what stands here is no secret';

function isFixed(source: string | undefined): boolean {
  return source !== undefined && Template.parse(source)?.names.length === 0;
}

interface AnswerKeys {
  readonly status: number | readonly number[];
  readonly json?: unknown;
  readonly anyBody: boolean;
  readonly means: string;
  readonly advice?: string | undefined;
}

export function answerFaults({ json, anyBody, means, advice }: AnswerKeys): EntryFault[] {
  const faults: EntryFault[] = [];
  const add = (message: string, key: string) => faults.push({ path: [key], message });
  if (json !== undefined && anyBody) add('given together with json; expected one of the two', 'anyBody');
  if (DEAD.includes(means) && json === undefined && !anyBody) {
    add(`missing; expected it with ${means}, as any proxy may send this status; or anyBody: true`, 'json');
  }
  if (DEAD.includes(means) && isDeepStrictEqual(json, {})) {
    add('expected it to say something, as any proxy may send such a body; or anyBody: true', 'json');
  }
  if (advice !== undefined && !(REFUSING as readonly string[]).includes(means))
    add(`expected only with ${REFUSING.join(', ')}`, 'advice');
  return faults;
}

/** An answer that an earlier one takes away. One that takes any body may follow one that does not. */
export function reachFaults(answers: readonly AnswerKeys[]): EntryFault[] {
  return answers.flatMap(({ status, anyBody }, index) => {
    const before = answers
      .slice(0, index)
      .filter((other) => other.json === undefined && (other.anyBody || !anyBody));
    const taken = new Set(before.flatMap((other) => other.status));
    if (![status].flat().every((one) => taken.has(one))) return [];
    const message = 'never reached, as an earlier answer has its status; expected those with json first';
    return [{ path: [index, 'status'], message }];
  });
}

interface Flow {
  readonly revoke: readonly { readonly answers: readonly { readonly means: string }[] }[];
  readonly verify?: unknown;
}

export function flowFaults({ revoke, verify }: Flow): EntryFault[] {
  return revoke.flatMap(({ answers }, index) => {
    const isLast = index === revoke.length - 1;
    const leadsOn = answers.some(({ means }) => means === 'next');
    const path = ['revoke', index, 'answers'];
    const ofAnswers = answers.flatMap(({ means }, at): EntryFault[] => {
      const here = [...path, at, 'means'];
      if (means === 'next' && isLast)
        return [{ path: here, message: 'expected a further call after this one' }];
      if (means === 'verify' && !verify) return [{ path: here, message: 'expected verify to be configured' }];
      return [];
    });
    const message = 'expected an answer that means next, as there is a further call';
    return !isLast && !leadsOn ? [{ path, message }, ...ofAnswers] : ofAnswers;
  });
}

export function warningFaults({
  effect,
  warning,
}: {
  effect: string;
  warning?: string | undefined;
}): EntryFault[] {
  if (effect === 'wider' && warning === undefined) {
    return [{ path: ['warning'], message: 'missing; expected one sentence that says what else is hit' }];
  }
  if (effect === 'token' && warning !== undefined) {
    return [{ path: ['warning'], message: 'expected only with effect: wider' }];
  }
  return [];
}

/** What a pattern begins and ends with so that its match is no part of a longer text. */
const LEFT_EDGE = /^(?:\\b|\^|\(\?<[!=])/;
const RIGHT_EDGE = /(?:\\b|\$|\(\?[!=](?:\\.|\[(?:\\.|[^\]\\])*\]|[^()\\])*\))$/;

/** Each of several alternatives would have to have edges of its own. */
function hasAlternatives(pattern: string): boolean {
  let left = pattern.replace(/\\.|\[(?:\\.|[^\]\\])*\]/gsu, '');
  for (let before = ''; before !== left; ) {
    before = left;
    left = left.replace(/\([^()]*\)/gu, '');
  }
  return left.includes('|');
}

export function exactFaults({ pattern, exact }: { pattern: string; exact: boolean }): EntryFault[] {
  const hasEdges = LEFT_EDGE.test(pattern) && RIGHT_EDGE.test(pattern) && !hasAlternatives(pattern);
  if (!exact || hasEdges) return [];
  const message =
    'expected an edge at both ends with exact, such as (?<![\\w-]) and (?![\\w-]), as it matches a part of a longer text';
  return [{ path: ['pattern'], message }];
}

interface Exchange {
  readonly request: { readonly url: string; readonly tokenInUrl: boolean; readonly secretInUrl: boolean };
  readonly answers: readonly { readonly json?: unknown }[];
}

interface References {
  readonly pattern: string;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly revoke: readonly (Exchange & { readonly extract: Readonly<Record<string, string>> })[];
  readonly prove?: Exchange | undefined;
  readonly verify?: Exchange | undefined;
  readonly check?: Exchange | undefined;
}

/** Placeholders that stand for nothing, values that no placeholder uses, and secrets where they are seen. */
export function referenceFaults({
  pattern,
  secrets,
  revoke,
  prove,
  verify,
  check,
}: References): EntryFault[] {
  const groups = groupsOf(pattern);
  // It has a fault already, and says nothing about names.
  if (!groups) return [];
  const ofToken = ['token', ...groups];
  const ofSecrets = Object.keys(secrets).map((key) => `secrets.${key}`);
  const faults: EntryFault[] = [];
  const used = new Set<string>();
  const look = (exchange: Exchange, path: EntryFault['path'], known: readonly string[]): void => {
    for (const each of usesIn(exchange)) {
      used.add(each.name);
      const message = useFault(each, exchange, known);
      if (message !== undefined) faults.push({ path: [...path, ...each.path], message });
    }
  };

  const always = [...new Set([...ofToken, ...ofSecrets])];
  const known = [...always];
  const extracted: { name: string; path: EntryFault['path'] }[] = [];
  for (const [index, step] of revoke.entries()) {
    look(step, ['revoke', index], known);
    for (const name of Object.keys(step.extract)) {
      const path = ['revoke', index, 'extract', name];
      if (known.includes(name)) faults.push({ path, message: 'expected a name that is not taken' });
      else extracted.push({ name, path });
      known.push(name);
    }
  }
  if (prove) look(prove, ['prove'], always);
  if (verify) look(verify, ['verify'], always);
  if (check) look(check, ['check'], ofSecrets);

  const named = (exchange: Exchange) =>
    usesIn({ ...exchange, answers: [] }).some(({ name }) => ofToken.includes(name));
  const untied = 'expected {token} or a named group in a request, as nothing ties it to the leaked token';
  if (revoke.length > 0 && !revoke.some(named)) faults.push({ path: ['revoke'], message: untied });
  if (verify && !named(verify)) faults.push({ path: ['verify', 'request'], message: untied });

  const values = [...extracted, ...ofSecrets.map((name) => ({ name, path: name.split('.') }))];
  const unused = values.filter(({ name }) => !used.has(name));
  return [...faults, ...unused.map(({ path }) => ({ path, message: 'used by no placeholder' }))];
}

interface Use {
  readonly name: string;
  readonly path: EntryFault['path'];
}

/** The placeholders of an exchange; what is no template has its fault already. */
function usesIn({ request, answers }: Exchange): readonly Use[] {
  const texts = [
    ...textsIn(request, ['request']),
    ...answers.flatMap(({ json }, index) => textsIn(json, ['answers', index, 'json'])),
  ];
  return texts.flatMap(({ path, text }) =>
    (Template.parse(text)?.names ?? []).map((name) => ({ name, path })),
  );
}

/** Names what is known, not what stands there. */
function useFault({ name, path }: Use, { request }: Exchange, known: readonly string[]): string | undefined {
  if (!known.includes(name)) {
    const expected = known.map((each) => `{${each}}`).join(', ');
    return `unknown placeholder; expected ${expected === '' ? 'none' : `one of ${expected}`}`;
  }
  if (path[1] !== 'url') return undefined;
  if (name === 'token' && !request.tokenInUrl) {
    return 'expected no {token}, as URLs are logged; tokenInUrl: true where the API takes it nowhere else';
  }
  if (name.startsWith('secrets.') && !request.secretInUrl) {
    return 'expected no secret, as URLs are logged; secretInUrl: true where the API takes it nowhere else';
  }
  return undefined;
}
