/**
 * Delivery and preview keys of spaces.
 *
 * Docs: https://www.contentful.com/developers/docs/references/content-management-api/#/reference/api-keys
 *
 * - A delivery key and a preview key share one record and go together.
 * - The lists of a space's keys show their values. A deleted key is as unknown as one of another space.
 */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { Space } from './config.ts';
import { readList } from './lists.ts';

export const CONTENT_KEY: TokenKind = {
  id: 'content-key',
  types: ['gitleaks_rule_id_contentful_delivery_api_token', 'gitleaks_rule_id_contentful_preview_api_token'],
  pattern: /(?<![\w-])[\w-]{43}(?![\w-])/,
  effect: 'wider',
  warning: 'The delivery key and the preview key of the same name are deleted together.',
  possession: 'listed-whole',
  places: { open: 'A key is known to its space alone; the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const NOT_FOUND = z.object({ sys: z.object({ id: z.literal('NotFound') }) });

const API_KEY = z.object({
  sys: z.object({ id: z.string().min(1) }),
  accessToken: z.string(),
  preview_api_key: z.object({ sys: z.object({ id: z.string() }) }).optional(),
});

const PREVIEW_KEY = z.object({ sys: z.object({ id: z.string().min(1) }), accessToken: z.string() });

const NO_RECORD =
  'This preview key has no delivery key that it could be deleted with: delete it in the settings of its space.';

const TOO_MANY = 'This space has more keys than Quash reads: delete the key in the settings of the space.';

export function spaceAccount(upstream: Upstream, { id: space, managementToken }: Space): Account<string> {
  const call = operatorCalls(upstream, { authorization: bearer(managementToken) });
  const read = <Item>(item: z.ZodType<Item>, list: string, signal: AbortSignal) =>
    readList<Item, never>(item, (query) =>
      call({ method: 'GET', path: `/spaces/${space}/${list}`, query, statuses: [200], signal }),
    );
  const recordPath = (id: string) => `/spaces/${space}/api_keys/${encodeURIComponent(id)}`;
  const found = (id: string): Sight<string> => ({
    state: 'alive',
    found: id,
    by: 'listed-whole',
    evidence: { keyId: id },
  });
  return {
    name: space,
    async look(token: Secret, { signal }) {
      const keys = await read(API_KEY, 'api_keys', signal);
      const delivery = keys?.find(({ accessToken }) => accessToken === token.reveal());
      if (delivery) return found(delivery.sys.id);
      const previews = await read(PREVIEW_KEY, 'preview_api_keys', signal);
      const preview = previews?.find(({ accessToken }) => accessToken === token.reveal());
      if (!keys || !previews) return { state: 'unable', refusal: refused('ambiguous', TOO_MANY, { space }) };
      if (!preview) return { state: 'absent' };
      const owner = keys.find((key) => key.preview_api_key?.sys.id === preview.sys.id);
      if (owner) return found(owner.sys.id);
      const evidence = { space, previewKeyId: preview.sys.id };
      return { state: 'unable', refusal: refused('manual', NO_RECORD, evidence) };
    },
    async revoke(id, _token, { signal }) {
      await call({ method: 'DELETE', path: recordPath(id), statuses: [204], notFound: NOT_FOUND, signal });
      return revoked();
    },
    async verify(id, _token, { signal }) {
      const path = recordPath(id);
      const answer = await call({ method: 'GET', path, statuses: [200], notFound: NOT_FOUND, signal });
      if (answer.status === 404) return 'dead';
      answer.json(API_KEY);
      return 'alive';
    },
    async probe(signal) {
      await read(API_KEY, 'api_keys', signal);
    },
  };
}
