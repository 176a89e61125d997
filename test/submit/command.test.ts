import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { main } from '../../src/cli/main.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { FORMAT_IDS } from '../../src/submit/report.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { REPORTS, reportText, TOKENS } from './reports.ts';
import { type ScriptedAnswer, scriptedQuash } from './scripted-quash.ts';

const PAT = 'gitleaks_rule_id_gitlab_personal_access_token';
const GCP = 'gitleaks_rule_id_google_(gcp)_service-account';
const SHARED = 'a-pre-shared-token-1';

interface World {
  readonly report?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly definitions?: readonly ProviderDefinition[];
}

/** Runs `quash submit` with the report at standard input. */
async function submit(
  args: readonly string[],
  { report = '', env = {}, isTTY = false, files = {}, definitions: known = [] }: World,
) {
  const cwd = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  let out = '';
  let err = '';
  const code = await main(['submit', ...args], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text), isTTY },
    stdin: (async function* () {
      yield Buffer.from(report).subarray(0, 10);
      yield Buffer.from(report).subarray(10);
    })(),
    env,
    cwd,
    definitions: async () => known,
  });
  for (const token of [...Object.values(TOKENS), SHARED]) expect(out + err).not.toContain(token);
  return { code, out, err };
}

function quashTaking(
  types: readonly string[],
  posts: Parameters<typeof scriptedQuash>[0] = [{ status: 204 }],
) {
  return scriptedQuash(posts, [{ status: 200, body: { types } }]);
}

function refusing(index: number, reason = 'no-match'): ScriptedAnswer {
  return { status: 400, body: { detail: 'the others are accepted', invalid: [{ index, reason }] } };
}

const report = reportText(REPORTS.gitlab);

