/**
 * For vendors that show the operator the secrets of an account whole: the list says which record the leaked one is of. One
 * reading serves all that wait.
 */
import type { Clock } from '../../words/clock.ts';
import { isMaskedToken } from '../../words/mask.ts';
import type { Evidence } from '../../words/outcome.ts';
import { Secret } from '../../words/secret.ts';
import { Failure } from '../failure.ts';
import { isSame } from '../own-credential.ts';
import type { Account, Sight } from './accounts.ts';
import { refused } from './results.ts';
import { digestOf, SearchedList } from './searched-list.ts';

export interface ListedSecrets<Found, Cursor> {
  readonly clock: Clock;
  readonly first: Cursor;
  /** One call of a reading. */
  list(cursor: Cursor, signal: AbortSignal): Promise<SecretPage<Found, Cursor>>;
  /** As of a {@link SearchedList}. */
  isByNumber?(cursor: Cursor): boolean;
  /** The secrets that the record has now, masked where they are shown so; none when it is gone. */
  secretsOf(found: Found, signal: AbortSignal): Promise<readonly string[]>;
  evidence(found: Found): Evidence;
}

interface SecretPage<Found, Cursor> {
  /** Each with what identifies its record. */
  readonly secrets: readonly (readonly [secret: string, found: Found])[];
  /** Undefined at the end of the list. */
  readonly next: Cursor | undefined;
}

const MAX_CALLS = 500;

const SEVERAL = refused(
  'ambiguous',
  'Several records of the account have this secret: replace it in each of them by hand.',
);
const TOO_MANY = refused(
  'ambiguous',
  'The account has more secrets than Quash reads: find the leaked one there, and replace it by hand.',
);

/** How an {@link Account} looks for a token: in the list first, then at the record where it was found. */
export function lookInList<Found, Cursor>({
  clock,
  first,
  list,
  isByNumber = () => false,
  secretsOf,
  evidence,
}: ListedSecrets<Found, Cursor>): Account<Found>['look'] {
  const searched = new SearchedList<Found, Cursor>({
    ...{ clock, first, maxCalls: MAX_CALLS, isByNumber },
    async read(cursor, signal) {
      const { secrets, next } = await list(cursor, signal);
      return { items: secrets.map(([secret, found]) => [digestOf(secret), found] as const), next };
    },
  });
  const alive = (found: Found): Sight<Found> => ({
    ...{ state: 'alive', found, by: 'listed-whole' },
    evidence: evidence(found),
  });
  return async (token, step, known) => {
    if (known !== undefined) {
      return isAmong(await secretsOf(known, step.signal), token) ? alive(known) : { state: 'absent' };
    }
    const all = await searched.find(digestOf(token), step);
    if (all === 'too-many') return { state: 'unable', refusal: TOO_MANY };
    if ('state' in all) return all;
    const [only, ...others] = all;
    if (only === undefined) return { state: 'absent' };
    return others.length > 0 ? { state: 'unable', refusal: SEVERAL } : alive(only);
  };
}

/** As it is shown to somebody without the right to see it. */
export function isHidden(shown: string): boolean {
  return shown === '' || isMaskedToken(shown);
}

/**
 * Whether a record still has the secret.
 * @param shown the secrets that it is shown with, empty or masked where they are hidden
 * @throws {Failure} `permission-missing` where one is hidden: it may be the secret all the same, shown to somebody with fewer
 *   rights than before
 */
export function isAmong(shown: readonly string[], token: Secret): boolean {
  if (shown.some((each) => isSame(token, new Secret(each)))) return true;
  if (shown.some(isHidden)) throw new Failure('permission-missing', { scope: 'entry' });
  return false;
}
