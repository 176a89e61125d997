import { PATIENCE_MS, tooSlow } from './patience.ts';

export type LogLine = Record<string, unknown>;

/** What a service says, as it comes: of its lines, those of the log are objects. */
export class LogLines {
  readonly log: LogLine[] = [];
  readonly #waiting = new Set<() => void>();
  #output = '';
  #hasEnded = false;

  get output(): string {
    return this.#output;
  }

  /** What is no line of the log. */
  add(text: string): void {
    this.#output += text;
  }

  addLine(line: string): void {
    this.#output += `${line}\n`;
    if (line.startsWith('{')) this.log.push(JSON.parse(line));
    for (const look of this.#waiting) look();
  }

  /** Nothing comes any more. */
  end(): void {
    this.#hasEnded = true;
    for (const look of this.#waiting) look();
  }

  /** Resolves with the first line of this event that fits, also one that was written before. */
  logged(event: string, fits: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    return new Promise((found, reject) => {
      const what = `Quash did not log '${event}'`;
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const timer = setTimeout(() => {
        end();
        reject(tooSlow(what, `Its output: ${this.#output}`));
      }, PATIENCE_MS);
      const look = () => {
        const line = this.log.find((each) => each.event === event && fits(each));
        if (!line && !this.#hasEnded) return;
        end();
        if (line) found(line);
        else reject(new Error(`${what} before it ended. Its output: ${this.#output}`));
      };
      this.#waiting.add(look);
      look();
    });
  }
}
