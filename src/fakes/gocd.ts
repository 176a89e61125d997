/**
 * A GoCD server for tests and for the demo: the part of its API that has to do with access tokens, with the status
 * codes, messages and side effects of the real one (https://api.gocd.org/current/#access-tokens). Listens on loopback.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Clock, systemClock } from '../words/clock.ts';
import { type FakeGocdMode, FrontDesk, type Reply } from './gocd-desk.ts';
import {
  type FakeToken,
  type FakeUser,
  GocdTokens,
  type PluginFault,
  type TokenOptions,
} from './gocd-tokens.ts';

export type { FakeToken } from './gocd-tokens.ts';

export interface FakeGocdOptions {
  readonly users: readonly FakeUser[];
  /** How often uses of tokens are written; a real server takes 60 s. */
  readonly flushMs: number;
  /** How much later than that, as other work may hold the threads of the real one. */
  readonly lateMs?: () => number;
  readonly clock?: Clock;
  /** How far the server's clock is ahead. */
  readonly skewMs?: number;
  /** How far its local time, in which it says when a token was revoked, is ahead of UTC. */
  readonly zoneMinutes?: number;
}

interface FakeGocdCall {
  readonly method: string;
  /** Path and query, without the context path `/go`. */
  readonly path: string;
  readonly auth: NonNullable<Reply['auth']>;
  readonly cookie: string | undefined;
  readonly body: string;
  readonly status: number;
}

/** One call as it comes over the wire. */
export interface FakeGocdRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Partial<Record<'accept' | 'authorization' | 'cookie', string | undefined>>>;
  readonly body: string;
}

export interface FakeGocd {
  /** With the context path `/go`. */
  readonly url: string;
  readonly calls: readonly FakeGocdCall[];
  /** Calls to paths that this fake does not know. */
  readonly unexpected: readonly FakeGocdCall[];
  /** Answers as over the wire. */
  answer(
    request: FakeGocdRequest,
  ): Pick<Reply, 'status' | 'body'> & { readonly headers: Record<string, string> };
  createToken(username: string, options?: TokenOptions): FakeToken;
  token(id: number): FakeToken | undefined;
  tokens(): readonly FakeToken[];
  /** Somebody else uses the token once. */
  useToken(plaintext: string): void;
  /** Somebody else uses it again and again. @returns what stops that */
  startUsing(plaintext: string, everyMs: number): () => void;
  /** The owner or an administrator revokes it by hand. */
  revokeByHand(id: number): void;
  setEnabled(username: string, enabled: boolean): void;
  isEnabled(username: string): boolean;
  /** What an API client sees of the user. */
  user(username: string): {
    readonly email: string;
    readonly emailMe: boolean;
    readonly aliases: readonly string[];
  };
  /** Removes the authorization configuration of the user, and with it the user's tokens. */
  removeAuthConfig(username: string): void;
  /** From now on the user's authorization plugin fails in this way; undefined ends it. */
  setPluginFault(username: string, fault: PluginFault | undefined): void;
  deleteUser(username: string): void;
  /** A proxy before the server sends this user's password in place of any token; undefined ends it. */
  signInEverybodyAs(username: string | undefined): void;
  setMode(mode: FakeGocdMode): void;
  /** Writes the uses of tokens now. */
  flush(): void;
  /** Loses sessions and what was not flushed; connections stay. */
  restart(): void;
  close(): Promise<void>;
}

export async function startFakeGocd(options: FakeGocdOptions): Promise<FakeGocd> {
  const clock = options.clock ?? systemClock;
  const serverNow = () => clock.now() + (options.skewMs ?? 0);
  const tokens = new GocdTokens(options.users, serverNow);
  const desk = new FrontDesk(tokens, options.zoneMinutes);
  const calls: FakeGocdCall[] = [];
  const unexpected: FakeGocdCall[] = [];
  const stopped = new AbortController();

  const answer: FakeGocd['answer'] = ({ method, url, headers, body }) => {
    const { pathname: path, searchParams: query } = new URL(url, 'http://gocd.invalid');
    const exchange = { method, path, query, accept: headers.accept ?? '', body };
    const reply = desk.answer(exchange, headers.authorization, headers.cookie);
    const call: FakeGocdCall = {
      ...{ method, body, cookie: headers.cookie, status: reply.status },
      path: url.replace(/^\/go/, ''),
      auth: reply.auth ?? 'none',
    };
    calls.push(call);
    if (reply.unexpected) unexpected.push(call);
    const date = new Date(serverNow()).toUTCString();
    return { status: reply.status, body: reply.body, headers: { date, ...reply.headers } };
  };
  const server = createServer(async (request, response) => {
    const { method = '', url = '/', headers } = request;
    const { status, headers: replied, body } = answer({ method, url, headers, body: await text(request) });
    response.writeHead(status, replied).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { flushMs, lateMs = () => 0 } = options;
  void repeat(
    clock,
    () => flushMs + lateMs(),
    stopped.signal,
    () => tokens.flush(),
  );

  const use = (plaintext: string): void => {
    const token = tokens.byPlaintext(plaintext);
    if (token) tokens.touch(token);
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/go`,
    calls,
    unexpected,
    answer,
    createToken: (username, tokenOptions = {}) => tokens.create(username, tokenOptions),
    token: (id) => tokens.byId(id),
    tokens: () => tokens.rows(),
    useToken: use,
    startUsing(plaintext, everyMs) {
      const user = new AbortController();
      use(plaintext);
      void repeat(
        clock,
        () => everyMs,
        AbortSignal.any([user.signal, stopped.signal]),
        () => use(plaintext),
      );
      return () => user.abort();
    },
    revokeByHand: (id) => tokens.revoke(id, 'by hand', ''),
    setEnabled: (username, enabled) => {
      tokens.account(username).enabled = enabled;
    },
    isEnabled: (username) => tokens.account(username).enabled,
    user: (username) => tokens.account(username),
    removeAuthConfig: (username) => tokens.removeAuthConfig(username),
    setPluginFault: (username, fault) => {
      tokens.account(username).pluginFault = fault;
    },
    deleteUser: (username) => tokens.deleteUser(username),
    signInEverybodyAs: (username) => {
      desk.everybody = username;
    },
    setMode: (mode) => {
      desk.mode = mode;
    },
    flush: () => tokens.flush(),
    restart() {
      tokens.forgetUnflushed();
      desk.forgetSessions();
    },
    async close() {
      stopped.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function repeat(
  clock: Clock,
  pauseMs: () => number,
  signal: AbortSignal,
  work: () => void,
): Promise<void> {
  for (;;) {
    await clock.sleep(pauseMs(), signal);
    if (signal.aborted) return;
    work();
  }
}
