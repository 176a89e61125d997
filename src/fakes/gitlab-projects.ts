/**
 * What the fake GitLab answers about projects, their files, findings and hooks: `lib/api/projects.rb`,
 * `lib/api/files.rb`, `lib/api/commits.rb`, `ee/lib/api/vulnerabilities.rb`, `ee/lib/api/group_hooks.rb`, and of GraphQL the lists of
 * `ee/app/graphql/resolvers/vulnerabilities_resolver.rb` with keyset pages.
 */
import {
  commitLeak,
  type FakeFinding,
  type FakeLeakOptions,
  type FakeProject,
  type FakeProjectOptions,
  type FoundVulnerability,
  hookPayload,
  newProject,
  node,
  record,
} from './gitlab-findings.ts';
import { FakeHooks } from './gitlab-hooks.ts';
import { answerIssues } from './gitlab-issues.ts';
import type { FakeVulnerability } from './gitlab-vulnerabilities.ts';

/** Who calls, by its access token. */
export interface FakeUser {
  readonly userId: number;
  readonly admin: boolean;
  readonly scopes: readonly string[];
}

interface ProjectsCall {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface ProjectsAnswer {
  readonly status: number;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAX_PAGE = 100;
const NOT_FOUND = { status: 404, body: { message: '404 Not found' } };
const FORBIDDEN = { status: 403, body: { message: '403 Forbidden' } };

export class FakeProjects {
  readonly all: FakeProject[] = [];
  readonly found: FoundVulnerability[] = [];
  readonly hooks: FakeHooks;
  readonly #now: () => number;
  readonly #instance: () => string;
  readonly #vulnerabilities: FakeVulnerability[];

  /** @param vulnerabilities of the server, to which those that are found are added */
  constructor(vulnerabilities: FakeVulnerability[], now: () => number, instance: () => string) {
    this.#vulnerabilities = vulnerabilities;
    this.#now = now;
    this.#instance = instance;
    this.hooks = new FakeHooks(now, instance);
  }

  add(options: FakeProjectOptions): FakeProject {
    const project = newProject(this.all.length + 1, options);
    this.all.push(project);
    return project;
  }

  /** What a pipeline of the default branch finds becomes a vulnerability. */
  leak(project: FakeProject, options: FakeLeakOptions): FoundVulnerability {
    return this.#create(commitLeak(options, project, this.#now()));
  }

