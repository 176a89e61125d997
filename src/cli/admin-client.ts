/** How the commands reach the admin API of a running Quash. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, type Dispatcher, request } from 'undici';
import type { Config } from '../config/schema.ts';
import { readCertificates } from '../server/certificates.ts';
import { generatedTokenFiles } from './generated-tokens.ts';
import { CommandError, EXIT, type Io } from './io.ts';
import { loadSetup } from './setup.ts';

export interface AdminOptions {
  readonly config?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/** All calls go over one connection. */
export interface AdminClient {
  /** @throws {CommandError} with the problem's own words */
  call(method: Method, path: string, body?: unknown): Promise<unknown>;
  /** A long answer, as it comes. @throws {CommandError} */
  stream(path: string): AsyncIterable<string>;
}

type Method = 'GET' | 'POST' | 'PUT';

/** Without a byte; a long answer may take longer. */
const TIMEOUT_MS = 15_000;

/** The address and the token come from the configuration that the service has, or from `--url`. */
export async function connectAdmin(io: Io, options: AdminOptions): Promise<AdminClient> {
  const { config } = await loadSetup(io, options.config);
  const base = (options.url ?? adminUrl(config.admin)).replace(/\/+$/, '');
  const { tokens } = config.admin;
  const dispatcher = await dispatcherTo(options.url === undefined ? config.admin.tls : undefined);
  const configured = (tokens.find(({ role }) => role === 'operator') ?? tokens[0])?.token;
  const authorization = configured
    ? undefined
    : await readGenerated(generatedTokenFiles(config, io.cwd).admin);
  const send = async (method: Method, path: string, body?: unknown) => {
    const headers = {
      authorization: authorization ?? `Bearer ${configured?.reveal()}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const answer = await request(`${base}/api${path}`, {
      ...{ method, headers, dispatcher, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS },
      body: body === undefined ? null : JSON.stringify(body),
    }).catch((error: unknown) => {
      throw callFailure(base, error);
    });
    if (answer.statusCode < 300) return answer;
    const problem = (await answer.body.json().catch(() => undefined)) as Problem | undefined;
    const words = [problem?.title, problem?.detail].filter(Boolean).join('. ');
    throw new CommandError(words || `Quash answered with status ${answer.statusCode}.`, {
      exitCode: problem?.invalid ? EXIT.usage : EXIT.failed,
    });
  };
  return {
    async call(method, path, body) {
      const answer = await send(method, path, body);
      return answer.body.json().catch((error: unknown) => {
        throw brokenOff(base, error);
      });
    },
    async *stream(path) {
      const answer = await send('GET', path);
      const decoder = new TextDecoder();
      try {
        for await (const chunk of answer.body) yield decoder.decode(chunk as Uint8Array, { stream: true });
      } catch (error) {
        throw brokenOff(base, error);
      }
    },
  };
}

function brokenOff(base: string, cause: unknown): CommandError {
  return new CommandError(`The answer of Quash at ${base} broke off.`, { cause });
}

/** What is known of a call that brought no whole answer. */
function callFailure(base: string, error: unknown): CommandError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  const [, words] = CALL_FAILURES.find(([pattern]) => pattern.test(code)) ?? [];
  return new CommandError(words?.(base) ?? `The call of Quash at ${base} failed (${code}).`, {
    cause: error,
  });
}

const CALL_FAILURES: readonly (readonly [code: RegExp, words: (base: string) => string])[] = [
  [
    /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/,
    (base) => `Quash cannot be reached at ${base}; is it running?`,
  ],
  [/^(ENOTFOUND|EAI_AGAIN)$/, (base) => `The name server does not know the host of ${base}.`],
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
    (base) =>
      `Quash at ${base} closed the connection before it had answered; what was asked for may be done.`,
  ],
  [
    /^UND_ERR_HEADERS_TIMEOUT$/,
    (base) =>
      `Quash at ${base} did not answer in ${TIMEOUT_MS / 1000} seconds; what was asked for may be done.`,
  ],
  [/CERT|TLS|SSL|ALTNAME|SELF_SIGNED/, (base) => `The certificate of ${base} is not trusted.`],
];

/** Where this configuration has its admin port, without a slash at the end. */
export function adminUrl({ host, port, tls }: Pick<Config['admin'], 'host' | 'port' | 'tls'>): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * One connection serves all calls. The port of this configuration is trusted by the certificate in its file, as it is called
 * by an address that no certificate has; and it is shown the same one where it wants one.
 * @param tls of that port; absent for any other
 */
async function dispatcherTo(tls: Config['admin']['tls']): Promise<Dispatcher> {
  if (!tls) return new Agent({ connections: 1 });
  const { cert, key } = await readCertificates('admin', tls);
  const own = new X509Certificate(cert);
  return new Agent({
    connections: 1,
    connect: {
      ...{ ca: cert, cert, key, allowPartialTrustChain: true },
      checkServerIdentity: (_host, { raw }) => (own.raw.equals(raw) ? undefined : new Error('Another one.')),
    },
  });
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  /** What is wrong with a query or a body that was given. */
  readonly invalid?: unknown;
}

async function readGenerated(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(`No admin token: admin.tokens is empty and ${path} cannot be read.`, {
      cause: error,
    });
  });
  // The file has several while one is being replaced.
  return `Bearer ${text.trim().split(/\s+/, 1)[0]}`;
}
