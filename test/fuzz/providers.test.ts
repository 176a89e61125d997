/** Upstreams that answer something else than they should: no provider breaks on it, or takes it for the end of a token. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { Failure } from '../../src/provider/failure.ts';
import { Secret } from '../../src/words/secret.ts';
import { type ProviderSpec, runStep, startBench } from '../contract/provider-suite.ts';
import type { Exchange, PlainAnswer, ScriptedAnswer } from '../support/scripted-upstream.ts';
import { FUZZ_PATIENCE_MS, fuzz } from './runs.ts';

type Spec = ProviderSpec<unknown>;

/** One call of one script of one case. */
interface Call {
  readonly name: string;
  readonly spec: Spec;
  readonly exchanges: readonly Exchange[];
  readonly index: number;
  readonly answer: PlainAnswer;
}

type Mutation = (answer: PlainAnswer) => PlainAnswer;

const SCRIPTS = ['revoked', 'alreadyDead', 'unknownToken', 'credentialRefused', 'forbidden'] as const;
const PROVIDERS = resolve(import.meta.dirname, '../../providers');
const OUTCOMES = ['revoked', 'already-inactive', 'accepted', 'expires', 'held', 'refused'];

async function allCalls(): Promise<readonly Call[]> {
  const paths = definitions
    .map(({ id }) => join(PROVIDERS, id, 'cases.ts'))
    .filter((path) => existsSync(path));
  const specs = await Promise.all(paths.map(async (path) => (await import(path)).cases as readonly Spec[]));
  return specs.flat().flatMap((spec) => SCRIPTS.flatMap((name) => callsOf(spec, name)));
}

function callsOf(spec: Spec, script: (typeof SCRIPTS)[number]): readonly Call[] {
  const { [script]: found } = spec.scripts;
  const exchanges = 'exchanges' in found ? found.exchanges : [];
  return exchanges.flatMap(({ answer }, index) => {
    const name = `${spec.definition.id} ${spec.kind}, call ${index + 1} of ${script}`;
    return 'fault' in answer ? [] : [{ name, spec, exchanges, index, answer }];
  });
}

/** How a step ends when one call is answered like this and every later one with 599. */
async function endWith({ spec, exchanges, index }: Call, answer: ScriptedAnswer) {
  const expected = exchanges[index];
  if (!expected) throw new Error('There is no such call.');
  const script = [...exchanges.slice(0, index), { ...expected, answer }];
  const bench = await startBench(spec.definition, spec.config, script);
  try {
    return await runStep(bench, new Secret(spec.token), { ...spec, notes: [] });
  } catch (error) {
    return error;
  } finally {
    await bench.close();
  }
}

function isProvenDead(end: unknown): boolean {
  return typeof end === 'object' && end !== null && 'verified' in end && end.verified === true;
}

/** Whatever it was, the call and its answer are worth more than the code that made them. */
function expectEnd(end: unknown, { name }: Call, answer: PlainAnswer): void {
  try {
    expectKnown(end);
  } catch (error) {
    const told = `${name}, answered ${answer.status}: ${textOf(answer).slice(0, 500)}`;
    throw new Error(told, { cause: error });
  }
}

function expectKnown(end: unknown): void {
  if (end instanceof Failure) {
    const { retryAfterMs = 0 } = end;
    expect(retryAfterMs >= 0 && retryAfterMs <= 24 * 3_600_000).toBe(true);
    return;
  }
  if (end instanceof Error) throw end;
  expect(OUTCOMES).toContain((end as { result: { outcome: string } }).result.outcome);
}

const PAGE =
  '<!doctype html><html><title>Please sign in</title><p>revoked invalid_token not found</p></html>';
const html = { 'content-type': 'text/html; charset=utf-8' };
const json = { 'content-type': 'application/json' };

function textOf({ json, text = '' }: PlainAnswer): string {
  return json === undefined ? text : JSON.stringify(json);
}

