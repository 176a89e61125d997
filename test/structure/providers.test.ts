import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { definitions } from '../../providers/index.ts';
import { describeProviderKeys } from '../../src/dev/describe-config.ts';
import { exampleKinds } from '../../src/dev/example-kinds.ts';
import { coverageOf, providersPage } from '../../src/dev/provider-table.ts';
import { nameOfPlace } from '../../src/provider/place.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { type ProviderSpec, runStep, startBench } from '../contract/provider-suite.ts';
import { exampleDefinition } from '../support/example-definition.ts';

const PROVIDERS = resolve(import.meta.dirname, '../../providers');
const IDS = definitions.map(({ id }) => id);
const LAST_RESORTS = definitions.flatMap(({ id, lastResort }) => (lastResort ? [id] : []));
const FOLDERS = readdirSync(PROVIDERS, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

/** Those that the contract suite cannot be run on, and why. */
const NO_CONTRACT: Readonly<Record<string, string>> = {
  manual: 'It makes no calls that the suite could play or break; its own tests say what it does.',
};

/** Two screens. What is longer holds more than one thing: give each kind of token a file beside `index.ts`. */
const MAX_LINES = 160;

function linesOf(path: string): number {
  return readFileSync(path, 'utf8').trimEnd().split('\n').length;
}

it('has a line in the registry for each folder, and a folder for each line', () => {
  expect([...IDS].sort()).toEqual([...FOLDERS].sort());
});

describe.each(IDS)('the folder of %s', (id) => {
  it('has the provider of its name, exported under it', async () => {
    const name = id.replace(/-(.)/g, (_hyphen, letter: string) => letter.toUpperCase());
    const module = (await import(`../../providers/${id}/index.ts`)) as Record<string, unknown>;
    expect(module[name]).toBe(definitions.find((definition) => definition.id === id));
  });

  it('begins with the documentation, the date on which it was checked, and the quirks', () => {
    const text = readFileSync(join(PROVIDERS, id, 'index.ts'), 'utf8');
    const header = /^\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? '';
    expect(header).toMatch(/https:\/\//);
    expect(header).toMatch(/checked(?:\n \*)? \d{4}-\d{2}-\d{2}/);
  });

  it(`has no source file of more than ${MAX_LINES} lines`, () => {
    const sources = readdirSync(join(PROVIDERS, id)).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'cases.ts',
    );
    const long = sources.filter((name) => linesOf(join(PROVIDERS, id, name)) > MAX_LINES);
    expect(sources).toContain('index.ts');
    expect(long).toEqual([]);
  });

  it('keeps every string of its definition fit for one cell of a table', () => {
    const definition = definitions.find((each) => each.id === id);
    const { title, needs, exactness, proof, effect } = definition ?? {};
    for (const text of [title, needs, exactness, proof, effect]) expect(text).toMatch(/^\S.{0,250}$/);
  });
});

it.each(IDS.filter((id) => !(id in NO_CONTRACT)))(
  '%s runs the provider contract on cases of its own',
  async (id) => {
    const { cases } = (await import(`../../providers/${id}/cases.ts`)) as {
      cases: readonly ProviderSpec<unknown>[];
    };
    expect(new Set(cases.map((spec) => spec.definition.id))).toEqual(new Set([id]));
    const test = readFileSync(join(PROVIDERS, id, 'index.test.ts'), 'utf8');
    expect(test).toMatch(/from '\.\/cases\.ts'/);
    expect(test).toMatch(/\bdescribeProvider\(/);
  },
);

const NOTE_OF_ACCOUNT = z.object({ note: z.object({ account: z.string() }) });
const NAMED_FREELY = /For messages; unique among/;
const ofFreeNames = IDS.filter((id) =>
  describeProviderKeys(definitions.filter((each) => each.id === id)).some(({ sentence }) =>
    NAMED_FREELY.test(sentence),
  ),
);

it.each(ofFreeNames)(
  '%s keeps with what an account was seen, as another one may take its name',
  async (id) => {
    const { cases } = (await import(`../../providers/${id}/cases.ts`)) as {
      cases: readonly ProviderSpec<unknown>[];
    };
    const keys: string[] = [];
    for (const spec of cases) {
      const bench = await startBench(spec.definition, spec.config, spec.scripts.revoked.exchanges);
      onTestFinished(() => bench.close());
      const notes: unknown[] = [];
      const mayActUnproven = spec.approved ?? false;
      await runStep(bench, new Secret(spec.token), { ...spec, notes, mayActUnproven });
      keys.push(...notes.flatMap((note) => NOTE_OF_ACCOUNT.safeParse(note).data?.note.account ?? []));
    }
    expect(keys).not.toEqual([]);
    for (const key of keys) expect(key).not.toBe(nameOfPlace(key));
  },
);

it('exempts only those from the contract that need it', () => {
  expect(Object.keys(NO_CONTRACT)).toEqual(LAST_RESORTS);
  for (const id of LAST_RESORTS) expect(existsSync(join(PROVIDERS, id, 'index.test.ts'))).toBe(true);
});

describe('the page of the providers', () => {
  it('is what the definitions generate; if not, run "npm run docs"', async () => {
    const page = providersPage(await exampleKinds(definitions));
    expect(readFileSync(join(PROVIDERS, 'README.md'), 'utf8')).toBe(page);
  });

  it('shows the kinds of every provider that a person can configure', async () => {
    const without = (await exampleKinds(definitions)).filter(({ kinds }) => kinds.length === 0);
    expect(without.map(({ definition }) => definition.id)).toEqual(LAST_RESORTS);
  });

  it('has a sentence for every key of a provider', () => {
    const silent = describeProviderKeys(definitions).filter(({ sentence }) => !/[.)]$/.test(sentence));
    expect(silent.map(({ key }) => key)).toEqual([]);
  });

  it('counts the rules that a provider takes which is neither experimental nor a person', () => {
    const taking = (id: string, type: string, rest: Partial<ProviderDefinition>) =>
      exampleDefinition(id, z.strictObject({}), { ...rest, types: [type, `${id}_type`] });
    const coverage = coverageOf([
      taking('one', 'gitleaks_rule_id_slack_token', { stability: 'beta' }),
      taking('two', 'gitleaks_rule_id_slack_token', { stability: 'beta' }),
      taking('three', 'gitleaks_rule_id_aws', { stability: 'experimental' }),
      taking('four', 'gitleaks_rule_id_asana_client_id', { stability: 'beta', lastResort: true }),
    ]);
    expect(coverage).toEqual({ providers: 2, rules: 1, experimentalRules: 1 });
  });

  it('lists the rules that no provider takes', () => {
    const listed = definitions.map((definition) => ({ definition, kinds: [] }));
    const [, without = ''] = providersPage(listed).split('## Rules without a provider');
    expect(without).toContain('`gitleaks_rule_id_asana_client_id`');
    expect(without).not.toContain('`gitleaks_rule_id_gitlab_deploy_token`');
  });
});
