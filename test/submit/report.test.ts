import { constants } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { ReportFault } from '../../src/submit/finding.ts';
import { FORMAT_IDS, readReport } from '../../src/submit/report.ts';
import { REPORTS, reportText, TOKENS } from './reports.ts';

const GITLAB_PAT = 'gitleaks_rule_id_gitlab_personal_access_token';

function gitlabReport(vulnerability: object, scan: object = { type: 'secret_detection' }): string {
  return JSON.stringify({ version: '15.0.0', vulnerabilities: [vulnerability], scan });
}

function gitleaksReport(finding: object): string {
  return JSON.stringify([
    { RuleID: 'gitlab-pat', Secret: TOKENS.gitlab, File: 'a.env', StartLine: 1, ...finding },
  ]);
}

describe('the format of a report', () => {
  it.each(Object.entries(REPORTS))('is seen from the content: %s', (format, name) => {
    expect(readReport(reportText(name)).format).toBe(format);
  });

  it.each(['gitleaks.json', 'kingfisher-1.json'])('is seen through a byte order mark: %s', (name) => {
    expect(readReport(`\ufeff${reportText(name)}`).findings.length).toBeGreaterThan(0);
  });

  it('may be JSON lines that were collected in an array', () => {
    const lines = reportText(REPORTS.trufflehog).trim().split('\n');

    expect(readReport(`[${lines.join(',')}]`)).toEqual(readReport(lines.join('\n')));
  });

  it('may be several envelopes, one after the other', () => {
    const envelope = JSON.stringify(JSON.parse(reportText('kingfisher-1.json')));

    expect(readReport(`${envelope}\n${envelope}\n`).findings).toHaveLength(6);
  });

  it('is seen of each of several reports, one behind the other', () => {
    const names = [REPORTS.gitleaks, REPORTS.trufflehog, 'gl-secret-detection-report-14.json'];
    const each = names.map((name) => readReport(reportText(name)));

    const all = readReport(names.map((name) => reportText(name)).join('\n'));

    expect(all.format).toBe('gitleaks, trufflehog, gitlab');
    expect(all.findings).toEqual(each.flatMap(({ findings }) => findings));
    expect(all.faults).toEqual([]);
  });

  it('that is named leaves out the reports of others, and says so', () => {
    const both = `${gitleaksReport({})}\n${reportText(REPORTS.trufflehog)}`;

    expect(readReport(both, 'gitleaks')).toMatchObject({
      findings: [{ token: TOKENS.gitlab }],
      faults: [expect.stringMatching(/another format/)],
    });
    expect(readReport(reportText(REPORTS.trufflehog), 'trufflehog').faults).toEqual([]);
  });

  it('that holds no secrets takes no others along, and is named', () => {
    const foreign = JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'Trivy' } } }] });

    expect(readReport(`${foreign}\n${gitleaksReport({})}`)).toMatchObject({
      findings: [{ token: TOKENS.gitlab }],
      faults: [expect.stringMatching(/^Of SARIF only/)],
    });
  });

  it('has no findings where the scanner found none', () => {
    expect(readReport('[]')).toEqual({ format: 'gitleaks', findings: [], faults: [] });
    expect(readReport('{"findings":[]}')).toEqual({ format: 'kingfisher', findings: [], faults: [] });
    expect(readReport('{"version":"15.0.0","vulnerabilities":[]}')).toEqual({
      format: 'gitlab',
      findings: [],
      faults: [],
    });
  });

  it.each(['null', 'null\n', '[null]', '[[], null]', '[]\nnull\n[]\n'])(
    'has no findings in %j, which scanners write for nothing',
    (text) => {
      expect(readReport(text)).toMatchObject({ findings: [], faults: [] });
    },
  );

  it('has no findings in an empty file only where the caller names the format', () => {
    expect(readReport('\n', 'trufflehog')).toEqual({
      format: 'trufflehog',
      findings: [],
      faults: [],
    });
    expect(() => readReport('')).toThrow(/empty/);
  });

  it.each([
    ['an object of somebody else', '{"results":[]}'],
    ['an array of somebody else', '[{"ruleId":"x"}]'],
    ['no JSON', 'all is well'],
    ['an array that was cut off', '[{"RuleID":'],
    ['a number', '17'],
  ])('is unknown for %s', (_, text) => {
    expect(() => readReport(text)).toThrow(ReportFault);
  });

  it.each(FORMAT_IDS)('is not forced upon another report: %s', (format) => {
    for (const text of ['[{"ruleId":"x"}]', '<html>Bad gateway</html>']) {
      expect(() => readReport(text, format)).toThrow(`no report in the format ${format}`);
    }
  });

  it('is refused with a sentence where it is longer than a text can be', () => {
    const huge = new Uint8Array(constants.MAX_STRING_LENGTH + 1);

    expect(() => readReport(huge)).toThrow(ReportFault);
    expect(() => readReport(huge)).toThrow(/split/);
  });

  it('names the line at which a report was cut off, and quotes nothing of it', () => {
    const text = reportText(REPORTS.trufflehog);
    const cut = text.slice(0, text.indexOf(TOKENS.gitlab) + TOKENS.gitlab.length);

    expect(() => readReport(cut)).toThrow(new ReportFault('Line 2 is not JSON; is the report whole?'));
  });
});

