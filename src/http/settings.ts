import type { Registry } from '../provider/registry.ts';
import type { Authenticator } from './auth.ts';
import type { Limits } from './limits.ts';

/** What a reload of the configuration replaces as a whole. */
export interface HttpSettings {
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly bodyBytes: number;
  readonly backlog: number;
  readonly onInvalidItem: 'accept-valid' | 'reject-all';
}
