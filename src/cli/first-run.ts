/** What `serve` makes when nobody configured it, so that the first start works: a key file and three tokens. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ambiguousTokens } from '../config/caller-tokens.ts';
import { pathText } from '../config/faults.ts';
import { type FileMark, markOf } from '../config/file-mark.ts';
import type { Config } from '../config/schema.ts';
import { createKeys, type Keys, loadKeys } from '../vault/keys.ts';
import type { CallerToken, ReporterRole } from '../words/caller.ts';
import { invisibleFault, secretLines } from '../words/invisible.ts';
import { Secret } from '../words/secret.ts';
import { generatedTokenFiles } from './generated-tokens.ts';
import { CommandError } from './io.ts';

const SQLITE = 'sqlite:';

export interface Prepared {
  /** With the generated tokens where none was configured. */
  readonly config: Config;
  readonly keys: Keys;
  /** There was no ledger yet. */
  readonly isFirst: boolean;
  /** The files that hold the generated tokens, where these are the ones in use. */
  readonly gitlabTokenFile?: string;
  readonly submitTokenFile?: string;
  readonly adminTokenFile?: string;
  /** By each of these files: what it was like just before it was read. */
  readonly fileMarks: ReadonlyMap<string, FileMark>;
}

/**
 * Loads the keys and sees to it that there are tokens. Only with SQLite is anything made: replicas on one Redis must
 * share what they use, so there it has to be given.
 * @throws {CommandError} @throws {KeysError}
 */
export async function prepare(
  config: Config,
  cwd: string,
  warn: (sentence: string) => void,
): Promise<Prepared> {
  const ledgerPath = sqlitePath(config);
  const single = ledgerPath !== undefined;
  const isFirst = ledgerPath === undefined || !existsSync(resolve(cwd, ledgerPath));
  const keysPath = resolve(cwd, config.ledger.keysFile);
  if (single && !existsSync(keysPath)) {
    // New keys open nothing of it, and would take the place of the right ones in the next backup.
    if (!isFirst) {
      throw new CommandError(
        `The ledger ${ledgerPath} needs the key file ${keysPath} that it was made with: restore it from a backup, or move the ledger away to begin anew.`,
      );
    }
    await createKeys(keysPath);
  }
  if (!single && !existsSync(keysPath)) {
    throw new CommandError(
      `There is no key file ${keysPath}: with Redis it must be given. That of a ledger comes from its backup; for a new one src/ledger/README.md tells how it is made.`,
    );
  }
  const keys = await loadKeys(keysPath, warn);
  const { auth, admin } = config;
  const given: Prepared = { config, keys, isFirst, fileMarks: new Map() };
  if (auth.tokens.length > 0 && admin.tokens.length > 0) return given;
  if (!single) {
    if (auth.tokens.length > 0) return given;
    throw new CommandError(
      'auth.tokens is empty: with Redis the token for GitLab must be given, e.g. by auth.tokens: [{ name: gitlab, tokenFile: ... }].',
    );
  }
  const files = generatedTokenFiles(config, cwd);
  const fileMarks = new Map<string, FileMark>();
  const generated = async (path: string, user: string) => {
    if (!isFirst && !existsSync(path)) {
      warn(`The ledger was there and ${path} was not: it has a new token, which ${user} must be given.`);
    }
    const { tokens, mark } = await tokensFrom(path);
    fileMarks.set(path, mark);
    return tokens;
  };
  const reporters = auth.tokens.length > 0 ? undefined : await reportersFrom(files, generated);
  const dashboard = admin.tokens.length > 0 ? undefined : await generated(files.admin, 'each administrator');
  const complete: Config = {
    ...config,
    ...(reporters && { auth: { tokens: reporters } }),
    ...(dashboard && {
      admin: { ...admin, tokens: dashboard.map((token) => ({ token, name: 'admin', role: 'operator' })) },
    }),
  };
  const [fault] = ambiguousTokens(complete);
  if (fault) throw new CommandError(`${pathText(fault.path)}: ${fault.message}.`);
  return {
    config: complete,
    ...{ keys, isFirst, fileMarks },
    ...(reporters && { gitlabTokenFile: files.gitlab }),
    ...(reporters?.some(isForSubmit) && { submitTokenFile: files.submit }),
    ...(dashboard && { adminTokenFile: files.admin }),
  };
}

