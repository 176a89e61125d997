import type { MiddlewareHandler } from 'hono';
import type { Config } from '../config/schema.ts';
import { baseOf } from '../gitlab/pointer.ts';
import type { OpenId, Person } from '../openid/openid.ts';
import type { Registry } from '../provider/registry.ts';
import { type Connected, countedAddress, remoteAddressOf } from '../server/address.ts';
import { type Authenticator, createAuthenticator } from '../server/auth.ts';
import type { Limits } from '../server/limits.ts';
import { Problem } from '../server/problem.ts';
import type { AdminRole, Caller } from '../words/caller.ts';
import { printable } from '../words/printable.ts';
import type { Secret } from '../words/secret.ts';

/** What a reload of the configuration replaces as a whole. */
export interface AdminSettings {
  readonly registry: Registry;
  readonly authenticator: Authenticator<AdminRole>;
  /** Of `admin.oidc`. */
  readonly openid?: OpenId | undefined;
  readonly limits: Pick<Limits, 'failedAuth'>;
  /** The host of `admin.publicUrl`. */
  readonly publicHost?: string | undefined;
  /** Base URLs of the GitLab instances whose findings can be read. */
  readonly readable: readonly string[];
  /** Names of those who are told. */
  readonly channels: readonly string[];
  /** Browsers reach the dashboard by https alone. */
  readonly secureCookies: boolean;
}

/**
 * What the configuration says of the admin port; the limits are those of the other one.
 * @param fingerprint see {@link createAuthenticator}
 */
export function adminSettings(
  { admin, gitlab }: Config,
  { registry, limits, openid, channels }: Pick<AdminSettings, 'registry' | 'limits' | 'openid' | 'channels'>,
  fingerprint: (token: Secret) => string,
): AdminSettings {
  return {
    ...{ registry, limits, openid, channels, authenticator: createAuthenticator(admin.tokens, fingerprint) },
    publicHost: URL.parse(admin.publicUrl ?? '')?.hostname,
    readable: gitlab.instances.flatMap(({ url, readToken }) => (readToken ? [baseOf(url)] : [])),
    secureCookies: admin.publicUrl?.startsWith('https:') === true,
  };
}

export interface AdminEnvironment {
  Bindings: Connected;
  Variables: { caller: Caller<AdminRole> };
}

/** Lets callers with an admin token pass. Only failures count against an address. */
export function requireAdminToken(settings: () => AdminSettings): MiddlewareHandler<AdminEnvironment> {
  return async (context, next) => {
    const { authenticator, limits } = settings();
    const caller = authenticator.authenticate(context.req.header('authorization'));
    if (caller === undefined) {
      await limits.failedAuth(`admin ${addressOf(context.env)}`);
      throw new Problem(401, 'Not authenticated', {
        detail: 'The Authorization header holds none of the tokens in admin.tokens.',
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    context.set('caller', caller);
    await next();
  };
}

/** To stand behind {@link requireAdminToken} and before every route but those of somebody's own sessions. */
export const requireApiRole: MiddlewareHandler<AdminEnvironment> = async (context, next) => {
  requireRole(context.get('caller'), context.req.method);
  await next();
};

/** Whatever may be added: who only sees gets nothing done. @throws {Problem} 403 */
export function requireRole({ role }: Pick<Caller<AdminRole>, 'role'>, method: string): void {
  if (role === 'operator' || method === 'GET' || method === 'HEAD') return;
  throw new Problem(403, 'Not allowed', {
    detail: 'The role viewer sees everything and decides nothing.',
  });
}

/** @returns undefined for whoever may not come in */
export function personCaller(openid: OpenId | undefined, person: Person): Caller<AdminRole> | undefined {
  const role = openid?.roleOf(person);
  const id = JSON.stringify([person.issuer, person.sub]);
  return role && { id, name: personName(person), role };
}

/** As it stands in histories and logs: a name alone may be another person's tomorrow. */
export function personName({ name, sub }: Person): string {
  return `${name} (sub ${printable(sub)})`;
}

/** What failures are counted by. */
export function addressOf(env: AdminEnvironment['Bindings'] | undefined): string {
  return countedAddress(remoteAddressOf(env));
}
