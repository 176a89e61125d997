/**
 * What makes a revocation safe, derived from the token's shape and from what the vendor was scripted to answer; no
 * adapter writes any of it. Forged tokens end nobody's credential; cut and masked ones are never called dead; nor is one
 * that the place that issued it was not asked about, or that is refused for a reason that passes.
 */
import { expect } from 'vitest';
import { attempt, look, type StepResult } from '../../src/dispatch/attempt.ts';
import { isWholeToken, type UnknownTokens } from '../../src/provider/death.ts';
import { Failure } from '../../src/provider/failure.ts';
import { changesSomething, guarded, Permit } from '../../src/provider/possession.ts';
import type { Provider, TokenKind } from '../../src/provider/provider.ts';
import { recognise } from '../../src/provider/recognise.ts';
import { textOf } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type MemoryCall, memoryUpstream } from '../support/memory-upstream.ts';
import {
  compare,
  type Exchange,
  type PlainAnswer,
  type RecordedRequest,
} from '../support/scripted-upstream.ts';
import { settingsOf, stepOf, TURNS_WITHOUT_SOCKETS } from './bench.ts';
import {
  cutsOf,
  endingsOf,
  forgeriesOf,
  maskedByLetters,
  maskedFormsOf,
  SEPARATOR,
  scrambled,
} from './shapes.ts';
import type { ContractCase, ProviderSpec, Script } from './spec.ts';

export const BENCH_URL = 'http://127.0.0.1:1';
const MAX_STEPS = 12;

/** The suite's cases of one kind. */
export function trustCases<Config>(spec: ProviderSpec<Config>): ContractCase[] {
  const { kind } = worldOf(spec, () => REFUSED);
  let known: Promise<readonly Recorded[]> | undefined;
  const real = () => (known ??= recorded(spec));
  return [
    {
      name: 'declares how the secret is proven, where tokens come from, when a text is whole, and whether it can be undone',
      run: async () => declares(kind),
    },
    {
      name: 'changes nothing for a forged secret with a real id',
      run: async () => forged(spec, await real()),
    },
    {
      name: 'changes nothing without the other half, or with a forged one',
      run: async () => forgedHalves(spec, await real()),
    },
    {
      name: 'changes nothing where the vendor looks at the secret alone, whatever id stands with it',
      run: async () => anyId(spec, await real()),
    },
    {
      name: 'changes nothing where a list shows another secret since, and calls none dead that it masks or leaves out',
      run: () => hidden(spec),
    },
    {
      name: 'never calls dead what works although its record is out of our sight',
      run: async () => outOfSight(spec, await real()),
    },
    { name: 'never calls a cut token dead', run: () => cut(spec) },
    { name: 'takes no ending of a token for a whole one', run: async () => headless(spec) },
    { name: 'takes no masked token for a token, or for a whole one', run: async () => masked(spec) },
    {
      name: 'calls nothing dead that the place that issued it was not asked about',
      run: () => foreign(spec),
    },
    {
      name: 'calls nothing inactive that was let in, although no configured account has it',
      run: async () => ofNobody(spec, await real()),
    },
    { name: 'changes nothing by an id that is empty', run: async () => emptyIds(spec, await real()) },
    {
      name: 'shows no death while everything is as it was before the revocation',
      run: async () => stale(spec, await real()),
    },
    { name: 'never calls dead what is refused for a reason that passes', run: () => passing(spec) },
    {
      name: 'calls none dead that a list hides since it was let in',
      run: async () => hiddenSince(spec, await real()),
    },
    {
      name: 'takes no answer to the revocation for a death that would be none at a look',
      run: async () => judgedAlike(spec, await real()),
    },
    { name: 'holds up no other token while one of several places is down', run: () => outage(spec) },
    {
      name: 'takes no refusal of the leaked token for one of our own credential',
      run: () => ofLeaked(spec),
    },
    {
      name: 'shows no death by a stray answer, and says which place is away, at whichever call',
      run: () => stray(spec),
    },
    {
      name: 'says by whose right each call is made that shows something made of a secret, and not the secret',
      run: () => byRight(spec),
    },
    { name: 'changes nothing when it only looks', run: async () => onlyLooks(spec, await real()) },
    { name: 'changes nothing when it checks our own credential', run: () => onlyChecks(spec) },
  ];
}

function declares(kind: TokenKind): void {
  const { possession, places, whole, undo } = kind;
  expect({ possession, places, whole, undo }).toEqual({
    possession: expect.any(String),
    places: expect.anything(),
    whole: expect.anything(),
    undo: expect.stringMatching(/^(yes|no)$/),
  });
  if (places && 'all' in places) expect(places.all).not.toHaveLength(0);
}

interface World {
  readonly provider: Provider;
  readonly kind: TokenKind;
  readonly clock: FakeClock;
  readonly calls: readonly MemoryCall[];
  readonly unknownTokens: UnknownTokens;
  /** How the last step says that upstream took the revocation. */
  took?: 'revoked' | 'accepted' | undefined;
}

export type Answering = (call: MemoryCall) => PlainAnswer;

/** Of the cases without changes, which are most of them. */
const settings = new WeakMap<object, object>();

function settingsFor<Config>(spec: ProviderSpec<Config>, changes?: object) {
  const read = () => settingsOf(spec.definition, { ...spec.config(BENCH_URL), ...changes });
  if (changes) return read();
  const known = (settings.get(spec) as ReturnType<typeof read> | undefined) ?? read();
  settings.set(spec, known);
  return known;
}

