/** All that an installation cannot do without, in one folder and back: ledger, keys, and the tokens that were made. */
import { createHash } from 'node:crypto';
import { constants, createReadStream, existsSync } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { generatedTokenFiles } from './generated-tokens.ts';
import { CommandError, type Io, printLines } from './io.ts';

const MANIFEST = 'backup.json';
const SQLITE = 'sqlite:';
const LEDGER = 'quash.db';
const KEYS = 'keys.json';
/** What SQLite may leave beside a file whose process was killed. */
const LEFT_OVER = ['', '-journal', '-wal', '-shm'];

const manifest = z.object({
  quash: z.string(),
  createdAt: z.iso.datetime(),
  ledger: z.enum(['sqlite', 'redis']),
  /** SHA-256 of each file, in hexadecimal. */
  files: z.record(z.string().regex(/^[\w.-]+$/), z.string()),
});

interface Options {
  readonly config?: string;
  readonly replace?: boolean;
}

/** Where the installation has the files of a backup. */
interface Installation {
  /** Undefined with Redis. */
  readonly ledger: string | undefined;
  /** All others by their names in the backup; the key file comes first. */
  readonly files: Readonly<Record<string, string>>;
}

export function registerBackup(program: Command, io: Io): void {
  program
    .command('backup <folder>')
    .description('copy ledger, keys and generated tokens to a new folder, also while the service runs')
    .action((folder: string, _options: unknown, command: Command) =>
      backUp(io, folder, command.optsWithGlobals<Options>()),
    );
  program
    .command('restore <folder>')
    .description('put a backup in the place that the configuration names, while the service is stopped')
    .option('--replace', 'move what is there aside')
    .action((folder: string, _options: unknown, command: Command) =>
      restore(io, folder, command.optsWithGlobals<Options>()),
    );
}

