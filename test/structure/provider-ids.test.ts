import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { definitions } from '../../providers/index.ts';

const SOURCES = resolve(import.meta.dirname, '../../src');
const IDS = new Set(definitions.map(({ id }) => id));

/** Where a text is an id of a provider, or only reads like one, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  'cli/demo-world.ts': 'The demo leaks tokens of these providers.',
  'cli/first-run.ts': 'A role of callers.',
  'cli/generated-tokens.ts': 'A role of callers.',
  'cli/gitlab-settings.ts': 'A role of callers.',
  'cli/submit.ts': 'Names of scanners.',
  'custom/address.ts': 'A sample of a value.',
  'fakes/gitlab-hooks.ts': 'A word of fetch.',
  'http/gathered.ts': 'A role of callers.',
  'http/intake.ts': 'The vault, which seals.',
  'notify/channels.ts': 'A kind of channel.',
  'notify/config.ts': 'A kind of channel.',
  'provider/provider.ts': 'A key of the configuration.',
  'review/earlier-ends.ts': 'What version 0.1.0 wrote into its ledger.',
  'submit/github.ts': 'The name of a scanner.',
  'submit/gitlab.ts': 'The name of a scanner.',
  'words/caller.ts': 'A role of callers.',
  'words/outcome.ts': 'A reason.',
};

/** The texts of a source that are an id: a capability stands in the definition, where the next provider can have it, too. */
function idsIn(path: string): readonly string[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const ids: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && IDS.has(node.text)) ids.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return ids;
}

/** Is in no image, and writes examples under made-up ids. */
const DEV = 'dev/';

it('the core knows no provider by its id, but in a few places that say why', () => {
  const naming = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name) && !name.startsWith(DEV) && idsIn(join(SOURCES, name)).length > 0)
    .sort();
  expect(naming).toEqual(Object.keys(ALLOWED));
});
