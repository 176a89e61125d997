/**
 * For vendors of whom a customer has several accounts, organizations, instances or tenants, here called accounts, where
 * a token does not say of which one it is. Each is asked, and the token is acted on where it was seen to work. One that
 * is down, or refuses us, does not stop the work at the others.
 */
import type { z } from 'zod';
import type { Evidence } from '../../words/outcome.ts';
import type { Secret } from '../../words/secret.ts';
import { Failure } from '../failure.ts';
import { ownCredential } from '../own-credential.ts';
import {
  ConfigFault,
  type Liveness,
  type LookResult,
  type Possession,
  type Provider,
  type ProviderLog,
  type Refused,
  type RevokeResult,
  type Step,
} from '../provider.ts';
import { checkOf } from './credential-check.ts';
import { type Kept, type Lag, lagLeft, OnFile } from './on-file.ts';
import { refused } from './results.ts';
import type { Later } from './searched-list.ts';

/** What one account answers about a token. */
export type Sight<Found> =
  | {
      readonly state: 'alive';
      /** What identifies it there: ids, as JSON; never a secret, as it is stored and shown. */
      readonly found: Found;
      /** How the whole secret was shown to be the one that `found` names; `unproven` where only an id says so. */
      readonly by: Possession;
      readonly evidence?: Evidence;
    }
  /** The account says of this very token that it is revoked, expired or deleted. */
  | { readonly state: 'dead'; readonly evidence?: Evidence }
  /** No such token here, or it is not let in: it is dead, or of another account. */
  | { readonly state: 'absent' }
  /**
   * What an earlier look found is gone as a whole, and may have been moved, its secrets with it: all accounts are searched
   * anew before that counts as absent.
   */
  | { readonly state: 'lost' }
  /** The account may know it, but nothing can be done about it here. */
  | {
      readonly state: 'unable';
      readonly refusal: Refused;
      /** It may as well be of another account, so the others are asked, too. */
      readonly maybeElsewhere?: true;
    }
  /** The search goes on in a later step. */
  | Later;

type Known<Found> = Exclude<Sight<Found>, { state: 'absent' | 'lost' }>;
type Alive<Found> = Extract<Sight<Found>, { state: 'alive' }>;

/** One account of a vendor, and what can be done there about a token. Its methods throw {@link Failure}. */
export interface Account<Found> {
  /** Unique within the provider; shown and stored, so it holds no secret. */
  readonly name: string;
  /** The place that a refusal of this account speaks for, as the kind's `places` names it. Default is the name. */
  readonly place?: string;
  /**
   * Whether an id in the reported text is that of a credential of Quash itself; then a person has to replace it. One that
   * is reported whole, the core spares.
   */
  isOwn?(token: Secret): boolean;
  /**
   * Finds the token, and shows whether it works. Changes nothing.
   * @param known what an earlier look found at this account, which needs no second search
   */
  look(token: Secret, step: Step, known: Found | undefined): Promise<Sight<Found>>;
  /** Revokes the token that {@link look} found in the same step. */
  revoke(found: Found, token: Secret, step: Step): Promise<RevokeResult>;
  /** Asks whether the token of a revoked record still works. Default: {@link look}. */
  verify?(found: Found, token: Secret, step: Step): Promise<Liveness>;
  /**
   * Whether what an earlier look found is still on record, for vendors that refuse a token as well while it, or its owner,
   * is only disabled. Then a refusal is no death.
   */
  isThere?(found: Found, signal: AbortSignal): Promise<boolean>;
  /**
   * What a person does, for vendors that refuse a token in the same words while its owner is disabled, and tell of no record
   * that could be asked for. Then no refusal of what an earlier look found is a death.
   */
  readonly keptOut?: Refused | undefined;
  /**
   * For vendors that let a revoked secret in for a while, and show nothing of it in their lists: the only record that fits is
   * acted on when it was found for so long. Else a secret that its owner has just revoked would take the other one along.
   */
  readonly lag?: Lag;
  /** A cheap call that changes nothing and fails when our own credential lacks what is needed. */
  probe?(signal: AbortSignal): Promise<void>;
}

