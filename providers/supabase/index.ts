/**
 * Supabase: secret API keys of the operator's projects (sb_secret_).
 *
 * Docs: https://supabase.com/docs/reference/api/v1-get-project-api-keys,
 * https://supabase.com/docs/reference/api/v1-delete-project-api-key, checked 2026-11-29.
 *
 * - With `reveal` the management API shows a project's keys whole. A deleted key cannot be brought back.
 * - Legacy keys (JSON Web Tokens) and access tokens of people (sbp_) are left out: no call ends one of them alone.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { lookInList } from '../../src/provider/kit/listed-secrets.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { revoked } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://api.supabase.com';

const KIND: TokenKind = {
  id: 'secret-key',
  types: ['gitleaks_rule_id_supabase-project-api-key'],
  pattern: /(?<![\w-])sb_secret_[\w-]{31}(?![\w-])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Anybody may run an installation, and only the configured projects are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  projects: z
    .array(
      z.strictObject({
        ref: z
          .string()
          .regex(/^[a-z]{20}$/)
          .describe('The reference of the project: twenty letters.'),
        accessToken: secretText().describe(
          'An access token that may read and write the API keys of the project.',
        ),
      }),
    )
    .default([])
    .describe('Projects whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const KEY = z.object({ id: z.string().nullish(), type: z.string().nullish(), api_key: z.string().nullish() });
const WHOLE = /^sb_secret_[\w-]{31}$/;
const ID = z.uuid();
const MESSAGE = z.object({ message: z.string() });

function project({ ref, accessToken }: Config['projects'][number], tools: Tools): Account<string> {
  const upstream = tools.upstream(HOST);
  const call = operatorCalls(upstream, { authorization: bearer(accessToken) });
  const path = `/v1/projects/${ref}/api-keys`;
  const query = { reveal: 'true' };
  /** @throws {Failure} `permission-missing` also when the keys are masked all the same */
  const all = async (signal: AbortSignal) => {
    const answer = await call({ method: 'GET', path, query, statuses: [200], signal });
    const keys = inOnePiece(upstream, answer, answer.json(z.array(KEY)));
    if (keys.some(({ type, api_key }) => type === 'secret' && !WHOLE.test(api_key ?? ''))) {
      throw new Failure('permission-missing', { target: upstream.base, status: answer.status });
    }
    return keys;
  };

  return {
    name: ref,
    look: lookInList<string, true>({
      ...{ clock: tools.clock, first: true, evidence: (keyId) => ({ keyId }) },
      async list(_cursor, signal) {
        const keys = await all(signal);
        const secrets = keys.flatMap(({ id, api_key }) => (id && api_key ? [[api_key, id] as const] : []));
        return { secrets, next: undefined };
      },
      async secretsOf(id, signal) {
        const keys = await all(signal);
        return keys.flatMap((key) => (key.id === id && key.api_key ? [key.api_key] : []));
      },
    }),
    async revoke(id, _token, { signal }) {
      const request = { method: 'DELETE', path: `${path}/${ID.parse(id)}`, signal } as const;
      const answer = await call({ ...request, statuses: [200], notFound: MESSAGE });
      if (answer.status === 200) answer.json(KEY.required({ id: true }));
      return revoked();
    },
    async probe(signal) {
      await all(signal);
    },
  };
}

export const supabase: ProviderDefinition<Config> = {
  id: 'supabase',
  title: 'Supabase',
  docs: 'https://supabase.com/docs/reference/api/v1-delete-project-api-key',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the project shows the key whole',
  proof: 'the project does not have the key any more',
  effect: 'the key only',
  needs: 'the reference of each project and an access token',
  types: KIND.types,
  config,
  create: ({ projects }, tools) => ({
    kinds: projects.length > 0 ? [KIND] : [],
    ...byAccounts(
      projects.map((each) => project(each, tools)),
      {
        found: ID,
        unknown:
          'No configured project has this key: if it is of another one, add that to providers.supabase.projects and retry.',
        rights: 'The access token must be of somebody who may read and write the secrets of the project.',
        log: tools.log,
      },
    ),
  }),
};
