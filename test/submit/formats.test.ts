/** The formats beyond those that have a whole report in `fixtures/`; each as its scanner's source writes it. */
import { describe, expect, it } from 'vitest';
import { readReport } from '../../src/submit/report.ts';
import { TOKENS } from './reports.ts';

const PAT = 'gitleaks_rule_id_gitlab-pat';
const SHA = '50bf24e579301b8c349a428f89c9edddd6df8d01';

function read(...records: readonly unknown[]) {
  return readReport(records.map((record) => JSON.stringify(record)).join('\n'));
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('a report of Betterleaks', () => {
  it('has the other half of a credential, which stands nowhere else', () => {
    // betterleaks 1, report/finding.go: RequiredFinding
    const secret = {
      RuleID: 'aws-secret-access-key',
      Secret: TOKENS['aws-secret'],
      StartLine: 4,
      EndLine: 4,
    };
    const id = { RuleID: 'aws-access-token', Secret: TOKENS['aws-id'], File: 'a.env', StartLine: 3 };

    expect(read([{ ...id, RequiredSets: [{ components: [secret] }] }]).findings).toMatchObject([
      { types: ['gitleaks_rule_id_aws-access-token'], token: TOKENS['aws-id'], startLine: 3 },
      {
        types: ['gitleaks_rule_id_aws-secret-access-key'],
        token: TOKENS['aws-secret'],
        file: 'a.env',
        startLine: 4,
      },
    ]);
  });

  it.each([
    [
      'the first version 2',
      {
        ruleID: 'gitlab-pat',
        secret: TOKENS.gitlab,
        location: { startLine: 3, endLine: 3 },
        attributes: { path: 'a.env', 'git.sha': SHA },
        componentSets: [
          { components: [{ ruleID: 'half', secret: 'other', location: { startLine: 9, endLine: 9 } }] },
        ],
      },
    ],
    [
      'version 2',
      {
        schema_version: 1,
        rule_id: 'gitlab-pat',
        match: { full: `x=${TOKENS.gitlab}`, value: TOKENS.gitlab },
        location: { path: 'a.env', start_line: 3, end_line: 3 },
        attributes: { 'git.sha': SHA },
        component_sets: [
          {
            components: [
              { rule_id: 'half', match: { value: 'other' }, location: { start_line: 9, end_line: 9 } },
            ],
          },
        ],
      },
    ],
  ])('of %s has both halves', (_, finding) => {
    const { format, findings } = read(finding);

    expect(format).toBe('betterleaks');
    expect(findings).toMatchObject([
      { types: [PAT], token: TOKENS.gitlab, file: 'a.env', startLine: 3, commit: SHA },
      { rule: 'half', token: 'other', file: 'a.env', startLine: 9 },
    ]);
  });
});

describe('a report of gitleaks', () => {
  it('has the secret of an AWS key where its rule for anything found one beside an id', () => {
    const generic = { RuleID: 'generic-api-key', Secret: TOKENS['aws-secret'], StartLine: 4 };
    const id = { RuleID: 'aws-access-token', Secret: TOKENS['aws-id'], File: 'a.env', StartLine: 3 };

    const { findings } = read([id, { ...generic, File: 'a.env' }, { ...generic, File: 'b.env' }]);

    expect(findings.map(({ types }) => types.includes('gitleaks_rule_id_aws-secret-access-key'))).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('has the key file of a Google service account under its type, and other keys under theirs', () => {
    const pem = ['-----BEGIN', 'PRIVATE KEY-----'].join(' ');
    const of = (Secret: string) => ({ RuleID: 'private-key', Secret, File: 'sa.json', StartLine: 5 });

    const { findings } = read([of(`${pem}\\nMIIE`), of(`${pem}\nMIIE`)]);

    expect(findings.map(({ types: [first] }) => first)).toEqual([
      'gitleaks_rule_id_google_(gcp)_service-account',
      'gitleaks_rule_id_private-key',
    ]);
  });
});

describe('SARIF', () => {
  // gitleaks and Betterleaks, report/sarif.go; Kingfisher, src/reporter/sarif_format.rs
  function sarif(name: string, result: object, run: object = {}) {
    return read({ version: '2.1.0', runs: [{ tool: { driver: { name } }, results: [result], ...run }] });
  }

  const physicalLocation = {
    artifactLocation: { uri: 'src/a.env' },
    region: { startLine: 3, endLine: 4, snippet: { text: TOKENS.gitlab } },
  };

  it('has the secret of an AWS key where a rule for anything found one beside an id', () => {
    const result = (ruleId: string, text: string) => ({
      ruleId,
      locations: [
        { physicalLocation: { artifactLocation: { uri: 'a.env' }, region: { snippet: { text } } } },
      ],
    });
    const secret = result('generic-api-key', TOKENS['aws-secret']);
    const results = [result('aws-access-token', TOKENS['aws-id']), secret];

    expect(sarif('gitleaks', secret, { results }).findings[1]?.types).toContain(
      'gitleaks_rule_id_aws-secret-access-key',
    );
  });

  it.each(['gitleaks', 'betterleaks'])(
    'of %s has the secret, and the commit among the fingerprints',
    (name) => {
      const { format, findings } = sarif(name, {
        ruleId: 'gitlab-pat',
        locations: [{ physicalLocation }],
        partialFingerprints: { commitSha: SHA, email: 'ada@example.com' },
      });

      expect(format).toBe('sarif');
      expect(findings).toEqual([
        {
          ...{ types: [PAT], token: TOKENS.gitlab, rule: 'gitlab-pat', file: 'src/a.env' },
          ...{ startLine: 3, endLine: 4, commit: SHA, link: '' },
        },
      ]);
    },
  );

  const good = { ruleId: 'gitlab-pat', locations: [{ physicalLocation }] };
  const tokensOf = (of: { readonly findings: readonly { readonly token: string | undefined }[] }) =>
    of.findings.map(({ token }) => token);

  it.each<[string, unknown]>([
    ['nothing', null],
    ['no place', { ruleId: 'gitlab-pat' }],
    ['a place in no file', { ruleId: 'gitlab-pat', locations: [{ logicalLocations: [] }] }],
  ])('with a result that has %s says that its secret is missing, and has the others', (_name, bad) => {
    expect(tokensOf(sarif('gitleaks', good, { results: [bad, good] }))).toEqual([undefined, TOKENS.gitlab]);
  });

  it('of several tools has what is known, and says that there may be more', () => {
    const run = (name: string) => ({ tool: { driver: { name } }, results: [good] });
    const merged = read({ version: '2.1.0', runs: [run('semgrep'), run('gitleaks'), null] });

    expect(tokensOf(merged)).toEqual([TOKENS.gitlab]);
    expect(merged.faults).toHaveLength(1);
  });

  it('of Kingfisher has the commit among the properties of the place', () => {
    const git_metadata = { commit: { id: SHA } };
    const { findings } = sarif('kingfisher', {
      ruleId: 'betterleaks.gitlab-pat',
      locations: [{ physicalLocation, properties: { git_metadata } }],
    });

    expect(findings).toMatchObject([{ types: ['kingfisher_betterleaks.gitlab-pat', PAT], commit: SHA }]);
  });

  it('of another tool is refused, as its snippet may be a whole line', () => {
    expect(() => sarif('semgrep', { ruleId: 'x', locations: [{ physicalLocation }] })).toThrow(
      /Of SARIF only that of gitleaks/,
    );
  });

  it.each([
    { invocations: [{ executionSuccessful: false }] },
    { properties: { repository_audit: { summary: { scan_succeeded: 1, scan_failed: 1 } } } },
  ])('says when its scan failed: %j', (run) => {
    expect(sarif('gitleaks', { ruleId: 'x', locations: [] }, run).faults).toHaveLength(1);
  });
});

describe('a report of Nosey Parker', () => {
  // crates/noseyparker/src/match_type.rs, provenance.rs
  const match = {
    provenance: [
      {
        kind: 'git_repo',
        repo_path: '.',
        first_commit: { blob_path: 'a.env', commit_metadata: { commit_id: SHA } },
      },
    ],
    location: { source_span: { start: { line: 3, column: 1 }, end: { line: 3, column: 40 } } },
    groups: [base64(TOKENS.gitlab)],
    snippet: { before: 'x', matching: `token=${TOKENS.gitlab}`, after: '' },
  };

  it('has the group of a match', () => {
    const { format, findings } = read({ rule_text_id: 'np.gitlab.2', matches: [match] });

    expect(format).toBe('noseyparker');
    expect(findings).toEqual([
      {
        types: ['noseyparker_np.gitlab.2', 'gitleaks_rule_id_gitlab_personal_access_token'],
        ...{ token: TOKENS.gitlab, rule: 'np.gitlab.2', file: 'a.env' },
        ...{ startLine: 3, endLine: 3, commit: SHA, link: '' },
        beside: ['x', `token=${TOKENS.gitlab}`, ''],
      },
    ]);
  });

  it('has the whole match where it has several groups, and the path of a file', () => {
    const two = {
      ...match,
      groups: [base64('a'), base64('b')],
      provenance: [{ kind: 'file', path: 'b.env' }],
    };

    expect(read({ rule_text_id: 'np.x.1', matches: [two] }).findings).toMatchObject([
      { token: `token=${TOKENS.gitlab}`, file: 'b.env', commit: '' },
    ]);
  });

  it('with a match that is damaged says that its secret is missing, and has the others', () => {
    const { findings } = read({ rule_text_id: 'np.gitlab.2', matches: [null, match] });

    expect(findings.map(({ token }) => token)).toEqual([undefined, TOKENS.gitlab]);
  });

  it('may be of Titus, which writes the fields of Go', () => {
    // pkg/types/finding.go, match.go, snippet.go
    const ofTitus = {
      Groups: [base64(TOKENS.gitlab)],
      Snippet: { Before: '', Matching: base64(TOKENS.gitlab), After: '' },
      Location: { Source: { Start: { Line: 3 }, End: { Line: 3 } } },
    };

    expect(
      read([{ RuleID: 'np.gitlab.2', Matches: [ofTitus, { ...ofTitus, Groups: null }] }]).findings,
    ).toMatchObject([{ token: TOKENS.gitlab, startLine: 3 }, { token: TOKENS.gitlab }]);
  });
});

describe('a report of ggshield', () => {
  // ggshield/verticals/secret/output/secret_json_output_handler.py, schemas.py
  function scan(type: string, occurrences: readonly object[], more: object = {}) {
    const incident = { policy: 'Secrets detection', type, occurrences, total_occurrences: 1 };
    return {
      ...{ id: SHA, type: 'commit', total_incidents: 1, total_occurrences: 1 },
      entities_with_incidents: [{ mode: 'FILE', filename: 'a.env', incidents: [incident] }],
      ...more,
    };
  }

  it('with an occurrence that is damaged says that its secret is missing, and has the others', () => {
    const token = { match: TOKENS.gitlab, type: 'apikey', line_start: 3, line_end: 3 };
    const { findings } = read(scan('GitLab Token', ['damaged' as unknown as object, token]));

    expect(findings.map((finding) => finding.token)).toEqual([undefined, TOKENS.gitlab]);
  });

  it('has the secrets of all scans within it, and both halves under their own types', () => {
    const token = { match: TOKENS.gitlab, type: 'apikey', line_start: 3, line_end: 3 };
    const id = { match: TOKENS['aws-id'], type: 'client_id', line_start: 4, line_end: 4 };
    const secret = { match: TOKENS['aws-secret'], type: 'client_secret', line_start: 5, line_end: 5 };
    const scans = [scan('GitLab Token', [token]), scan('AWS Keys', [id, secret])];

    const { format, findings } = read({ total_incidents: 2, total_occurrences: 3, scans });

    expect(format).toBe('ggshield');
    expect(findings).toMatchObject([
      {
        types: ['ggshield_gitlab_token', 'gitleaks_rule_id_gitlab_personal_access_token'],
        ...{ token: TOKENS.gitlab, file: 'a.env', startLine: 3, commit: SHA },
      },
      { types: ['ggshield_aws_keys', 'gitleaks_rule_id_aws'], token: TOKENS['aws-id'] },
      { types: ['ggshield_aws_keys', 'gitleaks_rule_id_awssecretaccesskey'] },
    ]);
  });

  it('without --show-secrets has no token', () => {
    const starred = [{ match: 'glpat-ab**********cd', type: 'apikey', line_start: 3, line_end: 3 }];

    expect(read(scan('GitLab Token', starred)).findings).toMatchObject([{ token: undefined }]);
  });

  it('may be of a clean scan, or of one that failed', () => {
    const clean = { id: 'x', type: 'path_scan', total_incidents: 0, total_occurrences: 0 };

    expect(read(clean)).toMatchObject({ findings: [], faults: [] });
    const failed = { ...clean, errors: [{ files: [], description: 'x' }] };
    expect(read(failed).faults).toHaveLength(1);
    expect(read({ ...clean, type: 'commit-range', scans: [clean, failed] }).faults).toHaveLength(1);
  });
});

describe('the secret scanning alerts of GitHub', () => {
  // docs.github.com/rest/secret-scanning/secret-scanning
  const alert = {
    ...{ number: 42, state: 'open', secret_type: 'gitlab_access_token', secret: TOKENS.gitlab },
    html_url: 'https://github.com/example/shop/security/secret-scanning/42',
    locations_url: 'https://api.github.com/repos/example/shop/secret-scanning/alerts/42/locations',
    first_location_detected: { path: 'a.env', start_line: 3, end_line: 3, commit_sha: SHA },
  };

  it('are read in pages, but for those that a person has decided about', () => {
    const { format, findings } = read(
      [alert],
      [{ ...alert, state: 'resolved', resolution: 'false_positive' }],
    );

    expect(format).toBe('github');
    expect(findings).toEqual([
      {
        types: ['github_gitlab_access_token', 'gitleaks_rule_id_gitlab_personal_access_token'],
        ...{ token: TOKENS.gitlab, rule: 'gitlab_access_token', file: 'a.env' },
        ...{ startLine: 3, endLine: 3, commit: SHA, link: alert.html_url },
      },
    ]);
  });

  it('have no token where it was hidden', () => {
    expect(read({ ...alert, secret: null }).findings).toMatchObject([{ token: undefined }]);
  });
});

describe('a scan that failed', () => {
  it.each([
    ['GitLab', { vulnerabilities: [], scan: { type: 'secret_detection', status: 'failure' } }],
    ['Kingfisher', { findings: [], audit: { summary: { scan_succeeded: 1, fetch_failed: 1 } } }],
    ['Kingfisher', { audit: { summary: { scan_succeeded: 1, scan_partial: 1 } } }],
  ])('is told from a clean one in a report of %s', (_, record) => {
    expect(read(record)).toMatchObject({
      findings: [],
      faults: ['The report says that its scan failed or left something out: there may be more leaks.'],
    });
  });

  it('is none where all went well', () => {
    expect(read({ findings: [], audit: { summary: { scan_succeeded: 1, scan_failed: 0 } } }).faults).toEqual(
      [],
    );
  });
});

describe('a report of TruffleHog', () => {
  it('says that something was left out where its log is in it and says so', () => {
    const result = { DetectorName: 'Gitlab', SourceMetadata: { Data: {} }, Raw: TOKENS.gitlab };
    const line = {
      level: 'info-0',
      ts: '2026-02-06T08:05:16Z',
      logger: 'trufflehog',
      msg: 'finished scanning',
    };
    const failure = { ...line, level: 'error', msg: 'encountered errors during scan', errors: ['x'] };

    expect(read(line, result)).toMatchObject({ findings: [{ token: TOKENS.gitlab }], faults: [] });
    expect(read(result, failure, line).findings).toHaveLength(1);
    expect(read(result, failure, line).faults).toHaveLength(1);
    expect(read(failure, line).faults).toHaveLength(1);
  });

  it('may be nothing but the log of a scan that went to its end', () => {
    const line = (msg: string) => ({ level: 'info-0', ts: '2026-02-06', logger: 'trufflehog', msg });

    expect(read(line('running source'), line('finished scanning'))).toEqual({
      ...{ format: 'trufflehog', findings: [], faults: [] },
    });
    expect(() => read(line('running source'))).toThrow(/no report/);
  });

  it('has the other half in its parts where it is nowhere else', () => {
    // pkg/detectors/detectors.go: Result.SecretParts
    const line = {
      ...{ DetectorName: 'Alibaba', SourceMetadata: null, Raw: 'the-secret', RawV2: '' },
      SecretParts: { id: 'the-id', secret: 'the-secret' },
    };

    expect(read(line).findings.map(({ types, token }) => [types.at(-1), token])).toEqual([
      ['gitleaks_rule_id_alibaba_secret_key', 'the-secret'],
      ['gitleaks_rule_id_alibaba_accesskey_id', 'the-id'],
    ]);
  });
});