export interface AccountsOptions<Found> {
  /** The schema of {@link Sight.found}. */
  readonly found: z.ZodType<Found>;
  /** What a person does with a token that no account knows. Never that it can be dismissed: it may live elsewhere. */
  readonly unknown?: string;
  /** Which rights the operator's credential needs, where there is one. */
  readonly rights?: string;
  /**
   * Users may set such a secret to what they like, so that another account may have the same: all are asked before
   * anything is done, and one that has it ends no search.
   */
  readonly chosen?: boolean;
  /**
   * Accounts may be servers of the operator, of which one was restored from a copy of another, with the tokens it had: what
   * has ended at one is looked for at the others before it counts as dead.
   */
  readonly copies?: boolean;
  readonly log: ProviderLog;
}

const OWN_CREDENTIAL = ownCredential('credential');
/** Lists that are kept for a while may still have it where it was. */
const SEARCH_ANEW_AFTER_MS = 60_000;

/** Until a record that is found instead of an earlier one is looked at once more. */
const CHANGED_MS = 1_000;

/** @throws {ConfigFault} when two accounts have the same name: what is on file is found again by it */
export function byAccounts<Found>(
  accounts: readonly Account<Found>[],
  options: AccountsOptions<Found>,
): Required<Pick<Provider, 'revoke' | 'look' | 'verify' | 'check'>> {
  if (new Set(accounts.map(({ name }) => name)).size < accounts.length) {
    throw new ConfigFault([], 'two accounts are the same or have the same name');
  }
  const file = new OnFile(accounts, options.found);
  const ownerOf = (token: Secret) => accounts.find((account) => account.isOwn?.(token));

  const search = async (token: Secret, step: Step) => {
    const undecided: Answer<Found>[] = [];
    const undecidedBy = (state: Sight<Found>['state']) =>
      undecided.find(({ sight }) => sight.state === state);
    const lookAt = async (account: Account<Found>): Promise<Answer<Found> | undefined> => {
      const sight = await account.look(token, step, undefined);
      if (sight.state === 'absent' || sight.state === 'lost') return undefined;
      if (sight.state === 'alive' || (sight.state === 'unable' && !isOfOthers(sight)))
        return { account, sight };
      // Dead at a copy that was restored from a backup, it may live at another one.
      undecided.push({ account, sight });
      return undefined;
    };
    const first = options.chosen
      ? onlyOf(await eachOf(accounts, lookAt))
      : await firstOf(accounts, lookAt).catch((error: unknown) => {
          if (error instanceof Failure && undecidedBy('dead')) return undefined;
          throw error;
        });
    const later = undecidedBy('later');
    const end = (options.chosen && later) || (first ?? later ?? undecidedBy('dead') ?? undecided[0]);
    // A retry, maybe days later, is another search, and not answered by what an old list had.
    const isOver = end?.sight.state !== 'alive' && end?.sight.state !== 'later';
    if (isOver && step.note !== undefined && !file.read(step)) step.remember({});
    return end;
  };

  const atCopies = async (of: Account<Found>, token: Secret, step: Step) => {
    const others = options.copies ? accounts.filter((account) => account !== of) : [];
    return firstOf(others, async (account): Promise<Answer<Found> | undefined> => {
      const sight = await account.look(token, step, undefined);
      if (sight.state === 'absent' || sight.state === 'dead' || sight.state === 'lost') return undefined;
      const isUnsure = sight.state === 'alive' ? sight.by === 'unproven' : isOfOthers(sight);
      return isUnsure ? undefined : { account, sight };
    });
  };

  /** On file before anything changes: a token that is gone looks like one of somebody else's account. */
  const kept = ({ account, sight }: Answer<Found>, step: Step): RevokeResult => {
    if (sight.state !== 'alive') return ended(account, sight);
    file.write(step, account, sight.found, sight.by);
    return { outcome: 'continue', afterMs: sight.by === 'one-fits' ? lagLeft({ account }) : 0 };
  };

  const revoke = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const owner = ownerOf(token);
    if (owner) {
      options.log.warn('own-credential-leaked', { account: owner.name });
      return OWN_CREDENTIAL;
    }
    const seen = file.read(step);
    if (!seen) {
      const first = await search(token, step);
      return first ? kept(first, step) : unknownAt(accounts, options);
    }
    const { account, found } = seen;
    const sight = await account.look(token, step, found);
    const copy = hasEnded(sight) && (await atCopies(account, token, step));
    if (copy) return kept(copy, step);
    if (sight.state === 'absent') return gone(seen, step, options);
    if (sight.state === 'lost') return searchAnew(step);
    if (sight.state !== 'alive') return ended(account, sight);
    if (sight.by === 'one-fits') {
      // The token was replaced while it was looked for, so that the only record may be that of the new one.
      const isChanged = !file.isSame(sight.found, found);
      const afterMs = isChanged ? Math.max(CHANGED_MS, lagLeft({ account })) : lagLeft(seen);
      if (afterMs > 0) {
        file.write(step, account, sight.found, sight.by);
        return { outcome: 'continue', afterMs };
      }
    }
    if (sight.by !== 'unproven') step.prove(sight.by);
    else if (!step.mayActUnproven)
      return { outcome: 'held', alive: undefined, ...evidenceOf(account, sight) };
    const result = await account.revoke(sight.found, token, step);
    if (result.outcome === 'revoked') {
      // A copy that cannot be asked now is asked again when the end is verified, where it is.
      const left = await atCopies(account, token, step).catch(asFailure);
      if (left instanceof Failure)
        options.log.warn('copies-not-asked', { account: account.name, code: left.code });
      else if (left) return kept(left, step);
    }
    return withEvidence(result, evidenceOf(account, sight).evidence);
  };

  const look = async (token: Secret, step: Step): Promise<LookResult> => {
    if (ownerOf(token)) return OWN_CREDENTIAL;
    const seen = file.read(step);
    const atFirst = seen && {
      account: seen.account,
      sight: await seen.account.look(token, step, seen.found),
    };
    const copy = atFirst && hasEnded(atFirst.sight) && (await atCopies(atFirst.account, token, step));
    const first = copy || (atFirst ?? (await search(token, step)));
    if (!first) return unknownAt(accounts, options);
    const { account, sight } = first;
    if (seen && sight.state === 'absent') return gone(seen, step, options);
    if (sight.state === 'lost') return searchAnew(step);
    if (sight.state !== 'alive') return ended(account, sight);
    if (sight.by === 'unproven') return { outcome: 'undecided', ...evidenceOf(account, sight) };
    // Whoever has to decide may revoke it by hand: then its absence shows that it is dead.
    file.write(step, account, sight.found, sight.by);
    return { outcome: 'alive', ...evidenceOf(account, sight) };
  };

  const verify = async (token: Secret, step: Step): Promise<Liveness> => {
    const seen = file.read(step);
    if (!seen) return 'unknown';
    const liveness = await verifyAt(seen, token, step);
    if (liveness !== 'dead') return liveness;
    return (await atCopies(seen.account, token, step)) ? 'alive' : 'dead';
  };

  return {
    revoke: (token, step) => sparingTheLane(accounts, () => revoke(token, step)),
    look: (token, step) => sparingTheLane(accounts, () => look(token, step)),
    verify: (token, step) => sparingTheLane(accounts, () => verify(token, step)),
    check: (signal) => checkAll(accounts, options, signal),
  };
}

