/** A server in the place of Quash that gives the answers of a script, one after the other; the last one again and again. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface ScriptedAnswer {
  /** `drop` closes the connection without an answer. */
  readonly status: number | 'drop';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ScriptedQuash {
  readonly url: string;
  /** Bodies of the POSTs, parsed. */
  readonly posted: readonly unknown[];
  readonly authorizations: readonly (string | undefined)[];
}

/**
 * @param posts answers to `POST /v1/revoke_tokens`; or what makes one of the elements
 * @param gets answers to `GET /v1/revocable_token_types`
 */
export async function scriptedQuash(
  posts: readonly ScriptedAnswer[] | ((elements: readonly unknown[]) => ScriptedAnswer),
  gets: readonly ScriptedAnswer[] = [{ status: 200, body: { types: [] } }],
): Promise<ScriptedQuash> {
  const posted: unknown[] = [];
  const authorizations: (string | undefined)[] = [];
  let got = 0;
  const answerOf = (method: string | undefined, body: string): ScriptedAnswer => {
    if (method === 'GET') return gets[Math.min(got++, gets.length - 1)] ?? { status: 404 };
    const elements = JSON.parse(body);
    posted.push(elements);
    if (typeof posts === 'function') return posts(elements);
    return posts[Math.min(posted.length, posts.length) - 1] ?? { status: 204 };
  };
  const url = await listen(async (request, response) => {
    authorizations.push(request.headers.authorization);
    let body = '';
    for await (const chunk of request) body += chunk;
    const answer = answerOf(request.method, body);
    if (answer.status === 'drop') return response.destroy();
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  });
  return { url, posted, authorizations };
}

async function listen(onRequest: RequestListener): Promise<string> {
  const server = createServer(onRequest).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