function worldOf<Config>(spec: ProviderSpec<Config>, answer: Answering, changes?: object): World {
  const clock = new FakeClock(undefined, TURNS_WITHOUT_SOCKETS);
  const calls: MemoryCall[] = [];
  const { own, unknownTokens } = settingsFor(spec, changes);
  const provider = spec.definition.create(own, {
    upstream: (baseUrl) =>
      guarded(
        memoryUpstream(baseUrl, {
          benchUrl: BENCH_URL,
          now: () => clock.now(),
          answer(call) {
            calls.push(call);
            const given = answer(call);
            return given === REFUSED ? (spec.unknownAnswer ?? REFUSED) : given;
          },
        }),
      ),
    clock,
    log: { warn: () => {}, info: () => {} },
  });
  const kind = provider.kinds.find(({ id }) => id === spec.kind);
  if (!kind) throw new Error(`There is no kind ${spec.kind} with this configuration.`);
  return { provider, kind, clock, calls, unknownTokens };
}

type Given = Pick<ProviderSpec<unknown>, 'token' | 'parts' | 'context'>;

/** All steps until there is an end, as the dispatcher makes them. */
async function end(
  world: World,
  given: Given,
  unknownTokens: UnknownTokens = 'attention',
  mayActUnproven = false,
  onStep: () => void = () => {},
): Promise<StepResult> {
  const { provider, kind, clock } = world;
  const notes: unknown[] = [];
  const token = new Secret(given.token);
  for (let count = 0; count < MAX_STEPS; count++) {
    const step = stepOf(provider, token, { ...given, kind: kind.id, notes, mayActUnproven });
    const work = { provider, token, step, phase: 'revoke', unknownTokens } as const;
    const isHeld = kind.possession === 'unproven' && !mayActUnproven;
    const result = await (isHeld ? look(work, 'unproven') : attempt(work));
    world.took = step.took;
    if (step.remembered !== undefined) notes.push(JSON.parse(JSON.stringify(step.remembered)));
    if (result.outcome !== 'continue') return result;
    onStep();
    await clock.advance(result.afterMs);
  }
  throw new Error(`The adapter went on for more than ${MAX_STEPS} steps.`);
}

export const REFUSED: PlainAnswer = {
  status: 401,
  json: { error: 'invalid_token', message: 'Unauthorized' },
};

/** Headers whose values differ in each call. */
const VOLATILE = ['x-request-id', 'traceparent', 'user-agent', 'content-length', 'idempotency-key'];

export interface Recorded {
  readonly request: RecordedRequest;
  readonly answer: PlainAnswer;
}

/** The vendor's answers while the real token is revoked; forged tokens are tried against these. */
export async function recorded<Config>(spec: ProviderSpec<Config>): Promise<readonly Recorded[]> {
  const left = [...spec.scripts.revoked.exchanges];
  const seen: Recorded[] = [];
  const world = worldOf(spec, ({ request }) => {
    const at = left.findIndex(({ expect: expected }) => compare(expected, request).length === 0);
    const [exchange] = at < 0 ? [] : left.splice(at, 1);
    if (!exchange || 'fault' in exchange.answer) return REFUSED;
    seen.push({ request, answer: exchange.answer });
    return exchange.answer;
  });
  // The answers after the revocation do not count: the token is dead by then.
  const { verify: _, ...provider } = world.provider;
  await end({ ...world, provider }, spec).catch(() => undefined);
  return seen;
}

/** A request that equals the scripted one contains nothing forged; any other gets the answer to an unknown token. */
export function answeringForged<Config>(
  spec: ProviderSpec<Config>,
  world: readonly Recorded[],
): (forgedText: string) => Answering {
  const unknown = exchangesOf(spec.scripts.unknownToken);
  const dead = spec.scripts.alreadyDead.exchanges;
  const { inRequests } = worldOf(spec, () => REFUSED).kind;
  return (forgedText) =>
    ({ request }) => {
      const same = world.find((each) => isSameRequest(each.request, request));
      if (same) return same.answer;
      const [real, given] = [spec.token, forgedText].map((text) => inRequests?.(text) ?? text);
      const all = [...unknown, ...dead].filter((exchange) => isLike(exchange, request, real, given));
      // Where everything is sent to one path, the body and the other headers tell the calls apart.
      const alike =
        all.find(({ expect: wanted }) => isSameCall(wanted, request)) ??
        all.find(({ expect: wanted }) => isSameCall(withText(wanted, real, given), request)) ??
        all[0];
      return alike && !('fault' in alike.answer) ? alike.answer : REFUSED;
    };
}

function exchangesOf(script: Script | { readonly notApplicable: string }): readonly Exchange[] {
  return 'exchanges' in script ? script.exchanges : [];
}

function isSameRequest(a: RecordedRequest, b: RecordedRequest): boolean {
  const headers = ({ headers: all }: RecordedRequest) =>
    JSON.stringify(
      Object.entries(all)
        .filter(([name]) => !VOLATILE.includes(name))
        .sort(),
    );
  return a.method === b.method && a.url === b.url && a.body === b.body && headers(a) === headers(b);
}

/** Whoever signs, and wherever the forged text stands in the path. */
function isSameCall(wanted: Exchange['expect'], request: RecordedRequest): boolean {
  const { authorization: _, ...headers } = wanted.headers ?? {};
  return compare({ ...wanted, headers, path: request.url }, request).length === 0;
}

