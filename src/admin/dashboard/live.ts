/** Pages that keep themselves current: what changed of a page is sent to the browser as server-sent events. */
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { Problem, retryAfter } from '../../server/problem.ts';
import type { Clock } from '../../words/clock.ts';

/** Looked at so often, whichever replica changed it. */
const LOOK_EVERY_MS = 1_000;

/** A line now and then shows a proxy that the connection lives. */
const HEARTBEAT_EVERY_LOOKS = 15;

/** Each one renders its page again and again; more browsers get a page that does not move. */
const MAX_STREAMS = 50;

/** Of one person, or one token, which several may share; so that nobody keeps all others from theirs. */
const MAX_STREAMS_OF_ONE = 25;

export class LiveStreams {
  readonly #clock: Clock;
  /** By caller. */
  readonly #open = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Sends `render()` whenever it is another one than before, until the browser leaves or `goesOn` says no.
   * @param caller id of whoever looks
   * @throws {Problem} 503 when too many are open
   */
  stream(
    context: Context,
    caller: string,
    { render, goesOn }: { render: () => Promise<string>; goesOn: () => Promise<boolean> },
  ): Response {
    const all = [...this.#open.values()].reduce((sum, open) => sum + open, 0);
    const own = this.#open.get(caller) ?? 0;
    if (all >= MAX_STREAMS || own >= MAX_STREAMS_OF_ONE)
      throw new Problem(503, 'Too many live pages are open', { headers: retryAfter(60) });
    this.#open.set(caller, own + 1);
    return streamSSE(context, async (stream) => {
      try {
        await this.#send(stream, render, goesOn);
      } finally {
        this.#close(caller);
      }
    });
  }

  #close(caller: string): void {
    const left = (this.#open.get(caller) ?? 0) - 1;
    if (left > 0) this.#open.set(caller, left);
    else this.#open.delete(caller);
  }

  async #send(
    stream: SSEStreamingApi,
    render: () => Promise<string>,
    goesOn: () => Promise<boolean>,
  ): Promise<void> {
    const left = new AbortController();
    stream.onAbort(() => left.abort());
    let shown = '';
    // A ledger that cannot be read now is no reason to end: the page says so by standing still.
    const isOn = () => goesOn().catch(() => true);
    for (let look = 0; !left.signal.aborted && (await isOn()); look++) {
      const page = await render().catch(() => undefined);
      const digest = page === undefined ? shown : createHash('sha256').update(page).digest('base64');
      if (page !== undefined && digest !== shown) await stream.writeSSE({ event: 'page', data: page });
      else if (look % HEARTBEAT_EVERY_LOOKS === 0) await stream.write(': here\n\n');
      shown = digest;
      await this.#clock.sleep(LOOK_EVERY_MS, left.signal);
    }
    if (!left.signal.aborted) await stream.writeSSE({ event: 'over', data: '' });
  }
}