describe('a report of GitLab', () => {
  it('of schema 14 has the findings of its category', () => {
    expect(readReport(reportText('gl-secret-detection-report-14.json')).findings).toEqual([
      {
        types: [GITLAB_PAT],
        token: TOKENS.gitlab,
        rule: 'gitlab_personal_access_token',
        file: 'config/deploy.yml',
        startLine: 7,
        endLine: 7,
        commit: '0000000',
        link: '',
      },
    ]);
  });

  it('of schema 15 has all findings of a scan for secrets, each by its first identifier', () => {
    const { findings } = readReport(reportText(REPORTS.gitlab));

    expect(findings).toMatchObject([
      { types: [GITLAB_PAT], startLine: 40, endLine: 45, commit: '50bf24e579301b8c349a428f89c9edddd6df8d01' },
      {
        types: ['gitleaks_rule_id_google_(gcp)_service-account'],
        token: TOKENS.gcp,
        file: 'key.json',
        endLine: 0,
      },
    ]);
  });

  it.each([
    ['SlackAppLevelToken', 'gitleaks_rule_id_slackappleveltoken'],
    ['Dropbox API secret/key', 'gitleaks_rule_id_dropbox_api_secret/key'],
    ['Yandex.Cloud IAM Cookie v1 - 1', 'gitleaks_rule_id_yandex.cloud_iam_cookie_v1_-_1'],
  ])('gives %s the type that GitLab gives it', (value, type) => {
    const identifiers = [{ type: 'gitleaks_rule_id', name: 'x', value }];

    expect(readReport(gitlabReport({ identifiers })).findings[0]?.types).toEqual([type]);
  });

  it('has the type of a rule that is not the first of its identifiers', () => {
    const identifiers = [
      { type: 'cwe', value: '798' },
      { type: 'gitleaks_rule_id', value: 'Slack token' },
    ];

    expect(readReport(gitlabReport({ identifiers })).findings[0]?.types).toEqual([
      'cwe_798',
      'gitleaks_rule_id_slack_token',
    ]);
  });

  it('may have the extract as lines', () => {
    const report = gitlabReport({ raw_source_code_extract: ['token = "x"\n', 'y\n'] });

    expect(readReport(report).findings[0]?.token).toBe('token = "x"\ny\n');
  });

  it('of another scan is refused', () => {
    const report = gitlabReport({ category: 'sast' }, { type: 'sast' });

    expect(() => readReport(report)).toThrow(/another GitLab scanner/);
  });

  it('of another scan takes no others along', () => {
    const another = gitlabReport({ category: 'sast' }, { type: 'sast' });
    const own = reportText(REPORTS.gitlab);

    expect(readReport(`${another}\n${own}`)).toEqual(readReport(own));
  });

  it('that was cut off has the findings that are whole', () => {
    const own = reportText(REPORTS.gitlab);
    const cut = own.slice(0, own.indexOf('key.json'));

    expect(readReport(cut)).toMatchObject({
      format: 'gitlab',
      findings: [{ types: [GITLAB_PAT], startLine: 40, endLine: 45 }],
      faults: ['Line 1 is not JSON; is the report whole?'],
    });
  });

  it.each([{}, { raw_source_code_extract: null }, { raw_source_code_extract: '[REDACTED]' }, 'text', null])(
    'has a finding without token for %j',
    (vulnerability) => {
      expect(readReport(gitlabReport(vulnerability as object)).findings).toMatchObject([
        { token: undefined },
      ]);
    },
  );
});