/** The call as it would be with another text in its body. */
function withText(wanted: Exchange['expect'], real = '', given = ''): Exchange['expect'] {
  const [from, to] = [real, given].map((text) => JSON.stringify(text).slice(1, -1));
  const swapped = <Value>(value: Value): Value =>
    value === undefined ? value : JSON.parse(JSON.stringify(value).replaceAll(from ?? '', to ?? ''));
  const { json, form } = wanted;
  return {
    ...wanted,
    ...(json !== undefined && { json: swapped(json) }),
    ...(form !== undefined && { form: swapped(form) }),
  };
}

/** Shorter parts may stand in a path by chance. */
const MIN_ID_LENGTH = 6;

/** By method and path, the forged text in place of the real one. */
function isLike(exchange: Exchange, request: RecordedRequest, real = '', forgedText = ''): boolean {
  const { method, path } = exchange.expect;
  // A path may hold a part of the token: its id.
  const parts = forgedText.split(SEPARATOR);
  const pairs = real.split(SEPARATOR).map((part, index) => [part, parts[index] ?? part] as const);
  const swap = (each: readonly (readonly [string, string])[]) =>
    each.reduce((text, [from, to]) => text.replaceAll(from, to), path);
  const urls = [
    path,
    swap([
      [real, forgedText],
      [encodeURIComponent(real), encodeURIComponent(forgedText)],
    ]),
    // Parts may repeat, so they are put in only where the whole text does not stand.
    swap(pairs.filter(([part, forgedPart]) => part.length >= MIN_ID_LENGTH && part !== forgedPart)),
  ];
  return method === request.method && urls.includes(request.url);
}

function fitsKind({ provider, kind }: World): (text: string) => boolean {
  return (text) => {
    const found = recognise([kind, ...provider.kinds.filter((each) => each !== kind)], text);
    return found.ok && found.kind === kind && (found.spelling ?? found.token) === text;
  };
}

const mutating = ({ calls }: World) => calls.filter(({ asked }) => changesSomething(asked));

async function forged<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  const answering = answeringForged(spec, real);
  const fits = fitsKind(worldOf(spec, () => REFUSED));
  for (const text of forgeriesOf(spec.token, fits)) {
    if (spec.stillHoldsSecret?.(text)) continue;
    const world = worldOf(spec, answering(text));
    const result = await end(world, { ...spec, token: text });
    expectHarmless(spec, world, text, result);
  }
}

async function forgedHalves<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  const { parts, context } = spec;
  if (parts === undefined && context === undefined) return;
  const forgedParts = Object.fromEntries(
    Object.entries(parts ?? {}).map(([kind, texts]) => [kind, texts.map((text) => scrambled(text))]),
  );
  const forgedContext = context
    ?.split(spec.token)
    .map((text) => scrambled(text))
    .join(spec.token);
  const variants: Given[] = [
    { token: spec.token },
    {
      token: spec.token,
      ...(parts && { parts: forgedParts }),
      ...(forgedContext !== undefined && { context: forgedContext }),
    },
  ];
  for (const given of variants) {
    const world = worldOf(spec, answeringForged(spec, real)(spec.token));
    const result = await end(world, given);
    if (world.kind.possession === 'by-value') continue;
    expect(mutating(world).map(described)).toEqual([]);
    expectNotDead(result);
  }
}

/**
 * An id beside a secret, or inside it, may be of somebody else's record: before our credential ends that, a call with
 * another id has to be refused.
 */
async function anyId<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  if (spec.idShownBy !== undefined || !goesByItsId(spec, real)) return;
  const world = worldOf(spec, ({ request }) => {
    const { method, url } = request;
    const alike = real.filter((each) => each.request.method === method && each.request.url === url);
    const same = alike.find((each) => isSameRequest(each.request, request));
    const good = [...(same ? [same] : []), ...alike].find(({ answer: { status } }) => status < 400);
    return (good ?? same)?.answer ?? REFUSED;
  });
  await end(world, spec);
  const byOthers = mutating(world).filter(
    ({ request }) => !holds({ ...request, url: '', body: '' }, spec.token),
  );
  expect(byOthers.map(described)).toEqual([]);
}

/** What an answer shows in place of a token, to somebody with fewer rights or since another version. */
const STAND_INS = ['********', '<redacted>', ''];

/** Of a vendor whose list shows the token whole: from the second answer with the token on, that is hidden, or another one. */
async function hidden<Config>(spec: ProviderSpec<Config>): Promise<void> {
  const replacement = scrambled(spec.token);
  for (const standIn of [...STAND_INS, replacement]) {
    const left = [...spec.scripts.revoked.exchanges];
    let shown = 0;
    let changedBefore = 0;
    const world = worldOf(spec, ({ request }) => {
      const at = left.findIndex(({ expect: wanted }) => compare(wanted, request).length === 0);
      const [exchange] = at < 0 ? [] : left.splice(at, 1);
      if (!exchange || 'fault' in exchange.answer) return REFUSED;
      const text = JSON.stringify(exchange.answer);
      const isList = !holds(request, spec.token) && text.includes(`"${spec.token}"`);
      if (!isList || shown++ === 0) return exchange.answer;
      if (shown === 2) changedBefore = mutating(world).length;
      return JSON.parse(text.replaceAll(`"${spec.token}"`, JSON.stringify(standIn)));
    });
    if (world.kind.possession !== 'listed-whole') return;
    const result = await end(world, spec, 'attention', spec.approved);
    if (shown > 1) expect(mutating(world).slice(changedBefore).map(described)).toEqual([]);
    if (shown > 1 && standIn !== replacement) expectNotDead(result);
  }
}

