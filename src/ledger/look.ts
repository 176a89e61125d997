/** What a start would do to a ledger before it works with it. */
export interface LedgerLook {
  /** `remakes` some of its partitions, while others are there. */
  readonly start: 'makes' | 'remakes' | 'migrates' | 'opens';
  /** What endangers entries in that storage, as far as it can be told without opening it. */
  readonly warnings: readonly string[];
}
