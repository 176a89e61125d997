/** How the commands reach the admin API of a running Quash. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, type Dispatcher, request } from 'undici';
import type { Config } from '../config/schema.ts';
import { type CertificateFiles, readCertificates } from '../server/certificates.ts';
import { errorCode } from '../words/connection-fault.ts';
import { invisibleFault, secretLines } from '../words/invisible.ts';
import { reachFault } from '../words/reach-fault.ts';
import { envDispatcher } from './env-proxy.ts';
import { generatedTokenFiles } from './generated-tokens.ts';
import { isHttpUrl } from './gitlab-api.ts';
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

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

const JSON_TYPE = /^application\/json\b/;
const EXPORT_TYPES = /^(?:text\/csv|application\/x-ndjson)\b/;

/** What the port that GitLab calls says of the admin API. */
const NO_SUCH_PATH = 'No such path';

/** Without a byte; a long answer may take longer. */
const TIMEOUT_MS = 15_000;

/** The address and the token come from the configuration that the service has, or from `--url`. */
export async function connectAdmin(io: Io, options: AdminOptions): Promise<AdminClient> {
  if (options.url !== undefined && !isHttpUrl(options.url)) {
    // Not quoted: a password may stand in it.
    throw new CommandError('--url is not an http or https URL.', { exitCode: EXIT.usage });
  }
  const { config } = await loadSetup(io, options.config);
  const base = (options.url ?? adminUrl(config.admin)).replace(/\/+$/, '');
  const { tokens } = config.admin;
  const ownTls = options.url === undefined ? config.admin.tls : undefined;
  const proxied = ownTls ? undefined : await envDispatcher(base, io.env);
  const dispatcher = proxied ?? (await dispatcherTo(ownTls));
  const configured = (tokens.find(({ role }) => role === 'operator') ?? tokens[0])?.token;
  const authorization = configured
    ? undefined
    : await readGenerated(generatedTokenFiles(config, io.cwd).admin);
  const send = async (method: Method, path: string, types: RegExp, body?: unknown) => {
    const headers = {
      authorization: authorization ?? `Bearer ${configured?.reveal()}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    const answer = await request(`${base}/api${path}`, {
      ...{ method, headers, dispatcher, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS },
      body: body === undefined ? null : JSON.stringify(body),
    }).catch((error: unknown) => {
      throw callFailure(base, error, proxied !== undefined);
    });
    if (answer.statusCode < 300) {
      // A page of a proxy, such as its own sign-in, may come with any status.
      if (types.test(String(answer.headers['content-type']))) return answer;
      answer.body.on('error', () => {}).destroy();
      throw new CommandError(
        `What answers at ${base} is no Quash: look at the address, and what is before it.`,
      );
    }
    const problem = (await answer.body.json().catch(() => undefined)) as Problem | undefined;
    if (problem?.title === NO_SUCH_PATH && options.url !== undefined) {
      throw new CommandError(
        `${base} is not an admin port: --url names that one, which is 9090 by default.`,
        {
          exitCode: EXIT.usage,
        },
      );
    }
    const words = [problem?.title, problem?.detail].filter(Boolean).join('. ');
    throw new CommandError(words || `Quash answered with status ${answer.statusCode}.`, {
      exitCode: problem?.invalid ? EXIT.usage : EXIT.failed,
    });
  };
  return {
    async call(method, path, body) {
      const answer = await send(method, path, JSON_TYPE, body);
      return answer.body.json().catch((error: unknown) => {
        throw brokenOff(base, error);
      });
    },
    async *stream(path) {
      const answer = await send('GET', path, EXPORT_TYPES);
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
function callFailure(base: string, error: unknown, isProxied: boolean): CommandError {
  const code = errorCode(error) ?? '';
  const lost = LOST_ANSWERS.find(([pattern]) => pattern.test(code))?.[1];
  const isHttp = base.startsWith('http:');
  const sentence = lost
    ? `Quash at ${base} ${lost}; what was asked for may be done${isHttp ? ', or it speaks TLS: then write https for http' : ''}`
    : reachFault(base, error, { isProxied }).sentence;
  return new CommandError(`${sentence}.`, { cause: error });
}

const LOST_ANSWERS: readonly (readonly [code: RegExp, words: string])[] = [
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'closed the connection before it had answered'],
  [/^UND_ERR_HEADERS_TIMEOUT$/, `did not answer in ${TIMEOUT_MS / 1000} seconds`],
];

/** Where this configuration has its admin port, without a slash at the end. */
export function adminUrl({ host, port, tls }: Pick<Config['admin'], 'host' | 'port' | 'tls'>): string {
  // Every address of the machine is none to call; its own name leads to the families that there are.
  const named = host === '::' ? 'localhost' : host;
  return `${tls ? 'https' : 'http'}://${named.includes(':') ? `[${named}]` : named}:${port}`;
}

/**
 * One connection serves all calls. The port of this configuration is trusted by the certificate in its file, as it is called
 * by an address that no certificate has; and it is shown the same one where it wants one.
 * @param tls of that port; absent for any other
 */
async function dispatcherTo(tls: CertificateFiles | undefined): Promise<Dispatcher> {
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
  const [token] = secretLines(text);
  if (token === undefined) throw new CommandError(`${path} is empty.`);
  const fault = invisibleFault(token);
  if (fault !== undefined) throw new CommandError(`${path} ${fault}.`);
  return `Bearer ${token}`;
}