/**
 * A file of tokens in use that is not there any more: whoever moves it away, perhaps for a moment, means no new token,
 * which nobody would have been given. One for CI jobs may be taken away.
 */
export function lostTokenFile(
  { gitlabTokenFile, adminTokenFile }: Prepared,
  { auth, admin }: Config,
): string | undefined {
  const needed = [
    ...(auth.tokens.length === 0 ? [gitlabTokenFile] : []),
    ...(admin.tokens.length === 0 ? [adminTokenFile] : []),
  ];
  return needed.find((file) => file !== undefined && !existsSync(file));
}

/** There is neither a ledger nor a key file yet, and the first start makes both. */
export function isUnbegun(config: Pick<Config, 'ledger'>, cwd: string): boolean {
  const path = sqlitePath(config);
  return path !== undefined && ![path, config.ledger.keysFile].some((each) => existsSync(resolve(cwd, each)));
}

/** Undefined with Redis. */
function sqlitePath({ ledger: { url } }: Pick<Config, 'ledger'>): string | undefined {
  return url.startsWith(SQLITE) ? url.slice(SQLITE.length) : undefined;
}

/**
 * What an operator should do about reporters that all act as GitLab. Tokens with names were thought about.
 * @returns undefined when there is nothing to do
 */
export function callerWarning({ auth, ledger }: Config, cwd: string): string | undefined {
  const files = generatedTokenFiles({ ledger }, cwd);
  const areGenerated = auth.tokens.length === 0;
  const isShared = areGenerated
    ? existsSync(files.gitlab) && !existsSync(files.submit)
    : !auth.tokens.some(isForSubmit) && auth.tokens.some(({ name }) => name === undefined);
  if (!isShared) return undefined;
  const how = areGenerated
    ? `a random line in ${files.submit} (mode 0600) makes one`
    : 'add an entry with role: submit to auth.tokens, and a name to that of GitLab';
  return `All reporters use the token of GitLab, with which a CI job can make Quash read files of private projects. Give CI jobs a token of their own: ${how}.`;
}

function isForSubmit({ role }: CallerToken<ReporterRole>): boolean {
  return role === 'submit';
}

/** One for CI jobs is made at the first start alone: later, an operator may have taken it away. */
async function reportersFrom(
  { gitlab, submit }: ReturnType<typeof generatedTokenFiles>,
  generated: (path: string, user: string) => Promise<readonly Secret[]>,
): Promise<CallerToken<ReporterRole>[]> {
  const isNew = !existsSync(gitlab);
  // Before the other one, which shows processes that start at the same time that it is the first start no more.
  const forSubmit =
    isNew || existsSync(submit) ? await generated(submit, 'each CI job with quash submit') : [];
  const forGitlab = await generated(gitlab, 'GitLab');
  return [
    ...forGitlab.map((token) => ({ token, name: 'gitlab', role: 'gitlab' as const })),
    ...forSubmit.map((token) => ({ token, name: 'submit', role: 'submit' as const })),
  ];
}

/**
 * The file's tokens, one a line, of which there are several while one is being replaced; a new one when there is no
 * file yet. Of processes that start at once, all get the same.
 */
async function tokensFrom(
  path: string,
): Promise<{ readonly tokens: readonly Secret[]; readonly mark: FileMark }> {
  if (!existsSync(path)) {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
    await writeFile(temporary, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    // Unlike rename, link never replaces a file that another process has just made.
    await link(temporary, path).catch(() => {});
    await rm(temporary, { force: true });
  }
  const mark = markOf(await stat(path, { bigint: true }));
  const given = secretLines(await readFile(path, 'utf8'));
  if (given.length === 0) throw new CommandError(`${path} is empty; delete it to have a new token made.`);
  if (given.some((token) => /\s/.test(token)))
    throw new CommandError(`${path} has a line with spaces in it; expected one token a line.`);
  const fault = given.map(invisibleFault).find((each) => each !== undefined);
  if (fault !== undefined) throw new CommandError(`${path} ${fault}.`);
  return { tokens: given.map((token) => new Secret(token)), mark };
}