/**
 * After a first look our credential sees what it would of a token that is not there, as with fewer rights than before or
 * another account in the configuration, while the token itself goes on being let in.
 */
async function outOfSight<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  const absent = [spec.scripts.alreadyDead, spec.scripts.unknownToken, spec.scripts.secondCall].flatMap(
    exchangesOf,
  );
  let hasLooked = false;
  let wasLetIn = false;
  const world = worldOf(spec, ({ request }) => {
    const own = real.find((each) => isSameRequest(each.request, request));
    const isItself = holds(request, spec.token);
    if (isItself && !hasLooked && own && own.answer.status < 400) wasLetIn = true;
    if (!hasLooked || isItself) return own?.answer ?? REFUSED;
    const exchange = absent.find(({ expect: wanted }) => compare(wanted, request).length === 0);
    return exchange && !('fault' in exchange.answer) ? exchange.answer : (own?.answer ?? REFUSED);
  });
  const result = await end(world, spec, 'attention', spec.approved, () => {
    hasLooked = true;
  });
  if (hasLooked && wasLetIn) expectNotDead(result);
}

/**
 * The token was let in, and is refused from its revocation on. The same refusal after a revocation that failed on its way is
 * met by a look: what is a death by the one is a death by the other.
 */
async function judgedAlike<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  const { revoked, alreadyDead, secondCall, unknownToken } = spec.scripts;
  const answers = [revoked, alreadyDead, secondCall, unknownToken]
    .flatMap(exchangesOf)
    .flatMap(({ answer }) => ('fault' in answer || (answer.status ?? 200) < 400 ? [] : [answer]));
  const { kind } = worldOf(spec, () => REFUSED);
  const isItself = ({ asked }: MemoryCall) =>
    new Permit(kind, new Secret(spec.token), false).isCredentialOf(asked);
  for (const refusal of new Map(answers.map((answer) => [JSON.stringify(answer), answer])).values()) {
    const isDead = (atRevocation: PlainAnswer) =>
      isDeadSince(spec, real, {
        isRevocation: (call) => isItself(call) && changesSomething(call.asked),
        atRevocation,
        since: (call, own) => (isItself(call) ? refusal : own),
      });
    if (!(await isDead(refusal))) continue;
    expect([refusal, await isDead(AWAY)]).toEqual([refusal, true]);
  }
}

const AWAY: PlainAnswer = { status: 503 };

interface Since {
  isRevocation(call: MemoryCall): boolean;
  readonly atRevocation: PlainAnswer;
  /** What any call is answered with after that. */
  since(call: MemoryCall, own: PlainAnswer): PlainAnswer;
}

/** Whether a token that was let in ends as dead when its first revocation is answered otherwise, and all that comes then. */
async function isDeadSince<Config>(
  spec: ProviderSpec<Config>,
  real: readonly Recorded[],
  { isRevocation, atRevocation, since }: Since,
): Promise<boolean> {
  let isOther = false;
  const world = worldOf(spec, (call) => {
    const own = real.find((each) => isSameRequest(each.request, call.request))?.answer ?? REFUSED;
    if (isOther) return since(call, own);
    isOther = isRevocation(call);
    return isOther ? atRevocation : own;
  });
  const { provider, kind, clock } = world;
  const notes: unknown[] = [];
  const token = new Secret(spec.token);
  const mayActUnproven = spec.approved ?? false;
  for (let count = 0; count < MAX_STEPS; count++) {
    const step = stepOf(provider, token, { ...spec, kind: kind.id, notes, mayActUnproven });
    const result = await attempt({ provider, token, step, phase: 'revoke', unknownTokens: 'attention' });
    if (step.remembered !== undefined) notes.push(JSON.parse(JSON.stringify(step.remembered)));
    const isAway = result.outcome === 'failed' && result.failure.code === 'unavailable';
    if (result.outcome === 'continue') await clock.advance(result.afterMs);
    else if (!isAway) return isOther && 'proven' in result && result.proven;
  }
  return false;
}

/** The same of a list that hides the token since its revocation failed on its way. */
async function hiddenSince<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  if (worldOf(spec, () => REFUSED).kind.possession !== 'listed-whole') return;
  const shown = `"${spec.token}"`;
  for (const standIn of STAND_INS) {
    const isDead = await isDeadSince(spec, real, {
      isRevocation: ({ asked }) => changesSomething(asked),
      atRevocation: AWAY,
      since: (_call, own) => JSON.parse(JSON.stringify(own).replaceAll(shown, JSON.stringify(standIn))),
    });
    expect([standIn, isDead]).toEqual([standIn, false]);
  }
}

/** Shorter words stand in calls by chance. */
const isName = ({ length }: string) => length >= 8;

