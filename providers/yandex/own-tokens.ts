/**
 * IAM tokens, which revoke themselves, and session cookies, which nothing revokes.
 *
 * Docs: https://yandex.cloud/en/docs/iam/api-ref/IamToken/revoke
 *
 * - Two rules of GitLab report IAM tokens (`t1.`) and session cookies (`c1.`) under names that do not tell them apart;
 *   the prefix does. No call revokes a cookie.
 * - Errors are those of gRPC: code 16 says that the token is not valid (any more), code 7 that it lacks a right.
 * - IAM tokens live 12 hours at most.
 */
import { z } from 'zod';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import {
  alreadyInactive,
  livenessOf,
  refused,
  revoked,
  shows,
  unexpected,
} from '../../src/provider/kit/results.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';

export const OWN_TYPES = [
  'yandex.cloud_iam_cookie_v1_-_1',
  'yandex.cloud_iam_cookie_v1_-_3',
  'yandex-access-token',
].map((rule) => `gitleaks_rule_id_${rule}`);

const OWN_KINDS: readonly TokenKind[] = [
  {
    id: 'iam-token',
    types: OWN_TYPES,
    pattern: /(?<![\w.-])t1\.[\w-]{1,4000}={0,2}\.[\w-]{86}={0,2}(?![\w=-])/,
    effect: 'token',
  },
  {
    id: 'session-cookie',
    types: OWN_TYPES,
    pattern: /(?<![\w.-])c1\.[\w-]{1,4000}={0,2}\.[\w-]{86}={0,2}(?![\w=-])/,
    effect: 'token',
  },
];

const COOKIE = refused(
  'unsupported-kind',
  'Yandex Cloud has no call that ends a session by its cookie: its user must sign out on all devices.',
);

const REVOKED = [{ status: 200, body: z.object({ subjectId: z.string() }) }];
const DEAD = [{ status: 401, body: z.object({ code: z.literal(16), message: z.string() }) }];
const ALIVE = [
  // An empty list of clouds is left out.
  {
    status: 200,
    body: z.strictObject({ clouds: z.array(z.unknown()).optional(), nextPageToken: z.string().optional() }),
  },
  { status: 403, body: z.object({ code: z.literal(7), message: z.string() }) },
];

export function ownTokens(tools: Tools): Part {
  const iam = tools.upstream('https://iam.api.cloud.yandex.net');
  const clouds = tools.upstream('https://resource-manager.api.cloud.yandex.net');
  return {
    kinds: OWN_KINDS,
    async revoke(token, { kind, signal }) {
      if (kind === 'session-cookie') return COOKIE;
      const answer = await iam.request({
        method: 'POST',
        path: '/iam/v1/tokens:revoke',
        headers: { authorization: bearer(token) },
        json: { iamToken: token },
        statuses: [200, 401],
        signal,
      });
      if (shows(answer, REVOKED)) return revoked();
      if (shows(answer, DEAD)) return alreadyInactive();
      throw unexpected(iam, answer);
    },
    async verify(token, { signal }) {
      const answer = await clouds.request({
        method: 'GET',
        path: '/resource-manager/v1/clouds',
        query: { pageSize: 1 },
        headers: { authorization: bearer(token) },
        statuses: [200, 401, 403],
        signal,
      });
      return livenessOf(clouds, answer, { dead: DEAD, alive: ALIVE });
    },
  };
}
