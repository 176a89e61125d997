/** The lines around a secret, from the job's own checkout: for who submits a report, Quash reads no file. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { type ScannerFinding, usableToken } from './finding.ts';
import { withSlashes } from './location.ts';

export type ContextOf = (finding: ScannerFinding) => string | undefined;

/** As much as Quash takes; the body of a large private key behind its first line has room in it. */
const MAX_LENGTH = 4_096;
const MAX_BEFORE = 640;
const LINES_AROUND = 30;
const MAX_FILE_BYTES = 1024 * 1024;

/** @param folder of the checkout. Whoever commits chooses the names of files, and what links lead to: nothing outside is read */
export function createContextOf(folder: string): ContextOf {
  return ({ file, token, startLine }) => {
    if (file === '' || token === undefined) return undefined;
    // Of a scan on Windows; here a backslash may be a part of a name as well.
    const text = readWithin(folder, file) ?? readWithin(folder, withSlashes(file));
    return text && around(text, token.trim(), startLine);
  };
}

function readWithin(folder: string, file: string): string | undefined {
  try {
    const path = realpathSync(resolve(folder, file));
    const stats = statSync(path);
    const isInside = path.startsWith(`${realpathSync(folder)}${sep}`);
    return isInside && stats.isFile() && stats.size <= MAX_FILE_BYTES
      ? readFileSync(path, 'utf8')
      : undefined;
  } catch {
    // The report is of another commit, or of another machine.
    return undefined;
  }
}

/**
 * The lines, and what the report has beside the token that does not stand in them: in the history of a repository the
 * checkout has none of it.
 */
export function withBeside(
  lines: string | undefined,
  token: string,
  beside: Iterable<string>,
): string | undefined {
  let text = lines ?? token;
  for (const each of beside) {
    const isNew = usableToken(each) !== undefined && !text.includes(each.trim());
    if (isNew && text.length + each.length < MAX_LENGTH) text += `\n${each}`;
  }
  return text === token ? lines : text;
}

/** Undefined where the token does not stand in the text: then it is not the text that was scanned. */
function around(text: string, token: string, line: number): string | undefined {
  const behindLine = text.indexOf(token, startOfLine(text, line));
  const at = behindLine < 0 ? text.indexOf(token) : behindLine;
  if (at < 0) return undefined;
  const before = text
    .slice(Math.max(0, at - MAX_BEFORE), at)
    .split('\n')
    .slice(-LINES_AROUND - 1)
    .join('\n');
  const rest = text.slice(at, at + MAX_LENGTH - before.length).split('\n');
  const lines = token.split('\n').length + LINES_AROUND;
  return before + rest.slice(0, lines).join('\n');
}

/** The end of the text where it has no such line: the number is what a report says. */
function startOfLine(text: string, line: number): number {
  let start = 0;
  for (let at = 1; at < line && start < text.length; at++) {
    start = text.indexOf('\n', start) + 1 || text.length;
  }
  return start;
}
