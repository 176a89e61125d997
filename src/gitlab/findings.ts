/**
 * The secret findings of one GitLab: which there are, and the secret of each.
 *
 * Docs: https://docs.gitlab.com/api/vulnerabilities/ (the record of one), https://docs.gitlab.com/api/graphql/reference/
 * (`Query.vulnerability`, `Group.vulnerabilities`, `Project.vulnerabilities`), https://docs.gitlab.com/api/projects/;
 * GitLab's source: `ee/lib/api/entities/vulnerability.rb`, `ee/app/finders/security/vulnerability_reads_finder.rb`,
 * `lib/gitlab/graphql/connection_redaction.rb`, `ee/app/graphql/resolvers/vulnerability_severities_count_resolver.rb`;
 * checked 2026-11-30.
 *
 * Quirks:
 * - Only the REST record has the secret, in a JSON text within its finding; GraphQL lists and filters.
 * - Without the right to read vulnerabilities REST answers 403 or 404, and GraphQL null.
 * - A list has no such answer: what is not for us is taken out of each page, so that it looks as if there were none. How
 *   many there are is null then, as it is without the licence.
 * - A scanner that did not look into the history names no commit, or zeros.
 */
import { z } from 'zod';
import { readFileAt } from '../provider/context.ts';
import { Failure } from '../provider/failure.ts';
import { mustBeOfGitlab } from '../provider/gitlab-not-found.ts';
import type { Answer, Upstream } from '../provider/upstream.ts';
import { Secret } from '../words/secret.ts';
import { createGraphql, notGranted, vulnerabilityId, WHO } from './graphql.ts';
import { lessOf, ofOne } from './of-one.ts';
import { type Identifier, isOpenState, type Place, type SecretFinding, typeOf } from './secret-finding.ts';

export interface Findings {
  /** The record with its secret; undefined when it is not there, or not for us to see. @throws {Failure} */
  record(id: number, signal: AbortSignal): Promise<SecretFinding | undefined>;
  /** The same without its secret. @throws {Failure} */
  outline(id: number, signal: AbortSignal): Promise<SecretFinding | undefined>;
  /** The lines where it stands; undefined where they cannot be read. @throws {Failure} */
  lines(finding: SecretFinding, signal: AbortSignal): Promise<Secret | undefined>;
  /** Open findings, the newest first; undefined when the group or project is not there, or not for us. @throws {Failure} */
  page(scope: Scope, options: PageOptions): Promise<Page | undefined>;
  /** Whether the findings of a group or project are for us to see. @throws {Failure} */
  areForUs(scope: Scope, signal: AbortSignal): Promise<boolean>;
  /** Projects in the order of their ids. @throws {Failure} */
  projects(afterId: number, signal: AbortSignal): Promise<readonly { id: number; path: string }[]>;
}

export type Scope = { readonly group: string } | { readonly project: string };

export interface Listed {
  /** Undefined where its project is not for us. */
  readonly finding: SecretFinding | undefined;
  /** Neither type nor place of it could be listed: it has to be read by itself. */
  readonly isBare?: true;
}

interface PageOptions {
  /** From an earlier page. */
  readonly after: string | undefined;
  readonly signal: AbortSignal;
}

interface Page {
  /** Each with the cursor from which the list goes on behind it. */
  readonly findings: readonly ({ readonly cursor: string } & Listed)[];
  /** From which the list goes on behind the page, also where nothing of it is for us. */
  readonly end: string | undefined;
  readonly isLast: boolean;
  /** Of a project, at the beginning of its list: its findings are not for us to see, and the page looks as if it had none. */
  readonly isHidden: boolean;
}

const PAGE = 50;
const PROJECTS_PAGE = 100;
const MAX_LINES_LENGTH = 64 * 1024;

const TEXT = z.string().catch('');
const LINE = z.coerce.number().int().nonnegative().catch(0);

