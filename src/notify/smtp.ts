/** Sends mail by the operator's server, encrypted unless the operator says otherwise. */
import { getCACertificates } from 'node:tls';
import type { SendMailOptions, Transporter } from 'nodemailer';
import { Failure, type FailureCode } from '../provider/failure.ts';
import type { EmailSettings } from './config.ts';

type MailServer = Pick<EmailSettings, 'host' | 'port' | 'tls' | 'username' | 'password' | 'from'>;

export interface SmtpOptions {
  readonly server: MailServer;
  readonly timeoutMs: number;
  /** PEM certificates trusted besides the built-in ones. */
  readonly ca?: string | undefined;
}

export interface Mail {
  /** By it mail servers can drop a duplicate. */
  readonly id: string;
  /** Bare addresses. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** @throws {Failure} when no receiver was accepted */
export type SendMail = (mail: Mail, signal: AbortSignal) => Promise<void>;

export function createSmtp(options: SmtpOptions): SendMail {
  const { host, port, from } = options.server;
  let transport: Promise<Transporter> | undefined;
  return async ({ id, to, at, ...content }, signal) => {
    const mail: SendMailOptions & { signal: AbortSignal } = {
      ...content,
      from,
      // As records, so that no text is parsed for more addresses than it is.
      to: to.map((address) => ({ name: '', address })),
      messageId: `<${id}@quash.invalid>`,
      date: new Date(at),
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal,
    };
    transport ??= transportTo(options);
    const ready = await transport;
    try {
      await ready.sendMail(mail);
    } catch (error) {
      throw new Failure(codeOf(error), { target: `smtp://${host}:${port}`, ...statusOf(error) });
    }
  };
}

/** The library is read with the first mail: it takes long, and most installations send none. */
async function transportTo({ server, timeoutMs, ca }: SmtpOptions): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const { host, port, tls, username, password } = server;
  return createTransport({
    ...{ host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none' },
    ...(ca !== undefined && { tls: { ca: [...getCACertificates('default'), ca] } }),
    // Forced, because without it a server that offers no login would be given the message all the same.
    ...(username !== undefined && {
      auth: { user: username, pass: password?.reveal() ?? '' },
      forceAuth: true,
    }),
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
}

const CODES: Readonly<Record<string, FailureCode>> = {
  EAUTH: 'credential-refused',
  ENOAUTH: 'credential-refused',
  ECONNECTION: 'unreachable',
  EDNS: 'unknown-host',
  ESOCKET: 'unreachable',
  ETIMEDOUT: 'timeout',
  ETLS: 'misconfigured',
  EABORT: 'timeout',
};

/** The error's own text is the server's, so only its code is kept. */
function codeOf(error: unknown): FailureCode {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // A server that closes, or a handshake that fails, over a certificate that is not trusted.
  return isCertificateFault(error) ? 'untrusted-certificate' : (CODES[code] ?? 'unexpected-answer');
}

function isCertificateFault(error: unknown): boolean {
  return error instanceof Error && /certificate/i.test(error.message);
}

function statusOf(error: unknown): { readonly status?: number } {
  const status = error instanceof Error && 'responseCode' in error ? error.responseCode : undefined;
  return typeof status === 'number' ? { status } : {};
}
