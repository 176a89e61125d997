import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DockerfileParser, type From, type Instruction, Keyword } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { readDockerIgnore } from '../support/docker-ignore.ts';
import { jsonOf } from '../support/dockerfile-build.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TEXT = readFileSync(resolve(ROOT, 'Dockerfile'), 'utf8');
const INSTRUCTIONS = DockerfileParser.parse(TEXT).getInstructions();
const LAST_STAGE = INSTRUCTIONS.slice(INSTRUCTIONS.findLastIndex((one) => one.getKeyword() === Keyword.FROM));

function all(keyword: Keyword, among: readonly Instruction[] = INSTRUCTIONS): string[] {
  return among.filter((one) => one.getKeyword() === keyword).map((one) => one.getArgumentsContent() ?? '');
}

describe('the Dockerfile', () => {
  it('has no fault that a linter knows', () => {
    expect(validate(TEXT)).toEqual([]);
  });

  it('stands on one base image, with a tag that says which and that a build may replace by a digest', () => {
    expect(all(Keyword.ARG)[0]).toMatch(/^NODE_IMAGE=node:26(\.\d+)*-slim(@sha256:[0-9a-f]{64})?$/);
    const bases = INSTRUCTIONS.filter((one) => one.getKeyword() === Keyword.FROM);
    const variable = ['$', '{NODE_IMAGE}'].join('');
    expect(bases.map((one) => (one as From).getImage())).toEqual([variable, variable]);
  });

  it('ends as an unprivileged user, given as numbers so that Kubernetes can tell', () => {
    expect(all(Keyword.USER, LAST_STAGE)).toEqual(['65532:65532']);
    const after = LAST_STAGE.slice(LAST_STAGE.findIndex((one) => one.getKeyword() === Keyword.USER));
    expect(all(Keyword.RUN, after)).toEqual([]);
  });

  it('starts Node.js itself and leaves nothing to a shell', () => {
    for (const keyword of [Keyword.ENTRYPOINT, Keyword.HEALTHCHECK]) {
      const [only, ...others] = LAST_STAGE.filter((one) => one.getKeyword() === keyword);
      expect([others, only && jsonOf(only)[0]]).toEqual([[], 'node']);
    }
    expect(all(Keyword.CMD, LAST_STAGE)).toEqual(['["serve"]']);
    expect(all(Keyword.SHELL)).toEqual([]);
  });

  it('fetches nothing by itself and is given no secret', () => {
    expect(all(Keyword.ADD)).toEqual([]);
    const given = [...all(Keyword.ENV), ...all(Keyword.ARG)].join('\n');
    expect(given).not.toMatch(/token|secret|password|passwd|key|credential|auth/i);
  });

  it('says what the image is, in the words of the OCI', () => {
    const labels = all(Keyword.LABEL).join('\n');
    for (const name of ['title', 'description', 'licenses', 'version', 'revision'])
      expect(labels).toContain(`org.opencontainers.image.${name}=`);
  });

  it("leaves the operator's configuration alone: no variable sets a key", () => {
    expect(all(Keyword.ENV).filter((text) => text.includes('QUASH_'))).toEqual([]);
  });
});

describe('.dockerignore', () => {
  const isLeftOut = readDockerIgnore(readFileSync(resolve(ROOT, '.dockerignore'), 'utf8'));

  it.each([
    ...['.env', '.git/config', '.ci/run', 'data/keys.json', 'quash.yaml', 'node_modules/zod/index.js'],
    ...['README.md', 'providers/README.md', 'test/all.ts', 'helm/values.yaml', 'Dockerfile'],
    ...['providers/slack/cases.ts', 'providers/slack/index.test.ts', 'src/dev/new-provider.ts'],
  ])('keeps %s out of the build', (path) => {
    expect(isLeftOut(path)).toBe(true);
  });

  it.each([
    'package.json',
    '.npmrc',
    'src/bin.js',
    'src/ledger/redis/lua/accept.lua',
    'providers/slack/index.ts',
  ])('lets %s in', (path) => {
    expect(isLeftOut(path)).toBe(false);
  });
});
