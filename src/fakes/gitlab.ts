/**
 * A GitLab server that knows nothing but tokens and vulnerabilities: it finds, revokes and resets the former with the
 * statuses and bodies of the real one, version by version, and takes comments on the latter. Tests and the demo run against it; it listens on loopback only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  FakeLeakOptions,
  FakeProject,
  FakeProjectOptions,
  FoundVulnerability,
} from './gitlab-findings.ts';
import type { FakeHook, FakeHookOptions } from './gitlab-hooks.ts';
import {
  type Answer,
  type Call,
  type FakeFault,
  type FakeGitlabCall,
  type FakeGitlabSettings,
  GRAPHQL,
  Instance,
  NO_ROUTE,
} from './gitlab-instance.ts';
import type { FakeTokenOptions } from './gitlab-token-store.ts';
import type { FakeToken, FakeTokenKind } from './gitlab-tokens.ts';
import type { FakeVulnerability, FakeVulnerabilityPlace } from './gitlab-vulnerabilities.ts';

export interface FakeGitlabOptions extends Partial<FakeGitlabSettings> {
  /** The plaintext of an administrator's token with the scopes `api` and `admin_mode`. */
  readonly adminToken?: string;
  /** A relative URL root, such as `/gitlab`. */
  readonly basePath?: string;
  readonly now?: () => number;
}

export interface FakeGitlab {
  readonly url: string;
  readonly tokens: readonly FakeToken[];
  readonly vulnerabilities: readonly FakeVulnerability[];
  readonly calls: readonly FakeGitlabCall[];
  /** What `PUT /application/settings` stored. */
  readonly applicationSettings: Readonly<Record<string, unknown>>;
  addToken(kind: FakeTokenKind, options?: FakeTokenOptions): FakeToken;
  /** Of a secret, unless `place` says otherwise. */
  addVulnerability(id: number, place?: Partial<FakeVulnerabilityPlace>): FakeVulnerability;
  addProject(options: FakeProjectOptions): FakeProject;
  /** A pipeline of the default branch finds it. */
  leak(project: FakeProject, options: FakeLeakOptions): FoundVulnerability;
  openMergeRequest(project: FakeProject, options: FakeLeakOptions): { merge(): FoundVulnerability };
  setState(vulnerability: FoundVulnerability, state: FakeVulnerability['state']): void;
  readonly hooks: readonly FakeHook[];
  addHook(options: FakeHookOptions): FakeHook;
  /** Resolves once all events were sent. */
  hooksIdle(): Promise<void>;
  configure(settings: Partial<FakeGitlabSettings>): void;
  failNext(fault: FakeFault): void;
  /** Deletes the bot users whose deletion was scheduled, and with them their tokens. */
  runBackgroundJobs(): void;
  close(): Promise<void>;
}

const DEFAULTS: FakeGitlabSettings = {
  version: '19.4',
  finderFlag: true,
  revokeFlag: true,
  expireTriggersFlag: false,
  personalAccessTokenPrefix: 'glpat-',
  instanceTokenPrefix: '',
  adminMode: true,
  impersonationDisabled: false,
  dpopRequired: false,
  runnerRotationClosed: false,
  callsLeft: null,
  callsPerMinute: null,
  retryAfterSeconds: 30,
};

/** Starts it on a free port of 127.0.0.1. */
export async function startFakeGitlab(options: FakeGitlabOptions = {}): Promise<FakeGitlab> {
  const { adminToken, basePath = '', now = Date.now, ...settings } = options;
  let url = '';
  const instance = new Instance({ ...DEFAULTS, ...settings }, now, () => url);
  const { projects } = instance;
  if (adminToken)
    instance.tokens.add('personal', { value: adminToken, admin: true, scopes: ['api', 'admin_mode'] });
  const server = createServer((request, response) => {
    response.setHeader('date', new Date(now()).toUTCString());
    serve(instance, basePath, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}${basePath}`;

  return {
    url,
    tokens: instance.tokens.all,
    vulnerabilities: instance.vulnerabilities,
    calls: instance.calls,
    applicationSettings: instance.applicationSettings,
    addToken: (kind, tokenOptions) => instance.tokens.add(kind, tokenOptions),
    addVulnerability: (id, place) => instance.addVulnerability(id, place),
    addProject: (projectOptions) => projects.add(projectOptions),
    leak: (project, leakOptions) => projects.leak(project, leakOptions),
    openMergeRequest: (project, leakOptions) => projects.openMergeRequest(project, leakOptions),
    setState: (vulnerability, state) => projects.setState(vulnerability, state),
    hooks: projects.hooks.all,
    addHook: (hookOptions) => projects.hooks.add(hookOptions),
    hooksIdle: () => projects.hooks.idle(),
    configure: (changes) => void Object.assign(instance.settings, changes),
    failNext: (fault) => void instance.faults.push(fault),
    runBackgroundJobs: () => instance.tokens.deleteBots(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  instance: Instance,
  basePath: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const method = request.method ?? '';
  const { pathname: fullPath, searchParams } = new URL(request.url ?? '/', 'http://fake');
  const root = `${basePath}/api/v4`;
  const isGraphql = fullPath === `${basePath}${GRAPHQL}`;
  const path = isGraphql ? GRAPHQL : fullPath.startsWith(`${root}/`) ? fullPath.slice(root.length) : fullPath;
  const call: Call = {
    method,
    path,
    credential: credentialOf(request),
    params: { ...Object.fromEntries(searchParams), ...(await readParams(request)) },
  };
  const known = isGraphql || fullPath.startsWith(`${root}/`);
  const fault = instance.takeFault(call);
  const usual = fault && !fault.afterWork ? undefined : known ? instance.answer(call) : pageOf(fullPath);
  const status = fault ? fault.status : (usual?.status ?? 500);

  instance.calls.push({
    method,
    path,
    credential: instance.credentialClass(call.credential),
    status: status === 'drop' ? 0 : status,
    unexpected: usual?.unexpected ?? false,
  });
  if (status === 'drop') return void response.destroy();
  const { body, headers } = fault ?? usual ?? {};
  const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
  const type = typeof body === 'object' ? 'application/json' : 'text/plain';
  response.writeHead(status, { ...(text && { 'content-type': type }), ...headers }).end(text);
}

/** Files of projects are there for whoever may read them; this one has none. */
function pageOf(path: string): Answer {
  return path.includes('/-/raw/') ? { status: 404, body: 'Not found' } : NO_ROUTE;
}

function credentialOf(request: IncomingMessage): string | undefined {
  const header = request.headers['private-token'];
  if (typeof header === 'string') return header;
  return request.headers.authorization?.replace(/^Bearer /i, '');
}

async function readParams(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (!text) return {};
  if (request.headers['content-type']?.startsWith('application/json')) return JSON.parse(text);
  return Object.fromEntries(new URLSearchParams(text));
}
