export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The caller's clock, in milliseconds since the Unix epoch. */
export class ModelClock {
  now = Date.UTC(2026, 0, 1);
  wasSetBack = false;

  /** @param ms less than 0 sets it back */
  pass(ms: number): void {
    this.now += ms;
    this.wasSetBack ||= ms < 0;
  }
}
