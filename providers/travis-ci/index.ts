/**
 * Travis CI: API access tokens.
 *
 * Docs: https://developer.travis-ci.com/ (access token); what a token is told that is removed or unknown is that of the
 * vendor's own source (travis-ci/travis-api, lib/travis/api/app.rb and app/middleware/scope_check.rb), checked 2026-11-30.
 *
 * - A token removes itself. An installation of one's own says the same of a token that is dead and of another one's.
 * - It says so before it looks which version of the API is asked, in bare words, as it was also seen to
 *   (https://github.com/grosser/travis_dedup/issues/6). What else may refuse with them is not open to pages of all origins.
 */
import { z } from 'zod';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { revoked } from '../../src/provider/kit/results.ts';
import { type SelfServicePlace, selfServiceAt } from '../../src/provider/kit/self-service-at.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_travisci-access-token'],
  pattern: /(?<![\w-])[A-Za-z0-9_-]{22}(?![\w-])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'Every installation issues its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({ url: baseUrl().describe('Base URL of its API: https://travis.example.com/api.') }),
    )
    .default([{ url: 'https://api.travis-ci.com' }])
    .describe('Installations that may have issued a token; asked in this order.'),
});

const USER = z.object({ '@type': z.literal('user') });
const REFUSED: AnswerRow<false> = {
  statuses: [403],
  read(answer) {
    const isOfTravis = answer.header('access-control-allow-credentials')?.startsWith('true');
    return isOfTravis && answer.text.trim() === 'access denied' ? { means: false } : undefined;
  },
};

function instance(upstream: Upstream): SelfServicePlace {
  const headersOf = (token: Secret) => ({
    'travis-api-version': '3',
    authorization: new Secret(`token ${token.reveal()}`),
  });
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const request = {
      method: 'GET',
      path: '/user',
      headers: headersOf(token),
      signal,
      tells: { owner: ['email', 'login'] },
    } as const;
    const { means } = await ask(upstream, request, [row([200], USER, true), REFUSED]);
    return means;
  };

  return {
    name: upstream.base,
    works,
    async revoke(token, signal) {
      const request = { method: 'DELETE', path: '/access_token', headers: headersOf(token), signal } as const;
      await ask(upstream, request, [row([204], 'removed')]);
      return revoked();
    },
  };
}

export const travisCi: ProviderDefinition<z.output<typeof config>> = {
  id: 'travis-ci',
  title: 'Travis CI',
  docs: 'https://developer.travis-ci.com/',
  checked: '2026-11-30',
  stability: 'beta',
  exactness: 'the token removes itself, by value',
  proof: 'the installation that knew the token no longer lets it in',
  effect: 'the token only',
  needs: 'the URL of each installation other than travis-ci.com',
  types: KIND.types,
  config,
  create({ instances }, tools) {
    const upstreams = instances.map(({ url }) => tools.upstream(url));
    const methods = selfServiceAt(upstreams.map(instance), {
      unknown:
        'No configured Travis CI lets this token in: if it is of another installation, add that to providers.travis-ci.instances and retry.',
      copies: true,
      log: tools.log,
    });
    return { kinds: upstreams.length > 0 ? [KIND] : [], ...methods };
  },
};