function hasEnded<Found>(sight: Sight<Found>): boolean {
  return sight.state === 'absent' || sight.state === 'dead';
}

function isOfOthers<Found>(sight: Sight<Found>): boolean {
  return sight.state === 'unable' && sight.maybeElsewhere === true;
}

async function verifyAt<Found>(
  { account, found }: Kept<Account<Found>, Found>,
  token: Secret,
  step: Step,
): Promise<Liveness> {
  if (account.verify) return account.verify(found, token, step);
  const sight = await account.look(token, step, found);
  if (sight.state === 'alive') return 'alive';
  // What is gone as a whole may have been moved before the revocation took effect.
  return hasEnded(sight) ? 'dead' : 'unknown';
}

/** What an account that knows of a token says. */
interface Answer<Found> {
  readonly account: Account<Found>;
  readonly sight: Known<Found>;
}

const SEVERAL =
  'Several accounts have this same secret, which somebody must have set by hand: replace it in each of them.';

/** The one account that has the secret; a person decides where there are more, as the others' would live on. */
function onlyOf<Found>(answers: readonly Answer<Found>[]): Answer<Found> | undefined {
  const [first, ...others] = answers.filter(({ sight }) => sight.state === 'alive');
  if (!first || others.length === 0) return first ?? answers[0];
  const candidates = [first, ...others].map(({ account }) => ({ account: account.name }));
  const refusal = refused('ambiguous', SEVERAL, { candidates });
  return { account: first.account, sight: { state: 'unable', refusal } };
}

function unknownAt<Found>(
  accounts: readonly Account<Found>[],
  { unknown }: AccountsOptions<Found>,
): Extract<RevokeResult, { outcome: 'unknown' }> {
  const asked = accounts.map(({ name, place = name }) => place);
  return { outcome: 'unknown', asked, ...(unknown !== undefined && { advice: unknown }) };
}

