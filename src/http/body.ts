import { Worker } from 'node:worker_threads';
import { BodyFault, type Element, parseElements } from './elements.ts';
import type { ParseReply, ParseRequest } from './parse-worker.ts';
import { Problem } from './problem.ts';

/** Parsing this much takes about a millisecond; more goes to another thread. */
const INLINE_BYTES = 256 * 1024;

/**
 * Reads a request's body into memory.
 * @throws {Problem} 413 as soon as it is known to be longer than `maxBytes`; the rest stays unread
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  // Copied in any case: the bytes may be handed over to another thread, and a chunk may share its buffer.
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): Problem {
  return new Problem(413, 'The body is too large', {
    detail: `At most ${maxBytes} bytes are taken.`,
    headers: { connection: 'close' },
  });
}

interface Pending {
  readonly elements: Element[];
  readonly resolve: (elements: Element[]) => void;
  readonly reject: (error: Error) => void;
}

/** Parses bodies without holding up other requests: large ones in a thread of its own, which starts when needed. */
export class BodyParser {
  #worker: Worker | undefined;
  #lastJob = 0;
  readonly #pending = new Map<number, Pending>();

  /** @throws {Problem} 400 when it is not a JSON array */
  async parse(bytes: Uint8Array): Promise<Element[]> {
    try {
      return bytes.byteLength <= INLINE_BYTES ? parseElements(bytes) : await this.#parseElsewhere(bytes);
    } catch (error) {
      if (error instanceof BodyFault) throw new Problem(400, 'Not a report', { detail: error.message });
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #parseElsewhere(bytes: Uint8Array): Promise<Element[]> {
    return new Promise((resolve, reject) => {
      const job = ++this.#lastJob;
      this.#pending.set(job, { elements: [], resolve, reject });
      const own = bytes.buffer.byteLength === bytes.byteLength ? bytes : bytes.slice();
      this.#start().postMessage({ job, bytes: own } satisfies ParseRequest, [own.buffer as ArrayBuffer]);
    });
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./parse-worker.ts', import.meta.url));
    worker.unref();
    worker.on('message', (reply: ParseReply) => this.#receive(reply));
    worker.on('error', (error) =>
      this.#fail(error instanceof Error ? error : new Error('The parser failed.')),
    );
    worker.on('exit', () => this.#fail(new Error('The parser ended.')));
    this.#worker = worker;
    return worker;
  }

  #receive(reply: ParseReply): void {
    const pending = this.#pending.get(reply.job);
    if (!pending) return;
    if ('fault' in reply) {
      this.#pending.delete(reply.job);
      pending.reject(new BodyFault(reply.fault));
      return;
    }
    for (const element of reply.elements) pending.elements.push(element);
    if (!reply.last) return;
    this.#pending.delete(reply.job);
    pending.resolve(pending.elements);
  }

  /** A thread that died (out of memory) takes its jobs with it; the next body starts a new one. */
  #fail(error: Error): void {
    this.#worker = undefined;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}
