/** `quash submit` with the report of each scanner, against a whole Quash and a GitLab that revokes. */
import { resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { REPORTS, reportText, TOKENS } from '../submit/reports.ts';
import { runChild } from '../support/child.ts';
import { eventually } from '../support/eventually.ts';
import { startQuashOfGitlab } from '../support/quash-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const BIN = resolve(import.meta.dirname, '../../src/bin.js');
const PRE_SHARED = 'pre-shared-token-of-the-tests';
const CI = {
  CI_PROJECT_DIR: '/builds/group/project',
  CI_PROJECT_URL: 'https://gitlab.example.com/group/project',
  CI_COMMIT_SHA: '50bf24e579301b8c349a428f89c9edddd6df8d01',
};

/** Runs the real command with a report at its standard input. */
async function submit(report: string, env: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await runChild(process.execPath, [BIN, 'submit', '-', '--json'], {
    env: { PATH: process.env.PATH, QUASH_TOKEN: PRE_SHARED, ...env },
    input: report,
  });
  return { code, out: stdout, err: stderr };
}

it('revokes the GitLab token in the report of every scanner', async () => {
  const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  // Others' tokens stand in the reports, too, and no vendor may be called.
  const quash = await startQuashOfGitlab({
    cwd: temporaryFolder(),
    env: {
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
      QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken }]),
    },
  });
  onTestFinished(async () => {
    expect(await quash.end('SIGTERM')).toBe(0);
  });
  const env = { ...CI, QUASH_URL: quash.apiUrl };
  const reports = Object.entries({ ...REPORTS, 'kingfisher 1': 'kingfisher-1.json' });
  const leaked = reports.map(() => gitlab.addToken('personal'));
  const bystander = gitlab.addToken('personal');

  const ran = await Promise.all(
    reports.map(([, name], n) =>
      submit(reportText(name, { ...TOKENS, gitlab: leaked[n]?.value ?? '' }), env),
    ),
  );

  for (const [n, { code, out, err }] of ran.entries()) {
    expect([reports[n]?.[0], code, JSON.parse(out).accepted, err]).toEqual([
      reports[n]?.[0],
      0,
      1,
      '1 of 1 sent\n',
    ]);
    for (const token of [...leaked.map(({ value }) => value), TOKENS['aws-secret'], PRE_SHARED]) {
      expect(out + err).not.toContain(token);
    }
  }
  await eventually(() => expect(leaked.filter(({ revoked }) => !revoked)).toEqual([]));
  expect(bystander.revoked).toBe(false);
});
