/**
 * The projects of the fake GitLab and the secrets that its scanner finds there, as vulnerabilities. What is told of
 * them follows `ee/lib/api/entities/vulnerability.rb` and `ee/lib/gitlab/data_builder/vulnerability.rb`.
 */
import { createHash } from 'node:crypto';
import type { FakeVulnerability } from './gitlab-vulnerabilities.ts';

export interface FakeProjectOptions {
  /** `group/project`, with any number of groups. */
  readonly path: string;
  readonly visibility?: 'public' | 'private';
  readonly description?: string;
  /** Ids of users with at least that role; administrators need none. */
  readonly developers?: readonly number[];
}

export interface FakeProject extends Required<FakeProjectOptions> {
  readonly id: number;
  /** By commit and path: `<sha>:src/a.env`. */
  readonly files: Map<string, string>;
  readonly issues: FakeIssue[];
  /** The addresses of authors, by commit. */
  readonly authors: Map<string, string>;
}

/** An issue, with the fields of `lib/api/entities/issue_basic.rb` that are asked for. */
export interface FakeIssue {
  readonly iid: number;
  readonly author: number;
  title: string;
  description: string | null;
  confidential: boolean;
  state: 'opened' | 'closed';
}

export interface FakeLeakOptions {
  /** Rule of the scanner: `gitlab_personal_access_token`. */
  readonly rule: string;
  readonly token: string;
  readonly file?: string;
  /** What the commit says of its author. */
  readonly author?: string;
  /** The record does not say what the scanner matched. */
  readonly withoutExtract?: boolean;
  /** The scanner did not look into the history. */
  readonly withoutCommit?: boolean;
  readonly reportType?: string;
  readonly detectedAtMs?: number;
}

export interface FakeFinding extends FakeLeakOptions {
  readonly project: FakeProject;
  readonly file: string;
  readonly commit: string;
  readonly line: number;
  readonly reportType: string;
  readonly detectedAtMs: number;
}

/** A vulnerability that was found in a project. */
export type FoundVulnerability = FakeVulnerability & { readonly finding: FakeFinding };

const NO_COMMIT = '0000000';
const LINES_BEFORE = 2;

export function newProject(id: number, options: FakeProjectOptions): FakeProject {
  return {
    visibility: 'private',
    description: '',
    developers: [],
    ...options,
    id,
    files: new Map(),
    issues: [],
    authors: new Map(),
  };
}

/** Commits a file with the token in one of its lines. */
export function commitLeak(options: FakeLeakOptions, project: FakeProject, nowMs: number): FakeFinding {
  const { token, file = 'config/app.env', author = 'dev@example.com', withoutCommit } = options;
  const sha = createHash('sha1').update(`${project.path}\n${file}\n${token}`).digest('hex');
  const lines = [...Array.from({ length: LINES_BEFORE }, (_, i) => `# line ${i + 1}`), `TOKEN=${token}`, ''];
  project.files.set(`${sha}:${file}`, lines.join('\n'));
  project.authors.set(sha, author);
  const found = { project, file, commit: withoutCommit ? NO_COMMIT : sha, line: LINES_BEFORE + 1 };
  return { reportType: 'secret_detection', detectedAtMs: nowMs, ...options, ...found };
}

/** A finding has more identifiers than its rule, in no promised order. */
function identifiersOf({ rule }: FakeFinding) {
  return [
    { type: 'cwe', id: '798', name: 'CWE-798' },
    { type: 'gitleaks_rule_id', id: rule, name: `Gitleaks rule ID ${rule}` },
  ];
}

/** Body of a `Vulnerability Hook`. */
export function hookPayload(instance: string, { id, state, finding }: FoundVulnerability): object {
  const { project, reportType, detectedAtMs } = finding;
  const at = new Date(detectedAtMs).toISOString();
  return {
    object_kind: 'vulnerability',
    object_attributes: {
      url: `${instance}/${project.path}/-/security/vulnerabilities/${id}`,
      title: 'A secret in the repository',
      state: state.toLowerCase(),
      project_id: project.id,
      location: locationOf(finding),
      cvss: [],
      severity: 'critical',
      severity_overridden: false,
      identifiers: identifiersOf(finding).map(({ type, id: external_id, name }) => ({
        ...{ name, external_id, external_type: type, url: null },
      })),
      issues: [],
      report_type: reportType,
      scanner_external_id: 'gitleaks',
      ...{ confirmed_at: null, dismissed_at: null, resolved_at: null, auto_resolved: false },
      ...{ resolved_on_default_branch: false, created_at: at, updated_at: at },
    },
  };
}

/** Answer of `GET /vulnerabilities/:id`. */
export function record({ id, state, finding }: FoundVulnerability): object {
  const { project, reportType, token, withoutExtract, detectedAtMs } = finding;
  const raw = {
    id: `finding-${id}`,
    category: reportType,
    ...(!withoutExtract && { raw_source_code_extract: token }),
    location: locationOf(finding),
    identifiers: identifiersOf(finding).map(({ type, id: value, name }) => ({ type, name, value })),
  };
  return {
    ...{ id, title: 'A secret in the repository', description: null, state: state.toLowerCase() },
    ...{ severity: 'critical', report_type: reportType },
    project: { id: project.id, path: project.path.split('/').at(-1), path_with_namespace: project.path },
    finding: {
      id: id + 10_000,
      report_type: reportType,
      raw_metadata: JSON.stringify(raw),
      metadata_version: '15.0.0',
    },
    created_at: new Date(detectedAtMs).toISOString(),
  };
}

/** As GraphQL has it. */
export function node({ id, state, finding }: FoundVulnerability) {
  const { project, file, line, commit, reportType, detectedAtMs } = finding;
  return {
    id: `gid://gitlab/Vulnerability/${id}`,
    ...{ state, reportType: reportType.toUpperCase(), detectedAt: new Date(detectedAtMs).toISOString() },
    project: { id: `gid://gitlab/Project/${project.id}`, fullPath: project.path },
    identifiers: identifiersOf(finding).map(({ type, id: externalId }) => ({
      externalType: type,
      externalId,
    })),
    location: {
      ...{ file, startLine: String(line), endLine: String(line) },
      blobPath: `/${project.path}/-/blob/${commit}/${file}#L${line}`,
    },
  };
}

function locationOf({ file, line, commit }: FakeFinding) {
  return { file, commit: { sha: commit }, start_line: line, end_line: line };
}
