/** Matching in a thread that can be ended: a pattern that hangs would hold up the thread of the tests for ever. */
import { Worker } from 'node:worker_threads';
import { PATIENCE_MS } from './patience.ts';

const THREAD = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ pattern, text }) => {
  text.match(pattern);
  parentPort.postMessage('done');
});`;

const SHOWN = 40;
const EDGE = 200;

/** The time limit of a match: only a pattern that hangs takes longer. Tests of such a pattern set a shorter one. */
export const matching = { patienceMs: PATIENCE_MS };

let thread: Worker | undefined;
let last: Promise<unknown> = Promise.resolve();
const known = new Set<string>();

/**
 * Tries the pattern on each text, but for what was tried before in this process.
 * @param texts each is decided by its length and its edges
 * @throws {Error} that names the text on which the pattern hangs
 */
export async function expectNoHang(pattern: RegExp, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const key = `${pattern} ${text.length} ${text.slice(0, EDGE)}…${text.slice(-EDGE)}`;
    if (known.has(key)) continue;
    const ended = last.then(() => ends(pattern, text));
    last = ended.catch(() => {});
    if (!(await ended)) {
      const [seconds, beginning] = [matching.patienceMs / 1000, JSON.stringify(text.slice(0, SHOWN))];
      throw new Error(
        `${pattern} hangs: it had no end within ${seconds} s on ${beginning}… of ${text.length}`,
      );
    }
    known.add(key);
  }
}

async function ends(pattern: RegExp, text: string): Promise<boolean> {
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
