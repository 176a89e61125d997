/** Those who are told: servers of a test's own, which end with it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';
import type { AtEnd } from '../support/temporary-folder.ts';

export interface Posted {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Takes what is posted to it with 200, unless a test sets another status (0 drops the connection) or lets it hang. */
export async function startHttpReceiver(port = 0, atEnd: AtEnd = onTestFinished) {
  const posts: Posted[] = [];
  const state = { status: 200, headers: {} as Record<string, string>, hangs: false };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (state.status === 0) return void response.destroy();
    const { url: path = '', headers } = request;
    posts.push({ path, headers, body: Buffer.concat(chunks).toString() });
    if (!state.hangs) response.writeHead(state.status, state.headers).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  atEnd(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port: bound } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${bound}`, posts, state };
}

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it went over the wire, with the lines of its texts joined. */
  readonly text: string;
  readonly isSecure: boolean;
  readonly user: unknown;
}

export async function startSmtpReceiver(options: SMTPServerOptions = {}, atEnd: AtEnd = onTestFinished) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: options.onAuth === undefined,
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text: decoded(Buffer.concat(chunks).toString()),
          isSecure: session.secure,
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  // A client that does not trust the server breaks off.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  return { port, mails };
}

/** Undoes quoted-printable, as far as ASCII goes. */
function decoded(text: string): string {
  return text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
