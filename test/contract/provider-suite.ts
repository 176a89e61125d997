/**
 * What every provider has to keep, whatever it talks to. A provider's `index.test.ts` describes one token and the
 * calls that revoke it; the suite plays them through the real upstream client, each way once to a server and else below
 * that client, breaks each call in every known way, and looks for the token where it must never be.
 */
import { inspect, isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../src/provider/failure.ts';
import { hasModifier } from '../../src/provider/kit/pattern.ts';
import type { Provider, TokenKind } from '../../src/provider/provider.ts';
import { canonicalOf, recognise } from '../../src/provider/recognise.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Subject } from '../../src/words/subject.ts';
import { expectNoHang, type LongText } from '../support/matching.ts';
import {
  type Exchange,
  FAULTS,
  type Fault,
  type RecordedRequest,
  UPSTREAM_MARKER,
} from '../support/scripted-upstream.ts';
import { type ProviderBench, revokeTogether, runStep, startBench, stepOf } from './bench.ts';
import { casesToRun, HOSTILE_LENGTH } from './quick.ts';
import { runEach } from './run-each.ts';
import { spellingsOf } from './shapes.ts';
import {
  type ContractCase,
  type ExpectedEnd,
  FAULT_ENDS,
  type NotApplicable,
  type ProviderSpec,
  type Script,
} from './spec.ts';
import { trustCases } from './trust-suite.ts';

export {
  type EndedStep,
  type ProviderBench,
  revokeTogether,
  runStep,
  type StepOptions,
  startBench,
  stepOf,
} from './bench.ts';
export {
  asksOnAfter,
  type ContractCase,
  type ExpectedEnd,
  type ProviderSpec,
  untilTold,
  withoutAnyCall,
} from './spec.ts';

export function describeProvider<Config>(spec: ProviderSpec<Config>): void {
  // Concurrent, because of the upstreams that never answer.
  describe.concurrent(`${spec.definition.id} keeps the provider contract for ${spec.kind}`, () => {
    const { single = [], broken = [] } = Object.groupBy(casesToRun(contractCases(spec)), ({ broken }) =>
      broken === undefined ? 'single' : 'broken',
    );
    for (const { name, run } of single) it(name, run);
    // A test for each of so many breaks would cost as much as what it tests.
    for (const [call, cases] of Map.groupBy(broken, (each) => each.broken)) {
      it(`ends as it has to when ${call} breaks, in whatever way`, () => runEach(cases));
    }
  });
}

/** The suite as plain functions, so that a test can show that it catches what it is for. */
export function contractCases<Config>(spec: ProviderSpec<Config>): ContractCase[] {
  return [
    ...declarationCases(spec),
    ...scriptCases(spec),
    subjectCase(spec),
    batchCase(spec),
    ...faultCases(spec),
    ...lifeCycleCases(spec),
    ...trustCases(spec),
  ];
}

function declarationCases<Config>(spec: ProviderSpec<Config>): ContractCase[] {
  const { definition, token, reported = token } = spec;
  const provider = async (): Promise<Provider> => (await withoutCalls(spec)).provider;
  return [
    {
      name: 'declares an id, an https documentation link, and kinds that fit together',
      run: async () => {
        const { kinds } = await provider();
        expect(definition.id).toMatch(/^[a-z0-9-]+$/);
        expect(definition.docs).toMatch(/^https:\/\//);
        expect(definition.types).toEqual(expect.arrayContaining(kinds.flatMap((kind) => [...kind.types])));
        const wider = kinds.filter((kind) => kind.effect === 'wider');
        expect(wider.filter((kind) => !kind.warning)).toEqual([]);
        const partners = kinds.flatMap((kind) => kind.pairsWith ?? []);
        expect(kinds.map((kind) => kind.id)).toEqual(expect.arrayContaining(partners));
      },
    },
    {
      name: 'refuses a configuration key that it does not know',
      run: async () => {
        const config = spec.config('https://upstream.example.com');
        expect(definition.config.safeParse(config).success).toBe(true);
        expect(definition.config.safeParse({ ...config, surprise: true }).success).toBe(false);
      },
    },
    {
      name: 'calls nothing upstream when it is created',
      run: async () => expect((await withoutCalls(spec)).requests).toEqual([]),
    },
    {
      name: 'finds the token in quotes, before a comma and within text',
      run: async () => {
        const { kinds } = await provider();
        for (const text of [
          reported,
          `"${reported}"`,
          `'${reported}',`,
          `key: ${reported}\nnext`,
          `x = "${reported}"; // y`,
        ]) {
          const kind = kinds.find(
            (each) => isReportedAs(each, spec.type) && matchOf(each, text) !== undefined,
          );
          expect(kind?.id).toBe(spec.kind);
          expect(kind && matchOf(kind, text)).toBe(token);
        }
      },
    },
    {
      name: 'finds the same token as programs write it',
      run: async () => {
        const { kinds } = await provider();
        const [ofType, others] = [true, false].map((isNamed) =>
          kinds.filter((each) => isReportedAs(each, spec.type) === isNamed),
        );
        const tried = [...(ofType ?? []), ...(others ?? []).filter(({ ownTypesOnly }) => !ownTypesOnly)];
        const found = (text: string) => {
          const recognised = recognise(tried, text);
          return recognised.ok ? [recognised.kind.id, recognised.token] : recognised.why;
        };
        const plain = found(reported);
        expect(plain).toEqual([spec.kind, expect.any(String)]);
        const changed = spellingsOf(reported).filter((text) => !isDeepStrictEqual(found(text), plain));
        expect(changed.map((text) => [text, found(text)])).toEqual([]);
      },
    },
    {
      name: 'never hangs on hostile text',
      run: async () => {
        const { kinds } = await provider();
        // The other kinds have cases of their own.
        const own = kinds.filter(({ id }) => id === spec.kind);
        for (const { pattern } of own) await expectNoHang(pattern, hostileTexts(token));
      },
    },
    {
      name: 'has no flags inside its patterns',
      run: async () => {
        const { kinds } = await provider();
        expect(kinds.filter(({ pattern }) => hasModifier(pattern.source))).toEqual([]);
      },
    },
  ];
}

function scriptCases<Config>(spec: ProviderSpec<Config>): ContractCase[] {
  const { scripts } = spec;
  const cases: ContractCase[] = [
    {
      name: 'revokes a working token and shows that it is dead',
      run: async () => expectEnd(spec, scripts.revoked, [{ outcome: 'revoked', verified: true }]),
    },
    {
      name: 'says that a dead token was already inactive',
      run: () =>
        expectEnd(spec, scripts.alreadyDead, [{ outcome: 'already-inactive' }], { overSockets: true }),
    },
    {
      name: 'ends as dead when the step is repeated after a crash',
      run: async () => {
        const { exchanges, endsAs } = scripts.secondCall;
        const script = [...scripts.revoked.exchanges, ...exchanges];
        const ends = await play(spec, script, { steps: 2, overSockets: true });
        expectOneOf(ends[1], endsAs ? [endsAs] : DEAD_ENDS);
      },
    },
  ];
  const optional = (name: string, script: Script | NotApplicable, usual: readonly ExpectedEnd[]): void => {
    if ('exchanges' in script) cases.push({ name, run: () => expectEnd(spec, script, usual) });
  };
  optional('pauses when our credential is refused', scripts.credentialRefused, [
    { failure: 'credential-refused' },
  ]);
  optional('says when our credential lacks a right', scripts.forbidden, [
    { failure: 'permission-missing' },
    { outcome: 'refused', reason: 'not-permitted' },
  ]);
  const { unknownToken } = scripts;
  if ('exchanges' in unknownToken) {
    cases.push({
      name: 'never takes an unknown token for a dead one',
      run: async () => {
        expect(looksDead(unknownToken.endsAs)).toBe(false);
        await expectEnd(spec, unknownToken, [], { overSockets: true });
      },
    });
  }
  return cases;
}

/** What a vendor tells of the token is text that somebody chose, and is shown to persons. */
function subjectCase<Config>(spec: ProviderSpec<Config>): ContractCase {
  const { scripts, token } = spec;
  const told = async (exchanges: readonly Exchange[]): Promise<Subject | undefined> => {
    const bench = await startBench(spec.definition, spec.config, exchanges);
    try {
      return (await runStep(bench, new Secret(token), { ...spec, mayActUnproven: spec.approved ?? false }))
        .subject;
    } finally {
      await bench.close();
    }
  };
  return {
    name: 'tells no more than fits, and nothing of the token, when the vendor is hostile',
    run: async () => {
      const texts = new Set(Object.values((await told(scripts.revoked.exchanges)) ?? {}).flat());
      if (texts.size === 0) return;
      const hostile = ({ expect: call, answer }: Exchange): Exchange => ({
        expect: call,
        answer:
          'json' in answer
            ? { ...answer, json: withText(answer.json, texts, `${token}${'x'.repeat(500)}`) }
            : answer,
      });
      // Where the changed text is one by which the adapter works, the calls do not fit any more, and nothing is told.
      const known = await told(scripts.revoked.exchanges.map(hostile)).catch(() => undefined);
      expectNoLeak(spec, { known });
      expect(JSON.stringify(known ?? {}).length).toBeLessThan(10_000);
    },
  };
}

/** The JSON with each of these texts replaced, as a value. */
function withText(json: unknown, texts: ReadonlySet<string>, text: string): unknown {
  if (typeof json === 'string') return texts.has(json) ? text : json;
  if (Array.isArray(json)) return json.map((item) => withText(item, texts, text));
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, withText(value, texts, text)]),
  );
}

