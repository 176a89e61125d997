/** What each part of the benchmark is told. */
export interface Bench {
  /** Seconds in all, to see that everything works; its figures mean little. */
  readonly short: boolean;
  /** How many there are at most where lists are measured. */
  readonly entries: number;
  /** Where each Quash leaves a CPU profile when it ends. */
  readonly profiles?: string | undefined;
  /** Tells whoever waits what goes on. */
  readonly say: (text: string) => void;
}
