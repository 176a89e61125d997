import type { OverrideOf, Registry } from '../provider/registry.ts';
import type { Authenticator } from '../server/auth.ts';
import type { Limits } from '../server/limits.ts';

/** What a reload of the configuration replaces as a whole. */
export interface HttpSettings {
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly bodyBytes: number;
  readonly backlog: number;
  /** What persons set in place of the configured modes. */
  readonly overrideOf: OverrideOf;
  /** A dead token that is reported again after so long is asked about once more. */
  readonly reverifyAfterMs: number;
  readonly onInvalidItem: 'accept-valid' | 'reject-all';
}
