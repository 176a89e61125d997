import { Worker } from 'node:worker_threads';
import { Problem, retryAfter } from '../server/problem.ts';
import { BodyFault, type Element, parseElements } from './elements.ts';
import type { ParseReply, ParseRequest } from './parse-worker.ts';

/** Parsing this much takes about a millisecond; more goes to another thread. */
const INLINE_BYTES = 256 * 1024;

/** So much of a body that nobody has signed yet finds room however many there are: as much as its socket takes anyway. */
const UNSIGNED_BYTES = 16 * 1024;

/** A thread that parsed more is not kept. */
const KEPT_BYTES = 4 * 1024 * 1024;

const RETRY_SECONDS = 5;

/** One body at a time is parsed; what the scan lets through needs less. */
const THREAD_LIMITS = { maxOldGenerationSizeMb: 512 };

function tooLarge(maxBytes: number): Problem {
  return new Problem(413, 'The body is too large', {
    detail: `At most ${maxBytes} bytes are taken.`,
    headers: { connection: 'close' },
  });
}

function tooMany(): Problem {
  return new Problem(429, 'Too many large bodies at once', {
    headers: { ...retryAfter(RETRY_SECONDS), connection: 'close' },
  });
}

/** What a request brings, while it comes in. */
export interface Body {
  /** 0 when the client did not say. */
  readonly announcedBytes: number;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface ReadOptions {
  readonly keptBytes: number;
  readonly maxBytes: number;
  /** Strangers have no more room than one small body together. */
  readonly isKnown: boolean;
  /** Told all of the body, also what is not kept. */
  readonly onChunk?: ((chunk: Uint8Array) => void) | undefined;
}

interface Parsing {
  readonly thread: Worker;
  readonly pending: Map<number, Pending>;
  /** It has parsed so much that it ends as soon as nothing waits for it, and gives back the memory which that took. */
  isSpent: boolean;
}

interface Pending {
  readonly elements: Element[];
  readonly resolve: (elements: Element[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads and parses bodies without holding up other requests: large ones in a thread, which starts when needed. */
export class BodyParser {
  #parsing: Parsing | undefined;
  #lastJob = 0;
  #bytesInMemory = 0;
  /** Of those that nobody has signed yet: the room of these is their own, beside reports of any size. */
  #bytesOfStrangers = 0;

  /**
   * Reads a body, parses it and has it worked on. All that is under way at once has no more bytes than the largest body:
   * the memory of a process then has to do for one of these.
   * @throws {Problem} 413 as soon as it is known to be longer than `maxBytes`, the rest stays unread; 429 when it is
   * large and finds no room beside others; 400 when it is not a JSON array
   */
  receive<Result>(
    body: Body,
    maxBytes: number,
    work: (elements: Element[]) => Promise<Result>,
  ): Promise<Result> {
    const limits = { maxBytes, freeBytes: INLINE_BYTES };
    return this.#within(body, limits, async (chunks, bytes) => work(await this.#parse(chunks, bytes)));
  }

  /**
   * Reads a small body; a larger one is let pass, and nothing of it is kept. So is one that finds no room beside others:
   * who has sent it may not be known before its end, and may be somebody who sends nothing again.
   * @returns undefined when it is not kept
   * @throws {Problem} 413 as {@link receive}; 400 when it is not complete
   */
  async read(
    body: Body,
    { keptBytes, maxBytes, isKnown, onChunk }: ReadOptions,
  ): Promise<Buffer | undefined> {
    if (body.announcedBytes > maxBytes) throw tooLarge(maxBytes);
    const freeBytes = isKnown ? keptBytes : UNSIGNED_BYTES;
    const chunks: Uint8Array[] = [];
    let length = 0;
    let inMemory = 0;
    let isKept = true;
    const hold = (bytes: number) => {
      if (isKnown) this.#bytesInMemory += bytes - inMemory;
      else this.#bytesOfStrangers += bytes - inMemory;
      inMemory = bytes;
    };
    try {
      for await (const chunk of whole(body)) {
        length += chunk.byteLength;
        if (length > maxBytes) throw tooLarge(maxBytes);
        onChunk?.(chunk);
        if (!isKept) continue;
        hold(length);
        chunks.push(new Uint8Array(chunk));
        isKept = length <= freeBytes || (length <= keptBytes && this.#bytesOfStrangers <= keptBytes);
        if (isKept) continue;
        chunks.length = 0;
        hold(0);
      }
      return isKept ? Buffer.concat(chunks) : undefined;
    } finally {
      hold(0);
    }
  }

  /**
   * A body counts as memory in use until the work on it has ended.
   * @param freeBytes a body of no more finds room in any case
   */
  async #within<T>(
    body: Body,
    { maxBytes, freeBytes }: { readonly maxBytes: number; readonly freeBytes: number },
    make: (chunks: readonly Uint8Array[], bytes: number) => Promise<T>,
  ): Promise<T> {
    if (body.announcedBytes > maxBytes) throw tooLarge(maxBytes);
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const chunk of whole(body)) {
        length += chunk.byteLength;
        this.#bytesInMemory += chunk.byteLength;
        if (length > maxBytes) throw tooLarge(maxBytes);
        if (length > freeBytes && this.#bytesInMemory > maxBytes) throw tooMany();
        // A copy, as its buffer may hold others, too, and is handed over to another thread.
        chunks.push(new Uint8Array(chunk));
      }
      return await make(chunks.splice(0), length);
    } finally {
      this.#bytesInMemory -= length;
    }
  }

  /** @throws {Problem} 400 when it is not a JSON array */
  async #parse(chunks: readonly Uint8Array[], bytes: number): Promise<Element[]> {
    try {
      if (bytes <= INLINE_BYTES) return parseElements(Buffer.concat(chunks));
      return await this.#parseElsewhere(chunks, bytes);
    } catch (error) {
      if (error instanceof BodyFault) throw new Problem(400, 'Not a report', { detail: error.message });
      throw error;
    }
  }

  async close(): Promise<void> {
    const parsing = this.#parsing;
    this.#parsing = undefined;
    await parsing?.thread.terminate();
  }

  #parseElsewhere(chunks: readonly Uint8Array[], bytes: number): Promise<Element[]> {
    return new Promise((resolve, reject) => {
      const job = ++this.#lastJob;
      const parsing = this.#start();
      const { thread, pending } = parsing;
      parsing.isSpent ||= bytes > KEPT_BYTES;
      pending.set(job, { elements: [], resolve, reject });
      const buffers = chunks.map(({ buffer }) => buffer as ArrayBuffer);
      thread.postMessage({ job, chunks } satisfies ParseRequest, buffers);
    });
  }