const RECORD = z.object({
  id: z.int(),
  state: z.string(),
  report_type: z.string(),
  created_at: TEXT,
  project: z.object({ id: z.int(), path_with_namespace: z.string() }),
  finding: z.object({ raw_metadata: TEXT }).catch({ raw_metadata: '' }),
});
/** What the scanner wrote. */
const RAW = z.object({
  raw_source_code_extract: z
    .union([z.string(), z.array(z.string()).transform((lines) => lines.join(''))])
    .catch(''),
  identifiers: z.array(z.object({ type: z.string(), value: z.string() })).catch([]),
  location: z.object({
    file: TEXT,
    start_line: LINE,
    end_line: LINE,
    commit: z.object({ sha: TEXT }).catch({ sha: '' }),
  }),
});

const BARE_FIELDS = `
  id state reportType detectedAt
  project { id fullPath }`;
const NODE_FIELDS = `${BARE_FIELDS}
  identifiers { externalType externalId }
  location { ... on VulnerabilityLocationSecretDetection { file startLine endLine blobPath } }`;
const OUTLINE = `query($id: VulnerabilityID!) {
  currentUser { id }
  vulnerability(id: $id) { ${NODE_FIELDS} }
}`;
const BARE = z.object({
  id: z.string(),
  state: z.string(),
  reportType: z.string(),
  detectedAt: TEXT,
  project: z.object({ id: z.string(), fullPath: z.string() }),
});
const NODE = BARE.extend({
  identifiers: z.array(z.object({ externalType: z.string(), externalId: z.string() })),
  location: z
    .object({ file: TEXT, startLine: LINE, endLine: LINE, blobPath: TEXT })
    .nullish()
    .catch(undefined),
});
/** GitLab lists what is left of a project that is being deleted, and tells no project then. */
const SEEN = z.union([z.object({ project: z.null() }).transform(() => undefined), NODE]);
/** What scanners write is text of whoever runs them: one such finding hides no others of its page. */
const LISTED_NODE = z.union([
  z.union([z.null(), z.object({ project: z.null() })]).transform((): Listed => ({ finding: undefined })),
  NODE.transform((node): Listed => ({ finding: ofNode(node) })),
  BARE.transform(
    (node): Listed => ({ finding: ofNode({ ...node, identifiers: [], location: null }), isBare: true }),
  ),
]);
const CURRENT_USER = z.object({ id: z.string() }).nullable();
const OUTLINED = z.object({ currentUser: CURRENT_USER, vulnerability: SEEN.nullable() });
const COUNT = z.object({ vulnerabilitySeveritiesCount: z.object({ critical: z.int() }).nullable() });
const CONNECTION = COUNT.partial().extend({
  vulnerabilities: z.object({
    edges: z
      .array(z.object({ cursor: z.string(), node: LISTED_NODE }).nullable())
      .transform((edges) => edges.flatMap((edge) => (edge ? [{ cursor: edge.cursor, ...edge.node }] : []))),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
  }),
});
const LISTED = z.object({
  currentUser: CURRENT_USER,
  group: CONNECTION.nullish(),
  project: CONNECTION.nullish(),
});
const COUNTED = z.object({ currentUser: CURRENT_USER, group: COUNT.nullish(), project: COUNT.nullish() });
const PROJECTS = z.array(z.object({ id: z.int(), path_with_namespace: z.string() }));
const TOO_NARROW = z.object({ error: z.literal('insufficient_scope') });
const NOT_GRANTED = z.object({ error: z.literal('insufficient_granular_scope') });

const KNOWN_USER = z.object({ currentUser: CURRENT_USER });

/** Open secrets. */
const FILTER = 'reportType: [SECRET_DETECTION], state: [DETECTED, CONFIRMED]';

const COUNTED_FIELDS = `vulnerabilitySeveritiesCount(${FILTER}) { critical }`;

function countQuery(kind: 'group' | 'project'): string {
  return `query($path: ID!) {
    currentUser { id }
    ${kind}(fullPath: $path) { ${COUNTED_FIELDS} }
  }`;
}

