import { setTimeout as delay } from 'node:timers/promises';
import type { Role } from '../../src/service.ts';
import type { QuashProcess } from '../support/quash-process.ts';

const RESTART_PAUSE_MS = 50;
/** Characters, from the end. */
const CRASH_OUTPUT = 500;

/** One place in an installation where a process runs, and is started again whenever it has ended. */
export class Replica {
  readonly role: Role;
  readonly #start: () => Promise<QuashProcess>;
  readonly #onCrash: (output: string) => void;
  /** Starts that failed because the ledger was away, and were tried again. */
  failedStarts = 0;
  #running: QuashProcess | undefined;
  #up: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param onCrash told what a process said that ended though nobody had killed it */
  constructor(role: Role, start: () => Promise<QuashProcess>, onCrash: (output: string) => void) {
    this.role = role;
    this.#start = start;
    this.#onCrash = onCrash;
  }

  /** Undefined while it is down. */
  get running(): QuashProcess | undefined {
    return this.#running;
  }

  /** Resolves once it listens. */
  start(): Promise<void> {
    this.#up = this.#startAgain();
    return this.#up;
  }

  /** The process, once it listens. */
  async listening(): Promise<QuashProcess | undefined> {
    await this.#up;
    return this.#running;
  }

  /** Ends it at once; it comes back unless it was told not to. Waits for it to be there first. */
  async kill({ comesBack = true } = {}): Promise<void> {
    const victim = await this.listening();
    this.#running = undefined;
    await victim?.end('SIGKILL');
    if (comesBack) void this.start();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.kill({ comesBack: false });
  }

  async #startAgain(): Promise<void> {
    while (!this.#closed) {
      try {
        const started = await this.#start();
        this.#running = started;
        void started.ended.then(() => this.#noteCrash(started));
        return;
      } catch {
        this.failedStarts += 1;
        await delay(RESTART_PAUSE_MS);
      }
    }
  }

  #noteCrash(ended: QuashProcess): void {
    if (this.#running !== ended) return;
    this.#running = undefined;
    this.#onCrash(ended.output().slice(-CRASH_OUTPUT));
    void this.start();
  }
}
