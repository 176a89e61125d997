/**
 * One HTTP exchange, from the request to the end of the answer's body. It takes the answer as the library's parser
 * hands it out: a stream for each of so many small answers would cost more than everything else that is done for one.
 */
import type { Dispatcher } from 'undici';
import { Failure } from '../provider/failure.ts';
import type { UpstreamRequest } from '../provider/upstream.ts';
import type { WireRequest } from './wire-request.ts';

const MIB = 1024 * 1024;
const USUAL_BODY_BYTES = MIB;
/** The limit for every caller. */
const MAX_BODY_BYTES = 32 * MIB;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface Received {
  readonly status: number;
  /** A header's value, by its name in any case. */
  header(name: string): string | undefined;
  /** The body; undefined for a status that was not asked for. */
  readonly text: string | undefined;
}

/**
 * @param statuses of the answers that matter; of any other the status decides, whatever becomes of the rest
 * @throws {Failure} `unexpected-answer` when the body is longer than `maxBytes`
 * @throws the signal's reason, or the library's error
 */
export function exchange(
  dispatcher: Dispatcher,
  request: WireRequest,
  { statuses, signal, maxBytes }: Pick<UpstreamRequest, 'statuses' | 'signal' | 'maxBytes'>,
): Promise<Received> {
  const collector = new Collector(request.origin, statuses, maxBytes);
  signal.addEventListener('abort', () => collector.stop(signal.reason), { once: true });
  dispatcher.dispatch(request, collector);
  return collector.received;
}

class Collector implements Dispatcher.DispatchHandler {
  readonly #target: string;
  readonly #statuses: readonly number[];
  readonly #maxBytes: number;
  readonly #done = Promise.withResolvers<Received>();
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #headers: Headers = {};
  #controller: Dispatcher.DispatchController | undefined;
  #stopped: Error | undefined;

  constructor(target: string, statuses: readonly number[], maxBytes = USUAL_BODY_BYTES) {
    this.#target = target;
    this.#statuses = statuses;
    this.#maxBytes = Math.min(maxBytes, MAX_BODY_BYTES);
  }

  get received(): Promise<Received> {
    return this.#done.promise;
  }

  /** Ends the exchange at once, even while a silent host or proxy keeps the connection pending. */
  stop(reason: Error): void {
    this.#stopped = reason;
    this.#controller?.abort(reason);
    this.#fail(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#stopped) controller.abort(this.#stopped);
  }

  onResponseStart(_: unknown, status: number, headers: Headers): void {
    // A status below 200 only announces the answer.
    if (status >= 200) [this.#status, this.#headers] = [status, headers];
  }

  /** The body is read even when nobody needs it, so that the connection can be reused. */
  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) {
      controller.abort(new Failure('unexpected-answer', { target: this.#target, status: this.#status }));
    } else if (this.#isWanted()) {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    this.#succeed();
  }

  onResponseError(_: unknown, error: Error): void {
    this.#fail(error);
  }

  #isWanted(): boolean {
    return this.#statuses.includes(this.#status);
  }

  #fail(error: Error): void {
    if (this.#status === 0 || this.#isWanted()) this.#done.reject(error);
    else this.#succeed();
  }

  #succeed(): void {
    const headers = this.#headers;
    this.#done.resolve({
      status: this.#status,
      header(name) {
        const value = headers[name.toLowerCase()];
        return Array.isArray(value) ? value.join(', ') : value;
      },
      text: this.#isWanted() ? new TextDecoder().decode(Buffer.concat(this.#chunks)) : undefined,
    });
  }
}
