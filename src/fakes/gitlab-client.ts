/**
 * The part of GitLab that calls the Token Revocation API, with its habits: it asks for the types every time, posts
 * all findings of a pipeline in one array, takes any 2xx for success without reading it, and repeats everything
 * else from the start.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

/** One element of the array, with exactly the keys that GitLab sends. */
export interface Finding {
  readonly type: string;
  readonly token: string | null;
  readonly location: string;
  readonly vulnerability: Readonly<Record<string, unknown>> | null;
}

export interface GitlabClientOptions {
  readonly typesUrl: string;
  readonly revokeUrl: string;
  /** Sent as it is, without a scheme. */
  readonly token: string;
  /** Repetitions after the first try. Default 17. */
  readonly maxRetries?: number;
  /** The pause before retry `n`, counted from 0. Default: Sidekiq's, from 15 s up to about a day. */
  readonly retryDelayMs?: (n: number) => number;
  readonly timeoutMs?: number;
}

interface ClientReport {
  /** Whether the job succeeded; GitLab drops the findings for good when it did not. */
  readonly delivered: boolean;
  readonly tries: number;
  /** Elements of the last POST; 0 when no finding's type was wanted. */
  readonly posted: number;
}

export interface GitlabClient {
  /** What the background job after one pipeline does. Never throws. */
  report(findings: readonly Finding[]): Promise<ClientReport>;
}

const MAX_RETRIES = 17;
const TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 5;

export function createGitlabClient(options: GitlabClientOptions): GitlabClient {
  const { maxRetries = MAX_RETRIES, retryDelayMs = sidekiqDelayMs } = options;
  return {
    async report(findings) {
      for (let tries = 1; ; tries++) {
        const posted = await runJob(options, findings);
        if (posted !== undefined) return { delivered: true, tries, posted };
        if (tries > maxRetries) return { delivered: false, tries, posted: 0 };
        await delay(retryDelayMs(tries - 1));
      }
    },
  };
}

function sidekiqDelayMs(n: number): number {
  return (n ** 4 + 15) * 1000;
}

/** @returns the number of posted elements; undefined for any failure, whatever it was */
async function runJob(
  options: GitlabClientOptions,
  findings: readonly Finding[],
): Promise<number | undefined> {
  try {
    const types = await fetchTypes(options);
    const wanted = findings.filter(({ type }) => types.includes(type));
    if (wanted.length === 0) return 0;
    const body = JSON.stringify(wanted.map(onlyKnownKeys));
    const response = await send(options, options.revokeUrl, 'POST', body);
    response.resume();
    return isSuccess(response) ? wanted.length : undefined;
  } catch {
    return undefined;
  }
}

async function fetchTypes(options: GitlabClientOptions): Promise<readonly unknown[]> {
  const response = await send(options, options.typesUrl, 'GET');
  if (!isSuccess(response)) {
    response.resume();
    throw new Error('GitLab takes every other status for a failure.');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const answer: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw new Error('No object.');
  return 'types' in answer && Array.isArray(answer.types) ? answer.types : [];
}

function onlyKnownKeys({ type, token, location, vulnerability }: Finding): Finding {
  return { type, token, location, vulnerability };
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

async function send(
  options: GitlabClientOptions,
  url: string,
  method: 'GET' | 'POST',
  body?: string,
  redirects = 0,
): Promise<IncomingMessage> {
  const response = await exchange(options, url, method, body);
  const { statusCode = 0, headers } = response;
  if (![301, 302, 303, 307, 308].includes(statusCode) || !headers.location) return response;
  response.resume();
  if (redirects === MAX_REDIRECTS) throw new Error('Too many redirects.');
  const next = new URL(headers.location, url).href;
  // Here a report is lost: the POST becomes a GET, and its answer counts as success.
  if (statusCode < 307) return send(options, next, 'GET', undefined, redirects + 1);
  return send(options, next, method, body, redirects + 1);
}

function exchange(
  options: GitlabClientOptions,
  url: string,
  method: 'GET' | 'POST',
  body: string | undefined,
): Promise<IncomingMessage> {
  const start = url.startsWith('https:') ? httpsRequest : httpRequest;
  const headers = {
    'Content-Type': 'application/json',
    Authorization: options.token,
    ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
    const request = start(url, { method, headers, signal, agent: false });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(body);
  });
}

export interface FindingsOptions {
  readonly type: string;
  /** The token of element `i`; the same for several elements makes duplicates. */
  readonly token: (i: number) => string | null;
  /** How the rule's match looks around the token. Default `bare`. */
  readonly around?: 'bare' | 'quoted' | 'trailing-comma' | 'assignment';
  /** Default: the URL of a line range in a project's file. */
  readonly location?: (i: number) => string;
  /** Send each element's vulnerability record, as GitLab does from the second pipeline on. */
  readonly withVulnerability?: boolean;
}

/** The findings of one pipeline. */
export function findings(count: number, options: FindingsOptions): Finding[] {
  const { around = 'bare', location = locationOf, withVulnerability = false } = options;
  return Array.from({ length: count }, (_, i) => ({
    type: options.type,
    token: surround(options.token(i), around),
    location: location(i),
    vulnerability: withVulnerability ? vulnerabilityRecord(i) : null,
  }));
}

function surround(token: string | null, around: NonNullable<FindingsOptions['around']>): string | null {
  if (token === null) return null;
  switch (around) {
    case 'bare':
      return token;
    case 'quoted':
      return `"${token}"`;
    case 'trailing-comma':
      return `${token},`;
    case 'assignment':
      return `API_TOKEN = '${token}'`;
  }
}

function locationOf(i: number): string {
  const sha = i.toString(16).padStart(40, 'a');
  return `https://gitlab.example.com/group/project/-/raw/${sha}/src/config-${i}.yml#L${i + 1}-${i + 2}`;
}

/** All columns of the record, about 1.5 KB. */
function vulnerabilityRecord(i: number): Record<string, unknown> {
  const time = '2026-02-03T04:05:06.789Z';
  return {
    id: 1000 + i,
    project_id: 42,
    author_id: 7,
    title: 'Token found in the repository',
    title_html: 'Token found in the repository',
    description: 'A token was found. '.repeat(30),
    description_html: `<p dir="auto">${'A token was found. '.repeat(15)}</p>`,
    state: 'detected',
    severity: 'critical',
    severity_overridden: false,
    confidence: 'unknown',
    confidence_overridden: false,
    report_type: 'secret_detection',
    resolved_on_default_branch: false,
    present_on_default_branch: true,
    created_at: time,
    updated_at: time,
    detected_at: time,
    confirmed_at: null,
    confirmed_by_id: null,
    dismissed_at: null,
    dismissed_by_id: null,
    resolved_at: null,
    resolved_by_id: null,
    updated_by_id: null,
    due_date: null,
    due_date_sourcing_milestone_id: null,
    start_date: null,
    start_date_sourcing_milestone_id: null,
    epic_id: null,
    milestone_id: null,
    last_edited_at: null,
    last_edited_by_id: null,
    cached_markdown_version: 2162698,
    finding_id: 2000 + i,
    uuid: `00000000-0000-5000-8000-${String(i).padStart(12, '0')}`,
  };
}