  #start(): Parsing {
    if (this.#parsing) return this.#parsing;
    const thread = new Worker(new URL('./parse-worker.ts', import.meta.url), {
      resourceLimits: THREAD_LIMITS,
    });
    const parsing: Parsing = { thread, pending: new Map(), isSpent: false };
    // A thread that died (out of memory) takes its own jobs with it; the next body starts a new one.
    const fail = (error: unknown) => {
      if (this.#parsing === parsing) this.#parsing = undefined;
      for (const { reject } of parsing.pending.values()) reject(error);
      parsing.pending.clear();
    };
    thread.unref();
    thread.on('message', (reply: ParseReply) => {
      // One at a time: all messages that have come are handed over in one turn, which would hold up all others.
      if (receiveReply(parsing.pending, reply) === 'more') {
        thread.postMessage({ job: reply.job } satisfies ParseRequest);
      } else if (parsing.isSpent && parsing.pending.size === 0) {
        void this.close();
      }
    });
    thread.on('error', fail);
    thread.on('exit', () => fail(new Error('The parser ended.')));
    this.#parsing = parsing;
    return parsing;
  }
}

function receiveReply(jobs: Map<number, Pending>, reply: ParseReply): 'more' | 'ended' {
  const pending = jobs.get(reply.job);
  if (pending && 'elements' in reply) {
    for (const element of reply.elements) pending.elements.push(element);
    if (!reply.last) return 'more';
  }
  jobs.delete(reply.job);
  if ('fault' in reply) pending?.reject(new BodyFault(reply.fault));
  else pending?.resolve(pending.elements);
  return 'ended';
}

/** The chunks of a body; a client that goes away before the last one made no mistake of ours. */
async function* whole({ chunks }: Body): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch {
    throw new Problem(400, 'The body is not complete');
  }
}