/** Whether an id is sent along with the secret, or taken out of it, and another credential than that acts. */
function goesByItsId<Config>(
  { token, context = '' }: ProviderSpec<Config>,
  real: readonly Recorded[],
): boolean {
  const requests = real.map(({ request }) => request);
  const stands = (ids: readonly string[], among: readonly RecordedRequest[]) =>
    ids.some((id) => isName(id) && among.some((request) => holds(request, id)));
  const beside = context.replaceAll(token, '').match(/[\w-]+/g) ?? [];
  const inside = token.split(SEPARATOR).filter((part) => part !== token);
  const withSecret = requests.filter((request) => holds(request, token));
  const together = withSecret.filter((request) => stands(beside, [request]));
  const itself = together.length > 0 ? together : withSecret;
  const byOthers = requests.filter((request) => request.method !== 'GET' && !itself.includes(request));
  if (byOthers.length === 0 || withSecret.length === 0) return false;
  const calls = byOthers.map(({ url, body }) => `${url} ${body}`);
  if (together.length > 0) return true;
  // Where the vendor's answer to the secret names the id, that of the text is not needed.
  const told = JSON.stringify(
    real.filter(({ request }) => withSecret.includes(request)).map(({ answer }) => answer),
  );
  return inside.some((id) => isName(id) && !told.includes(id) && calls.some((call) => call.includes(id)));
}

function expectHarmless<Config>(
  spec: ProviderSpec<Config>,
  world: World,
  text: string,
  result: StepResult,
): void {
  const changing = mutating(world);
  const { possession } = world.kind;
  if (possession === 'by-value') {
    const carried = world.kind.inRequests?.(text) ?? text;
    const others = changing.filter(({ request }) => !holds(request, carried) || holds(request, spec.token));
    expect(others.map(described)).toEqual([]);
    // Vendors that take whatever they are given are asked afterwards whether it works: it does not, and never did.
    const ended = result.outcome === 'revoked' && world.took === 'accepted' ? 'accepted' : endOf(result);
    expect(['refused', 'held', 'accepted', 'already-inactive', 'expires', 'unproven']).toContain(ended);
    return;
  }
  expect(changing.map(described)).toEqual([]);
  if (possession === 'unproven') expect(['held', 'refused', 'already-inactive']).toContain(endOf(result));
  else expect(['refused', 'held', 'already-inactive', 'expires']).toContain(endOf(result));
}

/** A failure is none of the ends: it would be tried again for a day, and a flood of forgeries with it. */
function endOf(result: StepResult): string {
  return result.outcome === 'failed' ? `failure ${result.failure.code}` : result.outcome;
}

export function holds({ url, headers, body }: RecordedRequest, text: string): boolean {
  const [, basic] = /^Basic (\S+)$/.exec(String(headers.authorization)) ?? [];
  const login = basic === undefined ? '' : Buffer.from(basic, 'base64').toString();
  const form = new URLSearchParams(body);
  const all = [
    url,
    decodeURIComponent(url.replaceAll('+', ' ')),
    ...Object.values(headers).map(String),
    login,
    body,
  ];
  return [...all, ...form.values()].some(
    (each) => each.includes(text) || each.includes(JSON.stringify(text).slice(1, -1)),
  );
}

function described({ request }: MemoryCall): string {
  return `${request.method} ${request.url}`;
}

function expectNotDead(result: StepResult): void {
  expect(['revoked', 'already-inactive']).not.toContain(result.outcome);
}

/** As many as keep a kind's cases short; cuts of every length are tried for a match. */
const MAX_CUTS_PLAYED = 10;

async function cut<Config>(spec: ProviderSpec<Config>): Promise<void> {
  const asked = worldOf(spec, () => REFUSED);
  const matching = cutsOf(spec.token).filter(fitsKind(asked));
  const { whole } = asked.kind;
  if (whole === 'exact') expect(matching).toEqual([]);
  const step = Math.max(1, Math.floor(matching.length / MAX_CUTS_PLAYED));
  const answering = answeringForged(spec, []);
  for (const text of matching.filter((_, index) => index % step === 0)) {
    for (const unknownTokens of ['attention', 'inactive'] as const) {
      const world = worldOf(spec, answering(text));
      const result = await end(world, { ...spec, token: text }, unknownTokens);
      expect([text.length, result.outcome]).not.toEqual([text.length, 'revoked']);
      expect([text.length, result.outcome]).not.toEqual([text.length, 'already-inactive']);
      if (result.outcome === 'refused') expect(result.advice).not.toMatch(/dismiss/i);
    }
  }
}

/** Rules begin at a word, and so in the middle of a token that has several. */
function headless<Config>(spec: ProviderSpec<Config>): void {
  const world = worldOf(spec, () => REFUSED);
  const fits = fitsKind(world);
  for (const text of endingsOf(spec.token).filter(fits)) {
    expect([text, isWholeToken(world.kind, new Secret(text))]).toEqual([text, false]);
  }
}

function masked<Config>(spec: ProviderSpec<Config>): void {
  const world = worldOf(spec, () => REFUSED);
  const { provider, kind } = world;
  const fits = fitsKind(world);
  const byLetters = maskedByLetters(spec.token).filter(fits);
  expect(byLetters.filter((text) => isWholeToken(kind, new Secret(text)))).toEqual([]);
  const taken = maskedFormsOf(spec.token).filter((text) => {
    const found = recognise(provider.kinds, text);
    // What only points to a secret does so whatever became of the rest.
    return found.ok && !found.kind.sharedText?.(found.token);
  });
  expect(taken).toEqual([]);
}

