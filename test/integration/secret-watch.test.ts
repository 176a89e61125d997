/** Secrets whose files change while Quash runs, with real files and the links of Kubernetes. */
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchSecrets } from '../../src/cli/secret-watch.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { gitlabClientOf } from '../support/gitlab-client.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TOKEN = 'pre-shared-token-of-the-tests';

/** Writes the keys of a Secret as the kubelet does: all at once, by the link above their folder. */
function project(folder: string, version: string, keys: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, `..${version}`), { recursive: true });
  for (const [key, text] of Object.entries(keys)) writeFileSync(join(folder, `..${version}`, key), text);
  symlinkSync(`..${version}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

/** A folder with one such key. */
function projected(key: string, text: string): string {
  const folder = join(temporaryFolder(), 'secrets');
  mkdirSync(folder);
  project(folder, '1', { [key]: text });
  symlinkSync(join('..data', key), join(folder, key));
  return folder;
}

/** A watch whose beats are the test's. */
function watched(file: string) {
  const yaml = { QUASH_LEDGER__PASSWORDFILE: file };
  const loaded = loadConfig({ env: yaml, cwd: '/', definitions: [] });
  const told: string[] = [];
  const stop = new AbortController();
  let asleep = Promise.withResolvers<() => void>();
  const sleep = () => new Promise<void>((wake) => asleep.resolve(wake));
  onTestFinished(async () => {
    stop.abort();
    (await asleep.promise)();
  });
  const watch = watchSecrets({ now: () => 0, sleep }, stop.signal, async (changed) => {
    told.push(changed);
    watch.expect(loaded.reread().fileMarks);
  });
  watch.expect(loaded.fileMarks);
  return {
    told,
    /** Resolves once the watch has looked, and sleeps again. */
    async beat(): Promise<void> {
      const wake = await asleep.promise;
      asleep = Promise.withResolvers();
      wake();
      await asleep.promise;
    },
  };
}

describe('the file of a secret', () => {
  it('is told of once when it was replaced, after it was the same for a beat', async () => {
    const folder = projected('token', 'first');
    const file = join(folder, 'token');
    const { told, beat } = watched(file);
    await beat();
    await beat();
    expect(told).toEqual([]);

    project(folder, '2', { token: 'second' });
    await beat();
    expect(told).toEqual([]);
    await beat();
    expect(told).toEqual([file]);

    await beat();
    await beat();
    expect(told).toEqual([file]);
  });

  it('is not told of while it is being written', async () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, 'first');
    const { told, beat } = watched(file);

    for (const text of ['', 'sec', 'second']) {
      writeFileSync(file, text);
      await beat();
    }
    expect(told).toEqual([]);
    await beat();
    expect(told).toEqual([file]);
  });

  it('is told of when it changed between its reading and the first look', async () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, 'first');
    const { told, beat } = watched(file);
    writeFileSync(file, 'second');

    await beat();
    await beat();

    expect(told).toEqual([file]);
  });
});

it('a running Quash takes a new token, and nothing else, without a signal, unless it cannot be used', async () => {
  const folder = projected('gitlab-token', TOKEN);
  const cwd = temporaryFolder();
  const env = { QUASH_AUTH__TOKENSFILE: join(folder, 'gitlab-token') };
  const quash = await startQuashOfGitlab({ cwd, env });
  const isTaken = async (token: string) => (await gitlabClientOf(quash, token).report([])).delivered;

  project(folder, '2', { 'gitlab-token': `${TOKEN}-\u200b-second` });
  expect(await quash.logged('reload-failed')).toMatchObject({
    message: expect.stringContaining('auth.tokensFile'),
  });
  expect(await isTaken(TOKEN)).toBe(true);
  // What waits for a signal: the configuration, and the key file.
  writeFileSync(join(cwd, 'quash.yaml'), 'limits: { half-writ');
  rmSync(join(cwd, 'data', 'keys.json'));
  await createKeys(join(cwd, 'data', 'keys.json'));
  project(folder, '3', { 'gitlab-token': `${TOKEN}-the-third\n` });
  await quash.logged('reloaded');

  expect([await isTaken(TOKEN), await isTaken(`${TOKEN}-the-third`)]).toEqual([false, true]);
  expect(await quash.logged('secret-file-changed')).toMatchObject({ file: join(folder, 'gitlab-token') });
  await quash.end('SIGTERM');
});
