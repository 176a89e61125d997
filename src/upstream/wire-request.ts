/** A request as it goes over the wire: the place where its secrets are revealed. */
import packageJson from '../../package.json' with { type: 'json' };
import { Failure } from '../provider/failure.ts';
import { ConfigFault } from '../provider/provider.ts';
import { type Body, textOf, UnsendableHeader, type UpstreamRequest } from '../provider/upstream.ts';
import { Secret } from '../words/secret.ts';

const USER_AGENT = `quash/${packageJson.version} (+secret revocation)`;

export interface Base {
  readonly origin: string;
  readonly hostname: string;
  /** Path without a trailing slash; empty for none. */
  readonly prefix: string;
  readonly href: string;
}

/** @throws {ConfigFault} */
export function parseBase(baseUrl: string): Base {
  const refuse = (message: string) => new ConfigFault([], message);
  const url = URL.parse(baseUrl);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw refuse('The base URL must be an http or https URL.');
  }
  if (url.username !== '' || url.password !== '') throw refuse('The base URL must not hold credentials.');
  if (/[?#]/.test(baseUrl)) throw refuse('The base URL must not have a query or a fragment.');
  const prefix = url.pathname.replace(/\/+$/, '');
  return { origin: url.origin, hostname: url.hostname, prefix, href: url.origin + prefix };
}

export interface WireRequest {
  readonly origin: string;
  readonly method: UpstreamRequest['method'];
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

/** @throws {Failure} `internal` when the caller asks for what must not be sent */
export function wireRequest(base: Base, request: UpstreamRequest): WireRequest {
  return {
    origin: base.origin,
    method: request.method,
    path: targetPath(base, request),
    headers: wireHeaders(base, request),
    body: wireBody(request),
  };
}

/** The path and query that go over the wire. A path that the URL parser would rewrite could leave the base, so it is refused. */
function targetPath(base: Base, request: UpstreamRequest): string {
  const path = textOf(request.path);
  const url = URL.parse(base.href + path);
  const kept =
    url !== null &&
    url.origin === base.origin &&
    url.pathname === base.prefix + path &&
    /^\/(?!\/)/.test(path);
  if (!kept) throw new Failure('internal', { target: base.origin });
  if (repeatsRoot(base.prefix, path)) throw new Failure('misconfigured', { target: base.origin });
  for (const [name, value] of Object.entries(request.query ?? {})) {
    url.searchParams.set(name, typeof value === 'number' ? String(value) : textOf(value));
  }
  return url.pathname + url.search;
}

/**
 * Sent unless the caller asks for more, as by curl, by which vendors' documents show their calls. Without it firewalls before
 * servers may block the call (https://github.com/microsoft/botframework-sdk/issues/5497: rule 920300 of the OWASP core rule
 * set), and Rails takes the caller for a browser (actionpack, action_dispatch/http/mime_negotiation.rb).
 */
const ACCEPT = '*/*';

const API_ROOT = /^(?:\.?api|rest|services|artifactory|v\d[\w.]*)$/;

/**
 * Whether the root of the API stands in the address, as in `https://vault.example.com/v1`, and again in the path. What a server
 * says of such a path, that nothing is there or that this is not allowed, it may say of a token that is not there as well.
 */
function repeatsRoot(prefix: string, path: string): boolean {
  const end = prefix.split('/').slice(1);
  const start = path.split('/').slice(1);
  // A group of a GitLab may be called like the folder in which that is.
  if (!API_ROOT.test(start[0] ?? '')) return false;
  return end.some((_, from) => end.slice(from).every((segment, at) => segment === start[at]));
}

function wireHeaders(base: Base, request: UpstreamRequest): Record<string, string> {
  const headers: Record<string, string> = { accept: ACCEPT };
  if (request.json !== undefined) headers['content-type'] = 'application/json';
  if (request.form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers[name.toLowerCase()] = textOf(value);
  }
  headers['user-agent'] = USER_AGENT;
  if (!Object.entries(headers).every(isValidHeader)) {
    throw new Failure('internal', { target: base.origin, cause: new UnsendableHeader() });
  }
  return headers;
}

/** Checked here because the HTTP library's error for it could not be told from other errors. */
function isValidHeader([name, value]: [string, string]): boolean {
  return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function wireBody(request: UpstreamRequest): string | null {
  if (request.json !== undefined) return JSON.stringify(revealed(request.json));
  if (request.form === undefined) return null;
  const fields = Object.entries(request.form).map(([name, value]) => [name, textOf(value)]);
  return new URLSearchParams(fields).toString();
}

function revealed(body: Body | undefined): unknown {
  if (body instanceof Secret) return body.reveal();
  if (Array.isArray(body)) return body.map(revealed);
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, revealed(value)]));
}
