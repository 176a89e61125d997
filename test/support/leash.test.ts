/** Whatever tests start and make is gone when they are, however they end. */
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { request } from 'undici';
import { expect, it } from 'vitest';
import { runChild, startChild } from './child.ts';
import { eventually } from './eventually.ts';
import { isRunning } from './is-running.ts';
import { PATIENCE_MS } from './patience.ts';
import { temporaryFolder } from './temporary-folder.ts';

const RUNNER = resolve(import.meta.dirname, 'leash-runner.ts');
const MODULES = resolve(import.meta.dirname, '../../node_modules');

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'a runner that gets %s leaves no service, no port and no folder behind',
  async (signal) => {
    const runner = startChild(process.execPath, [RUNNER]);
    const [line] = await once(createInterface(runner.stdout), 'line');
    const { pid, apiUrl, folder } = JSON.parse(line);
    const answer = await request(`${apiUrl}/v1/revocable_token_types`);
    await answer.body.dump();
    expect([answer.statusCode, isRunning(pid), existsSync(folder)]).toEqual([401, true, true]);

    runner.kill(signal);

    await eventually(() => expect(isRunning(pid)).toBe(false));
    await eventually(() => expect(request(apiUrl)).rejects.toMatchObject({ code: 'ECONNREFUSED' }));
    await eventually(() => expect(existsSync(folder)).toBe(false));
  },
);

it('a test that takes too long leaves no process to the next one', async () => {
  const folder = temporaryFolder();
  symlinkSync(MODULES, join(folder, 'node_modules'));
  const setupFiles = [resolve(import.meta.dirname, 'clean-up.ts')];
  const config = { test: { setupFiles, testTimeout: 500, hookTimeout: PATIENCE_MS } };
  writeFileSync(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(config)};`);
  writeFileSync(
    join(folder, 'two.test.mjs'),
    `import { expect, it } from 'vitest';
    import { startChild } from ${JSON.stringify(resolve(import.meta.dirname, 'child.ts'))};
    import { isRunning } from ${JSON.stringify(resolve(import.meta.dirname, 'is-running.ts'))};
    let pid;
    it('starts a process that starts another one, and hangs', async () => {
      ({ pid } = startChild('sh', ['-c', 'sleep 1000 & wait']));
      await new Promise(() => {});
    });
    it('is alone', () => {
      expect(isRunning(pid)).toBe(false);
    }, ${PATIENCE_MS});`,
  );

  const report = join(folder, 'report.json');
  const args = ['run', '--reporter=json', `--outputFile=${report}`];
  const { code } = await runChild(join(folder, 'node_modules/.bin/vitest'), args, { cwd: folder });

  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const [{ assertionResults }] = testResults;
  expect(assertionResults).toMatchObject([
    { status: 'failed', failureMessages: [expect.stringContaining('timed out')] },
    { status: 'passed', failureMessages: [] },
  ]);
  expect(code).toBe(1);
});