function batchCase<Config>(spec: ProviderSpec<Config>): ContractCase {
  return {
    name: 'has a batch and a script for it, or neither; and each of its tokens ends by itself',
    run: async () => {
      const script = spec.scripts.batch;
      const bench = await startBench(spec.definition, spec.config, script?.exchanges ?? []);
      try {
        const { batch } = bench.provider;
        expect(batch !== undefined).toBe(script !== undefined);
        if (!batch || !script) return;
        expect(script.tokens.length).toBeLessThanOrEqual(batch.size);
        const items = script.tokens.map((token) => ({
          token: new Secret(token),
          step: stepOf(bench.provider, new Secret(token), { kind: spec.kind }),
        }));
        const results = await revokeTogether(bench.provider, items);
        const ends = results.map((result) =>
          result instanceof Failure
            ? { failure: result.code }
            : 'outcome' in result
              ? result.outcome
              : result,
        );
        expect(ends).toEqual(script.endsAs);
        bench.verify();
        const shown = { results, records: bench.records, urls: bench.requests.map(({ url }) => url) };
        expect(findLeaks(script.tokens, shown)).toEqual([]);
      } finally {
        await bench.close();
      }
    },
  };
}

/** Time limits of one call, which a call without an answer takes: on a busy machine a short one may end one that is answered. */
const TIMEOUTS_MS = [50, 400, 5_000] as const;

