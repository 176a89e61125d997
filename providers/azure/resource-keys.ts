/**
 * Keys of Azure resources: found by value in the keys of all resources that may have one of such a shape, and
 * regenerated in their slot. Which resources these are is in `resource-kinds.ts`.
 *
 * Quirks:
 * - Endpoints in connection strings are the committer's words: they are not used.
 * - The keys of all these resources are read; none is kept.
 * - Some resources (Cosmos DB, SignalR) regenerate in the background: for some minutes the old key is still listed.
 * - A resource with key access turned off refuses to list its keys (400 or 409): the search passes it by. So does a
 *   function app that is stopped (400), and a trigger that has no callback URL.
 */
import { z } from 'zod';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Sight, Tenant, TenantMethod } from '../../src/provider/kit/tenants.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Directory, MANAGEMENT_SCOPE } from './directory.ts';
import { createResourceLists, ERROR, type ListResources, TooMany } from './resource-lists.ts';
import type { ResourceKind, Slot } from './slot.ts';

const foundSchema = z.object({ type: z.string(), resource: z.string() });
type Found = z.output<typeof foundSchema>;

const TOO_MANY = refused(
  'ambiguous',
  'The subscription has more resources than Quash searches: find the one with this key and regenerate it by hand.',
);

const SEVERAL =
  'Several resources have this same key, which somebody must have set by hand: replace it in each of them.';

const WITHHELD = refused(
  'not-permitted',
  'The resource had this key and does not list its keys any more: see whether its access by keys is turned off, or regenerate the key by hand.',
);

export interface ResourceKeys {
  /** One for each subscription. */
  readonly tenants: readonly Tenant[];
  method(kinds: readonly ResourceKind[]): TenantMethod<Tenant, Found>;
  readonly listResources: ListResources;
}

export function createResourceKeys(
  directory: Directory,
  subscriptions: readonly string[],
  tools: Tools,
): ResourceKeys {
  const send = directory.sender(MANAGEMENT_SCOPE);

  const { holders, listResources } = createResourceLists(send);

  /** A resource that is gone has no keys; one that does not list them is another matter. */
  const readSlots = async (
    { upstream }: Tenant,
    kind: ResourceKind,
    resource: string,
    signal: AbortSignal,
  ): Promise<readonly Slot[] | 'withheld'> => {
    const query = { 'api-version': kind.apiVersion };
    const path = resource + kind.list;
    const answer = await send(upstream, {
      method: 'POST',
      path,
      query,
      ...(kind.listJson !== undefined && { json: kind.listJson }),
      statuses: [200, 400, 404, 409],
      signal,
    });
    if (answer.status === 200) return answer.json(kind.slots);
    const code = answer.maybeJson(ERROR)?.error.code;
    if (code === undefined) throw unexpected(upstream, answer);
    return answer.status === 404 && /^(Parent)?(Resource)?(Group)?NotFound$/.test(code) ? [] : 'withheld';
  };

  const search = async (
    tenant: Tenant,
    kinds: readonly ResourceKind[],
    token: Secret,
    signal: AbortSignal,
  ): Promise<Sight<Found>> => {
    const matches: Found[] = [];
    for (const kind of kinds.filter(({ shape }) => shape.test(token.reveal()))) {
      for await (const resource of holders(tenant, kind, signal)) {
        if (!slotOf(await readSlots(tenant, kind, resource, signal), token)) continue;
        matches.push({ type: kind.id, resource });
        if (!kind.chosen) return only(matches);
      }
    }
    return only(matches);
  };

  const method: ResourceKeys['method'] = (kinds) => ({
    found: foundSchema,
    async look(tenant, token, { signal }, known) {
      const kind = kinds.find(({ id }) => id === known?.type);
      if (!known || !kind) {
        return search(tenant, kinds, token, signal).catch((error: unknown) => {
          if (error instanceof TooMany) return { state: 'unable', refusal: TOO_MANY };
          throw error;
        });
      }
      const slots = await readSlots(tenant, kind, known.resource, signal);
      if (slots === 'withheld') return { state: 'unable', refusal: WITHHELD };
      return slotOf(slots, token) ? { state: 'alive', found: known } : { state: 'dead' };
    },
    async revoke(tenant, token, found, { signal }) {
      const { upstream } = tenant;
      const kind = kinds.find(({ id }) => id === found.type);
      const slot = kind && slotOf(await readSlots(tenant, kind, found.resource, signal), token);
      const evidence = { resource: decodeURIComponent(found.resource) };
      // Somebody was faster, or the proof will show that it is not so.
      if (!slot) return revoked(evidence);
      const holder = slot.onParent ? found.resource.split('/').slice(0, -2).join('/') : found.resource;
      const answer = await send(upstream, {
        method: slot.method ?? 'POST',
        path: holder + slot.path,
        query: { 'api-version': kind.apiVersion },
        ...(slot.json !== undefined && { json: slot.json }),
        statuses: [200, 201, 202, 204],
        signal,
      });
      // The answer may hold the new key: it is only made sure that it is no page.
      if (!isEmptyOrJson(answer)) throw unexpected(upstream, answer);
      return revoked(evidence);
    },
  });

  const tenants = subscriptions.map((id) => ({
    upstream: tools.upstream(`https://management.azure.com/subscriptions/${id}`),
  }));
  return { tenants, method, listResources };
}

function only([found, ...others]: readonly Found[]): Sight<Found> {
  if (!found) return { state: 'absent' };
  if (others.length === 0) return { state: 'alive', found };
  const candidates = [found, ...others].map(({ resource }) => ({ resource: decodeURIComponent(resource) }));
  return { state: 'unable', refusal: refused('ambiguous', SEVERAL, { candidates }) };
}

function slotOf(slots: readonly Slot[] | 'withheld', token: Secret): Slot | undefined {
  if (slots === 'withheld') return undefined;
  return slots.find(({ key }) => key === token.reveal());
}
