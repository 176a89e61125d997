/**
 * Texts that are only a part of a token. Scanners' rules count 20 characters, and the tokens that GitLab makes today are
 * longer; the instance's own prefix stands before where the rules begin. The whole token may live.
 */
import { refused } from '../../src/provider/kit/results.ts';
import type { Found, Refused, Step, TokenKind, Unknown } from '../../src/provider/provider.ts';
import { recognise } from '../../src/provider/recognise.ts';
import { Secret } from '../../src/words/secret.ts';
import { isWholeRoutable } from './forms.ts';
import { FRAGMENT } from './kinds.ts';

const ADVICE =
  'This is only a part of a token, and the whole one may work: look at the location, and report or revoke the whole token.';

/** More of them were made to take long. */
const MAX_RUNS = 100;

/**
 * What a text leads to that goes on where it stands: the whole tokens around the leak. What is read there is the
 * committer's, so each has to show by itself that it is one.
 * @param unlessCut what is to be said of the text where it may be a whole token; undefined where it is none
 */
export async function completed(
  token: Secret,
  step: Step,
  kinds: readonly TokenKind[],
  unlessCut?: Unknown,
): Promise<Found | Refused | Unknown> {
  const text = token.reveal();
  const runs = new Set(goesOn(text, step) ? await runsIn(text, step) : []);
  const tokens = new Map([...runs].slice(0, MAX_RUNS).map((run) => [run, tokenIn(run, kinds)]));
  const longer = [...tokens].filter(([run, found]) => run.length > text.length && found?.token !== text);
  const secrets = longer.flatMap(([, found]) =>
    found?.token.includes(text) ? [{ kind: found.kind, token: new Secret(found.token) }] : [],
  );
  const isCut = longer.length > 0 && longer.length === runs.size;
  const rest = unlessCut && !isCut ? unlessCut : cutToken(text, longer);
  if (secrets.length === 0) return rest;
  const isAll = isCut && secrets.length === longer.length;
  return isAll ? { outcome: 'found', secrets } : { outcome: 'found', secrets, rest };
}

interface TokenInRun {
  readonly kind: string;
  readonly token: string;
}

function tokenIn(run: string, kinds: readonly TokenKind[]): TokenInRun | undefined {
  const found = recognise(kinds, run);
  return found.ok && found.kind.id !== FRAGMENT ? { kind: found.kind.id, token: found.token } : undefined;
}

function cutToken(text: string, longer: readonly (readonly [run: string, ...unknown[]])[]): Refused {
  if (longer.length === 0) return refused('fragment', ADVICE);
  const length = Math.min(...longer.map(([run]) => run.length));
  const evidence = { wholeToken: 'in the lines around the leak', length, reported: text.length };
  return refused('fragment', ADVICE, evidence);
}

/** Addresses for incoming mail go on behind their token. */
function goesOn(text: string, { kind }: Step): boolean {
  return !isWholeRoutable(text) && kind !== 'incoming-mail-token';
}

async function runsIn(text: string, step: Step): Promise<readonly string[]> {
  const around = (await step.context())?.reveal() ?? '';
  return runsAround(around, text).map((run) => run.replace(/\.+$/, ''));
}

/** What stands around each of the places of a part, up to what no token holds. Linear, whatever the text. */
function runsAround(text: string, part: string): readonly string[] {
  const runs: string[] = [];
  const isInside = (at: number) => /[\w.-]/.test(text.charAt(at));
  for (let at = text.indexOf(part); at >= 0; ) {
    let [start, end] = [at, at + part.length];
    while (isInside(start - 1)) start--;
    while (isInside(end)) end++;
    runs.push(text.slice(start, end));
    at = text.indexOf(part, end);
  }
  return runs;
}