async function foreign<Config>(spec: ProviderSpec<Config>): Promise<void> {
  for (const unknownTokens of ['attention', 'inactive'] as const) {
    const world = worldOf(spec, answeringForged(spec, [])(spec.token), { unknownTokens });
    const result = await end(world, spec, unknownTokens);
    const { places, whole } = world.kind;
    if (result.outcome === 'refused') expect(result.advice).not.toMatch(/dismiss/i);
    if (result.outcome !== 'already-inactive' || !result.proven) continue;
    if (saysSo(spec)) continue;
    expect(whole).not.toBe('open');
    expect(places).toHaveProperty('all');
    const hosts = new Set(world.calls.map(({ host }) => host));
    const isAsked = (place: string) => [...hosts].some((host) => place.includes(host)) || hosts.size >= 1;
    expect('all' in (places ?? {}) && (places as { all: readonly string[] }).all.every(isAsked)).toBe(true);
    if (places && 'all' in places) expect(hosts.size).toBeGreaterThanOrEqual(distinctHosts(places.all));
  }
}

/**
 * The vendor lets the token in, and whatever tells whose it is names nobody that is configured: it works, and is of somebody
 * else. That the operator takes unknown tokens for inactive is not meant for it.
 */
async function ofNobody<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  for (const [way, answerOf] of Object.entries(strangersOf(spec))) {
    let letIn = 0;
    const answer: Answering = ({ request }) => {
      const same = real.find((each) => isSameRequest(each.request, request));
      if (!same) return REFUSED;
      const isItself = holds(request, spec.token);
      const given = answerOf(same.answer, isItself ? letIn + 1 : 0);
      if (isItself && given.status < 300) letIn += 1;
      return given;
    };
    const world = worldOf(spec, answer, { unknownTokens: 'inactive' });
    const result = await end(world, spec, 'inactive').catch((error: unknown) => {
      if (error instanceof Failure) return undefined;
      throw error;
    });
    const isUnproven = result?.outcome === 'already-inactive' && !result.proven;
    expect([way, letIn > 0 && isUnproven]).toEqual([way, false]);
  }
}

/** What is answered instead; `call` counts those of the token itself from 1, and is 0 for our credential's. */
function strangersOf<Config>(
  spec: ProviderSpec<Config>,
): Readonly<Record<string, (answer: PlainAnswer, call: number) => PlainAnswer>> {
  const secrets = [spec.token, ...(spec.credentials ?? [])];
  const ids = JSON.stringify(spec.config(BENCH_URL)).match(/[\w-]{6,}/g) ?? [];
  const names = [...new Set(ids)].filter((id) => !secrets.some((secret) => secret.includes(id)));
  return {
    'lists are empty': (answer, call) => (call === 0 ? withEmptyLists(answer) : answer),
    'records are not found': (answer, call) => (call === 0 ? NOT_FOUND : answer),
    'the token itself is shown nothing more': (answer, call) => (call < 2 ? answer : NOT_FOUND),
    'the answers name others': (answer) => names.reduce((text, name) => swapped(text, name), answer),
  };
}

function swapped(answer: PlainAnswer, name: string): PlainAnswer {
  if (!('json' in answer)) return answer;
  const text = JSON.stringify(answer.json ?? null).replaceAll(`"${name}"`, `"${scrambled(name)}"`);
  return { ...answer, json: JSON.parse(text) };
}

/** As many vendors say it at once. */
const NOT_FOUND: PlainAnswer = {
  status: 404,
  json: {
    ...{ status: 404, code: 'not_found', type: 'not_found', err_code: 'NOT_FOUND' },
    ...{ message: 'Not found', detail: 'Not found', title: 'Not found', errors: [{ message: 'Not found' }] },
    error: { code: 404, type: 'not_found', name: 'notFound', message: 'Not found' },
  },
};

function withEmptyLists(answer: PlainAnswer): PlainAnswer {
  if (!('json' in answer)) return answer;
  const json = JSON.stringify(answer.json, (_key, value) => (Array.isArray(value) ? [] : value));
  return { ...answer, json: JSON.parse(json ?? 'null') };
}

/** A path that ends where the id should stand may be that of all records. */
async function emptyIds<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  const bodies = real.flatMap(({ answer }) =>
    'json' in answer ? [JSON.stringify(answer.json ?? null)] : [],
  );
  const acting = real
    .filter(({ request }) => request.method !== 'GET')
    .map(({ request: { url, body } }) => `${decodeURIComponent(url)} ${decodeURIComponent(body)}`);
  const isId = (text: string) =>
    text !== spec.token && /\d/.test(text) && acting.some((call) => call.includes(text));
  for (const id of new Set(bodies.flatMap(textsIn).filter(isId))) {
    const world = worldOf(spec, ({ request }) => {
      const same = real.find((each) => isSameRequest(each.request, request));
      if (!same || !('json' in same.answer)) return same?.answer ?? REFUSED;
      const text = JSON.stringify(same.answer.json ?? null).replaceAll(JSON.stringify(id), '""');
      return { ...same.answer, json: JSON.parse(text) };
    });
    await end(world, spec, 'attention', spec.approved).catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
    });
    const others = mutating(world).filter(
      ({ request }) => !real.some((each) => isSameRequest(each.request, request)),
    );
    expect(others.map(described)).toEqual([]);
  }
}

function textsIn(body: string): string[] {
  const texts: string[] = [];
  JSON.parse(body, (_key, value) => {
    if (typeof value === 'string' && value !== '') texts.push(value);
    return value;
  });
  return texts;
}

