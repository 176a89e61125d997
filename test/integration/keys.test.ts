import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKeys, KeysError, loadKeys, rotateKeys } from '../../src/vault/keys.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');

function validFile() {
  return {
    fingerprintKey: KEY,
    sealingKeys: [{ id: 'first', key: KEY, createdAt: '2026-01-01T00:00:00.000Z' }],
  };
}

/** A key file with this content. */
function fileWith(content: unknown, mode = 0o600): string {
  const path = join(temporaryFolder(), 'keys.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode });
  chmodSync(path, mode);
  return path;
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

describe('createKeys', () => {
  it('creates folder and file, which only the owner may read', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'data', 'keys.json');

    const keys = await createKeys(path);

    expect(keys.fingerprintKey).toHaveLength(32);
    expect(keys.sealingKeys.map(({ key }) => key.length)).toEqual([32]);
    expect(keys.sealingKeys[0]?.key.equals(keys.fingerprintKey)).toBe(false);
    expect(modeOf(path)).toBe(0o600);
    expect(modeOf(join(folder, 'data'))).toBe(0o700);
    expect(readdirSync(join(folder, 'data'))).toEqual(['keys.json']);
    expect(await loadKeys(path)).toEqual(keys);
  });

  it('fails at once where no folder can be made', async () => {
    await expect(createKeys('/proc/no-such-folder/data/keys.json')).rejects.toThrow(
      'The key file /proc/no-such-folder/data/keys.json cannot be created (ENOENT).',
    );
  });

  it('gives the same keys to all that start at once', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'keys.json');

    const all = await Promise.all(Array.from({ length: 20 }, () => createKeys(path)));

    expect(new Set(all.map(({ fingerprintKey }) => fingerprintKey.toString('hex'))).size).toBe(1);
    expect(readdirSync(folder)).toEqual(['keys.json']);
  });

  it('keeps the keys that are there', async () => {
    const path = fileWith(validFile());

    const keys = await createKeys(path);

    expect(keys.sealingKeys[0]?.id).toBe('first');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(validFile());
  });

  it('says in one sentence why it could not', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const path = join(file, 'keys.json');

    await expect(createKeys(path)).rejects.toThrow(
      new KeysError(`The key file ${path} cannot be created (EEXIST).`),
    );
  });
});

