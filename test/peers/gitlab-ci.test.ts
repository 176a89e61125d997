/** What GitLab runs, held against GitLab's own schema of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { pathOf, peer, suiteName } from './install.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PIPELINE = readFileSync(join(ROOT, '.gitlab-ci.yml'), 'utf8');
const TEMPLATE = readFileSync(join(ROOT, 'src/submit/submit.gitlab-ci.yml'), 'utf8');

const checker = peer('check-jsonschema');

describe.skipIf(checker.missing)(suiteName("GitLab's schema", checker), () => {
  const check = async (text: string) => {
    const file = join(temporaryFolder(), 'ci.yml');
    writeFileSync(file, text);
    const schema = ['--builtin-schema', 'vendor.gitlab-ci', '--data-transform', 'gitlab-ci'];
    const { code, stdout, stderr } = await runChild(pathOf(checker), [...schema, '--verbose', file]);
    return code === 0 ? [] : [`${stdout}${stderr}`];
  };

  it('takes the pipeline', async () => {
    expect(await check(PIPELINE)).toEqual([]);
  });

  it('takes what follows the inputs of the template', async () => {
    expect(await check(TEMPLATE.split('\n---\n')[1] ?? '')).toEqual([]);
  });

  it('refuses a job with the name of a keyword, and an unknown key', async () => {
    expect(await check(PIPELINE.replaceAll('build_image', 'image'))).not.toEqual([]);
    expect(await check(PIPELINE.replace('  services:', '  servces:'))).not.toEqual([]);
  });
});
