/** How the commands reach the admin API of a running Quash. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Agent, type Dispatcher, request } from 'undici';
import type { Config } from '../config/schema.ts';
import { readCertificates } from '../server/certificates.ts';
import { generatedTokenFiles } from './generated-tokens.ts';
import { CommandError, type Io } from './io.ts';
import { loadSetup } from './setup.ts';

export interface AdminOptions {
  readonly config?: string;
  readonly url?: string;
  readonly json?: boolean;
}

export interface AdminClient {
  /** @throws {CommandError} with the problem's own words */
  call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown>;
}

const TIMEOUT_MS = 15_000;

/** The address and the token come from the configuration that the service has, or from `--url`. */
export async function connectAdmin(io: Io, options: AdminOptions): Promise<AdminClient> {
  const { config } = await loadSetup(io, options.config);
  const base = (options.url ?? adminUrl(config.admin)).replace(/\/+$/, '');
  const { tokens } = config.admin;
  const dispatcher = options.url === undefined ? await ownPortDispatcher(config.admin) : undefined;
  const configured = (tokens.find(({ role }) => role === 'operator') ?? tokens[0])?.token;
  const authorization = configured
    ? undefined
    : await readGenerated(generatedTokenFiles(config, io.cwd).admin);
  return {
    async call(method, path, body) {
      const headers = {
        authorization: authorization ?? `Bearer ${configured?.reveal()}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      };
      const answer = await request(`${base}/api${path}`, {
        method,
        headers,
        ...(dispatcher && { dispatcher }),
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((error: unknown) => {
        throw new CommandError(`Quash cannot be reached at ${base}; is it running?`, { cause: error });
      });
      const document = (await answer.body.json().catch(() => undefined)) as Problem | undefined;
      if (answer.statusCode < 300) return document;
      const words = [document?.title, document?.detail].filter(Boolean).join('. ');
      throw new CommandError(words || `Quash answered with status ${answer.statusCode}.`);
    },
  };
}

/** Where this configuration has its admin port, without a slash at the end. */
export function adminUrl({ host, port, tls }: Pick<Config['admin'], 'host' | 'port' | 'tls'>): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Trusts the port of this configuration by the certificate in its file, as it is called by an address that no certificate
 * has, and shows the same one where the port wants one. Undefined without TLS.
 */
async function ownPortDispatcher({ tls }: Pick<Config['admin'], 'tls'>): Promise<Dispatcher | undefined> {
  if (!tls) return undefined;
  const { cert, key } = await readCertificates('admin', tls);
  const own = new X509Certificate(cert);
  return new Agent({
    connect: {
      ...{ ca: cert, cert, key, allowPartialTrustChain: true },
      checkServerIdentity: (_host, { raw }) => (own.raw.equals(raw) ? undefined : new Error('Another one.')),
    },
  });
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
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
