/** `quash submit` with the report of each scanner, against a whole Quash and a GitLab that revokes. */
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { gitlab as provider } from '../../providers/gitlab/index.ts';
import { main } from '../../src/cli/main.ts';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { REPORTS, reportText, TOKENS } from '../submit/reports.ts';
import { runChild } from '../support/child.ts';
import { eventually } from '../support/eventually.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const BIN = resolve(import.meta.dirname, '../../src/bin.js');
const PRE_SHARED = 'pre-shared-token-of-the-tests';
const CI = {
  CI_PROJECT_DIR: '/builds/group/project',
  CI_PROJECT_URL: 'https://gitlab.example.com/group/project',
  CI_COMMIT_SHA: '50bf24e579301b8c349a428f89c9edddd6df8d01',
};

const COMMAND = ['submit', '-', '--json'];

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command with a report at its standard input. */
async function submit(report: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  const ran = { stdout: '', stderr: '' };
  const code = await main(COMMAND, {
    stdout: { write: (text) => (ran.stdout += text) },
    stderr: { write: (text) => (ran.stderr += text) },
    stdin: Readable.from([report]),
    ...{ env, cwd: temporaryFolder(), definitions: async () => [] },
  });
  return { code, ...ran };
}

/** As {@link submit}, in a process of its own. */
function submitAlone(report: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  return runChild(process.execPath, [BIN, ...COMMAND], {
    env: { PATH: process.env.PATH, ...env },
    input: report,
  });
}

it('revokes the GitLab token in the report of every scanner', async () => {
  const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  // Others' tokens stand in the reports, too, and no vendor may be called.
  const quash = await startQuashHere({
    ...{ cwd: temporaryFolder(), definitions: [provider] },
    env: {
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
      QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken }]),
    },
  });
  const env = { ...CI, QUASH_URL: quash.apiUrl, QUASH_TOKEN: PRE_SHARED };
  const reports = Object.entries({ ...REPORTS, 'kingfisher 1': 'kingfisher-1.json' });
  const leaked = reports.map(() => gitlab.addToken('personal'));
  const bystander = gitlab.addToken('personal');

  const ran = await Promise.all(
    reports.map(([, name], n) =>
      (n === 0 ? submitAlone : submit)(reportText(name, { ...TOKENS, gitlab: leaked[n]?.value ?? '' }), env),
    ),
  );

  for (const [n, { code, stdout, stderr }] of ran.entries()) {
    expect([reports[n]?.[0], code, JSON.parse(stdout).accepted, stderr]).toEqual([
      reports[n]?.[0],
      0,
      1,
      '1 of 1 sent\n',
    ]);
    for (const token of [...leaked.map(({ value }) => value), TOKENS['aws-secret'], PRE_SHARED]) {
      expect(stdout + stderr).not.toContain(token);
    }
  }
  await eventually(() => expect(leaked.filter(({ revoked }) => !revoked)).toEqual([]));
  expect(bystander.revoked).toBe(false);
});
