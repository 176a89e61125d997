/** What the fake GitLab knows of vulnerabilities: its GraphQL API for reading, commenting, resolving and reopening them. */
import { execute, type GraphqlSchema } from './graphql.ts';

interface FakeNote {
  readonly author: string;
  readonly body: string;
}

/** What a vulnerability is of, and where. */
export interface FakeVulnerabilityPlace {
  /** E.g. `SECRET_DETECTION`, `SAST`. */
  readonly reportType: string;
  /** Its full path. */
  readonly project: string;
  readonly file: string;
}

export interface FakeVulnerability {
  readonly id: number;
  readonly place: FakeVulnerabilityPlace;
  state: 'DETECTED' | 'CONFIRMED' | 'RESOLVED' | 'DISMISSED';
  /** The global id of a user; null in every other state. */
  resolvedBy: string | null;
  readonly notes: FakeNote[];
  /** The comments that went with changes of its state. */
  readonly stateComments: string[];
}

/** Who calls: an id, and whether the role allows to comment and resolve. */
export interface FakeCaller {
  readonly userId: number;
  readonly mayWrite: boolean;
}

const NOT_AVAILABLE =
  "The resource that you are attempting to access does not exist or you don't have permission to perform this action";

/** What more is known, as the server has it for this caller. */
export interface FakeGraphqlWorld {
  /** Fields of a vulnerability that was found in a project; `undefined` where it was not, `null` where it is not for the caller. */
  describe(id: number): object | null | undefined;
  /** `Query.group` or `Query.project`; null where there is none for the caller. */
  scope(kind: 'group' | 'project', path: string): object | null;
  /** `Mutation.pipelineTriggerDelete`. @returns false where the caller may not, or there is none */
  deleteTrigger(id: string): boolean;
}

const PAGE = { args: { first: 'Int', after: 'String' } } as const;
const SCALAR = {};
const DESCRIPTION = {
  id: SCALAR,
  state: SCALAR,
  reportType: SCALAR,
  detectedAt: SCALAR,
  project: { fields: { id: SCALAR, fullPath: SCALAR } },
  identifiers: { fields: { externalType: SCALAR, externalId: SCALAR } },
  location: { fields: { file: SCALAR, startLine: SCALAR, endLine: SCALAR, blobPath: SCALAR } },
} as const;
const FILTER = { reportType: '[VulnerabilityReportType!]', state: '[VulnerabilityState!]' } as const;
const WITH_VULNERABILITIES = {
  args: { fullPath: 'ID!' },
  fields: {
    vulnerabilitySeveritiesCount: { args: FILTER, fields: { critical: SCALAR } },
    vulnerabilities: {
      args: { ...PAGE.args, ...FILTER, sort: 'VulnerabilitySort' },
      fields: {
        edges: { fields: { cursor: SCALAR, node: { fields: DESCRIPTION } } },
        pageInfo: { fields: { hasNextPage: SCALAR, endCursor: SCALAR } },
      },
    },
  },
} as const;
const SCHEMA: GraphqlSchema = {
  query: {
    currentUser: { fields: { id: SCALAR } },
    group: WITH_VULNERABILITIES,
    project: WITH_VULNERABILITIES,
    vulnerability: {
      args: { id: 'VulnerabilityID!' },
      fields: {
        ...DESCRIPTION,
        resolvedBy: { fields: { id: SCALAR } },
        notes: {
          ...PAGE,
          fields: {
            nodes: { fields: { id: SCALAR, body: SCALAR, author: { fields: { id: SCALAR } } } },
            pageInfo: { fields: { hasNextPage: SCALAR, endCursor: SCALAR } },
          },
        },
      },
    },
  },
  mutation: {
    pipelineTriggerDelete: { args: { input: 'PipelineTriggerDeleteInput!' }, fields: { errors: SCALAR } },
    createNote: {
      args: { input: 'CreateNoteInput!' },
      fields: { note: { fields: { id: SCALAR } }, errors: SCALAR },
    },
    vulnerabilityResolve: {
      args: { input: 'VulnerabilityResolveInput!' },
      fields: { vulnerability: { fields: { id: SCALAR, state: SCALAR } }, errors: SCALAR },
    },
    vulnerabilityRevertToDetected: {
      args: { input: 'VulnerabilityRevertToDetectedInput!' },
      fields: { vulnerability: { fields: { id: SCALAR, state: SCALAR } }, errors: SCALAR },
    },
  },
};
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  createNote: ['noteableId', 'body'],
  pipelineTriggerDelete: ['id'],
  vulnerabilityResolve: ['id', 'comment'],
  vulnerabilityRevertToDetected: ['id', 'comment'],
};
const MAX_PAGE = 100;