const DEAD_ENDS: readonly ExpectedEnd[] = [
  { outcome: 'revoked', verified: true },
  { outcome: 'already-inactive' },
];

function faultCases<Config>(spec: ProviderSpec<Config>): ContractCase[] {
  const { exchanges } = spec.scripts.revoked;
  return exchanges.flatMap((exchange, call) =>
    FAULTS.filter((fault) => canHappen(fault, exchange)).map((fault) => {
      const override = spec.faultOverrides?.find((each) => each.call === call && each.faults.includes(fault));
      const broken = `call ${call + 1} (${exchange.expect.method} ${exchange.expect.path})`;
      const where = `${broken} breaks by ${fault}`;
      const script = [
        ...exchanges.slice(0, call),
        { expect: exchange.expect, answer: { fault, status: bodyStatus(exchange) } },
        ...(override?.then ?? []),
      ];
      const tryIt = async (timeoutMs?: number): Promise<void> => {
        const limit = timeoutMs === undefined ? {} : { timeoutMs };
        const [end] = await play(spec, script, limit);
        if (override) expectOneOf(end, [override.endsAs]);
        else expectFailure(end, FAULT_ENDS[fault]);
      };
      return {
        name: override
          ? `ends otherwise when ${where}, because ${override.because}`
          : `does not end when ${where}`,
        run: () => (fault === 'timeout' ? firstToPass(TIMEOUTS_MS, tryIt) : tryIt()),
        broken,
      };
    }),
  );
}

/** @throws what the last one threw */
async function firstToPass(
  [limit, ...longer]: readonly number[],
  tryIt: (limit: number | undefined) => Promise<void>,
): Promise<void> {
  try {
    await tryIt(limit);
  } catch (error) {
    if (longer.length === 0) throw error;
    await firstToPass(longer, tryIt);
  }
}