describe('a report of gitleaks', () => {
  it('has a finding without token where somebody has taken the secret out', () => {
    const report = `${gitleaksReport({})}\n${gitleaksReport({ Secret: undefined })}`;

    expect(readReport(report).findings.map(({ token }) => token)).toEqual([TOKENS.gitlab, undefined]);
  });

  it('has the secret, not the match, under the type of gitleaks and that of GitLab', () => {
    expect(readReport(reportText(REPORTS.gitleaks)).findings).toMatchObject([
      {
        types: ['gitleaks_rule_id_gitlab-pat'],
        token: TOKENS.gitlab,
        file: 'scripts/release.sh',
        startLine: 12,
        commit: 'fbc14303ffbf8fb1c2c1914e8dda7d0121633aca',
      },
      {
        types: ['gitleaks_rule_id_heroku-api-key', 'gitleaks_rule_id_heroku_api_key'],
        token: TOKENS.heroku,
        rule: 'heroku-api-key',
        commit: '',
      },
    ]);
  });

  it.each(['REDACTED', 'redacted', '', '  ', '****', 'fake-0123...', 'fake-<redacted>'])(
    'has a finding without token for %j',
    (Secret) => {
      expect(readReport(gitleaksReport({ Secret })).findings).toMatchObject([{ token: undefined }]);
    },
  );

  it('survives fields of other kinds', () => {
    expect(readReport(gitleaksReport({ File: 3, StartLine: 'x', Commit: null })).findings).toMatchObject([
      { token: TOKENS.gitlab, file: '', startLine: 0, commit: '' },
    ]);
  });
});

describe('a report of TruffleHog', () => {
  it('has both halves of an AWS key, and the token alone where the detector adds the host', () => {
    const { findings } = readReport(reportText(REPORTS.trufflehog));

    expect(findings.map(({ types, token, rule }) => [rule, types.at(-1), token])).toEqual([
      ['Gitlab', GITLAB_PAT, TOKENS.gitlab],
      ['AWS', 'gitleaks_rule_id_aws', TOKENS['aws-id']],
      ['AWS', 'gitleaks_rule_id_awssecretaccesskey', TOKENS['aws-secret']],
      ['Shopify', 'gitleaks_rule_id_shopify_access_token', TOKENS.shopify],
    ]);
  });

  it('says where, whatever the source', () => {
    const { findings } = readReport(reportText(REPORTS.trufflehog));

    expect(findings).toMatchObject([
      { file: 'deploy/values.yaml', startLine: 31, commit: '77b2a3e56973785a52ba4ae4b8dac61d4bac016f' },
      { file: '/builds/group/project/aws_creds.ini', startLine: 2, commit: '', link: '' },
      { file: '/builds/group/project/aws_creds.ini', startLine: 2 },
      { link: expect.stringMatching(/^https:\/\/github\.com\/example\/shop\/blob\//) },
    ]);
  });

  it('has the whole key file of a Google service account, whose address stands in its place', () => {
    const file = `{"type":"service_account",${TOKENS.gcp}"}`;
    const line = {
      DetectorName: 'GCP',
      SourceMetadata: null,
      Raw: 'robot@p.iam.gserviceaccount.com',
      RawV2: file,
    };

    expect(readReport(JSON.stringify(line)).findings).toMatchObject([{ token: file, file: '' }]);
  });

  it('names what no provider is known for by its detector', () => {
    const line = { DetectorName: 'CustomRegex', SourceMetadata: { Data: { Stdin: {} } }, Raw: 'some-secret' };

    expect(readReport(JSON.stringify(line)).findings).toMatchObject([
      { types: ['trufflehog_customregex'], token: 'some-secret' },
    ]);
  });
});

describe('a report of Kingfisher', () => {
  it('of version 1 has the types of a family of rules, and both halves of a credential', () => {
    const { findings } = readReport(reportText('kingfisher-1.json'));

    expect(findings).toMatchObject([
      { types: ['kingfisher_kingfisher.gitlab.1', GITLAB_PAT], token: TOKENS.gitlab, startLine: 5 },
      {
        types: ['kingfisher_kingfisher.aws.2', 'gitleaks_rule_id_awssecretaccesskey'],
        token: TOKENS['aws-secret'],
        commit: 'c60aac6b8b9cf3b2eb4a6d7c0e0b29b5f24c5a01',
        link: '',
      },
      { types: ['gitleaks_rule_id_aws'], token: TOKENS['aws-id'], file: 'credentials.ini' },
    ]);
  });

  it('of version 2 has the types of Betterleaks', () => {
    const { findings } = readReport(reportText(REPORTS.kingfisher));

    expect(findings).toMatchObject([
      { types: ['kingfisher_betterleaks.gitlab-pat', 'gitleaks_rule_id_gitlab-pat'], token: TOKENS.gitlab },
      { types: ['kingfisher_betterleaks.aws-access-token', 'gitleaks_rule_id_aws-access-token'] },
      { types: ['gitleaks_rule_id_awssecretaccesskey'], token: TOKENS['aws-secret'] },
    ]);
  });

  it('has a finding without token where it is redacted', () => {
    const line = {
      rule: { id: 'betterleaks.gitlab-pat' },
      finding: { snippet: '[REDACTED:5f2a]', path: 'a' },
    };

    expect(readReport(JSON.stringify(line)).findings).toMatchObject([{ token: undefined, file: 'a' }]);
  });
});