/** @returns the body of the answer */
export function answerGraphql(
  vulnerabilities: readonly FakeVulnerability[],
  caller: FakeCaller | undefined,
  { query, variables }: Readonly<Record<string, unknown>>,
  world: FakeGraphqlWorld,
): object {
  return execute(SCHEMA, String(query ?? ''), (variables ?? {}) as Record<string, unknown>, (field, args) => {
    if (field === 'currentUser') return caller ? { id: userGid(caller) } : null;
    if (field === 'vulnerability') {
      const found = find(vulnerabilities, args.id);
      const more = found && world.describe(found.id);
      return found && caller && more !== null ? { ...view(found), ...more } : null;
    }
    if (field === 'group' || field === 'project') return world.scope(field, String(args.fullPath));
    const input = args.input as Readonly<Record<string, unknown>>;
    const isKnown = Object.keys(input).every((key) => INPUTS[field]?.includes(key));
    if (!isKnown) throw new Error(`Variable $input of ${field} was provided invalid value`);
    if (field === 'pipelineTriggerDelete') {
      if (!world.deleteTrigger(String(input.id))) throw new Error(NOT_AVAILABLE);
      return { errors: [] };
    }
    const found = find(vulnerabilities, input.id ?? input.noteableId);
    if (!found || !caller?.mayWrite) throw new Error(NOT_AVAILABLE);
    if (field === 'createNote') return comment(found, caller, input.body);
    const state = field === 'vulnerabilityResolve' ? 'RESOLVED' : 'DETECTED';
    return change(found, state, caller, input.comment);
  });
}

function userGid({ userId }: FakeCaller): string {
  return `gid://gitlab/User/${userId}`;
}

function find(
  vulnerabilities: readonly FakeVulnerability[],
  globalId: unknown,
): FakeVulnerability | undefined {
  const [, id] = /^gid:\/\/gitlab\/Vulnerability\/(\d+)$/.exec(String(globalId)) ?? [];
  if (id === undefined)
    throw new Error(`"${String(globalId)}" does not represent an instance of Vulnerability`);
  return vulnerabilities.find((each) => each.id === Number(id));
}

function view({ id, state, place, resolvedBy, notes }: FakeVulnerability) {
  return {
    ...{ id: `gid://gitlab/Vulnerability/${id}`, state, reportType: place.reportType },
    project: { fullPath: place.project },
    location: { file: place.file },
    resolvedBy: resolvedBy === null ? null : { id: resolvedBy },
    notes({ first, after }: Readonly<Record<string, unknown>>) {
      const start = after ? Number(Buffer.from(String(after), 'base64').toString()) : 0;
      const end = start + Math.min(Number(first ?? MAX_PAGE), MAX_PAGE);
      const nodes = notes
        .slice(start, end)
        .map(({ author, body }, index) => ({ id: String(start + index), body, author: { id: author } }));
      const endCursor =
        nodes.length > 0 ? Buffer.from(String(start + nodes.length)).toString('base64') : null;
      return { nodes, pageInfo: { hasNextPage: end < notes.length, endCursor } };
    },
  };
}

function comment(vulnerability: FakeVulnerability, caller: FakeCaller, body: unknown) {
  if (typeof body !== 'string' || body === '') return { note: null, errors: ["Note can't be blank"] };
  vulnerability.notes.push({ author: userGid(caller), body });
  return { note: { id: `gid://gitlab/Note/${vulnerability.notes.length}` }, errors: [] };
}

/** A change to the state that it has already is none, and no error. */
function change(
  vulnerability: FakeVulnerability,
  state: 'RESOLVED' | 'DETECTED',
  caller: FakeCaller,
  text: unknown,
) {
  if (vulnerability.state !== state) {
    vulnerability.stateComments.push(String(text ?? ''));
    vulnerability.resolvedBy = state === 'RESOLVED' ? userGid(caller) : null;
    vulnerability.state = state;
  }
  return { vulnerability: { id: vulnerability.id, state: vulnerability.state }, errors: [] };
}
