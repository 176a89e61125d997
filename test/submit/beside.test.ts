/** Where the checkout has no such lines any more, the report alone has the other half of a credential. */
import { describe, expect, it } from 'vitest';
import type { ScannerFinding } from '../../src/submit/finding.ts';
import { planSubmission } from '../../src/submit/plan.ts';
import { readReport } from '../../src/submit/report.ts';

const SID = ['SK', '0a1b'.repeat(8)].join('');
const SECRET = 'w7Xz'.repeat(8);

function planned(findings: readonly ScannerFinding[], lines?: string) {
  return planSubmission(findings, {
    advertised: new Set(findings.flatMap(({ types }) => types.slice(0, 1))),
    locate: ({ file }) => file,
    providerOf: () => undefined,
    contextOf: () => lines,
  }).submissions;
}

const found = (report: unknown) => readReport(JSON.stringify(report)).findings;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const component = { RuleID: 'twilio-secret', Secret: SECRET, StartLine: 2, EndLine: 2 };
const occurrence = (type: string, match: string) => ({ type, match, line_start: 1, line_end: 1 });

describe('what a report has beside a secret goes along with it', () => {
  it.each<[string, unknown]>([
    [
      'TruffleHog, written together',
      { DetectorName: 'TwilioApiKey', Raw: SID, RawV2: SID + SECRET, SourceMetadata: {} },
    ],
    [
      'TruffleHog, in parts',
      {
        DetectorName: 'TwilioApiKey',
        Raw: SID,
        SecretParts: { key: SID, sid: SECRET },
        SourceMetadata: {},
      },
    ],
    [
      'Kingfisher',
      {
        rule: { id: 'kingfisher.twilio.1' },
        finding: { snippet: SID, path: 'a', line: 1, dependent_captures: { SECRET } },
      },
    ],
    [
      'Betterleaks 1',
      {
        RuleID: 'twilio-api-key',
        Secret: SID,
        File: 'a',
        StartLine: 1,
        RequiredSets: [{ components: [component] }],
      },
    ],
    [
      'Betterleaks 2',
      {
        rule_id: 'twilio-api-key',
        match: { value: SID },
        location: { path: 'a', start_line: 1 },
        component_sets: [{ components: [{ rule_id: 'twilio-secret', match: { value: SECRET } }] }],
      },
    ],
    [
      'ggshield',
      {
        total_incidents: 1,
        total_occurrences: 2,
        entities_with_incidents: [
          {
            filename: 'a',
            incidents: [
              {
                type: 'Twilio Keys',
                occurrences: [occurrence('client_id', SID), occurrence('client_secret', SECRET)],
              },
            ],
          },
        ],
      },
    ],
    [
      'Nosey Parker',
      {
        rule_text_id: 'np.twilio.1',
        matches: [
          {
            groups: [base64(SID)],
            snippet: { before: 'sid=', matching: SID, after: `\nsecret=${SECRET}\n` },
          },
        ],
      },
    ],
  ])('in the report of %s', (_scanner, report) => {
    const [first] = planned(found(report));

    expect(first).toMatchObject({ token: SID, context: expect.stringContaining(SECRET) });
    expect(first?.context).toMatch(new RegExp(`^${SID}$`, 'm'));
  });

  it('also of a finding that says the same as another one', () => {
    const finding = (beside: readonly string[]): ScannerFinding => ({
      ...{ types: ['some_type'], token: SID, rule: 'r', file: 'a', startLine: 1, endLine: 1 },
      ...{ commit: '', link: '', beside },
    });

    expect(planned([finding(['first-half']), finding(['second-half'])])).toMatchObject([
      { context: `${SID}\nfirst-half\nsecond-half` },
    ]);
    expect(planned([finding(['here', 'there', SID])], `${SID} is here`)).toMatchObject([
      { context: `${SID} is here\nthere` },
    ]);
    expect(planned([finding(['', 'REDACTED', SID])])[0]).not.toHaveProperty('context');
    expect(planned([finding(['x'.repeat(5_000), 'y'])])).toMatchObject([{ context: `${SID}\ny` }]);
  });
});

describe('the key itself is taken where TruffleHog has an address or an id in its place', () => {
  const key = `${'a1B2'.repeat(21)}ab==`;
  it.each([
    ['AzureBatch', 'https://acct.westeurope.batch.azure.com', key, key, 'azure_batch_key'],
    ['Confluent', 'ABCD1234EFGH5678', 'k9Zx'.repeat(16), 'k9Zx'.repeat(16), 'confluent-secret-key'],
    [
      'PlaidKey',
      '0123456789abcdef0123456789abcd',
      ':id:access-production-1',
      '0123456789abcdef0123456789abcd:id:access-production-1',
      'plaid-api-token',
    ],
  ])('by %s', (DetectorName, Raw, rest, token, type) => {
    expect(found({ DetectorName, Raw, RawV2: Raw + rest, SourceMetadata: {} })).toMatchObject([
      { token, types: expect.arrayContaining([`gitleaks_rule_id_${type}`]) },
    ]);
  });
});
