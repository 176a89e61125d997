import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { definitions } from '../../providers/index.ts';
import { main } from '../../src/cli/main.ts';
import { loadConfig } from '../../src/config/load.ts';
import { withConfigTable } from '../../src/dev/describe-config.ts';
import { CONFIGURATION, DOCUMENTS, readDocument } from '../../src/dev/documents.ts';
import { OUTCOME_KINDS } from '../../src/words/outcome.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const GENERATED = ['providers/README.md', 'helm/README.md'];
const TEXT = DOCUMENTS.map(readDocument).join('\n');

/** What stands in code: blocks between fences, and the rest's spans between backticks. */
const BLOCKS = [...TEXT.matchAll(/^ *```.*\n([\s\S]*?)^ *```$/gm)].map((match) => match[1] ?? '');
const PROSE = proseOf(TEXT);
const CODE = [...BLOCKS, ...[...PROSE.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '')].join('\n');

function proseOf(text: string): string {
  return text.replace(/^ *```.*\n[\s\S]*?^ *```$/gm, '');
}

/** As GitLab makes them of headings. */
function anchorsOf(text: string): string[] {
  return found(proseOf(text), /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}

function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))];
}

async function usageOf(command: readonly string[]): Promise<string> {
  let output = '';
  const sink = {
    write: (text: string) => {
      output += text;
    },
  };
  await main([...command, '--help'], {
    stdout: sink,
    stderr: sink,
    stdin: (async function* () {})(),
    env: {},
    cwd: ROOT,
    definitions: async () => definitions,
  });
  return output;
}

it('has the table of the configuration that its schema generates; if not, run "npm run docs"', () => {
  const text = readDocument(CONFIGURATION);
  expect(withConfigTable(text, definitions)).toBe(text);
});

it('names only commands that exist, and all of them', async () => {
  const commands = found(CODE, /\bquash ([a-z][a-z-]*(?: [a-z][a-z-]*)*)/g);
  const usages = await Promise.all(commands.map((command) => usageOf(command.split(' '))));
  const starts = usages.map((usage) => usage.slice(0, usage.indexOf(' [')));
  const all = found(await usageOf([]), /^ {2}([a-z][a-z-]*)/gm);

  expect(starts).toEqual(commands.map((command) => `Usage: quash ${command}`));
  expect(all.length).toBeGreaterThan(1);
  expect(commands.map((command) => command.split(' ')[0])).toEqual(
    expect.arrayContaining(all.filter((command) => command !== 'help')),
  );
});

it('says of each outcome what it means', () => {
  const rows = found(readDocument('src/dispatch/README.md'), /^\| `([a-z-]+)`/gm);
  expect(OUTCOME_KINDS.filter((kind) => kind !== 'held' && !rows.includes(kind))).toEqual([]);
});

it('names only npm scripts that exist', () => {
  const scripts = found(CODE, /\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g);

  expect(scripts).toEqual(expect.arrayContaining(['start', 'test', 'docs']));
  expect(scripts.filter((script) => !(script in packageJson.scripts))).toEqual([]);
});

it.each([...DOCUMENTS, ...GENERATED])('%s links only to files and headings that exist', (path) => {
  const links = found(proseOf(readDocument(path)), /\]\(([^)]+)\)/g).filter((link) => !/^https?:/.test(link));

  const missing = links.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? join(ROOT, path) : resolve(ROOT, dirname(path), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
  });

  expect(missing).toEqual([]);
});

it('is found from the README, each document', () => {
  const links = found(readDocument('README.md'), /\]\(([^)#]+)[^)]*\)/g);
  expect(links).toEqual(expect.arrayContaining(DOCUMENTS.filter((path) => path !== 'README.md')));
});

it('has no document that is too long to be read', () => {
  const lengths = DOCUMENTS.map((path) => [path, readDocument(path).split('\n').length] as const);
  expect(lengths.filter(([path, length]) => length > (path === 'README.md' ? 250 : 400))).toEqual([]);
});

it('shows a configuration that is valid', () => {
  const yaml = BLOCKS.find((block) => block.includes('\nledger:')) ?? '';
  const secrets = found(yaml, /File: ([^\s,}]+)/g);
  const cwd = temporaryFolder();
  for (const file of ['quash.yaml', ...secrets]) {
    mkdirSync(dirname(join(cwd, file)), { recursive: true });
    writeFileSync(join(cwd, file), file === 'quash.yaml' ? yaml : `the secret of ${file}`);
  }

  const { config, secretFiles } = loadConfig({ env: {}, cwd, definitions });

  expect(config.types).toEqual({ my_scanner_gocd: 'gocd' });
  expect(secretFiles.size).toBeGreaterThanOrEqual(secrets.length);
});

it('names in its examples only types of scanners that a provider takes', () => {
  const named = found(CODE, /\b(gitleaks_rule_id_[\w-]+)/g).filter((type) => !type.includes('acme'));
  const taken = definitions.flatMap(({ types }) => types);
  expect(named.filter((type) => !taken.includes(type))).toEqual([]);
});

it('shows the dashboard in a picture that loads fast', () => {
  const picture = 'src/admin/dashboard.png';
  const bytes = readFileSync(join(ROOT, picture));

  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  expect(bytes.length).toBeLessThan(150_000);
  expect(readDocument('README.md')).toContain(`](${picture})`);
});
