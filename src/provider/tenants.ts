/**
 * For vendors of whom a customer has several tenants (instances, organisations, workspaces), where a token does not
 * say of which one it is: the configured ones are asked in their order.
 */
import { z } from 'zod';
import type { Secret } from '../secret.ts';
import { Failure } from './failure.ts';
import { alreadyInactive, refused, sparingTheLane } from './kit.ts';
import type { CredentialCheck, Liveness, Provider, RevokeResult, Step } from './provider.ts';
import type { Upstream } from './upstream.ts';

/** A tenant's address as the operator writes it. */
export function baseUrl() {
  return z.url({ protocol: /^https?$/ }).refine((text) => {
    const url = URL.parse(text);
    return url !== null && !url.username && !url.password && !/[?#]/.test(text);
  }, 'expected no credentials, query or fragment');
}

export function unknownTokensKey() {
  return z
    .enum(['attention', 'inactive'])
    .default('attention')
    .describe('What a token is that no tenant knows: a case for a person, or one that is dead already.');
}

export interface Tenant {
  readonly upstream: Upstream;
}

/** What one tenant says of a token. */
export type Sight<Found> =
  | { readonly state: 'alive'; readonly found: Found }
  /** The tenant says of this very token that it is dead. */
  | { readonly state: 'dead' }
  /** No such token here: it is dead, or of another tenant. */
  | { readonly state: 'absent' }
  /** The tenant may know it, but nothing can be done about it here. */
  | { readonly state: 'unable'; readonly refusal: RevokeResult };

/** How a vendor's tokens are looked up and revoked at one tenant. */
export interface TenantMethod<T extends Tenant, Found> {
  /** What identifies the token upstream: ids, no secret, as JSON. */
  readonly found: z.ZodType<Found>;
  /** @param known what an earlier look found at this tenant, which needs no second search */
  look(tenant: T, token: Secret, step: Step, known: Found | undefined): Promise<Sight<Found>>;
  /** Called for a token that was seen alive just before, and noted. */
  revoke(tenant: T, token: Secret, found: Found, step: Step): Promise<RevokeResult>;
}

const UNKNOWN = refused(
  'unknown-token',
  'No configured tenant knows this token: if it is of another one, add that to the configuration and retry; otherwise it is dead already and can be dismissed.',
);

/**
 * "Absent" proves the death only where the token was seen alive before, so that is noted first, in a step of its own:
 * after a crash the note is there.
 */
export function byTenant<T extends Tenant, Found>(
  method: TenantMethod<T, Found>,
  tenants: readonly T[],
  unknownTokens: 'attention' | 'inactive',
): Required<Pick<Provider, 'revoke' | 'verify'>> {
  const noteSchema = z.object({ tenant: z.string(), found: method.found });

  const seenBefore = (step: Step): Noted<T, Found> | undefined => {
    const note = noteSchema.safeParse(step.note).data;
    const tenant = tenants.find(({ upstream }) => upstream.base === note?.tenant);
    return note && tenant && { tenant, found: note.found };
  };

  const end = async (
    token: Secret,
    step: Step,
    { tenant, found }: Noted<T, Found>,
  ): Promise<RevokeResult> => {
    const sight = await method.look(tenant, token, step, found);
    if (sight.state === 'unable') return sight.refusal;
    if (sight.state !== 'alive') return alreadyInactive({ tenant: tenant.upstream.base });
    return method.revoke(tenant, token, sight.found, step);
  };

  const search = async (token: Secret, step: Step): Promise<RevokeResult> => {
    const failures: Failure[] = [];
    for (const tenant of tenants) {
      const sight = await method.look(tenant, token, step, undefined).catch(asFailure);
      if (sight instanceof Failure) failures.push(sight);
      else if (sight.state === 'unable') return sight.refusal;
      else if (sight.state === 'dead') return alreadyInactive({ tenant: tenant.upstream.base });
      else if (sight.state === 'alive') {
        step.remember({ tenant: tenant.upstream.base, found: sight.found });
        return { outcome: 'continue', afterMs: 0 };
      }
    }
    if (failures[0]) throw failures[0];
    return unknownTokens === 'attention' ? UNKNOWN : { outcome: 'already-inactive', proven: false };
  };

  return {
    revoke: (token, step) =>
      sparingTheLane(tenants, () => {
        const seen = seenBefore(step);
        return seen ? end(token, step, seen) : search(token, step);
      }),
    verify: (token, step) =>
      sparingTheLane(tenants, async (): Promise<Liveness> => {
        const seen = seenBefore(step);
        if (!seen) return 'unknown';
        const { state } = await method.look(seen.tenant, token, step, seen.found);
        if (state === 'unable') return 'unknown';
        return state === 'alive' ? 'alive' : 'dead';
      }),
  };
}

interface Noted<T, Found> {
  readonly tenant: T;
  readonly found: Found;
}

/** Makes a check out of a call that fails when our credential does not work. */
export async function checkOf(
  name: string,
  call: () => Promise<unknown>,
  advice: { readonly refused: string; readonly forbidden: string },
): Promise<CredentialCheck> {
  try {
    await call();
    return { name, ok: true };
  } catch (error) {
    if (!(error instanceof Failure)) return { name, ok: false, advice: 'The check was interrupted.' };
    if (error.code === 'credential-refused') return { name, ok: false, advice: advice.refused };
    if (error.code === 'permission-missing') return { name, ok: false, advice: advice.forbidden };
    return { name, ok: false, advice: error.message };
  }
}

/** What is no failure of a call, such as an abort, goes on up. */
function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}
