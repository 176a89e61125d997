/** How far it is: a bar on a terminal, plain lines elsewhere. */

export interface Progress {
  /** A sentence of its own. */
  readonly say: (sentence: string) => void;
  readonly advance: (done: number, total: number) => void;
  /** Takes the bar away. */
  readonly end: () => void;
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

const BAR_WIDTH = 30;
const CLEAR_LINE = '\r\u001b[K';

export function createProgress(output: Output): Progress {
  if (!output.isTTY) {
    return {
      say: (sentence) => output.write(`${sentence}\n`),
      advance: (done, total) => output.write(`${done} of ${total} sent\n`),
      end: () => {},
    };
  }
  return {
    say: (sentence) => output.write(`${CLEAR_LINE}${sentence}\n`),
    advance: (done, total) => output.write(`${CLEAR_LINE}${bar(done, total)} ${done} of ${total} sent`),
    end: () => output.write(CLEAR_LINE),
  };
}

function bar(done: number, total: number): string {
  const filled = Math.round((done / total) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
}
