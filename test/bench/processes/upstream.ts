/** The provider's API: takes one token in each call, notes when it came, and answers 200. */
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { answerParent } from '../child.ts';
import { listen } from '../listen.ts';
import { serialIn } from '../tokens.ts';

export interface UpstreamQuestion {
  /** Answer once so many calls have come since the last question was answered, */
  readonly calls: number;
  /** or when it takes longer than this. */
  readonly timeoutMs: number;
  /** How long each answer takes. */
  readonly latencyMs?: number;
}

/** Serial number of the token and time of each call, in milliseconds of the machine's monotonic clock. */
export type Arrivals = Float64Array;

let arrivals: number[] = [];
let onArrival = () => {};
let answerAfterMs = 0;

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('latin1').on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', async () => {
    arrivals.push(serialIn(body), Number(process.hrtime.bigint()) / 1e6);
    onArrival();
    if (answerAfterMs > 0) await delay(answerAfterMs);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
  });
});

function answer({ calls, timeoutMs, latencyMs = 0 }: UpstreamQuestion): Promise<Arrivals> {
  answerAfterMs = latencyMs;
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      onArrival = () => {};
      resolve(Float64Array.from(arrivals));
      arrivals = [];
    };
    const timer = setTimeout(over, timeoutMs);
    onArrival = () => arrivals.length >= calls * 2 && over();
    onArrival();
  });
}

answerParent(await listen(server), answer);
