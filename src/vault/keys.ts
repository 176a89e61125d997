/** The key file: what names tokens without showing them, and what seals them at rest. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makePrivateFolder } from '../words/private-folder.ts';

const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;
const GROUP_MAY_READ = 0o040;
const GROUP_OR_OTHER_MAY_READ = 0o044;

interface SealingKey {
  /** Letters, digits and hyphens; stands before each sealed text. */
  readonly id: string;
  readonly key: Buffer;
}

export interface Keys {
  readonly fingerprintKey: Buffer;
  /** Newest first; never empty. */
  readonly sealingKeys: readonly SealingKey[];
}

/** The key file cannot be used. One sentence, which names the file and holds nothing of its content. */
export class KeysError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KeysError';
  }
}

const keyText = z.base64().refine((text) => Buffer.from(text, 'base64').length === KEY_BYTES);

const keysFile = z.object({
  fingerprintKey: keyText,
  sealingKeys: z
    .array(z.object({ id: z.string().regex(/^[A-Za-z0-9-]+$/), key: keyText, createdAt: z.iso.datetime() }))
    .min(1)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length),
});

type KeysFile = z.output<typeof keysFile>;

/**
 * Reads the key file.
 * @param warn told in one sentence when others than its owner may read it
 * @throws {KeysError}
 */
export async function loadKeys(path: string, warn: (sentence: string) => void = () => {}): Promise<Keys> {
  const content = await readKeysFile(path);
  if (await isOpenToOthers(path)) {
    warn(`The key file ${path} can be read by others than its owner; "chmod 600 ${path}" ends that.`);
  }
  return {
    fingerprintKey: Buffer.from(content.fingerprintKey, 'base64'),
    sealingKeys: content.sealingKeys.map(({ id, key }) => ({ id, key: Buffer.from(key, 'base64') })),
  };
}

/** A file of another owner that we may read as its group is how Kubernetes hands a Secret to a pod. */
async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode, uid } = await stat(path);
  const allowed = uid === process.getuid?.() ? 0 : GROUP_MAY_READ;
  return (mode & GROUP_OR_OTHER_MAY_READ & ~allowed) !== 0;
}

/**
 * Creates the key file, and its folder, unless the file is there. Of several processes that do so at once, one
 * wins and all get its keys.
 * @throws {KeysError}
 */
export async function createKeys(path: string): Promise<Keys> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  const content: KeysFile = { fingerprintKey: newKey(), sealingKeys: [newSealingKey()] };
  try {
    makePrivateFolder(dirname(path));
    await writeNew(temporary, content);
    // Unlike rename, link never replaces a file; and nobody ever sees a half-written one.
    await link(temporary, path).catch(ignore('EEXIST'));
    await syncFolder(path);
  } catch (error) {
    throw failed('created', path, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
  return loadKeys(path);
}

/**
 * Adds a sealing key, which is used from then on; the older ones still open what they sealed.
 * @returns the new key's id
 * @throws {KeysError} and leaves the file as it was
 */
export async function rotateKeys(path: string): Promise<string> {
  await readKeysFile(path);
  const target = await realpath(path);
  // Its one name also keeps two rotations from running at once, of which one would lose the other's key.
  const temporary = `${target}.rotating`;
  const file = await open(temporary, 'wx', OWNER_ONLY).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw failed('rotated', path, error);
    throw new KeysError(`The key file ${path} is being rotated already; if it is not, remove ${temporary}.`);
  });
  const added = newSealingKey();
  try {
    const content = await readKeysFile(target);
    await keepOwner(file, target);
    await writeAndClose(file, { ...content, sealingKeys: [added, ...content.sealingKeys] });
    await rename(temporary, target);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
    throw error instanceof KeysError ? error : failed('rotated', path, error);
  }
  // Not within try: after the rename, a file of the temporary name would be another process's.
  await syncFolder(target);
  return added.id;
}

async function readKeysFile(path: string): Promise<KeysFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw failed('read', path, error);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Without the cause: it quotes the text.
    throw new KeysError(`The key file ${path} is not valid JSON.`);
  }
  const parsed = keysFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') || 'its top level';
  throw new KeysError(`The key file ${path} does not have the form of a key file at ${where}.`);
}

async function writeNew(path: string, content: KeysFile): Promise<void> {
  await writeAndClose(await open(path, 'wx', OWNER_ONLY), content);
}

async function writeAndClose(file: FileHandle, content: KeysFile): Promise<void> {
  try {
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Root may rotate the keys of a service that runs as another user, who must be able to read them afterwards. */
async function keepOwner(file: FileHandle, original: string): Promise<void> {
  const [before, now] = await Promise.all([stat(original), file.stat()]);
  if (before.uid !== now.uid || before.gid !== now.gid) await file.chown(before.uid, before.gid);
}

/** Makes a new name in the file's folder durable. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function newKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

function newSealingKey(): KeysFile['sealingKeys'][number] {
  return { id: randomBytes(4).toString('hex'), key: newKey(), createdAt: new Date().toISOString() };
}

function failed(what: string, path: string, error: unknown): KeysError {
  return new KeysError(`The key file ${path} cannot be ${what} (${codeOf(error)}).`, { cause: error });
}

function ignore(code: string): (error: unknown) => void {
  return (error) => {
    if (codeOf(error) !== code) throw error;
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
