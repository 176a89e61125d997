/**
 * Salesforce OAuth access tokens, at the operator's own domains.
 *
 * Docs: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm,
 * https://developer.salesforce.com/docs/platform/mobile-sdk/guide/oauth-revoking-tokens.html; checked 2026-11-21.
 *
 * - Whoever holds a token may revoke it, without a credential of ours, at the domain of its organization. The token
 *   names the organization, not the domain, so domains come from the configuration alone.
 * - Another organization's live token is answered `INVALID_SESSION_ID` like a dead one. Only a domain that was seen to
 *   take the token proves its death that way, so the domain is remembered.
 * - Session ids of a login look the same, but are no OAuth tokens: `unsupported_token_type`.
 * - Refresh tokens have no shape that is documented, and are no kind of this provider.
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { alreadyInactive, refused, revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl().describe('My Domain URL, e.g. https://example.my.salesforce.com.'),
      }),
    )
    .default([])
    .describe('Salesforce domains that may have issued a token; asked in this order.'),
});

export type SalesforceConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_salesforce_access_token'],
  pattern: /(?<![\w-])00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?![A-Za-z0-9._]{60,256}(?![\w-])/,
  effect: 'token',
};

export const salesforce: ProviderDefinition<SalesforceConfig> = {
  id: 'salesforce',
  title: 'Salesforce',
  docs: 'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the domain that took the token refuses it',
  effect: 'the token only; its refresh token lives on',
  needs: 'the My Domain URL of each Salesforce organization',
  types: KIND.types,
  config,
  create,
};

const NOTE = z.object({ instance: z.string() });
const RESOURCES = z.object({ sobjects: z.string() });
const refusal = (...codes: readonly [string, ...string[]]) =>
  z.array(z.object({ errorCode: z.enum(codes) })).min(1);
const INVALID_SESSION = refusal('INVALID_SESSION_ID');
/** The token is taken, but may not use the API, or not from here. */
const LIMITED = refusal('API_DISABLED_FOR_ORG', 'API_CURRENTLY_DISABLED', 'INSUFFICIENT_ACCESS');
const NOT_REVOKED = z.object({ error: z.enum(['invalid_token', 'unsupported_token_type']) });

const UNKNOWN = refused(
  'unknown-token',
  'No configured Salesforce domain takes this token: if it is of another one, add that to providers.salesforce.instances and retry; otherwise it is dead already and can be dismissed.',
);
const SESSION = refused(
  'unsupported-kind',
  'This is the session of a login, not an OAuth token: end it in Salesforce under Setup > Session Management.',
);

function create({ instances }: SalesforceConfig, tools: Tools): Provider {
  const upstreams = instances.map(({ url }) => tools.upstream(url));

  const seenAt = (step: Step): Upstream | undefined => {
    const seen = NOTE.safeParse(step.note).data?.instance;
    return upstreams.find(({ base }) => base === seen);
  };

  return {
    kinds: upstreams.length > 0 ? [KIND] : [],
    async revoke(token, step) {
      const seen = seenAt(step);
      if (seen) return revokeAt(seen, token, step.signal);
      for (const upstream of upstreams) {
        if (!(await isAlive(upstream, token, step.signal))) continue;
        step.remember({ instance: upstream.base });
        return { outcome: 'continue', afterMs: 0 };
      }
      return UNKNOWN;
    },
    async verify(token, step) {
      const seen = seenAt(step);
      if (!seen) return 'unknown';
      return (await isAlive(seen, token, step.signal)) ? 'alive' : 'dead';
    },
  };
}

async function isAlive(upstream: Upstream, token: Secret, signal: AbortSignal): Promise<boolean> {
  const answer = await upstream.request({
    method: 'GET',
    path: '/services/data/v60.0',
    headers: { authorization: bearer(token), accept: 'application/json' },
    statuses: [200, 401, 403],
    signal,
  });
  if (answer.status === 200 && answer.maybeJson(RESOURCES)) return true;
  if (answer.status === 401 && answer.maybeJson(INVALID_SESSION)) return false;
  if (answer.status === 403 && answer.maybeJson(LIMITED)) return true;
  throw unexpected(upstream, answer);
}

async function revokeAt(upstream: Upstream, token: Secret, signal: AbortSignal) {
  const evidence = { instance: upstream.base };
  const answer = await upstream.request({
    method: 'POST',
    path: '/services/oauth2/revoke',
    form: { token },
    statuses: [200, 400],
    signal,
  });
  if (answer.status === 200 && isEmpty(answer.text)) return revoked(evidence);
  const error = answer.status === 400 ? answer.maybeJson(NOT_REVOKED)?.error : undefined;
  if (error === 'invalid_token') return alreadyInactive(evidence);
  if (error === 'unsupported_token_type') return SESSION;
  throw unexpected(upstream, answer);
}

/** Success has no content that is documented; a page or a message is somebody else's answer. */
function isEmpty(text: string): boolean {
  return ['', '{}'].includes(text.trim());
}
