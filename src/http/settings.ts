import type { Config } from '../config/schema.ts';
import { createIgnores, type Ignores } from '../provider/ignores.ts';
import type { OverrideOf, Registry } from '../provider/registry.ts';
import { type Authenticator, createAuthenticator } from '../server/auth.ts';
import { createLimits, type Limits } from '../server/limits.ts';
import type { ReporterRole } from '../words/caller.ts';
import type { Secret } from '../words/secret.ts';
import { createShareOf, type ShareOf } from '../words/share.ts';
import { Hooks } from './hooks.ts';

const HOUR_MS = 3_600_000;

/** What a reload of the configuration replaces as a whole. */
export interface HttpSettings {
  readonly registry: Registry;
  readonly authenticator: Authenticator<ReporterRole>;
  readonly limits: Limits;
  readonly hooks: Hooks;
  readonly bodyBytes: number;
  readonly backlog: number;
  /** What persons set in place of the configured modes. */
  readonly overrideOf: OverrideOf;
  readonly shareOf: ShareOf;
  /** What is never touched. */
  readonly ignores: Ignores;
  /** A dead token that is reported again after so long is asked about once more. */
  readonly reverifyAfterMs: number;
  readonly onInvalidItem: 'accept-valid' | 'reject-all';
}

/**
 * What the configuration says of the API that GitLab calls.
 * @param redis for limits that replicas share
 * @param fingerprint see {@link createAuthenticator}
 */
export function httpSettings(
  config: Config,
  {
    registry,
    overrideOf,
    redis,
    fingerprint,
  }: Pick<HttpSettings, 'registry' | 'overrideOf'> & {
    readonly redis: unknown;
    readonly fingerprint: (token: Secret) => string;
  },
): HttpSettings {
  return {
    registry,
    authenticator: createAuthenticator(config.auth.tokens, fingerprint),
    limits: createLimits(config.limits, redis),
    hooks: new Hooks(config.gitlab.instances, fingerprint),
    bodyBytes: config.limits.bodyBytes,
    backlog: config.limits.backlog,
    onInvalidItem: config.onInvalidItem,
    reverifyAfterMs: config.revocation.reverifyAfterHours * HOUR_MS,
    overrideOf,
    shareOf: createShareOf(config.gitlab.instances.map(({ url }) => url)),
    ignores: createIgnores(config.ignore),
  };
}
