import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('demo tells the whole story, from report to proof', async () => {
  const bin = resolve(import.meta.dirname, '../../src/bin.js');
  const { code, stdout: told } = await runChild(process.execPath, [bin, 'demo'], {
    cwd: temporaryFolder(),
    env: { PATH: process.env.PATH },
  });
  expect(code).toBe(0);
  expect(told).toMatch(/one of Ada's three GoCD tokens: revoked, and its provider confirms that it is dead/);
  expect(told).toMatch(/a developer's GitLab access token +dead/);
  expect(told).toMatch(/a GitLab runner token +alive +waits for your approval/);
  expect(told).toMatch(/in constant use by a build +alive +not leaked/);
});
