/** Matching in a thread that can be ended: a pattern that hangs would hold up the thread of the tests for ever. */
import { Worker } from 'node:worker_threads';
import { PATIENCE_MS } from './patience.ts';

/** A text of a mebibyte is made where it is matched: to hand it over would take longer than most matches. */
export interface LongText {
  readonly before?: string;
  /** Again and again, up to this length. */
  readonly piece: string;
  readonly length: number;
  readonly after?: string;
}

const THREAD = `
const { parentPort } = require('node:worker_threads');
const known = new Map();
const repeated = (piece, length) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
const run = (piece, length) => {
  if (piece.length > 1) return repeated(piece, length);
  const name = piece + length;
  if (!known.has(name)) known.set(name, repeated(piece, length));
  return known.get(name);
};
parentPort.on('message', ({ pattern, text: { before = '', piece, length, after = '' } }) => {
  (before + run(piece, length) + after).match(pattern);
  parentPort.postMessage('done');
});`;

const SHOWN = 40;

/** The time limit of a match: only a pattern that hangs takes longer. Tests of such a pattern set a shorter one. */
export const matching = { patienceMs: PATIENCE_MS };

let thread: Worker | undefined;
let last: Promise<unknown> = Promise.resolve();
const known = new Set<string>();

/**
 * Tries the pattern on each text, but for what was tried before in this process.
 * @throws {Error} that names the text on which the pattern hangs
 */
export async function expectNoHang(pattern: RegExp, texts: readonly LongText[]): Promise<void> {
  for (const text of texts) {
    const key = `${pattern} ${JSON.stringify(text)}`;
    if (known.has(key)) continue;
    const ended = last.then(() => ends(pattern, text));
    last = ended.catch(() => {});
    if (!(await ended)) {
      const { before = '', piece, length, after = '' } = text;
      const beginning = JSON.stringify((before + piece.repeat(SHOWN)).slice(0, SHOWN));
      const [seconds, size] = [matching.patienceMs / 1000, before.length + length + after.length];
      throw new Error(`${pattern} hangs: it had no end within ${seconds} s on ${beginning}… of ${size}`);
    }
    known.add(key);
  }
}

async function ends(pattern: RegExp, text: LongText): Promise<boolean> {
  thread ??= new Worker(THREAD, { eval: true });
  const worker = thread;
  const end = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => end.resolve(false), matching.patienceMs);
  worker.once('message', () => end.resolve(true)).once('error', end.reject);
  worker.postMessage({ pattern, text });
  try {
    const isEnded = await end.promise;
    if (!isEnded) {
      thread = undefined;
      await worker.terminate();
    }
    return isEnded;
  } finally {
    clearTimeout(timer);
    worker.removeAllListeners('message').removeAllListeners('error');
    // It must not keep the process of the tests alive.
    worker.unref();
  }
}