  /** What a merge request brings is in its files at once, and a vulnerability once it is merged. */
  openMergeRequest(project: FakeProject, options: FakeLeakOptions): { merge(): FoundVulnerability } {
    const finding = commitLeak(options, project, this.#now());
    return { merge: () => this.#create(finding) };
  }

  setState(vulnerability: FoundVulnerability, state: FakeVulnerability['state']): void {
    vulnerability.state = state;
    this.#tell(vulnerability);
  }

  #create(finding: FakeFinding): FoundVulnerability {
    const id = 1 + Math.max(0, ...this.#vulnerabilities.map((each) => each.id));
    const { project, file, reportType } = finding;
    const vulnerability: FoundVulnerability = {
      place: { reportType: reportType.toUpperCase(), project: project.path, file },
      ...{ id, state: 'DETECTED', resolvedBy: null, notes: [], stateComments: [], finding },
    };
    this.#vulnerabilities.push(vulnerability);
    this.found.push(vulnerability);
    this.#tell(vulnerability);
    return vulnerability;
  }

  #tell(vulnerability: FoundVulnerability): void {
    const payload = hookPayload(this.#instance(), vulnerability);
    this.hooks.fire(vulnerability.finding.project.path, 'Vulnerability Hook', payload);
  }

  /** Undefined for what is none of this. */
  answer({ method, path, params }: ProjectsCall, user: FakeUser): ProjectsAnswer | undefined {
    const call = `${method} ${path}`;
    const vulnerability = /^GET \/vulnerabilities\/(\d+)$/.exec(call)?.[1];
    if (vulnerability !== undefined) return mayRead(user) ?? this.#vulnerability(Number(vulnerability), user);
    if (call === 'GET /projects') return mayRead(user) ?? this.#projects(params, user);
    const [, project, file] = /^GET \/projects\/([^/]+)\/repository\/files\/([^/]+)\/raw$/.exec(call) ?? [];
    if (project && file)
      return this.#file(decodeURIComponent(project), decodeURIComponent(file), params, user);
    const [, within, iid] = /^(?:GET|POST|PUT) \/projects\/([^/]+)\/issues(?:\/(\d+))?$/.exec(call) ?? [];
    if (within) return this.#issues(decodeURIComponent(within), { method, iid, params }, user);
    const [, of, sha] = /^GET \/projects\/([^/]+)\/repository\/commits\/([0-9a-f]+)$/.exec(call) ?? [];
    if (of && sha) return this.#commit(decodeURIComponent(of), sha, user);
    const [, group, hook] = /^(?:GET|POST|PUT) \/groups\/([^/]+)\/hooks(?:\/(\d+))?$/.exec(call) ?? [];
    if (group) return this.#groupHooks({ method, params }, decodeURIComponent(group), hook, user);
    return undefined;
  }

  #vulnerability(id: number, user: FakeUser): ProjectsAnswer {
    const found = this.found.find((each) => each.id === id);
    if (!found) return NOT_FOUND;
    return isDeveloper(found.finding.project, user) ? { status: 200, body: record(found) } : FORBIDDEN;
  }

  #projects(params: ProjectsCall['params'], user: FakeUser): ProjectsAnswer {
    if (params.pagination !== 'keyset' || params.order_by !== 'id')
      return { status: 405, body: { error: 'Keyset only' } };
    const after = Number(params.id_after ?? 0);
    const limit = Math.min(Number(params.per_page ?? 20), MAX_PAGE);
    const visible = this.all.filter((project) => isVisible(project, user) && project.id > after);
    const page = visible.slice(0, limit);
    const body = page.map(({ id, path, description }) => ({
      id,
      description,
      name: path.split('/').at(-1),
      path_with_namespace: path,
    }));
    return { status: 200, body };
  }

  #file(path: string, file: string, { ref }: ProjectsCall['params'], user: FakeUser): ProjectsAnswer {
    const project = this.all.find((each) => each.path === path);
    if (!project || !isVisible(project, user))
      return { status: 404, body: { message: '404 Project Not Found' } };
    if (!['read_api', 'api', 'read_repository'].some((scope) => user.scopes.includes(scope)))
      return noScope('read_api');
    const text = project.files.get(`${String(ref)}:${file}`);
    return text === undefined
      ? { status: 404, body: { message: '404 File Not Found' } }
      : { status: 200, body: text };
  }

  #issues(
    path: string,
    call: Parameters<typeof answerIssues>[1],
    user: FakeUser,
  ): ProjectsAnswer | undefined {
    const project = this.all.find((each) => each.path === path);
    if (!project || !isVisible(project, user))
      return { status: 404, body: { message: '404 Project Not Found' } };
    if (call.method !== 'GET' && !user.scopes.includes('api')) return noScope('api');
    if (!isDeveloper(project, user)) return FORBIDDEN;
    return answerIssues(project, call, user.userId);
  }

