/** Reports of real scanners, of a repository that the test writes: a running Quash accepts each token in them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChild } from '../support/child.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Peer, pathOf, peer, suiteName } from './install.ts';

/** Put together here, and without a run that a scanner takes for an example. */
const LEAKS: Readonly<Record<string, string>> = {
  'gitlab.env': ['gl', 'pat-', 'q7Zr2Kp9Xw4Tn6Vb1Mc8'].join(''),
  'github.env': ['gh', 'p_', 'q7Zr2Kp9Xw4Tn6Vb1Mc8Jd5Hf3Lg0Sy2Ru7e'].join(''),
  'slack.env': ['xox', 'b-', '735298461057-948271630582-', 'q7Zr2Kp9Xw4Tn6Vb1Mc8Jd5H'].join(''),
};

const BIN = resolve(import.meta.dirname, '../../src/bin.js');

let repository: string;

beforeAll(async () => {
  repository = temporaryFolder(afterAll);
  for (const [file, token] of Object.entries(LEAKS)) {
    writeFileSync(join(repository, file), `ACCESS_TOKEN="${token}"\n`);
  }
  const user = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
    [...user, 'commit', '-qm', 'Leak'],
  ]) {
    expect((await runChild('git', ['-C', repository, ...args])).code).toBe(0);
  }
});

async function reportOf(scanner: Peer, args: (output: string) => readonly string[]): Promise<Buffer> {
  const output = join(temporaryFolder(), 'report');
  await runChild(pathOf(scanner), args(output), { env: { PATH: process.env.PATH, HOME: temporaryFolder() } });
  return readFileSync(output);
}

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';
const PROJECT = 'https://gitlab.example.com/group/app';

/**
 * Hands the report over by the real command to a Quash that holds everything, and so calls nobody.
 * @returns file and provider of each token of {@link LEAKS} that is in its ledger, and how many entries there are
 */
async function takenOf(report: Buffer) {
  const cwd = temporaryFolder();
  const { apiUrl, adminUrl } = await startQuashHere({
    cwd,
    env: {
      ...{ QUASH_AUTH__TOKENS: PRE_SHARED, QUASH_ADMIN__TOKENS: ADMIN, QUASH_REVOCATION__MODE: 'hold' },
      QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
    },
  });
  const { code, stdout, stderr } = await runChild(process.execPath, [BIN, 'submit', '-', '--json'], {
    env: {
      ...{ PATH: process.env.PATH, QUASH_URL: apiUrl, QUASH_TOKEN: PRE_SHARED },
      ...{ CI_PROJECT_DIR: repository, CI_PROJECT_URL: PROJECT, CI_COMMIT_SHA: 'c0ffee'.repeat(7).slice(2) },
    },
    input: report.toString(),
  });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const ask = async (path: string, body?: unknown) => {
    const answer = await fetch(`${adminUrl}/api${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as { entries: { id: string; provider: string; state: string }[] };
  };
  const taken = Object.entries(LEAKS).map(async ([file, token]) => {
    const { entries } = await ask('/revocations/find', { token });
    return [file, entries.map(({ provider, state }) => `${provider}: ${state}`).join()] as const;
  });
  const { accepted } = JSON.parse(stdout) as { accepted: number };
  const { entries } = await ask('/revocations?limit=100');
  return { accepted, entries: entries.length, tokens: Object.fromEntries(await Promise.all(taken)) };
}

const ALL_TAKEN = {
  accepted: 3,
  entries: 3,
  tokens: { 'gitlab.env': 'gitlab: held', 'github.env': 'github: held', 'slack.env': 'slack: held' },
};

const gitleaks = peer('gitleaks');

describe.skipIf(gitleaks.missing)(suiteName('gitleaks', gitleaks), () => {
  it.each(['json', 'sarif'])('has each token accepted from %s', async (format) => {
    const report = await reportOf(gitleaks, (output) => [
      ...['git', repository, '--no-banner', '--exit-code', '0'],
      ...['--report-format', format, '--report-path', output],
    ]);

    expect(await takenOf(report)).toEqual(ALL_TAKEN);
  });
});

const kingfisher = peer('kingfisher');

describe.skipIf(kingfisher.missing)(suiteName('Kingfisher', kingfisher), () => {
  it.each(['json', 'jsonl', 'sarif'])('has each token accepted from %s', async (format) => {
    const report = await reportOf(kingfisher, (output) => [
      ...['scan', repository, '--no-validate', '--no-update-check'],
      ...['--format', format, '--output', output],
    ]);

    expect(await takenOf(report)).toEqual(ALL_TAKEN);
  });
});

// Its reports are tried as they are published, in test/submit.
describe.skip('Betterleaks (skipped: no package registry has it, and it is not built here)', () => {
  it('has each token accepted', () => {});
});