/**
 * A token that was seen to work here is dead once it is absent; a missing record of a mere id proves nothing.
 * @throws {Failure} `suspended` while its record is there all the same
 */
async function gone<Found>(
  { account, found }: Kept<Account<Found>, Found>,
  { seenAlive, signal }: Step,
  options: AccountsOptions<Found>,
): Promise<Extract<RevokeResult, { outcome: 'already-inactive' | 'unknown' | 'refused' }>> {
  if (account.keptOut) return account.keptOut;
  const { name, place = name } = account;
  const wasSeen = seenAlive.includes(place) || seenAlive.includes(name);
  if (!wasSeen) return unknownAt([account], options);
  if (await account.isThere?.(found, signal)) throw new Failure('suspended');
  return { outcome: 'already-inactive', death: 'seen-alive', evidence: { account: name } };
}

/** Where it was seen to work stays on record, so that it is dead when no account has it. */
function searchAnew(step: Step): Extract<RevokeResult, { outcome: 'continue' }> {
  step.remember({});
  return { outcome: 'continue', afterMs: SEARCH_ANEW_AFTER_MS };
}

function ended<Found>(
  account: Account<Found>,
  sight: Exclude<Known<Found> | { readonly state: 'absent' }, Alive<Found>>,
): Extract<LookResult, { outcome: 'already-inactive' | 'refused' | 'unknown' | 'continue' }> {
  if (sight.state === 'later') return { outcome: 'continue', afterMs: sight.afterMs };
  if (sight.state === 'dead') {
    return { outcome: 'already-inactive', death: 'said', ...evidenceOf(account, sight) };
  }
  return sight.state === 'unable' ? sight.refusal : { outcome: 'unknown', asked: [account.name] };
}

function evidenceOf<Found>(
  { name }: Account<Found>,
  { evidence }: { readonly evidence?: Evidence },
): { readonly evidence: Evidence } {
  return { evidence: { account: name, ...evidence } };
}

function withEvidence(result: RevokeResult, evidence: Evidence): RevokeResult {
  if (result.outcome === 'continue' || result.outcome === 'found') return result;
  return { ...result, evidence: { ...evidence, ...result.evidence } };
}

async function checkAll<Found>(
  accounts: readonly Account<Found>[],
  { rights }: AccountsOptions<Found>,
  signal: AbortSignal,
) {
  const advice = rights === undefined ? {} : { refused: rights, forbidden: rights };
  return Promise.all(
    accounts.flatMap((account) => {
      const { name, probe } = account;
      return probe ? [checkOf(`credential of ${name}`, async () => account.probe?.(signal), advice)] : [];
    }),
  );
}

/** With several accounts, the failure of one becomes the entry's own, and the lane goes on. */
export async function sparingTheLane<R>(accounts: readonly unknown[], work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure && accounts.length > 1 ? error.ofEntry() : error;
  }
}

/**
 * The first answer; undefined when every account has none.
 * @throws {Failure} of an account that could not be asked when the others have no answer: then nothing is known for sure
 */
export async function firstOf<A, T>(
  accounts: readonly A[],
  ask: (account: A) => Promise<T | undefined>,
): Promise<T | undefined> {
  let failure: Failure | undefined;
  for (const account of accounts) {
    const answer = await ask(account).catch(asFailure);
    if (answer instanceof Failure) failure ??= answer;
    else if (answer !== undefined) return answer;
  }
  if (failure) throw failure;
  return undefined;
}

/** {@link firstOf}, for whom no other step of the work spares the lane. @throws {Failure} */
export function firstSparingTheLane<A, T>(
  accounts: readonly A[],
  ask: (account: A) => Promise<T | undefined>,
): Promise<T | undefined> {
  return sparingTheLane(accounts, () => firstOf(accounts, ask));
}

/**
 * The answers of all accounts that have one.
 * @throws {Failure} when one could not be asked, but only after all others were; spares the lane
 */
export async function eachOf<A, T>(
  accounts: readonly A[],
  ask: (account: A) => Promise<T | undefined>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  let failure: Failure | undefined;
  for (const account of accounts) {
    const answer = await ask(account).catch(asFailure);
    if (answer instanceof Failure) failure ??= answer;
    else if (answer !== undefined) answers.push(answer);
  }
  if (failure) throw accounts.length > 1 ? failure.ofEntry() : failure;
  return answers;
}

/** Rethrows everything that is no failure of a call, such as an abort. */
function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}
