import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';

/** Stands between Quash and an upstream. */
export interface Front {
  readonly url: string;
  /** While it is down it drops every connection. */
  up: boolean;
  /** How long each answer takes once the upstream has done its work. */
  answersAfterMs: number;
  /** Calls that have no answer yet. */
  readonly underWay: number;
  /** When each call came, on the clock of `Date.now()`. */
  readonly callTimes: readonly number[];
  close(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1, up and without delay. */
export async function startFront(target: string): Promise<Front> {
  const callTimes: number[] = [];
  let underWay = 0;
  const server = createServer(async (incoming, outgoing) => {
    callTimes.push(Date.now());
    if (!front.up) {
      incoming.socket.destroy();
      return;
    }
    underWay += 1;
    const { method = 'GET', url = '/', headers } = incoming;
    try {
      const answer = await request(target + url, { method: method as 'GET', headers, body: incoming });
      const body = Buffer.from(await answer.body.arrayBuffer());
      if (front.answersAfterMs > 0) await delay(front.answersAfterMs);
      const { 'content-type': type = '', 'retry-after': retryAfter } = answer.headers;
      outgoing.writeHead(answer.statusCode, {
        'content-type': String(type),
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      });
      outgoing.end(body);
    } catch {
      incoming.socket.destroy();
    } finally {
      underWay -= 1;
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    up: true,
    answersAfterMs: 0,
    callTimes,
    get underWay() {
      return underWay;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return front;
}
