/** `quash ledger copy` as a command, ended by kill -9 and started again. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { main } from '../../src/cli/main.ts';
import { openLedger } from '../../src/open-ledger.ts';
import { createKeys, loadKeys } from '../../src/vault/keys.ts';
import { Vault } from '../../src/vault/seal.ts';
import { aReport } from '../contract/ledger-suite.ts';
import { runChild, startChild } from '../support/child.ts';
import { redisAvailable, startRedis } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const BIN = fileURLToPath(new URL('../../src/bin.js', import.meta.url));
const ENTRIES = 5_000;
const NOW = Date.now();

describe.skipIf(!redisAvailable())('quash ledger copy --to', () => {
  it('goes on after kill -9, tells what is there on both sides, and doubles nothing', async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const cwd = temporaryFolder();
    const keysFile = join(cwd, 'keys.json');
    await createKeys(keysFile);
    const vault = new Vault(await loadKeys(keysFile));
    const url = `sqlite:${join(cwd, 'quash.db')}`;
    const source = await openLedger({ url }, vault);
    const reports = Array.from({ length: ENTRIES }, (_, index) => aReport(`token-${index}`));
    await source.ledger.accept(reports, { now: NOW, backlog: 1e9 });
    await source.close();
    const env = { ...process.env, QUASH_LEDGER__URL: url, QUASH_LEDGER__KEYSFILE: keysFile };
    const args = [BIN, 'ledger', 'copy', '--to', server.url, '--partitions', '3'];

    const killed = startChild(process.execPath, args, { cwd, env });
    await new Promise<void>((resolve) => killed.stderr.once('data', () => resolve()));
    killed.kill('SIGKILL');
    await new Promise((resolve) => killed.once('exit', resolve));
    const { code, stdout } = await runChild(process.execPath, args, { cwd, env });

    expect(stdout).toMatch(new RegExp(`queued +${ENTRIES} +${ENTRIES}\\n`));
    expect(stdout).toContain(`All ${ENTRIES} entries are there.`);
    const { ledger: given, auth, admin } = parse(stdout.slice(stdout.indexOf('ledger: {')));
    expect(given).toEqual({ keysFile });
    expect(auth.tokens[1]).toEqual({
      ...{ name: 'submit', role: 'submit', tokenFile: join(cwd, 'submit-token') },
    });
    expect(admin.tokens).toEqual([{ name: 'admin', tokenFile: join(cwd, 'admin-token') }]);
    expect(code).toBe(0);
    const { ledger, close } = await openLedger({ url: server.url, partitions: 3 }, vault);
    onTestFinished(close);
    const claimed = new Set<string>();
    for (let last = 1; last > 0; ) {
      const options = { now: NOW, limit: 1_000, leaseMs: 60_000, maxPerHour: 0 };
      const { claims } = await ledger.claim('acme', options);
      last = claims.length;
      for (const { id } of claims) claimed.add(id);
    }
    expect(claimed.size).toBe(ENTRIES);

    const again = await runChild(process.execPath, args, { cwd, env });
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('holds other data') });

    await expect(openLedger({ url }, vault)).rejects.toMatchObject({
      message: expect.stringContaining(`was copied to ${server.url}`),
    });
    const reopened = await runChild(process.execPath, [BIN, 'ledger', 'reopen'], { cwd, env });
    expect(reopened).toMatchObject({ code: 0, stdout: expect.stringContaining(server.url) });
    await (await openLedger({ url }, vault)).close();
  });

  it.each([
    [['--to', 'http://redis.test'], 'Not a Redis URL'],
    [['--to', 'redis://redis.test', '--partitions', '0'], '--partitions wants a number'],
    [['--to', 'redis://redis.test', '--password-file', '/nowhere'], '/nowhere cannot be read (ENOENT)'],
    [[], 'required option'],
  ])('is wrong usage with %j', async (further, message) => {
    const cwd = temporaryFolder();
    const url = `sqlite:${join(cwd, 'quash.db')}`;
    await createKeys(join(cwd, 'keys.json'));
    const { close } = await openLedger({ url }, new Vault(await loadKeys(join(cwd, 'keys.json'))));
    await close();

    let stderr = '';
    const code = await main(['ledger', 'copy', ...further], {
      stdout: { write: () => true },
      stderr: { write: (text) => (stderr += text) },
      stdin: (async function* () {})(),
      ...{ env: { QUASH_LEDGER__URL: url }, cwd, definitions: async () => [] },
    });

    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
