/** Looks on while a property runs: says how far it is, and notices when memory grows with the cases. */
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What one part of the long form did. */
export interface Figures {
  readonly name: string;
  readonly cases: number;
  readonly seconds: number;
  /** Of the process, so that parts of one file share it. */
  readonly cpuMsPerCase: number;
  readonly peakMib: number;
  /** After the first tenth of the cases, and only where it was measured. */
  readonly heapGrowthMib?: number;
}

const MIB = 1024 * 1024;
const SAY_EVERY_MS = 10_000;

/** Shrinking runs slow cases again and again; what it has found by then is shown. */
const SHRINK_MS = { long: 60_000, short: 15_000 };

/** A leak of one kibibyte per request would be 45 of these in the long form. */
const MAX_HEAP_GROWTH_MIB = 48;

export interface WatchOptions {
  readonly name: string;
  readonly total: number;
  readonly isLong: boolean;
}

export class Watch {
  readonly #options: WatchOptions;
  readonly #startedAt = performance.now();
  readonly #startedCpu = process.cpuUsage();
  #done = 0;
  #saidAt = performance.now();
  #failedAt: number | undefined;
  #warmHeap: number | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#say(`${options.total} cases`);
  }

  /** Runs one case. */
  async run(holds: () => Promise<void>): Promise<void> {
    const { isLong } = this.#options;
    if (
      performance.now() - (this.#failedAt ?? Number.POSITIVE_INFINITY) >
      SHRINK_MS[isLong ? 'long' : 'short']
    )
      return;
    try {
      await holds();
    } catch (error) {
      if (this.#failedAt === undefined)
        this.#say(`FAILED at case ${this.#done + 1}, looking for a smaller one`);
      this.#failedAt ??= performance.now();
      throw error;
    }
    this.#done += 1;
    if (isLong) await this.#look();
  }

  async #look(): Promise<void> {
    if (this.#done === Math.ceil(this.#options.total / 10)) this.#warmHeap = await heapMib();
    if (this.#failedAt !== undefined || performance.now() - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = performance.now();
    const { seconds, peakMib } = this.#figures(this.#done);
    const perSecond = Math.round(this.#done / seconds);
    this.#say(`${this.#done} of ${this.#options.total} cases, ${perSecond} a second, peak ${peakMib} MiB`);
  }

  /**
   * All cases went well.
   * @throws {Error} when memory grew with them
   */
  async end(): Promise<void> {
    if (!this.#options.isLong) return;
    const heapGrowthMib = Math.round((await heapMib()) - (this.#warmHeap ?? 0));
    this.#tell({ ...this.#figures(this.#done), heapGrowthMib });
    if (heapGrowthMib > MAX_HEAP_GROWTH_MIB)
      throw new Error(
        `${this.#options.name}: the heap grew by ${heapGrowthMib} MiB over ${this.#done} cases.`,
      );
  }

  /** All of so many cases went well, which were not run here. */
  endElsewhere(done: number): void {
    if (this.#options.isLong) this.#tell(this.#figures(done));
  }

  #tell(figures: Figures): void {
    this.#say(`done, ${describe(figures)}`);
    const { QUASH_FUZZ_FIGURES: file } = process.env;
    if (file) appendFileSync(file, `${JSON.stringify(figures)}\n`);
  }

  #figures(done: number): Figures {
    const { user, system } = process.cpuUsage(this.#startedCpu);
    return {
      name: this.#options.name,
      cases: done,
      seconds: Math.round((performance.now() - this.#startedAt) / 100) / 10,
      cpuMsPerCase: Math.round((user + system) / Math.max(1, done) / 10) / 100,
      peakMib: Math.round(process.resourceUsage().maxRSS / 1024),
    };
  }

  #say(what: string): void {
    if (this.#options.isLong) console.log(`fuzz: ${this.#options.name}: ${what}`);
  }
}

export function describe({ cases, seconds, cpuMsPerCase, peakMib, heapGrowthMib }: Figures): string {
  const growth =
    heapGrowthMib === undefined ? '' : `, heap ${heapGrowthMib < 0 ? '' : '+'}${heapGrowthMib} MiB`;
  return `${cases} cases in ${seconds} s, ${cpuMsPerCase} ms of CPU each, peak ${peakMib} MiB${growth}`;
}

/** What is left after garbage was collected, buffers included; twice, as some lets go of more only a turn later. */
async function heapMib(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MIB;
}