interface ListFields {
  /** Of each finding. */
  readonly fields: string;
  /** Of what is listed. */
  readonly also: string;
}

function listQuery(kind: 'group' | 'project', { fields, also }: ListFields): string {
  return `query($path: ID!, $first: Int, $after: String) {
    currentUser { id }
    ${kind}(fullPath: $path) {
      ${also}
      vulnerabilities(${FILTER}, sort: detected_desc, first: $first, after: $after) {
        edges { cursor node { ${fields} } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }`;
}

/**
 * @param readToken with scope `read_api`
 * @param onAnswer told of each answer, for GitLab's limits
 */
export function createFindings(
  upstream: Upstream,
  readToken: Secret,
  onAnswer: (answer: Answer) => void = () => {},
): Findings {
  const target = upstream.base;
  const graphql = createGraphql(upstream, readToken, { readOnly: true, onAnswer });
  const known = <T extends { currentUser: unknown }>(answer: T | undefined): T | undefined => {
    // Older versions answer a token that is refused as if there were none.
    if (answer && !answer.currentUser) throw new Failure('credential-refused', { target });
    return answer;
  };
  const get = async (path: string, query: Record<string, string | number>, signal: AbortSignal) => {
    const headers = { 'PRIVATE-TOKEN': readToken };
    const statuses = [200, 401, 403, 404];
    const answer = await upstream.request({ method: 'GET', path, query, headers, statuses, signal });
    onAnswer(answer);
    if (answer.status === 401) throw new Failure('credential-refused', { target, status: 401 });
    if (answer.status === 403 && answer.maybeJson(NOT_GRANTED)) throw notGranted(target, 403);
    if (answer.status === 403 && answer.maybeJson(TOO_NARROW)) {
      throw new Failure('permission-missing', { target, status: 403 });
    }
    mustBeOfGitlab(upstream, answer);
    return answer.status === 200 ? answer : undefined;
  };
  const who = async (signal: AbortSignal) =>
    known(await graphql({ query: WHO, variables: {}, schema: KNOWN_USER, signal }));
  const one = <T>(signal: AbortSignal, ask: () => Promise<T>) => ofOne(ask, () => who(signal));

  return {
    record: (id, signal) =>
      one(signal, async () => {
        const answer = await get(`/api/v4/vulnerabilities/${id}`, {}, signal);
        return answer && ofRecord(answer.json(RECORD));
      }),
    outline: (id, signal) =>
      one(signal, async () => {
        const variables = { id: vulnerabilityId(id) };
        const answer = known(await graphql({ query: OUTLINE, variables, schema: OUTLINED, signal }));
        return answer?.vulnerability ? ofNode(answer.vulnerability) : undefined;
      }),
    async lines({ project, place }, signal) {
      if (!place) return undefined;
      const { firstLine, lastLine } = place;
      const text = await readFileAt(upstream, readToken, { ...place, project }, signal);
      const lines = text
        ?.split('\n')
        .slice(firstLine - 1, lastLine)
        .join('\n')
        .slice(0, MAX_LINES_LENGTH);
      return lines ? new Secret(lines.toWellFormed()) : undefined;
    },
    async page(scope, { after, signal }) {
      const [kind, path] = kindAndPath(scope);
      const variables = { path, first: PAGE, after: after ?? null };
      const list = (fields: ListFields) =>
        one(signal, async () =>
          known(await graphql({ query: listQuery(kind, fields), variables, schema: LISTED, signal })),
        );
      // Names of files and rules have no limit: a page may be longer than we take, or GitLab fail at one of them.
      const also = kind === 'project' && after === undefined ? COUNTED_FIELDS : '';
      const answer = await lessOf(list, { fields: NODE_FIELDS, also }, { fields: BARE_FIELDS, also: '' });
      const found = answer?.group ?? answer?.project;
      if (!found) return undefined;
      const { edges: findings, pageInfo } = found.vulnerabilities;
      const isHidden = findings.length === 0 && found.vulnerabilitySeveritiesCount === null;
      return { findings, end: pageInfo.endCursor ?? undefined, isLast: !pageInfo.hasNextPage, isHidden };
    },
    async areForUs(scope, signal) {
      const [kind, path] = kindAndPath(scope);
      const call = { query: countQuery(kind), variables: { path }, schema: COUNTED, signal };
      const answer = await one(signal, async () => known(await graphql(call)));
      return (answer?.group ?? answer?.project)?.vulnerabilitySeveritiesCount != null;
    },
    async projects(afterId, signal) {
      const query = { pagination: 'keyset', order_by: 'id', sort: 'asc', simple: 'true', id_after: afterId };
      const list = (perPage: number) =>
        one(signal, async () => {
          const answer = await get('/api/v4/projects', { ...query, per_page: perPage }, signal);
          if (!answer) throw new Failure('permission-missing', { target });
          return answer.json(PROJECTS);
        });
      // Their owners describe them: a page may be longer than we take.
      const page = await lessOf(list, PROJECTS_PAGE, 1);
      return page.map((each) => ({ id: each.id, path: each.path_with_namespace }));
    },
  };
}

