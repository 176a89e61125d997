/** Patterns from the configuration, which run on text that anybody may have committed. */
import { runInNewContext } from 'node:vm';

/** The longest text that is searched for a token. */
const HOSTILE_LENGTH = 64 * 1024;
/** All hostile texts together; a pattern that needs no more than linear time takes a hundredth of it. */
const TIME_LIMIT_MS = 1000;

export function compilePattern(source: string): RegExp {
  return new RegExp(source, 'u');
}

/** The names of its groups, `token` among them if it has one; undefined when it does not compile. */
export function groupsOf(source: string): readonly string[] | undefined {
  try {
    // With an empty alternative the pattern matches any text, and the match names all groups.
    return Object.keys(compilePattern(`${source}|`).exec('')?.groups ?? {});
  } catch {
    return undefined;
  }
}

/** @returns a sentence that says what is expected instead, when it cannot be used */
export function patternFault(source: string): string | undefined {
  let pattern: RegExp;
  try {
    pattern = compilePattern(source);
  } catch (error) {
    // The engine's message quotes the pattern first; its last part is the reason.
    const reason = error instanceof Error ? error.message.slice(error.message.lastIndexOf(': ') + 2) : '';
    return `expected a JavaScript regular expression with flag u (${reason})`;
  }
  if (hasModifier(source)) return 'expected no modifiers such as (?i:...); write both cases, as in [Aa]';
  if (pattern.test('')) return 'expected a pattern that does not match an empty text';
  if (isSlow(source)) {
    return 'takes too long on hostile text; limit each repetition, as in {1,100}, and nest none';
  }
  return undefined;
}

/**
 * Whether flags change inside the pattern, as in `(?i:x)`. V8 14 compiles this wrongly once the process has compiled a
 * megabyte of expressions: what matches after the start would not match a day later.
 */
export function hasModifier(source: string): boolean {
  const withoutLiterals = source.replace(/\\.|\[(?:\\.|[^\]\\])*\]/gsu, '');
  return /\(\?[ims-]+:/.test(withoutLiterals);
}

/** A configuration is read again and again, and to try its patterns takes longer than all the rest. */
const foundFast = new Set<string>();

function isSlow(source: string): boolean {
  if (foundFast.has(source)) return false;
  const before = process.cpuUsage();
  // On a busy machine it may hardly have run, and then counts the second time alone.
  const hasRun = () => process.cpuUsage(before).user > (TIME_LIMIT_MS / 2) * 1000;
  if (takesTooLong(source) && (hasRun() || takesTooLong(source))) return true;
  foundFast.add(source);
  return false;
}

/** Tries the pattern where it can be interrupted: the service itself would hang. */
function takesTooLong(source: string): boolean {
  const search = 'for (const text of texts) for (const match of text.matchAll(new RegExp(source, "gu")));';
  try {
    runInNewContext(search, { source, texts: hostileTexts(source) }, { timeout: TIME_LIMIT_MS });
    return false;
  } catch (error) {
    // Its class may be that of the other context.
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return true;
    throw error;
  }
}

/** Runs of single characters, alone and behind what the pattern begins with, that never come to its end. */
function hostileTexts(source: string): readonly string[] {
  const beginning = /^[\w-]*(?=[^\w?*{+-])/.exec(source)?.[0] ?? '';
  const runs = ['a', 'A', '0', '-', '_', '.', ' ', 'a0-_.'].map((piece) => piece.repeat(HOSTILE_LENGTH));
  const repeated = beginning === '' ? [] : [beginning.repeat(HOSTILE_LENGTH)];
  const texts = [...runs, ...repeated, ...runs.map((run) => beginning + run)];
  return texts.map((text) => `${text.slice(0, HOSTILE_LENGTH - 1)}\0`);
}