describe('quash submit', () => {
  it('posts what Quash takes and says what became of each type', async () => {
    const quash = await quashTaking([PAT]);
    const env = { QUASH_URL: `${quash.url}/`, QUASH_TOKEN: SHARED };

    const ran = await submit(['-'], { report, env });

    expect(ran.code).toBe(0);
    expect(quash.authorizations).toEqual([`Bearer ${SHARED}`, `Bearer ${SHARED}`]);
    expect(quash.posted).toEqual([
      [{ type: PAT, token: TOKENS.gitlab, location: 'config/deploy.yml#L40-45' }],
    ]);
    expect(ran.out.split('\n')).toEqual([
      '2 findings of gitlab.',
      '',
      'TYPE                                           TOKENS  RESULT',
      `${PAT}  1       accepted`,
      `${GCP}  1       no provider`,
      '',
    ]);
    expect(ran.err).toBe('1 of 1 sent\n');
  });

  it('reads a file, and the token from a file, which wins over the environment', async () => {
    const quash = await quashTaking([PAT]);
    const files = { 'report.json': report, token: `${SHARED}\n` };
    const args = ['report.json', '--url', quash.url, '--token-file', 'token', '--format', 'gitlab'];

    expect(await submit(args, { files, env: { QUASH_TOKEN: 'another' } })).toMatchObject({ code: 0 });
    expect(quash.authorizations[0]).toBe(`Bearer ${SHARED}`);
  });

  it('reads a token as an editor of Windows saves it, and refuses one that holds what cannot be seen', async () => {
    const quash = await quashTaking([PAT]);
    const args = ['-', '--url', quash.url, '--token-file', 'token'];
    const withToken = (token: string | Uint8Array) => submit(args, { report, files: { token } });

    expect(await withToken(`\ufeff${SHARED}\u200b\r\n`)).toMatchObject({ code: 0 });
    expect(quash.authorizations[0]).toBe(`Bearer ${SHARED}`);
    for (const token of [`${SHARED}\u200bx`, Buffer.from(`\ufeff${SHARED}`, 'utf16le')]) {
      const ran = await withToken(token);
      expect(ran).toMatchObject({ code: 2, err: expect.stringContaining('which cannot be seen') });
    }
  });

  it('builds locations from the variables of the CI job', async () => {
    const quash = await quashTaking([PAT]);
    const env = {
      QUASH_URL: quash.url,
      QUASH_TOKEN: SHARED,
      CI_PROJECT_URL: 'https://gitlab.example.com/group/project',
      CI_COMMIT_SHA: '0123456789abcdef',
    };

    await submit(['-'], { report, env });

    expect(quash.posted).toMatchObject([
      [
        {
          location: `${env.CI_PROJECT_URL}/-/raw/50bf24e579301b8c349a428f89c9edddd6df8d01/config/deploy.yml#L40-45`,
        },
      ],
    ]);
  });

  it('sends in portions and shows how far it is', async () => {
    const quash = await quashTaking(['gitleaks_rule_id_gitlab-pat']);
    const found = Array.from({ length: 5 }, (_, n) => ({
      RuleID: 'gitlab-pat',
      Secret: `secret-${n}`,
      File: `${n}`,
    }));
    const world = { report: JSON.stringify(found), env: { QUASH_TOKEN: SHARED } };

    const plain = await submit(['-', '--url', quash.url, '--batch-size', '2'], world);
    const terminal = await submit(['-', '--url', quash.url, '--batch-size', '2'], { ...world, isTTY: true });

    expect(quash.posted.map((elements) => (elements as unknown[]).length)).toEqual([2, 2, 1, 2, 2, 1]);
    expect(plain.err).toBe('2 of 5 sent\n4 of 5 sent\n5 of 5 sent\n');
    expect(terminal.err).toContain(`\r\u001b[K[${'#'.repeat(12)}${'.'.repeat(18)}] 2 of 5 sent`);
    expect(terminal.err.endsWith('\r\u001b[K')).toBe(true);
  });

  it('with --dry-run sends nothing and says what would be sent', async () => {
    const quash = await quashTaking([PAT, GCP]);

    const ran = await submit(['-', '--url', quash.url, '--dry-run'], {
      report,
      env: { QUASH_TOKEN: SHARED },
    });

    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(quash.posted).toEqual([]);
    expect(ran.out.match(/would be sent/g)).toHaveLength(2);
  });

  it('with --json prints counts and places, and no token', async () => {
    const quash = await quashTaking([PAT, GCP], [refusing(1)]);

    const ran = await submit(['-', '--url', quash.url, '--json'], { report, env: { QUASH_TOKEN: SHARED } });

    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out)).toEqual({
      format: 'gitlab',
      dryRun: false,
      findings: 2,
      faults: [],
      repeated: 0,
      accepted: 1,
      refused: [
        {
          place: 'key.json:5',
          rule: 'Google (GCP) Service-account',
          type: GCP,
          reason: 'no-match',
          known: false,
        },
      ],
      notSent: 0,
      withoutToken: [],
      unconfigured: [],
      unsupported: 0,
      types: [
        { type: PAT, result: 'accepted', count: 1 },
        { type: GCP, result: 'refused', count: 1 },
      ],
    });
  });

  it('says where what was refused was found, and fails', async () => {
    const quash = await quashTaking([PAT, GCP], [refusing(0)]);

    const ran = await submit(['-', '--url', quash.url], { report, env: { QUASH_TOKEN: SHARED } });

    expect(ran.code).toBe(1);
    expect(ran.out).toContain(
      'config/deploy.yml:40 (rule gitlab_personal_access_token): no token of this provider; Quash keeps it for a person',
    );
    expect(ran.err).toContain('quash: 1 tokens were not accepted.');
  });

  it('does not fail again for what Quash has kept for a person before', async () => {
    const invalid = [{ index: 0, reason: 'no-match', known: true }];
    const quash = await quashTaking([PAT], [{ status: 400, body: { detail: 'the others', invalid } }]);

    const ran = await submit(['-', '--url', quash.url], { report, env: { QUASH_TOKEN: SHARED } });

    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/personal_access_token +1 +refused earlier\n/);
  });

  it('fails for what the report only has redacted', async () => {
    const quash = await quashTaking([PAT]);
    const redacted = reportText(REPORTS.gitlab, { ...TOKENS, gitlab: 'REDACTED' });

    const ran = await submit(['-', '--url', quash.url], { report: redacted, env: { QUASH_TOKEN: SHARED } });

    expect(ran.code).toBe(1);
    expect(ran.out).toContain('is it redacted?');
    expect(quash.posted).toEqual([]);
  });

  it('keeps what was accepted when Quash goes away in between, and fails', async () => {
    const quash = await quashTaking([PAT, GCP], [{ status: 204 }, { status: 401 }]);
    const args = ['-', '--url', quash.url, '--batch-size', '1'];

    const ran = await submit(args, { report, env: { QUASH_TOKEN: SHARED } });

    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/accepted\n.*not sent\n/);
    expect(ran.err).toContain('quash: 1 tokens were not sent. Quash does not know the token');
  });

  it('fails for types that Quash does not take only where it is asked to', async () => {
    const quash = await quashTaking([]);
    const world = { report, env: { QUASH_TOKEN: SHARED, QUASH_URL: quash.url } };

    expect((await submit(['-'], world)).code).toBe(0);
    expect(await submit(['-', '--fail-on-unsupported'], world)).toMatchObject({
      code: 1,
      err: 'quash: 2 tokens are of types that no provider takes.\n',
    });
    expect(quash.posted).toEqual([]);
  });

  it('names the provider that wants to be configured, and fails for it only where it is asked to', async () => {
    const quash = await quashTaking([PAT]);
    const world = { report, env: { QUASH_TOKEN: SHARED, QUASH_URL: quash.url }, definitions };

    const ran = await submit(['-'], world);

    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/service-account +1 +configure gcp\n/);
    expect(await submit(['-', '--fail-on-unconfigured'], world)).toMatchObject({
      code: 3,
      err: '1 of 1 sent\nquash: 1 tokens could be revoked, were their providers configured: gcp.\n',
    });
    expect((await submit(['-', '--fail-on-unsupported'], world)).code).toBe(0);
  });

  it('with --dry-run says which texts would be refused, and fails', async () => {
    const quash = await quashTaking([PAT, GCP]);
    const wrong = reportText(REPORTS.gitlab, { ...TOKENS, gitlab: 'changeme' });
    const env = { QUASH_TOKEN: SHARED };

    const ran = await submit(['-', '--url', quash.url, '--dry-run'], { report: wrong, env, definitions });

    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/personal_access_token +1 +would be refused\n/);
    expect(ran.out).toContain('config/deploy.yml:40 (rule gitlab_personal_access_token): no token of this');
    expect(quash.posted).toEqual([]);
  });

  it('sends what is whole of a report that was cut off, and fails', async () => {
    const quash = await quashTaking([PAT]);
    const cut = `${reportText(REPORTS.trufflehog)}{"SourceMetadata":{"Data":`;

    const ran = await submit(['-', '--url', quash.url], { report: cut, env: { QUASH_TOKEN: SHARED } });

    expect(ran.code).toBe(1);
    expect(ran.out).toContain('Line 5 is not JSON');
    expect(ran.err).toContain('quash: The report is not whole.');
    expect(quash.posted).toHaveLength(1);
  });

  it('reads a report in UTF-16', async () => {
    const quash = await quashTaking([PAT]);
    const files = { 'report.json': Buffer.from(`\ufeff${report}`, 'utf16le') };

    const ran = await submit(['report.json', '--url', quash.url], { files, env: { QUASH_TOKEN: SHARED } });

    expect(ran.code).toBe(0);
    expect(quash.posted).toHaveLength(1);
  });

  it('gives up after --timeout, waiting as Quash asks until then', async () => {
    const quash = await quashTaking([PAT], [{ status: 429, headers: { 'retry-after': '30' } }]);
    const args = ['-', '--url', quash.url, '--timeout', '20'];

    const ran = await submit(args, { report, env: { QUASH_TOKEN: SHARED } });

    expect(ran.code).toBe(1);
    expect(ran.err).toContain('status 429; no time is left to try again');
  });

  it('fails with 1 when Quash does not even say what it takes', async () => {
    const quash = await scriptedQuash([], [{ status: 401 }]);

    expect(await submit(['-', '--url', quash.url], { report, env: { QUASH_TOKEN: SHARED } })).toMatchObject({
      code: 1,
      out: '',
      err: 'quash: Quash does not know the token; it has to be one of auth.tokens in its configuration.\n',
    });
  });

  it('warns where the tokens would travel in the clear', async () => {
    const args = ['-', '--url', 'http://quash.invalid:1', '--timeout', '0.001'];

    const ran = await submit(args, { report, env: { QUASH_TOKEN: SHARED } });

    expect(ran.err).toContain('http://quash.invalid:1 is not encrypted');
  });

  it.each([
    ['no address', ['-'], 'Give --url'],
    [
      'an address with a password',
      ['-', '--url', 'https://a:b@quash.example.com'],
      'not an http or https URL',
    ],
    ['an address of another kind', ['-', '--url', 'ftp://quash.example.com'], 'not an http or https URL'],
    [
      'a file that is not there',
      ['nothing.json', '--url', 'http://127.0.0.1:1'],
      'nothing.json cannot be read (ENOENT)',
    ],
    [
      'a token file that is not there',
      ['-', '--url', 'http://127.0.0.1:1', '--token-file', 'x'],
      'cannot be read',
    ],
    ['an unknown format', ['-', '--format', 'csv'], 'Allowed choices'],
    ['too large portions', ['-', '--batch-size', '1001'], 'from 1 to 1000'],
    ['no time', ['-', '--timeout', '0'], 'above 0'],
    [
      'no report',
      ['-', '--url', 'http://127.0.0.1:1', '--format', 'gitleaks'],
      'no report in the format gitleaks',
    ],
    ['no file', [], 'missing required argument'],
  ])('fails with 2 for %s', async (_, args, message) => {
    const ran = await submit(args, { report: '{}', env: { QUASH_TOKEN: SHARED } });

    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(message);
  });

  it('fails with 2 without a token for Quash', async () => {
    const ran = await submit(['-', '--url', 'http://127.0.0.1:1'], { report });

    expect(ran.code).toBe(2);
    expect(ran.err).toContain('give --token-file or set QUASH_TOKEN');
  });

  it('offers the formats that it reads, and explains its exit codes', async () => {
    const { out } = await submit(['--help'], {});

    expect(out.replace(/\s+/g, ' ')).toContain(`choices: ${FORMAT_IDS.map((id) => `"${id}"`).join(', ')}`);
    expect(out).toContain('Exit codes: 0');
  });
});