async function backUp(io: Io, folder: string, options: Options): Promise<void> {
  const { copySqliteLedger } = await import('../ledger/sqlite/file.ts');
  const { ledger, files } = await installationOf(io, options);
  const to = resolve(io.cwd, folder);
  if (ledger !== undefined && !existsSync(ledger)) throw new CommandError(`There is no ledger ${ledger}.`);
  const keys = files[KEYS];
  if (keys === undefined || !existsSync(keys))
    throw new CommandError(`There is no key file ${keys}, without which nobody can read the ledger.`);
  await mkdir(to, { recursive: true, mode: 0o700 });
  if ((await readdir(to)).length > 0) throw new CommandError(`${to} is not empty; give a new folder.`);
  const sums: Record<string, string> = {};
  if (ledger !== undefined) {
    const copy = join(to, LEDGER);
    await copySqliteLedger(ledger, copy);
    sums[LEDGER] = await sumOf(copy);
  }
  // After the ledger: a key that was added in between is in the file that is copied last.
  for (const [name, path] of Object.entries(files)) {
    if (!existsSync(path)) continue;
    await copyDurably(path, join(to, name));
    sums[name] = await sumOf(join(to, name));
  }
  const facts: z.input<typeof manifest> = {
    quash: packageJson.version,
    createdAt: new Date().toISOString(),
    ledger: ledger === undefined ? 'redis' : 'sqlite',
    files: sums,
  };
  // Last: without it, it is no backup.
  await writeFile(join(to, MANIFEST), `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600, flush: true });
  printLines(io.stdout, [
    `${Object.keys(sums).join(', ')} are in ${to}.`,
    'Whoever has this folder can read the secrets that still wait. The configuration, and the files that it names, are not in it.',
    ...(ledger === undefined ? [REDIS_BACKUP] : []),
  ]);
}

const ASKED_AGAIN =
  'these wait for approval once more, as somebody may have decided otherwise since the backup.';
const REDIS_BACKUP =
  'The entries are in Redis: back it up there, by a snapshot (BGSAVE, then the RDB file) or with its append-only files.';
const REDIS_RESTORE =
  'The entries are in Redis: restore it there from the backup that was made with this one, before Quash starts.';

async function restore(io: Io, folder: string, options: Options): Promise<void> {
  const from = resolve(io.cwd, folder);
  const { ledger, files } = await installationOf(io, options);
  const backedUp = await filesIn(from, ledger === undefined ? 'redis' : 'sqlite');
  const targets: Readonly<Record<string, string>> = {
    ...files,
    // Last: a start finds either no ledger, or one with all that belongs to it.
    ...(ledger !== undefined && { [LEDGER]: ledger }),
  };
  await makeRoom(Object.values(targets), ledger, options);
  const { endApprovals } = await import('../ledger/sqlite/file.ts');
  const restored: string[] = [];
  let approvals = 0;
  for (const [name, target] of Object.entries(targets)) {
    if (!backedUp.includes(name)) continue;
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const unfinished = `${target}.restoring`;
    // Of a restore that was killed: it may have been of another backup.
    for (const ending of LEFT_OVER) await rm(unfinished + ending, { force: true });
    await copyDurably(join(from, name), unfinished);
    if (name === LEDGER) approvals = endApprovals(unfinished);
    const { uid, gid } = await stat(dirname(target));
    // Of the service's user, also when root restores.
    await chown(unfinished, uid, gid);
    await rename(unfinished, target);
    restored.push(target);
  }
  printLines(io.stdout, [
    ...restored,
    ...(approvals > 0 ? [`${approvals} approved and not yet revoked: ${ASKED_AGAIN}`] : []),
    ledger === undefined
      ? REDIS_RESTORE
      : 'Start Quash; `quash list` shows what waits. Modes and pauses are those of the time of the backup.',
  ]);
}

async function installationOf(io: Io, { config: file }: Options): Promise<Installation> {
  const { loadSetup } = await import('./setup.ts');
  const { config } = await loadSetup(io, file);
  const { url, keysFile } = config.ledger;
  const { gitlab, submit, admin } = generatedTokenFiles(config, io.cwd);
  const tokens = Object.fromEntries([gitlab, submit, admin].map((path) => [basename(path), path]));
  return {
    ledger: url.startsWith(SQLITE) ? resolve(io.cwd, url.slice(SQLITE.length)) : undefined,
    files: { [KEYS]: resolve(io.cwd, keysFile), ...tokens },
  };
}

/** @returns the names of its files @throws {CommandError} when the backup is not whole */
async function filesIn(from: string, kind: 'sqlite' | 'redis'): Promise<readonly string[]> {
  const text = await readFile(join(from, MANIFEST), 'utf8').catch((error: unknown) => {
    throw new CommandError(`${from} is no backup, or one that was not finished: it has no ${MANIFEST}.`, {
      cause: error,
    });
  });
  const { success, data } = manifest.safeParse(jsonIn(text));
  if (!success) throw new CommandError(`${join(from, MANIFEST)} is not what \`quash backup\` writes.`);
  if (data.ledger !== kind) {
    throw new CommandError(
      `This is a backup of a ledger on ${data.ledger}, and ledger.url names one on ${kind}.`,
    );
  }
  for (const [name, sum] of Object.entries(data.files)) {
    const path = join(from, name);
    if (!existsSync(path) || (await sumOf(path)) !== sum)
      throw new CommandError(`${path} is missing or was changed since it was backed up.`);
  }
  return Object.keys(data.files);
}

/** @throws {CommandError} when something is there that may not be moved aside */
async function makeRoom(
  targets: readonly string[],
  ledger: string | undefined,
  { replace = false }: Options,
): Promise<void> {
  const { COMPANIONS, isSqliteLedgerInUse } = await import('../ledger/sqlite/file.ts');
  // Of another ledger, its log would be written into the restored one.
  const companions = ledger === undefined ? [] : COMPANIONS.map((ending) => `${ledger}${ending}`);
  if (ledger !== undefined && existsSync(ledger) && isSqliteLedgerInUse(ledger))
    throw new CommandError(`A process has ${ledger} open: stop Quash first.`);
  const there = [...targets, ...companions].filter((path) => existsSync(path));
  if (there.length === 0) return;
  if (!replace) throw new CommandError(`There already: ${there.join(', ')}. \`--replace\` moves them aside.`);
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  for (const path of there) {
    const aside = join(dirname(path), `before-restore-${stamp}`);
    await mkdir(aside, { recursive: true, mode: 0o700 });
    await rename(path, join(aside, basename(path)));
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function sumOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** For its owner; it never takes the place of another file. */
async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL);
  await chmod(to, 0o600);
  const file = await open(to, 'r+');
  await file.sync().finally(() => file.close());
}
