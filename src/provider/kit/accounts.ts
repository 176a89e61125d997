/**
 * For vendors of whom a customer has several accounts, organizations, instances or tenants, here called accounts, where
 * a token does not say of which one it is. Each is asked, and the token is acted on where it was seen to work. One that
 * is down, or refuses us, does not stop the work at the others.
 */
import type { Evidence } from '../../words/outcome.ts';
import type { Secret } from '../../words/secret.ts';
import { Failure } from '../failure.ts';
import { ownCredential } from '../own-credential.ts';
import { nameOfPlace, speaksFor } from '../place.ts';
import {
  ConfigFault,
  type Liveness,
  type LookResult,
  type Provider,
  type RevokeResult,
  type Step,
} from '../provider.ts';
import type { Account, AccountsOptions, Alive, Known, Sight } from './account.ts';
import { checkOf } from './credential-check.ts';
import { eachOf, firstOf, sparingTheLane } from './in-turn.ts';
import { onceMore, unlessNew, wasUnknown } from './new-keys.ts';
import { type Kept, keyOf, type Lag, lagLeft, OnFile, placeOf } from './on-file.ts';
import { goneSinceSeen, refused, revoked } from './results.ts';

export type { Account, AccountsOptions, Sight } from './account.ts';

const OWN_CREDENTIAL = ownCredential('credential');
/** Lists that are kept for a while may still have it where it was. */
const SEARCH_ANEW_AFTER_MS = 60_000;

/** Until a record that is found instead of an earlier one is looked at once more. */
const CHANGED_MS = 1_000;

/** @throws {ConfigFault} when two accounts have the same name, or one has no plain one: what is on file is found again by it */
export function byAccounts<Found>(
  accounts: readonly Account<Found>[],
  options: AccountsOptions<Found>,
): Required<Pick<Provider, 'revoke' | 'look' | 'verify' | 'check'>> {
  if (new Set(accounts.map(({ name }) => name)).size < accounts.length) {
    throw new ConfigFault([], 'two accounts are the same or have the same name');
  }
  if (accounts.some(({ name }) => nameOfPlace(name) !== name)) {
    throw new ConfigFault([], 'the name of an account has a line break');
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
          // Another account may have a copy of what one calls dead.
          if (error instanceof Failure && !options.copies && undecidedBy('dead')) return undefined;
          throw error;
        });
    const later = undecidedBy('later');
    const end = (options.chosen && later) || (first ?? later ?? undecidedBy('dead') ?? undecided[0]);
    // A retry, maybe days later, is another search, and not answered by what an old list had.
    const isOver = end?.sight.state !== 'alive' && end?.sight.state !== 'later';
    if (isOver) file.forgetSearch(step);
    return end;
  };

  const lookAgain = async (
    { account, found }: Kept<Account<Found>, Found>,
    token: Secret,
    step: Step,
  ): Promise<Sight<Found>> => {
    const sight = await account.look(token, step, found);
    if (sight.state !== 'alive') file.startAnew(step);
    return sight;
  };

  const atCopies = async (
    { account: of, revokedAt }: Pick<Kept<Account<Found>, Found>, 'account' | 'revokedAt'>,
    token: Secret,
    step: Step,
  ) => {
    const isOther = (account: Account<Found>) => account !== of && !revokedAt.includes(keyOf(account));
    /** What users choose is asked for anew only where it was seen. */
    const wasSeenAt = (account: Account<Found>) =>
      step.seenAlive.some((seen) => speaksFor(placeOf(account), seen));
    const mayHaveIt = (account: Account<Found>) =>
      options.copies === true || (options.chosen === true && wasSeenAt(account));
    const others = accounts.filter((account) => isOther(account) && mayHaveIt(account));
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
    return { outcome: 'continue', afterMs: isMerelyAlone(sight) ? lagLeft(lagOf(account)) : 0 };
  };

  const nowhere = (step: Step, isAgain: boolean) => {
    const unknown = unknownAt(accounts, options);
    const { knownAfterMs: ms } = options;
    return ms === undefined ? unknown : unlessNew(unknown, step, ms, isAgain);
  };

  const revoke = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const owner = ownerOf(token);
    if (owner) {
      options.log.warn('own-credential-leaked', { account: owner.name });
      return OWN_CREDENTIAL;
    }
    const seen = file.read(step);
    if (!seen) {
      const isAgain = wasUnknown(step);
      const first = await search(token, step);
      return first ? kept(first, step) : nowhere(step, isAgain);
    }
    const { account, found } = seen;
    const sight = await lookAgain(seen, token, step);
    const copy = hasEnded(sight) && (await atCopies(seen, token, step));
    if (copy) return kept(copy, step);
    if (hasEnded(sight) && seen.revokedAt.includes(keyOf(account)))
      return revoked(evidenceOf(account, {}).evidence);
    if (sight.state === 'absent') return gone(seen, step, options);
    if (sight.state === 'lost') return searchAnew(step);
    if (sight.state !== 'alive') return ended(account, sight);
    if (sight.by === 'one-fits') {
      // The token was replaced while it was looked for, so that the only record may be that of the new one.
      const isChanged = !file.isSame(sight.found, found);
      const lag = isMerelyAlone(sight) ? lagOf(account) : undefined;
      const afterMs = isChanged ? Math.max(CHANGED_MS, lagLeft(lag)) : lagLeft(lag, seen.since);
      if (afterMs > 0) {
        file.write(step, account, sight.found, sight.by);
        return { outcome: 'continue', afterMs };
      }
    }
    // What an earlier look could not tell is on file, too, before anything changes.
    if (sight.by === 'by-value' && !file.isSame(sight.found, found)) {
      file.write(step, account, sight.found, sight.by);
    }
    if (sight.by !== 'unproven') step.prove(sight.by);
    else if (!step.mayActUnproven)
      return { outcome: 'held', alive: undefined, ...evidenceOf(account, sight) };
    const result = await account.revoke(sight.found, token, step);
    if (result.outcome === 'revoked') {
      if (options.copies) file.writeRevoked(step, account, sight.found);
      // Not where it was revoked just now: that may let it in for a while, and so in turn for ever.
      const left = await atCopies(file.read(step) ?? seen, token, step);
      if (left) return kept(left, step);
    }
    return withEvidence(result, evidenceOf(account, sight).evidence);
  };

  const look = async (token: Secret, step: Step): Promise<LookResult> => {
    if (ownerOf(token)) return OWN_CREDENTIAL;
    const seen = file.read(step);
    const isAgain = wasUnknown(step);
    const atFirst = seen && { account: seen.account, sight: await lookAgain(seen, token, step) };
    const copy = atFirst && hasEnded(atFirst.sight) && (await atCopies(seen, token, step));
    const first = copy || (atFirst ?? (await search(token, step)));
    if (!first) return nowhere(step, isAgain);
    const { account, sight } = first;
    if (seen && sight.state === 'absent') return gone(seen, step, options);
    if (sight.state === 'lost') return searchAnew(step);
    if (sight.state !== 'alive') return ended(account, sight);
    if (sight.by === 'unproven') return { outcome: 'undecided', ...evidenceOf(account, sight) };
    // Whoever has to decide may revoke it by hand: then its absence shows that it is dead.
    file.write(step, account, sight.found, sight.by);
    return { outcome: 'alive', ...evidenceOf(account, sight) };
  };

  /** Of one that was dead, and is reported again, nothing is on file any more. That none lets it in proves nothing new. */
  const lifeAnew = async (token: Secret, step: Step): Promise<Liveness> => {
    const { account, sight: first } = (await search(token, step)) ?? {};
    if (!account || first?.state !== 'alive') return 'unknown';
    // A list that was kept for a while may have it from before its end.
    const sight = await account.look(token, step, first.found);
    if (sight.state !== 'alive' || sight.by === 'unproven') return 'unknown';
    file.write(step, account, sight.found, sight.by);
    return 'alive';
  };

  const verify = async (token: Secret, step: Step): Promise<Liveness> => {
    const seen = file.readTaken(step);
    if (!seen) return lifeAnew(token, step);
    const liveness = await verifyAt(seen, token, step);
    if (liveness !== 'dead') return liveness;
    const copy = await atCopies({ account: seen.account, revokedAt: [] }, token, step);
    if (copy?.sight.state === 'alive') file.writeAlive(step, copy.account, copy.sight.found, copy.sight.by);
    if (copy) return 'alive';
    return isMaybeElsewhere(step) ? 'unknown' : 'dead';
  };

  const places = accounts.flatMap((each) => [placeOf(each), ...(each.formerly ?? [])]);
  /** Of several that may have it, one that let it in may be out of the configuration since, or have lost its name to another. */
  const isMaybeElsewhere = ({ seenAlive }: Step): boolean =>
    (options.copies === true || options.chosen === true) &&
    seenAlive.some((seen) => !places.some((place) => speaksFor(place, seen)));
  const unlessElsewhere = <Result extends LookResult | RevokeResult>(result: Result, step: Step) =>
    result.outcome === 'already-inactive' && isMaybeElsewhere(step) ? unknownAt(accounts, options) : result;

  return {
    revoke: (token, step) =>
      sparingTheLane(accounts, async () => unlessElsewhere(await revoke(token, step), step)),
    look: (token, step) =>
      sparingTheLane(accounts, async () => unlessElsewhere(await look(token, step), step)),
    verify: (token, step) => sparingTheLane(accounts, () => verify(token, step)),
    check: (signal) => checkAll(accounts, options, signal),
  };
}