function expectFailure(end: StepEnd | undefined, expected: ExpectedEnd | 'any'): void {
  if (expected !== 'any') expectOneOf(end, [expected]);
  else if (!end || !('outcome' in end && end.outcome === 'refused')) {
    expect(end).toMatchObject({ failure: expect.any(String) });
  }
}

/** A kind that no scanner names is found under the types of the others. */
function isReportedAs({ types }: TokenKind, type: string): boolean {
  return types.length === 0 || types.includes(type);
}

/** An answer that has no body cannot have a broken one. */
function canHappen(fault: Fault, { answer }: Exchange): boolean {
  const isBodiless = answer.status === 204;
  return !(isBodiless && (fault === 'reset-mid-body' || fault === 'bad-json'));
}

function bodyStatus({ answer }: Exchange): number {
  return answer.status === undefined || answer.status === 204 ? 200 : answer.status;
}

function lifeCycleCases<Config>(spec: ProviderSpec<Config>): ContractCase[] {
  const [first] = spec.scripts.revoked.exchanges;
  return [...(first ? [abortCase(spec, first)] : []), ...(spec.credentials?.length ? [checkCase(spec)] : [])];
}

function abortCase<Config>(spec: ProviderSpec<Config>, first: Exchange): ContractCase {
  return {
    name: 'stops at once when its signal aborts',
    run: async () => {
      const controller = new AbortController();
      const reason = new Error('Shutting down.');
      const ends = await play(spec, [{ expect: first.expect, answer: { fault: 'timeout' } }], {
        signal: controller.signal,
        onRequest: () => controller.abort(reason),
      });
      expect(ends).toEqual([{ thrown: reason }]);
    },
  };
}

function checkCase<Config>(spec: ProviderSpec<Config>): ContractCase {
  return {
    name: 'reports that its credential cannot be checked, and does not throw',
    run: async () => {
      const bench = await startBench(spec.definition, spec.config, []);
      bench.failUpstream();
      try {
        const checks = await bench.provider.check?.(new AbortController().signal);
        expect(checks).not.toHaveLength(0);
        expect(checks).toEqual(
          checks?.map(() => expect.objectContaining({ ok: false, advice: expect.any(String) })),
        );
        expectNoLeak(spec, { checks, records: bench.records });
      } finally {
        await bench.close();
      }
    },
  };
}

async function expectEnd<Config>(
  spec: ProviderSpec<Config>,
  script: Script,
  usual: readonly ExpectedEnd[],
  options: PlayOptions = {},
): Promise<void> {
  const [end] = await play(spec, script.exchanges, options);
  expectOneOf(end, script.endsAs ? [script.endsAs] : usual);
}

function expectOneOf(end: StepEnd | undefined, expected: readonly ExpectedEnd[]): void {
  expect(end).toBeOneOf(expected.map((each) => expect.objectContaining(each)));
}

/** How a step ended, in the shape that {@link ExpectedEnd} describes. */
type StepEnd =
  | { readonly outcome: string; readonly verified: boolean; readonly reason?: string }
  | { readonly failure: FailureCode; readonly retryAfterMs?: number }
  /** Something else than a {@link Failure}: an abort, or a fault of the provider. */
  | { readonly thrown: unknown };

function looksDead(end: ExpectedEnd): boolean {
  return 'outcome' in end && end.outcome !== 'refused';
}

interface PlayOptions {
  readonly steps?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onRequest?: () => void;
  readonly overSockets?: boolean;
}

/** Runs one or more steps against the script; checks that all of it was played and that nothing leaked. */
async function play<Config>(
  spec: ProviderSpec<Config>,
  exchanges: readonly Exchange[],
  options: PlayOptions = {},
): Promise<StepEnd[]> {
  const bench = await startBench(spec.definition, spec.config, exchanges, options);
  try {
    const ends: StepEnd[] = [];
    const shown: Record<string, unknown> = {};
    for (let step = 0; step < (options.steps ?? 1); step++) {
      const { end, ...said } = await endOf(spec, bench, options.signal ?? new AbortController().signal);
      ends.push(end);
      for (const [what, value] of Object.entries(said.shown)) shown[`${what} of step ${step + 1}`] = value;
    }
    bench.verify();
    const urls = spec.tokenInUrl ? [] : bench.requests.map(({ url }) => url);
    expectNoLeak(spec, { ...shown, records: bench.records, urls });
    return ends;
  } finally {
    await bench.close();
  }
}

