/** One namespace of a server, and what can be done there about a token. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { hasSurelyEnded } from '../../src/provider/kit/expiry.ts';
import { goneSinceSeen, refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import type { RevokeResult, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { clusterAt } from './cluster.ts';
import type { VaultConfig } from './config.ts';
import { DENIED, FORBIDDEN, GONE, REFUSED } from './refusals.ts';

export const BATCH_TOKEN = 'batch-token';

const LOOKED_UP = z
  .object({
    data: z.object({
      id: z.string().optional(),
      accessor: z.string().regex(/^[\w.-]*$/),
      /** Empty for a token that belongs to nobody, such as one that another token made. */
      entity_id: z.string().default('unknown'),
      expire_time: z.iso.datetime({ offset: true }).nullable(),
      /** Addresses from which alone it is let in. */
      bound_cidrs: z.array(z.string()).nullish(),
      /** 0: any number; negative: this was the last one. */
      num_uses: z.int().default(0),
    }),
  })
  .transform(({ data: { id, accessor, entity_id, expire_time: expires, num_uses, bound_cidrs } }) => {
    const isBound = (bound_cidrs ?? []).length > 0;
    return { id, accessor, expires, isUsedUp: num_uses < 0, hasEntity: entity_id !== '', isBound };
  });
type Refusal = 'forbidden' | 'gone' | 'refused';

/** Whether it is this token's own. Since 1.10 a token of Vault is an envelope in base64, in which the one that the server keeps stands in clear. */
function isOf(id: string | undefined, token: Secret): boolean {
  const text = token.reveal();
  return id === undefined || id === text || Buffer.from(text.replace(/^hvs\./, ''), 'base64url').includes(id);
}

export const FOUND = z.object({
  /** None of a token that may not look itself up. */
  accessor: z.string().nullable(),
  expires: z.string().nullable(),
  /** Whether the look was the last of so many uses. */
  isUsedUp: z.boolean().default(false),
  /** Whether an administrator can take its entity's access away, and give it back. */
  hasEntity: z.boolean().default(true),
  /** Whether it is kept out from other addresses than some. */
  isBound: z.boolean().default(true),
  /** That let it in; null where an earlier version has not asked. */
  cluster: z.string().nullable().default(null),
});
type Found = z.output<typeof FOUND>;
type Seen = Omit<Found, 'cluster'>;

const KEPT_OUT =
  'The server took this token before and refuses it now, as it does while the entity of the token is disabled, and from addresses that the token is not bound to: see by its accessor whether it is still there, and revoke it so.';
const SIGNED_IN =
  'What answered signs every caller in with a token of its own, as an Agent or Proxy of Vault does with `use_auto_auth_token = "force"`: set `url` to the server itself, and retry.';
const BATCH_ADVICE =
  'A batch token cannot be revoked: revoke its parent token, or wait until it expires, and replace what it could read.';
const ACCESSOR_ADVICE =
  "The token's policies do not let it revoke itself: revoke it by its accessor, with `vault token revoke -accessor`.";

export function accountOf({ url, namespace }: VaultConfig['servers'][number], tools: Tools): Account<Found> {
  const path = namespace === undefined ? '/v1' : `/v1/${namespace}`;
  const server = url.replace(/\/+$/, '');
  const [root, upstream] = [tools.upstream(`${server}/v1`), tools.upstream(server + path)];
  const lookUp = async (token: Secret, signal: AbortSignal): Promise<Seen | Refusal | 'another'> => {
    const request = {
      method: 'GET',
      path: '/auth/token/lookup-self',
      headers: headersOf(token),
      signal,
      tells: {
        owner: ['data.display_name', 'data.entity_id'],
        scopes: 'data.policies',
        created: 'data.creation_time',
        expires: 'data.expire_time',
      },
    } as const;
    const { means } = await ask<AnswerRow<Seen | Refusal | 'another' | 'denied'>>(upstream, request, [
      row([200], LOOKED_UP, ({ id, ...seen }) => (isOf(id, token) ? seen : 'another')),
      row([403], FORBIDDEN, 'forbidden'),
      row([403], GONE, 'gone'),
      row([403], REFUSED, 'refused'),
      row([403], DENIED, 'denied'),
    ]);
    if (means === 'denied') throw suspended(upstream, 403);
    return means;
  };
  // A batch token cannot be renewed; another one may have been, since it was seen.
  const isOver = ({ expires }: Found, kind: string) =>
    kind === BATCH_TOKEN && hasSurelyEnded(expires, tools.clock, undefined);

  /** Another cluster at the same address does not know its tokens. @throws {Failure} `suspended` */
  const mustBeOf = async ({ cluster }: Found, signal: AbortSignal): Promise<void> => {
    if (cluster !== null && (await clusterAt(root, signal)) !== cluster) throw suspended(upstream, 403);
  };

  return {
    name: upstream.base,
    async look(token, { kind, signal }, known): Promise<Sight<Found>> {
      const seen = await lookUp(token, signal);
      const isRefused = seen === 'gone' || seen === 'refused';
      if (isRefused && known) await mustBeOf(known, signal);
      const isMaybeKeptOut = known && (known.hasEntity || known.isBound) && !known.isUsedUp;
      if (seen === 'refused' && isMaybeKeptOut && !isOver(known, kind)) {
        return { state: 'unable', refusal: refused('manual', KEPT_OUT, { accessor: known.accessor }) };
      }
      if (isRefused) return { state: 'absent' };
      if (seen === 'another') return { state: 'unable', refusal: refused('manual', SIGNED_IN) };
      // It may be let revoke itself all the same.
      const cluster = known?.cluster || (await clusterAt(root, signal));
      const itself = seen === 'forbidden' ? UNSEEN : seen;
      return { state: 'alive', found: { ...itself, cluster }, by: 'by-value' };
    },
    async revoke(found, token, { kind, signal }): Promise<RevokeResult> {
      const { accessor, expires, isUsedUp } = found;
      const evidence = { accessor, expires };
      if (kind === BATCH_TOKEN) return refused('manual', BATCH_ADVICE, evidence);
      const headers = headersOf(token);
      const request = { method: 'POST', path: '/auth/token/revoke-self', headers, signal } as const;
      const { means } = await ask(upstream, request, [
        row([204], 'revoked'),
        row([403], FORBIDDEN, 'forbidden'),
        row([403], REFUSED, 'refused'),
        row([403], DENIED, 'forbidden'),
      ]);
      if (means === 'revoked') return revoked(evidence);
      if (means === 'refused') await mustBeOf(found, signal);
      if (means === 'refused' && isUsedUp) return goneSinceSeen(evidence);
      return refused('not-permitted', ACCESSOR_ADVICE, evidence);
    },
    async verify(_found, token, { signal }) {
      const seen = await lookUp(token, signal);
      return seen === 'gone' || seen === 'refused' ? 'dead' : 'alive';
    },
  };
}

const UNSEEN: Seen = { accessor: null, expires: null, isUsedUp: false, hasEntity: true, isBound: true };

/** Proxies of Vault that guard against forged requests ask for the second one. */
function headersOf(token: Secret) {
  return { 'x-vault-token': token, 'x-vault-request': 'true' };
}
