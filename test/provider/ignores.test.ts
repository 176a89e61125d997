import { describe, expect, it } from 'vitest';
import { createIgnores } from '../../src/provider/ignores.ts';
import { createGlob } from '../../src/words/glob.ts';

const PROJECT = 'https://gitlab.example.com/group/shop';
const DECOY = 'a'.repeat(32);

function isIgnored(
  rule: Omit<Parameters<typeof createIgnores>[0][number], 'reason'>,
  reported: { fingerprint?: string; type?: string; location?: string } = {},
): boolean {
  const { fingerprint = 'b'.repeat(32), type = 'gitleaks_rule_id_x', location = '' } = reported;
  const ignores = createIgnores([{ reason: 'A decoy.', ...rule }]);
  return ignores({ fingerprints: () => [fingerprint], type, location }) !== undefined;
}

describe('what is ignored', () => {
  it('is a secret by its fingerprint', () => {
    expect(isIgnored({ fingerprint: DECOY }, { fingerprint: DECOY })).toBe(true);
    expect(isIgnored({ fingerprint: DECOY })).toBe(false);
  });

  it('is a type, under the names of newer analyzers, too', () => {
    expect(isIgnored({ type: 'gitleaks_rule_id_x' })).toBe(true);
    expect(isIgnored({ type: 'gitleaks_rule_id_x' }, { type: 'gitlab_secret_scanner_rule_id_x' })).toBe(true);
    expect(isIgnored({ type: 'gitleaks_rule_id_y' })).toBe(false);
  });

  it('is a place, whatever the commit and the lines', () => {
    const rule = { location: `${PROJECT}/-/test/**` };
    const at = (location: string) => isIgnored(rule, { location });

    expect(at(`${PROJECT}/-/raw/0123abc/test/a/b.env#L3-4`)).toBe(true);
    expect(at(`${PROJECT}/-/blob/fedcba9876/test/b.env`)).toBe(true);
    expect(at(`${PROJECT}/-/raw/0123abc/src/test/b.env`)).toBe(false);
    expect(at(`https://evil.example.com/${PROJECT}/-/test/b.env`)).toBe(false);
    expect(at('')).toBe(false);
    expect(isIgnored({ location: '**' }, { location: 'x'.repeat(10_000) })).toBe(false);
  });

  it.each([
    ['the host in capitals', 'https://GitLab.Example.com/group/shop/-/test/**'],
    ['the port said', 'https://gitlab.example.com:443/group/shop/-/test/**'],
    ['a branch, as a browser shows it', `${PROJECT}/-/blob/main/test/**`],
    ['a folder of a branch', `${PROJECT}/-/tree/main/test/**`],
    ['a folder of a tag', `${PROJECT}/-/tree/v1.2/test/**?ref_type=tags`],
    ['any commit', `${PROJECT}/-/raw/*/test/**`],
    ['the very line', `${PROJECT}/-/blob/main/test/a%20b/%C3%BC.env?ref_type=heads#L3-4`],
    ['the name as it is', `${PROJECT}/-/test/a b/ü.env`],
  ])('is a place also with %s', (_how, location) => {
    const place = `${PROJECT}/-/raw/0123abc/test/a%20b/%C3%BC.env#L3-4`;
    expect(isIgnored({ location }, { location: place })).toBe(true);
    expect(isIgnored({ location }, { location: place.replace('/shop/', '/shopping/') })).toBe(false);
    expect(isIgnored({ location }, { location: place.replace('/test/', '/src/') })).toBe(false);
  });

  it.each(['raw', 'tree', 'blob'])('is a folder that is called %s as well', (folder) => {
    const place = (file: string) => `${PROJECT}/-/raw/0123abc/${file}#L3`;
    const isFixture = (location: string, file: string) => isIgnored({ location }, { location: place(file) });

    expect(isFixture(`${PROJECT}/-/${folder}/keys/a.env`, `${folder}/keys/a.env`)).toBe(true);
    expect(isFixture(`${PROJECT}/-/${folder}/keys/**`, `${folder}/keys/a.env`)).toBe(true);
  });

  it.each(['raw', 'tree'])('is no other place than what is below a folder that is called %s', (folder) => {
    const location = `${PROJECT}/-/${folder}/keys/**`;
    expect(isIgnored({ location }, { location: `${PROJECT}/-/raw/0123abc/src/a.env` })).toBe(false);
  });

  it('fits all that one rule names', () => {
    const rule = { type: 'gitleaks_rule_id_x', location: 'test/**' };

    expect(isIgnored(rule, { location: 'test/a' })).toBe(true);
    expect(isIgnored(rule, { location: 'src/a' })).toBe(false);
    expect(isIgnored(rule, { location: 'test/a', type: 'gitleaks_rule_id_y' })).toBe(false);
  });

  it('ends with the reason of the first rule that is for it', () => {
    const ignores = createIgnores([
      { fingerprint: DECOY, reason: 'Another.' },
      { type: 'x', reason: 'An example.' },
      { type: 'x', reason: 'Later.' },
    ]);

    expect(ignores({ fingerprints: () => [''], type: 'x', location: '' })).toEqual({
      kind: 'ignored',
      verified: false,
      advice: 'Ignored by the configuration: An example.',
    });
  });
});

describe('a pattern of places', () => {
  it.each([
    ['a/*.env', 'a/b.env', true],
    ['a/*.env', 'a/b/c.env', false],
    ['a/?.env', 'a/b.env', true],
    ['a/?.env', 'a//.env', false],
    ['a/**', 'a/b/c', true],
    ['a/**', 'a', false],
    ['**/test/**', 'test/a', true],
    ['**/test/**', 'x/y/test/a/b', true],
    ['**/test/**', 'x/latest/a', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/xb', false],
    ['a.b', 'axb', false],
    ['(a+)+$', '(a+)+$', true],
    ['A', 'a', false],
    ['*', '', true],
  ])('%s fits %s: %s', (pattern, text, fits) => {
    expect(createGlob(pattern)(text)).toBe(fits);
  });

  it('is decided soon, whatever the text', () => {
    const pattern = `${'**a'.repeat(100)}b`;

    expect(createGlob(pattern)('a'.repeat(8_000))).toBe(false);
  });
});
