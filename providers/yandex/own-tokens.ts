/**
 * IAM tokens, which revoke themselves, and session cookies, which nothing revokes.
 *
 * Docs: https://yandex.cloud/en/docs/iam/api-ref/IamToken/revoke
 *
 * - Two rules of GitLab report IAM tokens (`t1.`) and session cookies (`c1.`) under names that do not tell them apart;
 *   the prefix does. No call revokes a cookie.
 * - Errors are those of gRPC: code 16 says that the token is not valid (any more), code 7 that it lacks a right.
 * - IAM tokens live 12 hours at most.
 * - Yandex Cloud Kazakhstan is an installation of its own, under other hosts. There was one for Israel, too (api.cloudil.com, as
 *   in yandex-cloud's own clients; 2026-11-29), and there may be more: a token that none of ours lets in is left to its end.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { goneSinceSeen, refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import type { RevokeResult, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

export const OWN_TYPES = [
  'yandex.cloud_iam_cookie_v1_-_1',
  'yandex.cloud_iam_cookie_v1_-_3',
  'yandex-access-token',
].map((rule) => `gitleaks_rule_id_${rule}`);

/** The token does not say of which it is. */
const INSTALLATIONS = [
  { iam: 'https://iam.api.cloud.yandex.net', clouds: 'https://resource-manager.api.cloud.yandex.net' },
  { iam: 'https://iam.api.yandexcloud.kz', clouds: 'https://resource-manager.api.yandexcloud.kz' },
] as const;

/** A signature has 64 bytes. Without its padding, the end may have been cut off. */
const isPadded = (token: string) => token.endsWith('==');

const OWN_KINDS: readonly TokenKind[] = [
  {
    id: 'iam-token',
    types: OWN_TYPES,
    pattern: /(?<![\w.-])t1\.[\w-]{1,4000}={0,2}\.[\w-]{86}={0,2}(?![\w=-])/,
    effect: 'token',
    possession: 'by-value',
    places: { open: 'Installations of other countries have tokens of the same look.' },
    whole: isPadded,
    undo: 'no',
  },
  {
    id: 'session-cookie',
    types: OWN_TYPES,
    pattern: /(?<![\w.-])c1\.[\w-]{1,4000}={0,2}\.[\w-]{86}={0,2}(?![\w=-])/,
    effect: 'token',
    // Nothing is called for it.
    possession: 'by-value',
    places: { open: 'No call ends a session by its cookie, so no place is asked.' },
    whole: isPadded,
    undo: 'no',
  },
];

const COOKIE = refused(
  'unsupported-kind',
  'Yandex Cloud has no call that ends a session by its cookie: its user must sign out on all devices.',
);

const REVOKED = z.object({ subjectId: z.string() });
const REFUSED = z.object({ code: z.literal(16), message: z.string() });
/** An empty list of clouds is left out. */
const CLOUDS = z.strictObject({
  clouds: z.array(z.unknown()).optional(),
  nextPageToken: z.string().optional(),
});
const DENIED = z.object({ code: z.literal(7), message: z.string() });

function refusedByAll(token: Secret, { seenAlive }: Step): RevokeResult {
  if (seenAlive.length > 0) return goneSinceSeen();
  return isPadded(token.reveal()) ? { outcome: 'expires' } : unknownAt(INSTALLATIONS.map(({ iam }) => iam));
}

export function ownTokens(tools: Tools): Part {
  const headers = (token: Secret) => ({ authorization: bearer(token) });
  return {
    kinds: OWN_KINDS,
    async revoke(token, step) {
      if (step.kind === 'session-cookie') return COOKIE;
      const home = await firstSparingTheLane(INSTALLATIONS, async ({ iam }) => {
        const json = { iamToken: token };
        const path = '/iam/v1/tokens:revoke';
        const request = {
          method: 'POST',
          path,
          headers: headers(token),
          json,
          signal: step.signal,
        } as const;
        const { means } = await ask(tools.upstream(iam), request, [
          row([200], REVOKED, 'revoked'),
          row([401], REFUSED, 'refused'),
        ]);
        return means === 'revoked' ? iam : undefined;
      });
      if (home === undefined) return refusedByAll(token, step);
      step.sawAlive(home);
      return revoked();
    },
    async verify(token, { seenAlive, signal }) {
      const { clouds } = INSTALLATIONS.find(({ iam }) => seenAlive.includes(iam)) ?? INSTALLATIONS[0];
      const path = '/resource-manager/v1/clouds';
      const request = {
        method: 'GET',
        path,
        query: { pageSize: 1 },
        headers: headers(token),
        signal,
      } as const;
      const { means } = await ask(tools.upstream(clouds), request, [
        row([200], CLOUDS, 'alive'),
        row([403], DENIED, 'alive'),
        row([401], REFUSED, 'dead'),
      ]);
      return means;
    },
  };
}
