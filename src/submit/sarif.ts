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
  listOf,
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

const REGION = z
  .object({ startLine: LINE, endLine: LINE, snippet: z.object({ text: TEXT }).catch({ text: '' }) })
  .catch({ startLine: 0, endLine: 0, snippet: { text: '' } });
const PLACE = z.object({
  artifactLocation: z.object({ uri: TEXT }).catch({ uri: '' }),
  region: REGION,
});

const LOCATION = z.object({
  physicalLocation: PLACE.catch(() => PLACE.parse({})),
  properties: z.object({ git_metadata: COMMIT_METADATA }).catch({ git_metadata: { commit: { id: '' } } }),
});

const RESULT = z.object({
  ruleId: TEXT,
  partialFingerprints: z.object({ commitSha: TEXT }).catch({ commitSha: '' }),
  locations: listOf(LOCATION),
});

const RUN = z.object({
  tool: z.object({ driver: z.object({ name: TEXT }) }).catch({ driver: { name: '' } }),
  results: listOf(RESULT),
  invocations: z.array(z.object({ executionSuccessful: z.boolean().catch(true) })).catch([]),
  properties: z.object({ repository_audit: z.unknown() }).catch({ repository_audit: undefined }),
});
type Run = z.output<typeof RUN>;

const LOG = z.object({ runs: listOf(RUN) });

export const sarif: ReportFormat = {
  id: 'sarif',
  recognises: (record) => hasKeys(record, 'runs', 'version'),
  read(records) {
    const runs = records.flatMap(runsIn);
    const own = runs.flatMap(findingsIn);
    if (runs.length === 0 || runs.some(isKnown)) return own;
    throw new ReportFault(
      `Of SARIF only that of ${Object.keys(TYPES_OF).join(', ')} holds the secrets; make the scanner write its own JSON.`,
    );
  },
  // A run of another tool beside them may have found secrets, too.
  isPartial: (record) =>
    runsIn(record).some(
      (run) =>
        !isKnown(run) ||
        run.invocations.some(({ executionSuccessful }) => !executionSuccessful) ||
        isPartlyScanned(run.properties.repository_audit),
    ),
};

function runsIn(record: unknown): readonly Run[] {
  return LOG.parse(record).runs;
}

function isKnown({ tool }: Run): boolean {
  return Object.hasOwn(TYPES_OF, tool.driver.name.toLowerCase());
}

function findingsIn(run: Run): readonly ScannerFinding[] {
  const typesOf = TYPES_OF[run.tool.driver.name.toLowerCase()];
  if (!typesOf || !isKnown(run)) return [];
  return run.results.flatMap(({ ruleId, partialFingerprints, locations }) =>
    (locations.length > 0 ? locations : [LOCATION.parse({})]).map(
      ({ physicalLocation: { artifactLocation, region }, properties }) => ({
        types: typesOf(ruleId),
        token: usableToken(region.snippet.text),
        rule: ruleId,
        file: artifactLocation.uri.replace(/^file:\/\//, ''),
        startLine: region.startLine,
        endLine: region.endLine,
        commit: partialFingerprints.commitSha || properties.git_metadata.commit.id,
        link: '',
      }),
    ),
  );
}