/** The vendor says that it was done, and goes on to answer as before: what is asked afterwards shows no death. */
async function stale<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  /** Calls that were answered as before; -1 before the revocation. */
  let since = -1;
  const world = worldOf(spec, ({ request, asked }) => {
    const same = real.find((each) => isSameRequest(each.request, request));
    if (changesSomething(asked)) since = 0;
    else if (same && since >= 0) since += 1;
    return same?.answer ?? REFUSED;
  });
  const result = await end(world, spec, 'attention', spec.approved).catch((error: unknown) => {
    if (error instanceof Failure) return undefined;
    throw error;
  });
  const isDead = result && 'proven' in result && result.proven && since > 0;
  expect(isDead ? result : undefined).toBeUndefined();
}

/** Places that are hosts; others are regions or partitions, which share some. */
function distinctHosts(places: readonly string[]): number {
  return new Set(
    places.map((place) => URL.parse(place)?.hostname ?? place).filter((each) => each.includes('.')),
  ).size;
}

/** Whether the script of an unknown token is not there, since the vendor says of each token what became of it. */
function saysSo<Config>({ scripts }: ProviderSpec<Config>): boolean {
  return scripts.alreadyDead.saysSo === true;
}

const PASSING: readonly PlainAnswer[] = [
  { status: 403, json: { error: 'forbidden', message: 'Your IP address is not allowed.' } },
  { status: 403, json: { error: 'account_locked', message: 'This account is locked.' } },
  { status: 401, json: { error: 'account_suspended', message: 'The account is suspended.' } },
  { status: 402, json: { error: 'payment_required' } },
  { status: 423, json: { error: 'locked' } },
  { status: 503, json: { error: 'unavailable' } },
];

async function passing<Config>(spec: ProviderSpec<Config>): Promise<void> {
  const given = spec.passing?.map(({ answer }) => answer) ?? [];
  for (const answer of [...PASSING, ...given]) {
    const world = worldOf(spec, () => answer);
    const result = await end(world, spec).catch((error: unknown) => {
      if (error instanceof Failure) return undefined;
      throw error;
    });
    const shown = {
      answer,
      end: result && endOf(result),
      proven: result && 'proven' in result && result.proven,
    };
    expect(shown).not.toMatchObject({ end: 'already-inactive', proven: true });
    expect(shown).not.toMatchObject({ end: 'revoked', proven: true });
  }
}

/** Anybody may report what no place knows: were that to pause the lane, with each retry, the tokens of others would wait. */
async function outage<Config>(spec: ProviderSpec<Config>): Promise<void> {
  const { exchanges } = spec.scripts.alreadyDead;
  const world = (downHost?: string) =>
    worldOf(spec, ({ request, host }) => {
      const exchange = exchanges.find(({ expect: wanted }) => compare(wanted, request).length === 0);
      if (host === downHost) return { status: 503 };
      return exchange && !('fault' in exchange.answer) ? exchange.answer : REFUSED;
    });
  const whole = world();
  const { places } = whole.kind;
  if (!('all' in places) || places.all.length < 2) return;
  await end(whole, spec);
  const hosts = new Set(whole.calls.map((call) => call.host));
  // Where our own credential works nothing can be done meanwhile.
  const isOurs = (host: string) =>
    whole.calls.some(
      (call) => call.host === host && spec.credentials?.some((own) => holds(call.request, own)),
    );
  for (const host of hosts.size > 1 ? hosts : []) {
    if (isOurs(host)) continue;
    const result = await end(world(host), spec);
    expect({ host, result }).toMatchObject({
      host,
      result: { outcome: 'failed', failure: { code: 'unavailable', scope: 'entry' } },
    });
  }
}

const REFUSALS: readonly PlainAnswer[] = [
  REFUSED,
  { status: 403, json: { error: 'forbidden', message: 'Forbidden' } },
];

/** Whoever can have his own token refused would pause the lane of all others, for as long as a person has to mend it. */
async function ofLeaked<Config>(spec: ProviderSpec<Config>): Promise<void> {
  const { exchanges } = spec.scripts.revoked;
  for (const [index] of exchanges.entries()) {
    for (const refusal of REFUSALS) {
      let calls = 0;
      const world = worldOf(spec, ({ request }) => {
        const exchange = exchanges[calls++];
        if (calls > index || !exchange || 'fault' in exchange.answer) return refusal;
        return compare(exchange.expect, request).length === 0 ? exchange.answer : REFUSED;
      });
      const result = await end(world, spec, 'attention', spec.approved);
      const permit = new Permit(world.kind, new Secret(spec.token), false);
      const refused = world.calls[index];
      if (!refused || !permit.isCredentialOf(refused.asked)) break;
      // What comes after another call may be said of that one.
      if (calls !== index + 1) continue;
      const pausedBy =
        result.outcome === 'failed' && result.failure.scope === 'lane' ? result.failure.code : undefined;
      expect({ index, refusal, pausedBy }).not.toMatchObject({
        pausedBy: expect.stringMatching(/^(credential-refused|permission-missing|misconfigured)$/),
      });
    }
  }
}

/** Of a proxy, a gateway, or a vendor that says all else than what it says of a dead token. */
const STRAY: readonly PlainAnswer[] = [
  ...PASSING.filter(({ status }) => status !== 401),
  ...[200, 401, 404].map((status) => ({ status, text: '<html>A page of a proxy.</html>' })),
  // A proxy may refuse without a word.
  ...[401, 403, 404].map((status) => ({ status, text: '' })),
  ...[403, 404].map((status) => ({ status, json: {} })),
  { status: 200, json: { ok: false, error: 'ratelimited' } },
  { status: 200, json: { success: false, errors: [{ code: 1 }], result: null } },
  { status: 400, json: { message: 'Bad Request' } },
  { status: 404, json: { message: 'no Route matched with those values' } },
  { status: 410, json: {} },
  ...[401, 404].map((status) => ({ status, json: null })),
];

