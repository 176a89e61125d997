/**
 * Databricks personal access tokens, of any number of workspaces.
 *
 * Docs: https://docs.databricks.com/api/workspace/tokens/list, https://docs.databricks.com/api/workspace/tokens/delete;
 * checked 2026-11-21.
 *
 * Quirks:
 * - A token lists the valid tokens of its user, which shows nothing of their text: only when there is a single one it
 *   is known to be the leaked one. `token_id` has 64 hex digits, but nobody says that it is a hash of the token.
 * - A dead token and one of another workspace get the same 403 "Invalid access token."; `error_code` may be a number. A
 *   living one of another workspace may get 403 "Invalid access to Org" instead (databricks/databricks-sdk-go#981), or
 *   "Unauthorized access to Org" (databricks/terraform-provider-databricks#4662).
 * - Whoever does not ask for JSON may get the refusal as a page (databricks/terraform-provider-databricks#66).
 * - A workspace that is closed to the public network refuses every token, in words of its own (fgarofalo56/csa-inabox,
 *   docs/fiab/v3-tenant-bootstrap.md; 2026-11-30).
 * - A workspace that turns tokens off, or takes from a user the right to use them, deletes none: they work again later
 *   (https://docs.databricks.com/security/auth/api-access-permissions.html, databricks/terraform-provider-databricks#2607
 *   for the 404; 2026-11-29). How it refuses them in between is not documented, nor those of a user who is deactivated: so
 *   what worked before and is refused goes to a person, unless it was deleted here.
 * - How soon a token that was deleted is refused is not documented: a single record may be of another one meanwhile.
 * - Tokens on Azure end in a hyphen and a digit, so one without may be a cut one.
 */
import { z } from 'zod';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { UNDOCUMENTED_LAG_MS } from '../../src/provider/kit/on-file.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { refused, revoked, suspended } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { config, type DatabricksConfig } from './config.ts';
import { ELSEWHERE, KEPT_OUT, NOT_LISTED, NOT_PERMITTED } from './refusals.ts';

export type { DatabricksConfig } from './config.ts';

const KIND: TokenKind = {
  id: 'personal-access-token',
  types: ['gitleaks_rule_id_databricks_api_token', 'gitleaks_rule_id_databricks-api-token'],
  pattern: /(?<![\w-])dapi[a-f0-9]{32}(?:-\d)?(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Each workspace has its own tokens; the configured ones are asked.' },
  whole: (token) => /-\d$/.test(token),
  undo: 'no',
};

export const databricks: ProviderDefinition<DatabricksConfig> = {
  id: 'databricks',
  title: 'Databricks',
  docs: 'https://docs.databricks.com/api/workspace/tokens/delete',
  stability: 'beta',
  exactness: 'for ten minutes the only token of its user, asked with itself; several go to a person',
  proof: 'the workspace that knew the token refuses it',
  effect: 'the token only',
  needs: 'the URL of each workspace',
  types: KIND.types,
  config,
  create: ({ workspaces }, tools) => ({
    kinds: workspaces.length > 0 ? [KIND] : [],
    ...byAccounts(
      workspaces.map(({ url }) => workspaceOf(tools.upstream(url), tools)),
      { found: foundSchema, log: tools.log },
    ),
  }),
};

const foundSchema = z.object({ tokenId: z.string().min(1) });
type Found = z.output<typeof foundSchema>;

const TOKEN_LIST = z.object({
  token_infos: z
    .array(z.object({ token_id: z.string().min(1), creation_time: z.number().optional() }))
    .optional(),
});
type ListedToken = NonNullable<z.output<typeof TOKEN_LIST>['token_infos']>[number];

const error = (message: RegExp) =>
  z.object({ error_code: z.union([z.string(), z.number()]), message: z.string().regex(message) });

function workspaceOf(upstream: Upstream, { clock }: Tools): Account<Found> {
  /** @throws {Failure} `suspended` while our address, or any token, is kept out */
  const listOf = async (token: Secret, signal: AbortSignal) => {
    const headers = headersOf(token);
    const list = { method: 'GET', path: '/api/2.0/token/list', headers, signal } as const;
    const { means, answer } = await ask(upstream, list, [
      row([200], TOKEN_LIST, ({ token_infos = [] }) => ({ listed: token_infos })),
      row([401, 403], error(/^Invalid access token/), 'absent'),
      row([403], error(/\bIP\b.*\b(?:ACL|access list)|\bblocked\b/i), 'blocked'),
      row([403], error(/^(?:Unauthorized network|Public) access\b.*\bworkspace\b/i), 'blocked'),
      row([403], error(/^(?:Invalid|Unauthorized) access to Org\b/i), 'elsewhere'),
      row([403, 404], error(/^Tokens are disabled/i), 'blocked'),
      row([401, 403], error(/^/), 'denied'),
    ]);
    if (means === 'blocked') throw suspended(upstream);
    if (typeof means === 'object') inOnePiece(upstream, answer, means.listed);
    return means;
  };

  return {
    name: upstream.base,
    keptOut: KEPT_OUT,
    lag: { ms: UNDOCUMENTED_LAG_MS, clock },
    async look(token, { signal }) {
      const list = await listOf(token, signal);
      if (list === 'absent') return { state: 'absent' };
      if (list === 'elsewhere') return { state: 'unable', refusal: ELSEWHERE, maybeElsewhere: true };
      if (list === 'denied') return { state: 'unable', refusal: NOT_PERMITTED, maybeElsewhere: true };
      return onlyOneOf(upstream, list.listed);
    },
    async revoke({ tokenId }, token, { signal }) {
      const request = {
        method: 'POST',
        path: '/api/2.0/token/delete',
        headers: headersOf(token),
        json: { token_id: tokenId },
        signal,
      } as const;
      const { means } = await ask(upstream, request, [
        row([200], z.looseObject({}), 'revoked'),
        row([403], error(/^/), 'denied'),
      ]);
      return means === 'revoked' ? revoked() : NOT_PERMITTED;
    },
    async verify(_found, token, { signal }) {
      const list = await listOf(token, signal);
      if (list === 'denied' || list === 'elsewhere') return 'unknown';
      return list === 'absent' ? 'dead' : 'alive';
    },
  };
}

function headersOf(token: Secret) {
  return { authorization: bearer(token), accept: 'application/json' };
}

const MAX_EVIDENCE = 20;

/** The workspace accepted the token, so it is one of its user's. */
function onlyOneOf({ base }: Upstream, listed: readonly ListedToken[]): Sight<Found> {
  const [first, ...others] = listed;
  if (!first) return { state: 'unable', refusal: NOT_LISTED };
  const tokenId = first.token_id;
  if (others.length === 0) {
    return {
      ...{ state: 'alive', found: { tokenId }, evidence: { tokenId } },
      ...{ by: 'one-fits', toldBy: 'nothing' },
    };
  }
  const advice =
    'The leaked token works and its user has several: ask the user which one it is, and revoke that.';
  const candidates = listed.slice(0, MAX_EVIDENCE).map((each) => ({
    tokenId: each.token_id,
    createdAt: each.creation_time === undefined ? null : new Date(each.creation_time).toISOString(),
  }));
  return { state: 'unable', refusal: refused('ambiguous', advice, { account: base, candidates }) };
}
