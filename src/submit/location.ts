/** Where a secret was found, as Quash is told: an address where one can be made, so that it can read around the leak. */
import { encodedPath } from '../words/location.ts';
import type { ScannerFinding } from './finding.ts';

export type Locate = (finding: ScannerFinding) => string;

/**
 * @param prefix put before every file; without it the scanner's own address is taken, then that of the CI job's
 * project and commit, and then the bare file
 * @param env GitLab's CI variables
 */
export function createLocate(
  prefix: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Locate {
  const { CI_PROJECT_DIR, CI_PROJECT_URL, CI_COMMIT_SHA } = env;
  return (finding) => {
    const file = withoutFolder(withSlashes(finding.file), withSlashes(CI_PROJECT_DIR ?? ''));
    const lines = linesOf(finding);
    if (prefix !== undefined)
      return `${prefix.replace(/\/+$/, '')}/${encodedPath(file.replace(/^\/+/, '').toWellFormed())}${lines}`;
    if (isPlainUrl(finding.link)) return finding.link;
    const commit = isCommit(finding.commit) ? finding.commit : CI_COMMIT_SHA;
    const isBelowProject = file !== '' && !/^(?:\/|[a-z]:\/|[a-z][a-z0-9+.-]*:\/\/)/i.test(file);
    if (!isBelowProject || !CI_PROJECT_URL || !commit) return file === '' ? '' : file + lines;
    return `${CI_PROJECT_URL.replace(/\/+$/, '')}/-/raw/${commit}/${encodedPath(file.toWellFormed())}${lines}`;
  };
}

/** On Windows scanners write its separators; elsewhere a backslash may be a part of a name. */
export function withSlashes(path: string): string {
  return path.includes('/') ? path : path.replaceAll('\\', '/');
}

/** Scanners that were given an absolute path write absolute ones. */
function withoutFolder(file: string, folder: string): string {
  const path = folder !== '' && file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file;
  return path.replace(/^\.\//, '');
}

function linesOf({ startLine, endLine }: ScannerFinding): string {
  if (startLine === 0) return '';
  return endLine > startLine ? `#L${startLine}-${endLine}` : `#L${startLine}`;
}

/** GitLab's analyzers write zeros where they did not look into the history. */
function isCommit(sha: string): boolean {
  return /^[0-9a-f]{7,64}$/.test(sha) && !/^0+$/.test(sha);
}

/** An address with a password in it is of no use to anybody else. */
function isPlainUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
