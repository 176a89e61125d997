import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createContextOf } from '../../src/submit/context.ts';
import type { ScannerFinding } from '../../src/submit/finding.ts';
import { batchesOf, planSubmission } from '../../src/submit/plan.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TOKEN = 'the-id-of-a-key';

function finding(changes: Partial<ScannerFinding> = {}): ScannerFinding {
  return {
    ...{ types: ['acme_key'], token: TOKEN, rule: 'acme', file: 'config.yml', startLine: 1, endLine: 1 },
    ...{ commit: '', link: '' },
    ...changes,
  };
}

/** @param files by their names below the checkout */
function checkout(files: Readonly<Record<string, string>>) {
  const folder = join(temporaryFolder(), 'checkout');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { folder, contextOf: createContextOf(folder) };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `line ${n + 1}`);
}

describe('the lines around a secret', () => {
  it('are thirty before and behind it, by relative and by absolute names', () => {
    const lines = numbered(100).with(49, `key: ${TOKEN}`);
    const { folder, contextOf } = checkout({ 'config.yml': lines.join('\n') });
    const expected = lines.slice(19, 80).join('\n');

    expect(contextOf(finding({ startLine: 50 }))).toBe(expected);
    expect(contextOf(finding({ startLine: 0 }))).toBe(expected);
    expect(contextOf(finding({ startLine: 50, file: join(folder, 'config.yml') }))).toBe(expected);
  });

  it('are found by a name that a scanner wrote on Windows', () => {
    const { folder, contextOf } = checkout({ 'with\\backslash.yml': `own: ${TOKEN}` });
    mkdirSync(join(folder, 'src'));
    writeFileSync(join(folder, 'src', 'config.yml'), `key: ${TOKEN}`);

    expect(contextOf(finding({ file: 'src\\config.yml' }))).toBe(`key: ${TOKEN}`);
    expect(contextOf(finding({ file: 'with\\backslash.yml' }))).toBe(`own: ${TOKEN}`);
  });

  it('are those of the line that is named, and of no other one with the same text', () => {
    const text = [TOKEN, ...numbered(80), TOKEN, 'the end'].join('\n');
    const context = checkout({ 'config.yml': text }).contextOf(finding({ startLine: 82 }));
    expect(context).toMatch(/^line 51\n/);
    expect(context).toMatch(/the end$/);
  });

  it('are found though the report names a line that no file has', () => {
    const { contextOf } = checkout({ 'config.yml': `key: ${TOKEN}` });
    expect(contextOf(finding({ startLine: Number.MAX_SAFE_INTEGER }))).toBe(`key: ${TOKEN}`);
  });

  it('are at most 4 KB, in which a private key is whole', () => {
    const header = ['-----BEGIN ', 'PRIVATE KEY-----'].join('');
    const body = Array.from({ length: 52 }, () => 'k'.repeat(64)).join('\n');
    const text = `${'x'.repeat(9_000)}\n${header}\n${body}\n${'y'.repeat(9_000)}`;
    const { contextOf } = checkout({ id_rsa: text });

    const context = contextOf(finding({ file: 'id_rsa', token: `${header}\n${body}`, startLine: 2 }));

    expect(context).toHaveLength(4_096);
    expect(context).toContain(`${header}\n${body}\n`);
  });

  it.each([
    ['of a file that is not there', finding({ file: 'gone.yml' })],
    ['of no file', finding({ file: '' })],
    ['of a folder', finding({ file: '.' })],
    ['of a finding without its text', finding({ token: undefined })],
    ['of a text that does not stand in the file', finding({ token: 'of-another-commit' })],
  ])('are left out: %s', (_what, found) => {
    expect(checkout({ 'config.yml': TOKEN }).contextOf(found)).toBeUndefined();
  });

  it('are never read outside of the checkout', () => {
    const { folder, contextOf } = checkout({});
    writeFileSync(join(folder, '../outside'), TOKEN);
    symlinkSync('../outside', join(folder, 'link'));

    expect(contextOf(finding({ file: 'link' }))).toBeUndefined();
    expect(contextOf(finding({ file: '../outside' }))).toBeUndefined();
    expect(contextOf(finding({ file: join(folder, '../outside') }))).toBeUndefined();
  });

  it('go along with the token, and count as a part of the request', () => {
    const { contextOf } = checkout({ 'config.yml': `${TOKEN}\n${'x'.repeat(4_000)}` });
    const findings = Array.from({ length: 400 }, (_, n) =>
      finding({ startLine: 1, link: `https://git/${n}` }),
    );
    const { submissions } = planSubmission(findings, {
      ...{ advertised: new Set(['acme_key']), locate: ({ link }) => link, contextOf },
      providerOf: () => undefined,
    });

    expect(submissions[0]).toMatchObject({ token: TOKEN, context: expect.stringContaining('xxx') });
    expect(batchesOf(submissions, 1_000).length).toBeGreaterThan(1);
  });
});
