/**
 * SARIF 2.1 of gitleaks, Betterleaks and Kingfisher: all three put the secret itself into the snippet.
 *
 * Docs: https://docs.oasis-open.org/sarif/sarif/v2.1.0/, and report/sarif.go of gitleaks and Betterleaks,
 * src/reporter/sarif_format.rs of Kingfisher; checked 2026-11-28.
 *
 * Quirks:
 * - The snippet of other tools is a line, or masked: nothing is taken from them.
 * - The other half of a credential is missing.
 * - gitleaks and Betterleaks have the commit among the fingerprints, Kingfisher among the properties of the place.
 */
import { z } from 'zod';
import {
  hasKeys,
  LINE,
  ReportFault,
  type ReportFormat,
  type ScannerFinding,
  TEXT,
  usableToken,
} from './finding.ts';
import { COMMIT_METADATA, isPartlyScanned } from './kingfisher.ts';
import { gitleaksTypes, kingfisherTypes } from './types.ts';

const TYPES_OF: Readonly<Record<string, (ruleId: string) => readonly string[]>> = {
  gitleaks: gitleaksTypes,
  betterleaks: gitleaksTypes,
  kingfisher: kingfisherTypes,
};

const LOCATION = z.object({
  physicalLocation: z.object({
    artifactLocation: z.object({ uri: TEXT }).catch({ uri: '' }),
    region: z
      .object({ startLine: LINE, endLine: LINE, snippet: z.object({ text: TEXT }).catch({ text: '' }) })
      .catch({ startLine: 0, endLine: 0, snippet: { text: '' } }),
  }),
  properties: z.object({ git_metadata: COMMIT_METADATA }).catch({ git_metadata: { commit: { id: '' } } }),
});

const RESULT = z.object({
  ruleId: TEXT,
  partialFingerprints: z.object({ commitSha: TEXT }).catch({ commitSha: '' }),
  locations: z.array(LOCATION).catch([]),
});

const RUN = z.object({
  tool: z.object({ driver: z.object({ name: TEXT }) }),
  results: z
    .array(RESULT.catch({ ruleId: '', partialFingerprints: { commitSha: '' }, locations: [] }))
    .catch([]),
  invocations: z.array(z.object({ executionSuccessful: z.boolean().catch(true) })).catch([]),
  properties: z.object({ repository_audit: z.unknown() }).catch({ repository_audit: undefined }),
});

const LOG = z.object({ runs: z.array(RUN).catch([]) });

export const sarif: ReportFormat = {
  id: 'sarif',
  recognises: (record) => hasKeys(record, 'runs', 'version'),
  read: (records) => records.flatMap((record) => LOG.parse(record).runs.flatMap(readRun)),
  isPartial: (record) =>
    LOG.parse(record).runs.some(
      ({ invocations, properties }) =>
        invocations.some(({ executionSuccessful }) => !executionSuccessful) ||
        isPartlyScanned(properties.repository_audit),
    ),
};

function readRun({ tool, results }: z.output<typeof RUN>): readonly ScannerFinding[] {
  const typesOf = TYPES_OF[tool.driver.name.toLowerCase()];
  if (!typesOf) {
    throw new ReportFault(
      `Of SARIF only that of ${Object.keys(TYPES_OF).join(', ')} holds the secrets; make the scanner write its own JSON.`,
    );
  }
  return results.flatMap(({ ruleId, partialFingerprints, locations }) =>
    locations.map(({ physicalLocation: { artifactLocation, region }, properties }) => ({
      types: typesOf(ruleId),
      token: usableToken(region.snippet.text),
      rule: ruleId,
      file: artifactLocation.uri.replace(/^file:\/\//, ''),
      startLine: region.startLine,
      endLine: region.endLine,
      commit: partialFingerprints.commitSha || properties.git_metadata.commit.id,
      link: '',
    })),
  );
}
