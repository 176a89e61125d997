/**
 * For vendors of whom a customer has several tenants (instances, organisations, workspaces), where a token does not
 * say of which one it is: the configured ones are asked in their order.
 */
import { z } from 'zod';
import type { Secret } from '../../words/secret.ts';
import type { Provider, RevokeResult, Step } from '../provider.ts';
import type { Upstream } from '../upstream.ts';
import { type Filing, inPlaces, type Place } from './places.ts';
import { alreadyInactive, refused } from './results.ts';

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

const TAKEN_FOR_DEAD: RevokeResult = { outcome: 'already-inactive', proven: false };
const UNKNOWN = refused(
  'unknown-token',
  'No configured tenant knows this token: if it is of another one, add that to the configuration and retry; otherwise it is dead already and can be dismissed.',
);

/** "Absent" proves the death only where the token was seen alive, and put on file, before. */
export function byTenant<T extends Tenant, Found>(
  method: TenantMethod<T, Found>,
  tenants: readonly T[],
  unknownTokens: 'attention' | 'inactive',
): Required<Pick<Provider, 'revoke' | 'verify'>> {
  const filing: Filing<Found> = {
    schema: z
      .object({ tenant: z.string(), found: method.found })
      .transform(({ tenant: place, found }) => ({ place, found })),
    note: (tenant, found) => ({ tenant, found }),
  };
  const places = tenants.map((tenant) => placeOf(method, tenant));
  return inPlaces(places, filing, unknownTokens === 'attention' ? UNKNOWN : TAKEN_FOR_DEAD);
}

function placeOf<T extends Tenant, Found>(method: TenantMethod<T, Found>, tenant: T): Place<Found> {
  const { base } = tenant.upstream;
  return {
    name: base,
    async find(token, step) {
      const sight = await method.look(tenant, token, step, undefined);
      if (sight.state === 'alive') return { found: sight.found };
      if (sight.state === 'dead') return alreadyInactive({ tenant: base });
      return sight.state === 'unable' ? sight.refusal : undefined;
    },
    async end(found, token, step) {
      const sight = await method.look(tenant, token, step, found);
      if (sight.state === 'unable') return sight.refusal;
      if (sight.state !== 'alive') return alreadyInactive({ tenant: base });
      return method.revoke(tenant, token, sight.found, step);
    },
    async look(found, token, step) {
      const { state } = await method.look(tenant, token, step, found);
      if (state === 'unable') return 'unknown';
      return state === 'alive' ? 'alive' : 'dead';
    },
  };
}
