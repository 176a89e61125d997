/**
 * Finding a token among several instances. The one where it leaked, its home, is asked first: any other gets to see a
 * token that is none of its business, and may lie about it. What such a one says of the token's death counts as long
 * as its home does not speak against it.
 */
import { Failure } from '../../src/provider/failure.ts';
import { refused } from '../../src/provider/kit/results.ts';
import type { Refused, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Alive, type Answer, type Instance, lookAt } from './instance.ts';

export type Found =
  | Alive
  | { readonly state: 'dead'; readonly instance: Instance }
  /** No instance knows it; all that may have issued it were asked. */
  | { readonly state: 'absent'; readonly asked: readonly Instance[] }
  | { readonly state: 'unable'; readonly refusal: Refused };

const NOT_SHOWN = refused(
  'unknown-token',
  'No GitLab that was asked knows this token, and others were not asked, as it leaked elsewhere and searchOthers of theirs is off: look up at the location what it is for, and revoke it there.',
);
const HOME_CANNOT_SAY =
  'Another GitLab says that this token is dead, and the one where it leaked cannot be asked: give that an administrator token and retry, or look there yourself.';

export type Looking = Pick<Step, 'kind' | 'origins' | 'seenAlive' | 'signal'>;

/** Those of the places where the token was found, of the newest place first. */
function homesOf(instances: readonly Instance[], { origins }: Looking): readonly Instance[] {
  return origins.flatMap((origin) =>
    instances.filter(({ upstream }) => new URL(upstream.base).origin === origin),
  );
}

/** Where the token was seen to work; there, and only there, "not found" proves that it is dead. */
export function seenAt(instances: readonly Instance[], { seenAlive }: Looking): readonly Instance[] {
  return instances.filter(({ upstream }) => seenAlive.includes(upstream.base));
}

/**
 * Asks one after the other until one says that the token works. What an instance that fails may know stays open: its
 * failure counts only when no other knows the token.
 * @param options.looksOnce whether ways that leave their mark are spared where the token was seen before
 * @throws {Failure}
 */
export async function search(
  instances: readonly Instance[],
  token: Secret,
  step: Looking,
  { looksOnce = false } = {},
): Promise<Found> {
  const seen = seenAt(instances, step);
  const homes = homesOf(instances, step);
  const ask = (instance: Instance) =>
    lookAt(instance, token, { ...pick(step), wasSeen: looksOnce && seen.includes(instance) });

  const atHome = await askEach(homes, ask);
  if (atHome.alive) return atHome.alive;
  const isSure = atHome.failure === undefined && atHome.refusal === undefined;
  // Where it worked it may do so still: a copy of its home, or what has a copy itself.
  const wasElsewhere = seen.some((each) => !homes.includes(each));
  if (atHome.dead && isSure && !wasElsewhere) return atHome.dead;

  const rest = (seen.length > 0 ? seen : instances).filter((each) => !homes.includes(each));
  const others = rest.filter((each) => each.searchOthers || seen.includes(each));
  const elsewhere = await askEach(others, ask);
  if (elsewhere.alive) return elsewhere.alive;
  if (wasElsewhere && elsewhere.failure) throw elsewhere.failure;
  if (wasElsewhere && elsewhere.refusal) return { state: 'unable', refusal: elsewhere.refusal };
  const dead = atHome.dead ?? elsewhere.dead;
  const failure = atHome.failure ?? (dead ? undefined : elsewhere.failure);
  if (failure) throw failure;
  if (dead && isSure) return dead;
  const absent = [...atHome.absent, ...elsewhere.absent];
  const isGone = absent.some((each) => seen.includes(each));
  if ((dead || isGone) && atHome.refusal) return cannotSay(dead?.instance ?? absent[0]);
  const refusal = atHome.refusal ?? elsewhere.refusal;
  if (refusal && !isGone) return { state: 'unable', refusal };
  if (others.length < rest.length) return { state: 'unable', refusal: NOT_SHOWN };
  return { state: 'absent', asked: absent };
}

/**
 * Whether another instance than those that say the token is dead says that it works. Where its home is not known, all
 * may speak; that one of them cannot be asked says nothing.
 */
export async function contradiction(
  instances: readonly Instance[],
  token: Secret,
  step: Looking,
): Promise<Instance | undefined> {
  if (homesOf(instances, step).length > 0) return copyOfHome(instances, token, step);
  return anyWhereItWorks(instances, token, step);
}

/**
 * One of the operator's other instances where a token that has ended at its home works: it was restored from a backup of
 * that, with the tokens it had. One that cannot be asked says nothing.
 */
export async function copyOfHome(
  instances: readonly Instance[],
  token: Secret,
  step: Looking,
): Promise<Instance | undefined> {
  const homes = homesOf(instances, step);
  const ours = instances.filter((each) => each.isOurs && !homes.includes(each));
  return homes.length > 0 ? anyWhereItWorks(ours, token, step) : undefined;
}

async function anyWhereItWorks(
  instances: readonly Instance[],
  token: Secret,
  step: Looking,
): Promise<Instance | undefined> {
  const seen = seenAt(instances, step);
  const others = instances.filter((each) => each.searchOthers && !seen.includes(each));
  return (await askEach(others, (instance) => lookAt(instance, token, pick(step)))).alive?.instance;
}

interface Answers {
  readonly alive?: Alive;
  readonly dead?: Extract<Found, { state: 'dead' }>;
  readonly absent: readonly Instance[];
  readonly refusal?: Refused;
  readonly failure?: Failure;
}

async function askEach(
  instances: readonly Instance[],
  ask: (instance: Instance) => Promise<Answer>,
): Promise<Answers> {
  let answers: Answers = { absent: [] };
  for (const instance of instances) {
    const answer = await ask(instance).catch(asFailure);
    if (answer instanceof Failure) answers = { failure: answer, ...answers };
    else if (answer.state === 'alive') return { ...answers, alive: answer };
    else if (answer.state === 'dead') answers = { dead: { state: 'dead', instance }, ...answers };
    else if (answer.state === 'absent') answers = { ...answers, absent: [...answers.absent, instance] };
    else if (answer.state === 'unable') answers = { refusal: answer.refusal, ...answers };
  }
  return answers;
}

function pick({ kind, signal }: Looking) {
  return { kind, signal };
}

function cannotSay(instance: Instance | undefined): Found {
  const evidence = instance && { claimedBy: instance.upstream.base };
  return { state: 'unable', refusal: refused('unsupported-kind', HOME_CANNOT_SAY, evidence) };
}

/** Rethrows everything that is no failure of a call, such as an abort. */
function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}
