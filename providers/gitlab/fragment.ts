/**
 * Texts that are only a part of a token. Scanners' rules count 20 characters, and the tokens that GitLab makes today are
 * longer; the instance's own prefix stands before where the rules begin. The whole token may live.
 */
import { refused } from '../../src/provider/kit/results.ts';
import type { Refused, Step } from '../../src/provider/provider.ts';
import type { Evidence } from '../../src/words/outcome.ts';
import type { Secret } from '../../src/words/secret.ts';
import { isWholeRoutable } from './forms.ts';

const ADVICE =
  'This is only a part of a token, and the whole one may work: look at the location, and report or revoke the whole token.';

/** @param evidence where the whole one stands */
export function cutToken(evidence?: Evidence): Refused {
  return refused('fragment', ADVICE, evidence);
}

/**
 * Whether the text goes on wherever it stands around the leak. What is read there is the committer's, so nothing is
 * done about it.
 * @returns evidence that says so; undefined where the text stands alone, or nothing can be read
 */
export async function longerAround(token: Secret, step: Step): Promise<Evidence | undefined> {
  const text = token.reveal();
  // Addresses for incoming mail go on behind their token.
  if (isWholeRoutable(text) || step.kind === 'incoming-mail-token') return undefined;
  const around = (await step.context())?.reveal() ?? '';
  const found = runsAround(around, text).map((run) => run.replace(/\.+$/, '').length);
  if (found.length === 0 || Math.min(...found) <= text.length) return undefined;
  return { wholeToken: 'in the lines around the leak', length: Math.min(...found), reported: text.length };
}

/** The text around each occurrence of a part, up to the next character that no token has. Linear on any text. */
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
