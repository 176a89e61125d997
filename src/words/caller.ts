/** Who calls one of the ports, known by the token that comes with each request. */
import type { Secret } from './secret.ts';

/** `gitlab` is GitLab itself; `submit` is a CI job or a person with a scanner's report. The first one is the default. */
export const REPORTER_ROLES = ['gitlab', 'submit'] as const;
export type ReporterRole = (typeof REPORTER_ROLES)[number];

/** A `viewer` sees everything and decides nothing. The first one is the default. */
export const ADMIN_ROLES = ['operator', 'viewer'] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** A token as the configuration has it. */
export interface CallerToken<Role extends string> {
  readonly token: Secret;
  readonly role: Role;
  /** Stands in history, logs and metrics; several tokens may share it while one is being replaced. */
  readonly name?: string | undefined;
}

export interface Caller<Role extends string> {
  /** Tells its token from all others, and nothing of it. */
  readonly id: string;
  /** As configured, or made of the id. */
  readonly name: string;
  readonly role: Role;
}
