import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { eventually } from './eventually.ts';

/** Stands between Quash and an upstream. */
export interface Front {
  readonly url: string;
  /** While it is down it drops every connection. */
  up: boolean;
  /** How long each answer takes once the upstream has done its work. */
  answersAfterMs: number;
  /** How many answers it still hands back; the others wait, though the upstream has done its work, until it is more. */
  answersLeft: number;
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
      outgoing.destroy();
      return;
    }
    underWay += 1;
    const { method = 'GET', url = '/', headers } = incoming;
    try {
      const answer = await request(target + url, { method: method as 'GET', headers, body: incoming });
      const body = Buffer.from(await answer.body.arrayBuffer());
      if (front.answersAfterMs > 0) await delay(front.answersAfterMs);
      await eventually(() => {
        if (front.answersLeft <= 0) throw new Error('No answer may go out.');
      });
      front.answersLeft -= 1;
      const { 'content-type': type = '', 'retry-after': retryAfter } = answer.headers;
      outgoing.writeHead(answer.statusCode, {
        'content-type': String(type),
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      });
      outgoing.end(body);
    } catch {
      // Not the socket of the request: undici takes that away from it when it fails to send the body on.
      outgoing.destroy();
    } finally {
      underWay -= 1;
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    up: true,
    answersAfterMs: 0,
    answersLeft: Number.POSITIVE_INFINITY,
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