  /** With the fields of `lib/api/entities/commit.rb` that name persons. */
  #commit(path: string, sha: string, user: FakeUser): ProjectsAnswer {
    const project = this.all.find((each) => each.path === path);
    if (!project || !isVisible(project, user))
      return { status: 404, body: { message: '404 Project Not Found' } };
    const email = project.authors.get(sha);
    if (email === undefined) return { status: 404, body: { message: '404 Commit Not Found' } };
    const person = { author_name: 'Ann', author_email: email, committer_name: 'Ann', committer_email: email };
    return { status: 200, body: { id: sha, short_id: sha.slice(0, 8), title: 'Add settings', ...person } };
  }

  #groupHooks(
    { method, params }: Pick<ProjectsCall, 'method' | 'params'>,
    scope: string,
    hook: string | undefined,
    user: FakeUser,
  ): ProjectsAnswer {
    if (!user.scopes.includes('api')) return noScope('api');
    if (!user.admin) return FORBIDDEN;
    if (!this.all.some(({ path }) => path.startsWith(`${scope}/`))) {
      return { status: 404, body: { message: '404 Group Not Found' } };
    }
    const own = this.hooks.all.filter((each) => each.scope === scope);
    if (method === 'GET') return { status: 200, body: own.map(shownHook) };
    const options = {
      ...{ scope, url: String(params.url) },
      ...(params.token !== undefined && { token: String(params.token) }),
      ...(params.signing_token !== undefined && { signingToken: String(params.signing_token) }),
    };
    if (method === 'POST') return { status: 201, body: shownHook(this.hooks.add(options)) };
    const known = own.find(({ id }) => String(id) === hook);
    if (!known) return NOT_FOUND;
    Object.assign(known, options);
    return { status: 200, body: shownHook(known) };
  }

  /** `Query.vulnerability`; undefined for one that was not found in a project, null where it is not for the user. */
  describe(id: number, user: FakeUser | undefined): object | null | undefined {
    const found = this.found.find((each) => each.id === id);
    if (!found) return undefined;
    return user && isDeveloper(found.finding.project, user) ? node(found) : null;
  }

  /** `Query.group` and `Query.project`. */
  scope(kind: 'group' | 'project', path: string, user: FakeUser | undefined): object | null {
    const within = this.all.filter((project) =>
      kind === 'group' ? project.path.startsWith(`${path}/`) : project.path === path,
    );
    if (!user || !within.some((project) => isVisible(project, user))) return null;
    const inside = this.found.filter(({ finding }) => within.includes(finding.project));
    const isShown = ({ finding }: FoundVulnerability) => isDeveloper(finding.project, user);
    const mayCount = within.some((project) => isDeveloper(project, user));
    return {
      vulnerabilitySeveritiesCount: mayCount ? { critical: inside.filter(isShown).length } : null,
      vulnerabilities: (args: Readonly<Record<string, unknown>>) => connection(inside, isShown, args),
    };
  }
}

/**
 * Sorted as `detected_desc` sorts: by id. What is not for the caller is taken out of a page, and nothing else comes in
 * its place: `lib/gitlab/graphql/connection_redaction.rb`.
 */
function connection(
  all: readonly FoundVulnerability[],
  isShown: (each: FoundVulnerability) => boolean,
  args: Readonly<Record<string, unknown>>,
): object {
  if (args.sort !== 'detected_desc') throw new Error('This fake sorts by detected_desc alone.');
  const { reportType, state, first, after } = args as {
    reportType: string[];
    state: string[];
    first?: number;
    after?: string;
  };
  const before = after
    ? Number(JSON.parse(Buffer.from(after, 'base64').toString()).vulnerability_id)
    : Infinity;
  const matching = all
    .filter(
      (each) => reportType.includes(each.finding.reportType.toUpperCase()) && state.includes(each.state),
    )
    .filter(({ id }) => id < before)
    .sort((a, b) => b.id - a.id);
  const page = matching.slice(0, Math.min(first ?? MAX_PAGE, MAX_PAGE));
  const edges = page.filter(isShown).map((each) => ({ cursor: cursorOf(each), node: node(each) }));
  return {
    edges,
    pageInfo: { hasNextPage: page.length < matching.length, endCursor: edges.at(-1)?.cursor ?? null },
  };
}

function cursorOf({ id }: FoundVulnerability): string {
  return Buffer.from(JSON.stringify({ vulnerability_id: String(id) })).toString('base64');
}

function shownHook({ id, url }: { readonly id: number; readonly url: string }): object {
  return { id, url, vulnerability_events: true, alert_status: 'executable' };
}

function isDeveloper({ developers }: FakeProject, { admin, userId }: FakeUser): boolean {
  return admin || developers.includes(userId);
}

function isVisible(project: FakeProject, user: FakeUser): boolean {
  return project.visibility === 'public' || isDeveloper(project, user);
}

function mayRead({ scopes }: FakeUser): ProjectsAnswer | undefined {
  return scopes.includes('read_api') || scopes.includes('api') ? undefined : noScope('read_api');
}

function noScope(scope: string): ProjectsAnswer {
  const error_description = 'The request requires higher privileges than provided by the access token.';
  return { status: 403, body: { error: 'insufficient_scope', error_description, scope } };
}