const retryAfter = fc.constantFrom(
  ...[
    '0',
    '-1',
    '1e9',
    '99999999999999999999',
    'soon',
    '',
    'Wed, 21 Oct 2015 07:28:00 GMT',
    'Wed, 99 Oct 9999 99:99:99 GMT',
  ],
);

/** What no vendor documents as the end of a token, whatever else the answer has of a true one. */
const rubbish: fc.Arbitrary<Mutation> = fc.oneof<fc.Arbitrary<Mutation>[]>(
  fc
    .tuple(fc.integer({ min: 500, max: 599 }), fc.boolean(), retryAfter)
    .map(([status, keepsBody, after]) => (answer) => ({
      ...(keepsBody ? answer : { text: PAGE }),
      status,
      headers: { 'retry-after': after },
    })),
  retryAfter.map((after) => (answer) => ({ ...answer, status: 429, headers: { 'retry-after': after } })),
  fc
    .tuple(
      fc.constantFrom(300, 301, 302, 303, 307, 308),
      fc.constantFrom('/login', 'https://sso.example.com/', '::'),
    )
    .map(([status, location]) => (answer) => ({ ...answer, status, headers: { location } })),
  fc
    .constantFrom(undefined, 200, 400, 401, 403, 404, 410)
    .map((status) => (answer) => ({ status: withBody(status ?? answer.status), headers: html, text: PAGE })),
  fc.double({ min: 0.1, max: 0.9, noNaN: true }).map((part) => (answer) => {
    const text = textOf(answer);
    return {
      status: withBody(answer.status),
      headers: json,
      text: text.slice(0, Math.floor(text.length * part)) || '{',
    };
  }),
  fc.constantFrom('null', '0', '"x"', 'true', '{', '[[', '\ufeff', '\0').map((text) => (answer) => ({
    ...{ status: withBody(answer.status), headers: json },
    // An empty body that begins with a byte order mark is an empty body, which may be the true one.
    text: isBlank(text) && isBlank(textOf(answer)) ? '{' : text,
  })),
  fc.constant((answer: PlainAnswer) => ({
    ...{ status: withBody(answer.status), headers: json },
    text: `${' '.repeat(2 * 1024 * 1024)}${textOf(answer)}`,
  })),
);

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function withBody(status: number): number {
  return status === 204 ? 200 : status;
}

const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1e300,
    '',
    '..',
    '../../x',
    '\ud800',
    {},
    [],
    [null],
    [[]],
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);

/** The answer with some of its values taken away, doubled or replaced. */
const changed = fc
  .tuple(fc.array(fc.tuple(fc.nat(), value, fc.nat({ max: 2 })), { minLength: 1, maxLength: 3 }))
  .map(([changes]) => (answer: PlainAnswer): PlainAnswer => {
    const root = { json: structuredClone(answer.json) };
    for (const [where, value, how] of changes) {
      const places = placesIn(root);
      const [holder, key] = places[where % places.length] ?? [root, 'json'];
      if (how === 0 && holder !== root) delete (holder as Record<string, unknown>)[key];
      else if (how === 1 && Array.isArray(holder)) holder.push(...holder);
      // Of its own, as a later change, or a later case, may double what is in it.
      else (holder as Record<string, unknown>)[key] = structuredClone(value);
    }
    return { ...answer, status: withBody(answer.status), json: root.json ?? null };
  });

function placesIn(holder: object): readonly (readonly [object, string])[] {
  return Object.entries(holder).flatMap(([key, value]) => [
    [holder, key] as const,
    ...(typeof value === 'object' && value !== null ? placesIn(value) : []),
  ]);
}