async function endOf<Config>(
  spec: ProviderSpec<Config>,
  bench: ProviderBench,
  signal: AbortSignal,
): Promise<{ readonly end: StepEnd; readonly shown: Readonly<Record<string, unknown>> }> {
  const notes: unknown[] = [];
  try {
    const mayActUnproven = spec.approved ?? false;
    const ended = await runStep(bench, new Secret(spec.token), { ...spec, signal, notes, mayActUnproven });
    const { result, verified } = ended;
    const end = { outcome: result.outcome, verified, ...('reason' in result && { reason: result.reason }) };
    return { end, shown: { ended, notes } };
  } catch (error) {
    if (!(error instanceof Failure)) return { end: { thrown: error }, shown: { notes } };
    const { code, retryAfterMs, cause } = error;
    const end = { failure: code, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    // The stack is what an error is shown with.
    return { end, shown: { error, cause, notes } };
  }
}

async function withoutCalls<Config>(
  spec: ProviderSpec<Config>,
): Promise<{ provider: Provider; requests: readonly RecordedRequest[] }> {
  const bench = await startBench(spec.definition, spec.config, []);
  await bench.close();
  return bench;
}

function matchOf(kind: TokenKind, text: string): string | undefined {
  const match = text.match(kind.pattern);
  return match ? canonicalOf(kind, match.groups?.token ?? match[0]) : undefined;
}

/** Runs of single characters, and beginnings of the token that never come to their end. */
function hostileTexts(token: string): LongText[] {
  const length = HOSTILE_LENGTH;
  const common = ['a', 'A', '0', '-', '_', '.', ' ', '"'];
  const own = [token.slice(0, 1), token.slice(0, 6), token.slice(0, -1)];
  return [
    ...[...common, ...own].map((piece) => ({ piece, length })),
    { before: token.slice(0, -1), piece: 'a', length },
    { before: token.slice(0, 6), piece: 'a0-_.', length, after: '!' },
  ];
}

function expectNoLeak<Config>(spec: ProviderSpec<Config>, shown: Readonly<Record<string, unknown>>): void {
  const secrets = [spec.token, ...(spec.credentials ?? []), ...Object.values(spec.parts ?? {}).flat()];
  expect(findLeaks([...secrets, UPSTREAM_MARKER], shown)).toEqual([]);
}

/** The names of those values that show a secret when they are printed or serialised, be it plain or encoded. */
export function findLeaks(secrets: readonly string[], shown: Readonly<Record<string, unknown>>): string[] {
  const forms = secrets.flatMap(formsOf);
  const showsOne = (values: readonly unknown[]): boolean => {
    const texts = plainStacks(() => [
      ...values.map(String),
      JSON.stringify(values),
      inspect(values, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    ]);
    return texts.some((text) => forms.some((form) => text.includes(form)));
  };
  const names = Object.keys(shown);
  // To look at all together is cheaper, and in nearly all cases there is nothing.
  return showsOne(Object.values(shown)) ? names.filter((name) => showsOne([shown[name]])) : [];
}

/** Without looking up where each line was before it was transformed, which takes the test runner longer than the step. */
function plainStacks<Shown>(show: () => Shown): Shown {
  const { prepareStackTrace } = Error;
  Reflect.deleteProperty(Error, 'prepareStackTrace');
  try {
    return show();
  } finally {
    if (prepareStackTrace) Error.prepareStackTrace = prepareStackTrace;
  }
}

const knownForms = new Map<string, readonly string[]>();

function formsOf(secret: string): readonly string[] {
  const forms = knownForms.get(secret) ?? encodedForms(secret);
  knownForms.set(secret, forms);
  return forms;
}

function encodedForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((offset) => {
      // Encoded behind something else: only the characters that this secret alone decides.
      const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
      const start = Math.ceil((offset * 8) / 6);
      const end = Math.floor(((offset + bytes.length) * 8) / 6);
      const core = encoded.slice(start, end);
      return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
    }),
  ];
}