function isMerelyAlone<Found>(sight: Alive<Found>): boolean {
  return sight.by === 'one-fits' && sight.toldBy === 'nothing';
}

/** @throws {Failure} `internal` when the adapter does not say how long its vendor lets a revoked secret in */
function lagOf<Found>({ lag }: Account<Found>): Lag | undefined {
  if (!lag) throw new Failure('internal');
  return lag === 'none' ? undefined : lag;
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
  return {
    outcome: 'unknown',
    asked: accounts.map(placeOf),
    ...(unknown !== undefined && { advice: unknown }),
  };
}

/**
 * A token that was seen to work here is dead once it is absent; a missing record of a mere id proves nothing. One that may be new
 * has to be absent twice, unless its record tells.
 * @throws {Failure} `suspended` while its record is there all the same
 */
async function gone<Found>(
  { account, found }: Kept<Account<Found>, Found>,
  step: Step,
  options: AccountsOptions<Found>,
): Promise<Extract<RevokeResult, { outcome: 'already-inactive' | 'unknown' | 'refused' | 'continue' }>> {
  if (account.keptOut) return account.keptOut;
  const { seenAlive, signal } = step;
  const wasSeen = seenAlive.includes(placeOf(account)) || seenAlive.includes(keyOf(account));
  if (!wasSeen) return unknownAt([account], options);
  if (await account.isThere?.(found, signal)) throw new Failure('suspended');
  const dead = goneSinceSeen({ account: account.name });
  const { knownAfterMs: ms } = options;
  return ms === undefined || account.isThere ? dead : onceMore(dead, step, ms);
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
  return sight.state === 'unable' ? sight.refusal : { outcome: 'unknown', asked: [placeOf(account)] };
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
