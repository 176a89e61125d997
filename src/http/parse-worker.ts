/** The thread behind {@link BodyParser}: parses what would hold up the service's own thread for too long. */
import { parentPort } from 'node:worker_threads';
import { BodyFault, type Element, parseElements } from './elements.ts';

/** With the bytes of a body in the order in which they came; or without, for the next slice of what was parsed. */
export interface ParseRequest {
  readonly job: number;
  readonly chunks?: readonly Uint8Array[];
}

export type ParseReply =
  | { readonly job: number; readonly elements: readonly Element[]; readonly last: boolean }
  | { readonly job: number; readonly fault: string };

/** Elements in one message: receiving one takes about a millisecond. */
const SLICE = 1_000;

interface Parsed {
  readonly elements: readonly Element[];
  next: number;
}

const jobs = new Map<number, Parsed>();

parentPort?.on('message', ({ job, chunks }: ParseRequest) => {
  try {
    if (chunks) jobs.set(job, { elements: parseElements(Buffer.concat(chunks)), next: 0 });
    parentPort?.postMessage(nextSlice(job));
  } catch (error) {
    const fault = error instanceof BodyFault ? error.message : 'The body could not be parsed.';
    parentPort?.postMessage({ job, fault } satisfies ParseReply);
  }
});

function nextSlice(job: number): ParseReply {
  const parsed = jobs.get(job);
  if (!parsed) throw new Error('This job is over.');
  const elements = parsed.elements.slice(parsed.next, parsed.next + SLICE);
  parsed.next += SLICE;
  const last = parsed.next >= parsed.elements.length;
  if (last) jobs.delete(job);
  return { job, elements, last };
}