function kindAndPath(scope: Scope): readonly [kind: 'group' | 'project', path: string] {
  return 'group' in scope ? ['group', scope.group] : ['project', scope.project];
}

function ofRecord({
  id,
  state,
  report_type,
  created_at,
  project,
  finding,
}: z.output<typeof RECORD>): SecretFinding {
  const raw = RAW.safeParse(parsed(finding.raw_metadata)).data;
  const { file = '', start_line = 0, end_line = 0, commit } = raw?.location ?? {};
  const identifiers = raw?.identifiers.map((each): Identifier => ({ type: each.type, id: each.value })) ?? [];
  const text = raw?.raw_source_code_extract.trim() ? raw.raw_source_code_extract.toWellFormed() : undefined;
  return {
    ...{ vulnerability: id, projectId: project.id, project: project.path_with_namespace },
    isSecret: report_type === 'secret_detection',
    state: state.toLowerCase(),
    isOpen: isOpenState(state),
    detectedAt: Date.parse(created_at),
    type: typeOf(identifiers),
    place: placeOf(file, commit?.sha ?? '', start_line, end_line),
    text: text === undefined ? undefined : new Secret(text),
  };
}

function ofNode({
  id,
  state,
  reportType,
  detectedAt,
  project,
  identifiers,
  location,
}: z.output<typeof NODE>): SecretFinding {
  const { file = '', startLine = 0, endLine = 0, blobPath = '' } = location ?? {};
  const [, commit = ''] = /\/-\/(?:blob|raw)\/([0-9a-f]+)\//.exec(blobPath) ?? [];
  return {
    ...{ vulnerability: numberOf(id), projectId: numberOf(project.id), project: project.fullPath },
    isSecret: reportType === 'SECRET_DETECTION',
    state: state.toLowerCase(),
    isOpen: isOpenState(state),
    detectedAt: Date.parse(detectedAt),
    type: typeOf(identifiers.map(({ externalType, externalId }) => ({ type: externalType, id: externalId }))),
    place: placeOf(file, commit, startLine, endLine),
    text: undefined,
  };
}

function placeOf(file: string, commit: string, start: number, end: number): Place | undefined {
  if (file === '' || !/^[0-9a-f]{7,64}$/.test(commit) || /^0+$/.test(commit)) return undefined;
  const firstLine = Math.max(start, 1);
  return { file: file.toWellFormed(), commit, firstLine, lastLine: Math.max(end, firstLine) };
}

/** `gid://gitlab/Vulnerability/4711`; NaN, which is no id, when it is none. */
function numberOf(globalId: string): number {
  return Number(globalId.slice(globalId.lastIndexOf('/') + 1));
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
