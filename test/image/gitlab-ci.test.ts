/** The pipeline for a mirror in the operator's own GitLab, and the template for the projects there. */
import { chmodSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { HELM, helm, WITHOUT_HELM } from '../helm/render.ts';
import { outputOf } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');

interface Job {
  readonly stage: string;
  readonly needs?: readonly (string | object)[];
  readonly rules?: readonly object[];
  readonly image: { readonly name: string };
  readonly before_script?: readonly string[];
  readonly script: readonly string[];
  readonly artifacts?: Readonly<Record<string, unknown>>;
  readonly variables?: Readonly<Record<string, string>>;
}

const PIPELINE_TEXT = readFileSync(join(ROOT, '.gitlab-ci.yml'), 'utf8');
const PIPELINE: Readonly<Record<string, Job>> = parse(PIPELINE_TEXT);
const STAGES = PIPELINE.stages as unknown as readonly string[];
const PROJECT = 'registry.gitlab.example.com/security/quash';

describe('the pipeline', () => {
  const jobs = Object.entries(PIPELINE).filter(([, { script }]) => script);

  it('has jobs for tests, bill of materials, image and chart, each in a stage that there is', () => {
    expect(jobs.map(([name]) => name)).toEqual([
      'tests',
      'bill_of_materials',
      'build_image',
      'publish_chart',
    ]);
    for (const [, { stage, needs = [] }] of jobs) {
      expect(STAGES).toContain(stage);
      for (const name of needs) expect(PIPELINE[String(name)]?.script).toBeDefined();
    }
  });

  it('names no registry: images by short names that variables replace, and else that of the project', () => {
    expect(PIPELINE_TEXT).not.toMatch(/[\w-]+\.(com|io|org|dev|net)\b/);
    const images = JSON.stringify(PIPELINE).match(/"(image|name)":"[^"]+"/g) ?? [];
    expect(images.filter((image) => !/"\$[A-Z]+_IMAGE/.test(image))).toEqual([]);
  });

  it("runs the repository's own commands", () => {
    const scripts = jobs.flatMap(([, { script }]) => script).join('\n');
    for (const [, name = ''] of scripts.matchAll(/npm run ([\w:]+)/g))
      expect(packageJson.scripts).toHaveProperty(name);
    for (const [path] of scripts.matchAll(/^\.ci\/\w+/gm)) expect(existsSync(join(ROOT, path))).toBe(true);
    expect(PIPELINE.bill_of_materials?.artifacts).toMatchObject({
      reports: { cyclonedx: 'test-results/sbom.cdx.json' },
    });
  });

  it('builds the image on a base that the Dockerfile takes, and pushes just this', async () => {
    const calls = await runJob('build_image', { CI_COMMIT_TAG: 'v1' });
    expect(calls).toEqual([
      'docker login --username ci --password-stdin registry.gitlab.example.com',
      expect.stringMatching(
        `^docker build .*--build-arg NODE_IMAGE=node:26-slim .*--tag ${PROJECT}:${packageJson.version} \\.$`,
      ),
      `docker push ${PROJECT}:${packageJson.version}`,
    ]);
  });

  it.skipIf(!HELM)(`publishes a chart that knows its image${WITHOUT_HELM}`, async () => {
    const cwd = temporaryFolder();
    const calls = await runJob('publish_chart', {}, cwd);
    const version = `${packageJson.version}-g0123456`;
    expect(calls).toEqual([
      'helm registry login --username ci --password-stdin registry.gitlab.example.com',
      `helm push quash-${version}.tgz oci://${PROJECT}/charts`,
    ]);
    const objects = await helm(
      'template',
      'x',
      join(cwd, `quash-${version}.tgz`),
      '--set',
      'existingSecret=x',
    );
    expect(objects).toContain(`image: ${PROJECT}:${version}`);
  });
});

/** Runs a job's script as GitLab does; what would leave the machine is only written down. */
async function runJob(
  name: string,
  variables: Readonly<Record<string, string>>,
  cwd = temporaryFolder(),
): Promise<readonly string[]> {
  cpSync(join(ROOT, 'helm'), join(cwd, 'helm'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(cwd, 'package.json'));
  const log = `printf '%s\\n' "$(basename "$0") $*" >> ${join(cwd, 'calls')}`;
  const path = temporaryFolder();
  for (const tool of ['docker', 'helm']) {
    const real = tool === 'helm' ? `case $1 in package) exec '${HELM}' "$@" ;; esac\n` : '';
    writeFileSync(join(path, tool), `#!/bin/sh\n${real}${log}\n`);
    chmodSync(join(path, tool), 0o755);
  }
  const env = {
    PATH: `${path}:${process.env.PATH}`,
    HOME: cwd,
    NODE_IMAGE: 'node:26',
    CI_REGISTRY: 'registry.gitlab.example.com',
    CI_REGISTRY_USER: 'ci',
    CI_REGISTRY_PASSWORD: 'x',
    CI_REGISTRY_IMAGE: PROJECT,
    CI_COMMIT_SHA: '0123456789',
    CI_COMMIT_SHORT_SHA: '0123456',
    ...variables,
  };
  const script = [...(PIPELINE['.publish']?.before_script ?? []), ...(PIPELINE[name]?.script ?? [])];
  await outputOf('sh', ['-ec', script.join('\n')], { cwd, env });
  return readFileSync(join(cwd, 'calls'), 'utf8').trim().split('\n');
}

describe('the template for projects', () => {
  const text = readFileSync(join(ROOT, 'src/submit/submit.gitlab-ci.yml'), 'utf8');
  const [header, body] = parseAllDocuments(text).map((document) => document.toJS());
  const inputs = header.spec.inputs as Readonly<Record<string, { readonly default?: unknown }>>;

  /** As GitLab fills them in. */
  const filledIn = (given: Readonly<Record<string, string>>): Readonly<Record<string, Job>> =>
    parse(
      stringify(body).replace(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) =>
        String(given[name] ?? inputs[name]?.default),
      ),
    );

  it('has an input for each that it uses, and none that it does not', () => {
    const used = [...JSON.stringify(body).matchAll(/\$\[\[ inputs\.([\w-]+) \]\]/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set(Object.keys(inputs)));
  });

  it('wants the address and the image, and nothing else', () => {
    const required = Object.keys(inputs).filter((name) => inputs[name]?.default === undefined);
    expect(required).toEqual(['quash-url', 'image']);
  });

  it('hands over the report of GitLab, which nobody can download', () => {
    const { secret_detection: scan, quash_submit: submit } = filledIn({
      image: 'q',
      'quash-url': 'https://q',
    });
    expect(scan?.artifacts).toEqual({
      paths: ['gl-secret-detection-report.json'],
      access: 'none',
      expire_in: '1 hour',
    });
    expect(submit).toMatchObject({ variables: { QUASH_URL: 'https://q' } });
  });

  it('is in the pipelines in which GitLab scans, and breaks none in which it does not', () => {
    const { quash_submit: submit } = filledIn({});
    expect(submit?.needs).toEqual([{ job: 'secret_detection', optional: true }]);
    const isDisabled = ['true', '1'].map((value) => `$SECRET_DETECTION_DISABLED == "${value}"`).join(' || ');
    const scansMergeRequests = '$AST_ENABLE_MR_PIPELINES == "true"';
    // Those of Jobs/Secret-Detection.gitlab-ci.yml.
    expect(submit?.rules).toEqual([
      { if: isDisabled, when: 'never' },
      { if: `${scansMergeRequests} && $CI_PIPELINE_SOURCE == "merge_request_event"` },
      { if: `${scansMergeRequests} && $CI_OPEN_MERGE_REQUESTS`, when: 'never' },
      { if: '$CI_COMMIT_BRANCH' },
    ]);
  });

  it.each([
    ['false', 'node /app/src/bin.js submit gl-secret-detection-report.json'],
    ['true', 'node /app/src/bin.js submit gl-secret-detection-report.json --fail-on-unconfigured'],
  ])('runs the command (fail-on-unconfigured: %s)', async (flag, command) => {
    const { quash_submit: job } = filledIn({ 'fail-on-unconfigured': flag });
    const script = ['node() { echo node "$@"; }', ...(job?.script ?? [])].join('\n');
    const env = { PATH: process.env.PATH, FAIL_ON_UNCONFIGURED: job?.variables?.FAIL_ON_UNCONFIGURED };
    expect((await outputOf('sh', ['-ec', script], { env })).trim()).toBe(command);
  });
});