describe('loadKeys', () => {
  it('gives the sealing keys in the order of the file', async () => {
    const file = validFile();
    file.sealingKeys.unshift({ id: 'newer', key: KEY, createdAt: '2026-02-01T00:00:00.000Z' });

    const keys = await loadKeys(fileWith(file));

    expect(keys.fingerprintKey).toEqual(Buffer.alloc(32, 7));
    expect(keys.sealingKeys.map(({ id }) => id)).toEqual(['newer', 'first']);
  });

  it.each([0o640, 0o604, 0o644])('warns when the mode is %o', async (mode) => {
    const warnings: string[] = [];
    const path = fileWith(validFile(), mode);

    await loadKeys(path, (sentence) => warnings.push(sentence));

    expect(warnings).toEqual([
      `The key file ${path} can be read by others than its owner; "chmod 600 ${path}" ends that.`,
    ]);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'does not warn of a file of another owner that the group may read, as Kubernetes mounts Secrets (needs root)',
    async () => {
      const warnings: string[] = [];
      const path = fileWith(validFile(), 0o440);
      chownSync(path, 1234, 0);

      await loadKeys(path, (sentence) => warnings.push(sentence));

      expect(warnings).toEqual([]);
    },
  );

  it('does not warn when only the owner may read it', async () => {
    const warnings: string[] = [];

    await loadKeys(fileWith(validFile(), 0o400), (sentence) => warnings.push(sentence));

    expect(warnings).toEqual([]);
  });

  it('names a file that is missing', async () => {
    const path = join(temporaryFolder(), 'keys.json');

    await expect(loadKeys(path)).rejects.toThrow(
      new KeysError(`The key file ${path} cannot be read (ENOENT).`),
    );
  });

  it.each([
    ['no JSON', '{"fingerprintKey": hunter2', 'is not valid JSON.'],
    ['no object', [], 'does not have the form of a key file at its top level.'],
    ['a key that is too short', { ...validFile(), fingerprintKey: 'aHVudGVyMg==' }, 'at fingerprintKey.'],
    ['a key that is not base64', { ...validFile(), fingerprintKey: 'hunter2!' }, 'at fingerprintKey.'],
    ['no sealing key', { ...validFile(), sealingKeys: [] }, 'at sealingKeys.'],
    [
      'two sealing keys of one id',
      { ...validFile(), sealingKeys: [...validFile().sealingKeys, ...validFile().sealingKeys] },
      'at sealingKeys.',
    ],
    [
      'an id that would break sealed texts',
      { ...validFile(), sealingKeys: [{ ...validFile().sealingKeys[0], id: 'a.b' }] },
      'at sealingKeys.0.id.',
    ],
  ])('refuses a file with %s, without quoting it', async (_name, content, expected) => {
    const path = fileWith(content);

    const failure = await loadKeys(path).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(KeysError);
    expect(String(failure)).toContain(path);
    expect(String(failure)).toContain(expected);
    expect(String(failure)).not.toContain('hunter2');
  });
});

describe('rotateKeys', () => {
  it('puts a new sealing key first and keeps all else', async () => {
    const path = join(temporaryFolder(), 'keys.json');
    const before = await createKeys(path);

    const id = await rotateKeys(path);

    const after = await loadKeys(path);
    expect(after.fingerprintKey).toEqual(before.fingerprintKey);
    expect(after.sealingKeys[0]?.id).toBe(id);
    expect(after.sealingKeys.slice(1)).toEqual(before.sealingKeys);
    expect(after.sealingKeys[0]?.key).not.toEqual(before.sealingKeys[0]?.key);
  });

  it('leaves a file that only its owner may read, and nothing beside it', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'keys.json');
    writeFileSync(path, JSON.stringify(validFile()));
    chmodSync(path, 0o644);

    await rotateKeys(path);

    expect(modeOf(path)).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['keys.json']);
  });

  it('loses no key when several are added at once', async () => {
    const path = fileWith(validFile());

    const results = await Promise.allSettled(Array.from({ length: 10 }, () => rotateKeys(path)));

    const added = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [String(result.reason)] : [],
    );
    expect(added.length).toBeGreaterThan(0);
    expect(new Set((await loadKeys(path)).sealingKeys.map(({ id }) => id))).toEqual(
      new Set([...added, 'first']),
    );
    expect(refused.filter((message) => !message.includes('is being rotated already'))).toEqual([]);
  });

  it('refuses while another rotation runs, and says what to do when none does', async () => {
    const path = fileWith(validFile());
    writeFileSync(`${path}.rotating`, '');

    await expect(rotateKeys(path)).rejects.toThrow(
      `The key file ${path} is being rotated already; if it is not, remove ${path}.rotating.`,
    );
    expect(existsSync(`${path}.rotating`)).toBe(true);
  });

  it('follows a symbolic link and leaves it in place', async () => {
    const target = fileWith(validFile());
    const link = join(temporaryFolder(), 'keys.json');
    symlinkSync(target, link);

    const id = await rotateKeys(link);

    expect((await loadKeys(target)).sealingKeys[0]?.id).toBe(id);
    expect((await loadKeys(link)).sealingKeys[0]?.id).toBe(id);
  });

  it('leaves a file alone that is no key file', async () => {
    const path = fileWith('{}');

    await expect(rotateKeys(path)).rejects.toThrow(KeysError);
    expect(readFileSync(path, 'utf8')).toBe('{}');
    expect(existsSync(`${path}.rotating`)).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)(
    'leaves the file to its owner when root rotates it (needs root)',
    async () => {
      const path = fileWith(validFile());
      chownSync(path, 12_345, 54_321);

      await rotateKeys(path);

      expect(statSync(path)).toMatchObject({ uid: 12_345, gid: 54_321 });
    },
  );
});