const strange: fc.Arbitrary<Mutation> = fc.oneof<fc.Arbitrary<Mutation>[]>(
  changed,
  fc.integer({ min: 200, max: 499 }).map((status) => (answer) => ({ ...answer, status })),
  fc
    .constantFrom('text/html', 'text/plain', 'application/xml', '', 'x')
    .map((type) => (answer) => ({ ...answer, headers: { ...answer.headers, 'content-type': type } })),
  fc.json().map((text) => (answer) => ({ status: withBody(answer.status), headers: json, text })),
  fc
    .string({ unit: 'binary', maxLength: 100 })
    .map((text) => (answer) => ({ status: withBody(answer.status), text })),
);

/** A form has no end: what describes its error may be cut unseen. Nor has a sentence, whose stop some versions leave out. */
function endOf(text: string): number {
  return /^error=\w+&error_description=/.exec(text)?.[0].length ?? text.replace(/\.$/, '').length;
}

describe('fuzz: the providers', () => {
  let calls: readonly Call[];
  /** Whether the calls before this one had already shown that the token is dead. */
  const provenBefore = new Map<string, Promise<boolean>>();

  beforeAll(async () => {
    calls = await allCalls();
  });

  const isProvenBefore = async (call: Call): Promise<boolean> => {
    const { settledBy } = call.spec;
    if (settledBy && call.name.endsWith(' revoked') && call.index > settledBy.call) return true;
    const known = provenBefore.get(call.name) ?? endWith(call, { fault: 'reset' }).then(isProvenDead);
    provenBefore.set(call.name, known);
    return known;
  };

  it(
    'take no error, redirect, page, cut or oversized body for a proof of death',
    async () => {
      const part = { name: 'answers that prove nothing', short: 40, share: 0.16 };
      await fuzz(part, fc.record({ which: fc.nat(), mutate: rubbish }), async ({ which, mutate }) => {
        const call = calls[which % calls.length];
        if (!call) throw new Error('There are no cases.');
        const answer = mutate(call.answer);
        const end = await endWith(call, answer);
        expectEnd(end, call, answer);
        const proven = isProvenDead(end) && !(await isProvenBefore(call));
        expect([call.name, answer.status, textOf(answer).slice(0, 200), proven]).toEqual([
          ...[expect.any(String), expect.any(Number), expect.any(String), false],
        ]);
      });
    },
    FUZZ_PATIENCE_MS,
  );

  it('take no text for a proof of death that was cut anywhere', async () => {
    const proves = async (call: Call, text: string) =>
      isProvenDead(await endWith(call, { ...call.answer, text }));
    const told: string[] = [];
    for (const call of calls.filter(({ answer }) => !isBlank(answer.text ?? ''))) {
      const { name, answer } = call;
      const text = (answer.text ?? '').trim();
      // Where any text proves it, a header does.
      if (!(await proves(call, text)) || (await isProvenBefore(call)) || (await proves(call, 'x'))) continue;
      told.push(name);
      for (let end = 1; end < endOf(text); end += 1) {
        const cut = text.slice(0, end);
        expect.soft([name, cut, await proves(call, cut)]).toEqual([name, cut, false]);
      }
    }
    expect(told.length).toBeGreaterThan(3);
  });

  it('are seen to take a true answer for the proof, so that this is not for nothing', async () => {
    const last = calls.filter(
      ({ name, exchanges, index }) => name.endsWith(' revoked') && index === exchanges.length - 1,
    );
    const ends = await Promise.all(last.slice(0, 20).map((call) => endWith(call, call.answer)));
    expect(ends.filter(isProvenDead).length).toBeGreaterThan(10);
  });

  it(
    'end in a known way, or fail as providers fail, whatever they are answered',
    async () => {
      const part = { name: 'strange answers', short: 40, share: 0.12 };
      await fuzz(part, fc.record({ which: fc.nat(), mutate: strange }), async ({ which, mutate }) => {
        const call = calls[which % calls.length];
        if (!call) throw new Error('There are no cases.');
        const answer = mutate(call.answer);
        expectEnd(await endWith(call, answer), call, answer);
      });
    },
    FUZZ_PATIENCE_MS,
  );
});
