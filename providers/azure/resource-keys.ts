/**
 * Keys of Azure resources: found by value in the keys of all resources that may have one of such a shape, and
 * regenerated in their slot. Which resources these are is in `resource-kinds.ts`.
 *
 * Quirks:
 * - Endpoints in connection strings are the committer's words: they are not used.
 * - The keys of all these resources are read; hashes of them are kept for a while, so that a flood shares one reading.
 * - Some resources (Cosmos DB, SignalR) regenerate in the background: for some minutes the old key is still listed.
 * - A resource with key access turned off refuses to list its keys (400 or 409), and so do a function app that is stopped
 *   (400), one whose own storage is out of reach (404 `NotFound`), and a trigger that has no callback URL. What another
 *   service manages, such as the storage of a Databricks workspace, may deny that to everybody (403). The search goes on,
 *   and says in the end which it could not read. So it does past a resource for which ours lacks the right (403
 *   `AuthorizationFailed`), as rights are given for resource groups, too.
 * - What was deleted can be restored for days, with its keys, as can App Configuration, AI services and API Management
 *   (https://learn.microsoft.com/en-us/azure/azure-app-configuration/concept-soft-delete,
 *   https://learn.microsoft.com/en-us/azure/ai-services/manage-resources; 2026-11-29): a key is not dead with its resource.
 */
import { z } from 'zod';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { isAmong } from '../../src/provider/kit/listed-secrets.ts';
import { revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Cloud } from './config.ts';
import { type Directory, scopeOf } from './directory.ts';
import { createResourceLists, DENIED, errorCode, type ListResources, TooMany } from './resource-lists.ts';
import { notPermitted, type Resource, resourceSearch, type SlotList } from './resource-search.ts';
import type { ResourceKind, Slot } from './slot.ts';
import { sightOf, TOO_MANY, WITHHELD } from './verdict.ts';

const DENIED_TO_ALL = z.object({ error: z.object({ code: z.literal('DenyAssignmentAuthorizationFailed') }) });

export const resourceSchema: z.ZodType<Resource> = z.object({ type: z.string(), resource: z.string() });

export interface ResourceKeys {
  /** One for each subscription. */
  accounts(kinds: readonly ResourceKind[]): readonly Account<Resource>[];
  readonly upstreams: readonly Upstream[];
  readonly listResources: ListResources;
}

export function createResourceKeys(
  directory: Directory,
  { management }: Cloud,
  subscriptions: readonly string[],
  tools: Tools,
): ResourceKeys {
  const send = directory.sender(scopeOf(management));
  const lists = createResourceLists(send);

  /** A resource that is gone is no one that does not list its keys. */
  const readSlots = async (
    upstream: Upstream,
    kind: ResourceKind,
    resource: string,
    signal: AbortSignal,
  ): Promise<SlotList> => {
    const answer = await send(upstream, {
      method: 'POST',
      path: resource + kind.list,
      query: { 'api-version': kind.apiVersion },
      ...(kind.listJson !== undefined && { json: kind.listJson }),
      readOnly: true,
      statuses: [200, 400, 404, 409],
      closed: DENIED_TO_ALL.or(DENIED),
      signal,
    });
    if (answer.status === 200) return answer.json(kind.slots);
    if (answer.maybeJson(DENIED)) return 'denied';
    const isGone = /^(?:Parent)?Resource(?:Group)?NotFound$/.test(errorCode(upstream, answer));
    return answer.status === 404 && isGone ? 'gone' : 'withheld';
  };

  const accountOf = (
    upstream: Upstream,
    kinds: readonly ResourceKind[],
    search = resourceSearch(upstream, kinds, { readSlots, tasksIn: lists.tasksIn, clock: tools.clock }),
  ): Account<Resource> => ({
    name: upstream.base,
    async look(token, step, known) {
      const kind = kinds.find(({ id }) => id === known?.type);
      if (!known || !kind) {
        return search(token, step).catch((error: unknown) => {
          if (error instanceof TooMany) return { state: 'unable', refusal: TOO_MANY };
          throw error;
        });
      }
      const slots = await readSlots(upstream, kind, known.resource, step.signal);
      if (slots === 'withheld') return { state: 'unable', refusal: WITHHELD };
      if (slots === 'denied') throw notPermitted(upstream);
      // It may have been moved to another resource group or subscription, with its keys.
      if (slots === 'gone') return { state: 'lost' };
      const keys = slots.map(({ key }) => key);
      return isAmong(keys, token) ? sightOf([known], []) : { state: 'absent' };
    },
    async revoke(found, token, { signal }) {
      const kind = kinds.find(({ id }) => id === found.type);
      const slots = kind && (await readSlots(upstream, kind, found.resource, signal));
      if (slots === 'withheld') return WITHHELD;
      if (slots === 'denied') throw notPermitted(upstream);
      const slot = slots && slots !== 'gone' && slotOf(slots, token);
      // Somebody was faster, or the proof will show that it is not so.
      if (!slot) return revoked();
      const holder = slot.onParent ? found.resource.split('/').slice(0, -2).join('/') : found.resource;
      const answer = await send(upstream, {
        method: slot.method ?? 'POST',
        path: slot.endsInKey ? keyPath(holder + slot.path, token) : holder + slot.path,
        query: { 'api-version': kind.apiVersion },
        ...(slot.json !== undefined && { json: slot.json }),
        statuses: [200, 201, 202, 204],
        signal,
      });
      // The answer may hold the new key: it is only made sure that it is no page.
      if (!isEmptyOrJson(answer)) throw unexpected(upstream, answer);
      return revoked();
    },
  });

  const upstreams = subscriptions.map((id) => tools.upstream(`${management}/subscriptions/${id}`));
  return {
    accounts: (kinds) => upstreams.map((upstream) => accountOf(upstream, kinds)),
    upstreams,
    listResources: lists.listResources,
  };
}

function slotOf(slots: readonly Slot[], token: Secret): Slot | undefined {
  return slots.find(({ key }) => key === token.reveal());
}

function keyPath(path: string, key: Secret): Secret {
  return new Secret(path + encodeURIComponent(key.reveal()));
}
