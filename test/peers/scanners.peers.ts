/** Reports of real scanners, of a repository that the test writes: each token in them is one that its provider reads. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { createProviders } from '../../src/cli/setup.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Registry } from '../../src/provider/registry.ts';
import { createLocate } from '../../src/submit/location.ts';
import { planSubmission } from '../../src/submit/plan.ts';
import { readReport } from '../../src/submit/report.ts';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type Peer, pathOf, peer, suiteName } from './install.ts';

/** Put together here, and without a run that a scanner takes for an example. */
const LEAKS: Readonly<Record<string, string>> = {
  'gitlab.env': ['gl', 'pat-', 'q7Zr2Kp9Xw4Tn6Vb1Mc8'].join(''),
  'github.env': ['gh', 'p_', 'q7Zr2Kp9Xw4Tn6Vb1Mc8Jd5Hf3Lg0Sy2Ru7e'].join(''),
  'slack.env': ['xox', 'b-', '735298461057-948271630582-', 'q7Zr2Kp9Xw4Tn6Vb1Mc8Jd5H'].join(''),
};

let registry: Registry;
let repository: string;

beforeAll(async () => {
  const setup = { ...loadConfig({ env: {}, cwd: temporaryFolder(afterAll), definitions }), definitions };
  const ready = createProviders(setup, { cwd: temporaryFolder(afterAll) });
  await ready.upstream.close();
  registry = ready.registry;
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

/** Files and tokens of the report that Quash would be sent, each as its provider reads it. */
function sentOf(report: Buffer): Readonly<Record<string, string>> {
  const { findings, faults } = readReport(report);
  expect(faults).toEqual([]);
  const { submissions, withoutToken } = planSubmission(findings, {
    advertised: new Set(registry.advertised),
    locate: createLocate(undefined, {}),
    providerOf: () => undefined,
  });
  expect(withoutToken).toEqual([]);
  const sent = submissions.map(({ type, token, location }) => {
    const routed = registry.route(type, token);
    return [location.replace(/^.*\/|#.*$/g, ''), routed.ok ? routed.token : `${type}: no token`];
  });
  return Object.fromEntries(sent);
}

const gitleaks = peer('gitleaks');

describe.skipIf(gitleaks.missing)(suiteName('gitleaks', gitleaks), () => {
  it.each(['json', 'sarif'])('hands over each token in %s', async (format) => {
    const report = await reportOf(gitleaks, (output) => [
      ...['git', repository, '--no-banner', '--exit-code', '0'],
      ...['--report-format', format, '--report-path', output],
    ]);

    expect(sentOf(report)).toEqual(LEAKS);
  });
});

const kingfisher = peer('kingfisher');

describe.skipIf(kingfisher.missing)(suiteName('Kingfisher', kingfisher), () => {
  it.each(['json', 'jsonl', 'sarif'])('hands over each token in %s', async (format) => {
    const report = await reportOf(kingfisher, (output) => [
      ...['scan', repository, '--no-validate', '--no-update-check'],
      ...['--format', format, '--output', output],
    ]);

    expect(sentOf(report)).toEqual(LEAKS);
  });
});
