/** The thread behind {@link BodyParser}: parses what would hold up the service's own thread for too long. */
import { parentPort } from 'node:worker_threads';
import { BodyFault, parseElements } from './elements.ts';

export interface ParseRequest {
  readonly job: number;
  readonly bytes: Uint8Array;
}

export type ParseReply =
  | { readonly job: number; readonly elements: ReturnType<typeof parseElements>; readonly last: boolean }
  | { readonly job: number; readonly fault: string };

/** Elements in one message: receiving one takes about a millisecond. */
const SLICE = 1_000;

parentPort?.on('message', ({ job, bytes }: ParseRequest) => {
  try {
    const elements = parseElements(bytes);
    let start = 0;
    do {
      const slice = elements.slice(start, start + SLICE);
      start += SLICE;
      parentPort?.postMessage({ job, elements: slice, last: start >= elements.length } satisfies ParseReply);
    } while (start < elements.length);
  } catch (error) {
    const fault = error instanceof BodyFault ? error.message : 'The body could not be parsed.';
    parentPort?.postMessage({ job, fault } satisfies ParseReply);
  }
});
