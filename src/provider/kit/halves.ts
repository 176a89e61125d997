/** For credentials of two halves, an id and a secret, of which often only one is reported. */
import { z } from 'zod';
import type { Secret } from '../../words/secret.ts';
import { Failure } from '../failure.ts';
import { isSame } from '../own-credential.ts';
import { wasByLeaked } from '../possession.ts';
import type { RevokeResult, Step, TokenKind } from '../provider.ts';
import type { Upstream } from '../upstream.ts';
import { asFailure } from './in-turn.ts';

/** So many of the report, and as many of the lines around the leak, are tried; what stands farther away is noise, such as commit ids. */
export const MAX_HALVES = 8;

/**
 * What may be the other half: from the same report, which may have those of other pairs alone, and from the lines around
 * the leak. Nothing says that it is: prove it upstream.
 */
export async function otherHalves(
  step: Step,
  { id, pattern }: Pick<TokenKind, 'id' | 'pattern'>,
): Promise<readonly Secret[]> {
  const parts = step.parts(id);
  const around = await step.matchesAround(pattern).catch((error: unknown) => {
    // Where GitLab is away, those at hand need not wait for it.
    if (parts.length === 0 || !(error instanceof Failure)) throw error;
    return [];
  });
  const others = around.filter((each) => !parts.some((part) => isSame(each, part)));
  // As many of each: the report that came first may be that of a place full of decoys.
  return [...parts.slice(0, MAX_HALVES), ...others.slice(0, MAX_HALVES)];
}

/**
 * The first that works together with the other half. Anybody may have written the others there, so that what the vendor
 * says of one of them, be it a failure, or a limit that may be of that one alone, keeps no other from being tried.
 * @param answerFor undefined of one that does not fit
 * @throws {Failure} of one that could not be tried, when none fits; at once where the whole lane has to wait
 */
export async function firstOfHalves<Half, T>(
  halves: Iterable<Half> | AsyncIterable<Half>,
  answerFor: (half: Half) => Promise<T | undefined>,
): Promise<T | undefined> {
  let failure: Failure | undefined;
  for await (const half of halves) {
    const answer = await answerFor(half).catch(asFailure);
    if (!(answer instanceof Failure)) {
      if (answer !== undefined) return answer;
      continue;
    }
    const isOfHalf = answer.code === 'throttled' && wasByLeaked();
    if (answer.whose === 'provider' && answer.scope === 'lane' && !isOfHalf) throw answer;
    failure ??= isOfHalf ? answer.ofLeaked() : answer;
  }
  if (failure) throw failure;
  return undefined;
}

/**
 * For an id that anybody may have written beside a secret, or into it: once the two were let in, the secret has to be
 * refused with an id that nobody has. Else the id would choose whose record our credential ends.
 * @throws {Failure} `unexpected-answer` when it was let in
 */
export async function mustRefuse({ base }: Pick<Upstream, 'base'>, isLetIn: Promise<unknown>): Promise<void> {
  if (await isLetIn) throw new Failure('unexpected-answer', { target: base });
}

/** How often and how long an id waits for the entry of its secret to act first: ten seconds in all. */
const TURNS_MS = [1_000, 3_000, 6_000];
const WAITED = z.looseObject({ waited: z.int().default(0) }).catch({ waited: 0 });

/** Whether the entry of the secret acts first, as an earlier step of {@link afterTheSecret} found: it may have by now. */
export function waitsForTheSecret({ note }: Step): boolean {
  return WAITED.parse(note).waited > 0;
}

/**
 * For an id whose secret signed just now, where a dead id tells nothing of secrets: a secret that was reported, too, is an
 * entry of its own and goes first. Once the credential is dead, nothing can tell any more that this was its secret, while
 * the id was seen to work.
 * @param act what the id does then itself
 */
export async function afterTheSecret(
  step: Step,
  { kind, secret }: { readonly kind: string; readonly secret: Secret },
  act: () => Promise<RevokeResult>,
): Promise<RevokeResult> {
  if (!step.parts(kind).some((each) => isSame(each, secret))) return act();
  const note = WAITED.parse(step.note);
  const afterMs = TURNS_MS[note.waited];
  if (afterMs !== undefined) {
    step.remember({ ...note, waited: note.waited + 1 });
    return { outcome: 'continue', afterMs };
  }
  const result = await act();
  // A later try, maybe of both by a person, lets the secret go first again; what has failed, or goes on, has waited.
  if (result.outcome !== 'continue') step.remember({ ...WAITED.parse(step.note), waited: 0 });
  return result;
}
