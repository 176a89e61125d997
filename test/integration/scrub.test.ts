import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { request } from 'undici';
import { expect, it, onTestFinished } from 'vitest';
import { CODE_CACHE } from '../support/code-cache.ts';
import { startQuash } from '../support/quash-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const PASSWORD = 'password-of-the-operator';
const NEW_PASSWORD = 'changed-while-it-was-running';
const CARELESS = resolve(import.meta.dirname, '../support/careless-quash.ts');

it('keeps tokens in work and configured secrets out of the log when a provider does not', async () => {
  const cwd = temporaryFolder();
  const passwordFile = join(cwd, 'password');
  writeFileSync(passwordFile, PASSWORD);
  const quash = await startQuash({
    cwd,
    command: [process.execPath, CARELESS, 'serve'],
    env: {
      ...CODE_CACHE,
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
      QUASH_PROVIDERS__CARELESS__PASSWORDFILE: passwordFile,
    },
  });
  onTestFinished(async () => {
    await quash.end('SIGTERM');
  });
  const report = async (token: string) => {
    const { statusCode } = await request(`${quash.apiUrl}/v1/revoke_tokens`, {
      method: 'POST',
      headers: { authorization: PRE_SHARED, 'content-type': 'application/json' },
      body: JSON.stringify([{ type: 'careless_token', token, location: '' }]),
    });
    expect(statusCode).toBe(204);
  };
  const noted = (times: number) =>
    quash.logged(
      'provider-note',
      () => quash.log().filter(({ event }) => event === 'provider-note').length === times,
    );

  await report('no-known-shape-one');
  expect(await noted(1)).toMatchObject({
    note: 'careless',
    fields: { token: '[secret]', url: 'https://quash:[secret]@example.com' },
  });

  writeFileSync(passwordFile, NEW_PASSWORD);
  quash.signal('SIGHUP');
  await quash.logged('reloaded');
  await report('no-known-shape-two');
  await noted(2);
  for (const secret of ['no-known-shape-one', 'no-known-shape-two', PASSWORD, NEW_PASSWORD])
    expect(quash.output()).not.toContain(secret);
});