/** The vendor's own answers up to a call, and from then on one that says nothing of the token. */
async function stray<Config>(spec: ProviderSpec<Config>): Promise<void> {
  const { exchanges } = spec.scripts.revoked;
  const { call: settling = Number.POSITIVE_INFINITY } = spec.settledBy ?? {};
  const dead: object[] = [];
  /** By the place that is away it is seen which tokens do without it; else such a failure would pause the lane of all. */
  const nowhere: object[] = [];
  for (const [first] of exchanges.entries()) {
    if (first > settling) break;
    /** Of answers that no call accepts: what else is in them is read by nobody, and one shows them all. */
    const unread = new Set<number>();
    for (const answer of STRAY) {
      if (unread.has(answer.status)) continue;
      let calls = 0;
      let isRead = false;
      const world = worldOf(spec, ({ request, asked }) => {
        const exchange = exchanges[calls++];
        if (calls <= first && exchange && !('fault' in exchange.answer)) {
          if (compare(exchange.expect, request).length === 0) return exchange.answer;
        }
        isRead ||= asked.statuses.includes(answer.status);
        return answer;
      });
      const result = await end(world, spec, 'attention', spec.approved).catch((error: unknown) => {
        if (error instanceof Failure) return undefined;
        throw error;
      });
      if (!isRead) unread.add(answer.status);
      const isDead = result && 'proven' in result && result.proven && calls > first;
      if (isDead) dead.push({ first, answer, end: endOf(result), proven: true });
      if (result?.outcome !== 'failed' || result.failure.whose !== 'provider') continue;
      const { code, scope, target } = result.failure;
      if (scope === 'lane' && !wasCalled(target, world)) nowhere.push({ first, answer, code, target });
    }
  }
  expect({ dead, nowhere }).toEqual({ dead: [], nowhere: [] });
}

function wasCalled(target: string | undefined, { calls }: World): boolean {
  const place = URL.parse(target ?? '')?.hostname;
  return calls.some(({ host }) => host === place);
}

/** Schemes that sign with a secret which the call does not show. */
const SIGNED = /^(?:AWS4-HMAC-SHA256|ACS3-HMAC-SHA256|TC3-HMAC-SHA256|HMAC-SHA256|OAuth|Digest) /;

/** What a token got is as long as this at least; of shorter words in an answer many stand in any call. */
const MIN_ISSUED = 12;

/** A limit that such a call meets may be of the leaked token alone, and the core cannot know it otherwise. */
async function byRight<Config>(spec: ProviderSpec<Config>): Promise<void> {
  /** What was got with the token, and what with our own credential. */
  const [issued, ours] = [new Set<string>(), new Set<string>()];
  const left = [...spec.scripts.revoked.exchanges];
  const unsaid: string[] = [];
  const world = worldOf(spec, ({ request, asked }) => {
    const at = left.findIndex(({ expect: wanted }) => compare(wanted, request).length === 0);
    const [exchange] = at < 0 ? [] : left.splice(at, 1);
    const answer = !exchange || 'fault' in exchange.answer ? REFUSED : exchange.answer;
    const shown = Object.values(asked.headers ?? {}).map((value) => textOf(value));
    const got = issued.difference(ours);
    const isMade = shown.some((text) => SIGNED.test(text) || [...got].some((each) => text.endsWith(each)));
    const isShown = shown.some((text) => text.includes(spec.token));
    if (isMade && !isShown && !asked.byRightOf) unsaid.push(`${request.method} ${request.url}`);
    const says = JSON.stringify(answer.json ?? '').matchAll(/"(?:access_?token|token)":"([^"]+)"/gi);
    const isByToken = Object.values(asked.form ?? {}).some((value) => textOf(value) === spec.token);
    for (const [, text = ''] of says) if (text.length >= MIN_ISSUED) (isByToken ? issued : ours).add(text);
    return answer;
  });
  await end(world, spec).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
  });
  expect(unsaid).toEqual([]);
}

async function onlyLooks<Config>(spec: ProviderSpec<Config>, real: readonly Recorded[]): Promise<void> {
  const world = worldOf(
    spec,
    ({ request }) => real.find((each) => isSameRequest(each.request, request))?.answer ?? REFUSED,
  );
  const token = new Secret(spec.token);
  const step = stepOf(world.provider, token, { ...spec, kind: spec.kind });
  await look({ provider: world.provider, token, step, phase: 'revoke', unknownTokens: 'attention' }, 'wider');
  expect(mutating(world).map(described)).toEqual([]);
}

/** Outside of a step nothing that changes anything leaves, so that such a check would always fail. */
async function onlyChecks<Config>(spec: ProviderSpec<Config>): Promise<void> {
  const own = new Failure('internal').message;
  for (const answer of [{ status: 200, json: {} }, { status: 404, json: {} }, REFUSED]) {
    const { provider } = worldOf(spec, () => answer);
    const checks = (await provider.check?.(new AbortController().signal)) ?? [];
    expect(checks.filter(({ advice }) => advice?.includes(own))).toEqual([]);
  }
}
