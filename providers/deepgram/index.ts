/**
 * Deepgram: API keys, which an administrator's key deletes.
 *
 * Docs: https://developers.deepgram.com/reference/manage/keys/delete,
 * https://developers.deepgram.com/docs/authenticating; checked 2026-11-28.
 *
 * - A key tells its own id. That the answer has it as `api_key_id` is known from Deepgram's older client libraries alone,
 *   so the provider has to be turned on.
 * - Whether a key is of the configured project, that project says. Its record is nested in the documentation, and flat in
 *   the clients that the vendor wrote by hand (deepgram/deepgram-go-sdk, pkg/api/manage/v1/interfaces/types.go;
 *   deepgram/deepgram-rust-sdk and deepgram-dotnet-sdk alike).
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { type OperatorRequest, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { revoked, unexpected, worksElsewhere } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://api.deepgram.com';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_deepgram-api-key'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Only the configured projects are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  projects: z
    .array(
      z.strictObject({
        id: z.uuid().describe('The id of the project.'),
        adminKey: secretText().describe('A key of the project with the role Admin.'),
      }),
    )
    .default([])
    .describe('Projects whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const ITSELF = z.object({ api_key_id: z.string().min(1) });
const INVALID = z.object({ err_code: z.literal('INVALID_AUTH') });
const RECORD = z
  .object({ item: z.object({ member: z.looseObject({}) }) })
  .or(z.object({ api_key: z.object({ api_key_id: z.string() }) }));
const ERROR = z.union([z.object({ err_code: z.string() }), z.object({ category: z.string() })]);
const KEYS = z.object({ api_keys: z.array(z.unknown()) });
const MESSAGE = z.looseObject({});

const ELSEWHERE =
  'The key works, and is of no configured project: add its project to providers.deepgram.projects and retry.';

function project({ id, adminKey }: Config['projects'][number], tools: Tools): Account<string> {
  const upstream = tools.upstream(HOST);
  const call = operatorCalls(upstream, headersOf(adminKey));
  const keysPath = `/v1/projects/${id}/keys`;
  const pathOf = (key: string) => `${keysPath}/${encodeURIComponent(key)}`;

  const idOf = async (key: Secret, signal: AbortSignal): Promise<string | undefined> => {
    const headers = headersOf(key);
    const { means } = await ask(
      upstream,
      {
        method: 'GET',
        path: '/v1/auth/token',
        headers,
        signal,
        tells: { scopes: 'scopes', created: 'created' },
      },
      [row([200], ITSELF, ({ api_key_id }) => api_key_id), row([401], INVALID, undefined)],
    );
    return means;
  };

  const isListed = async (
    keyId: string,
    signal: AbortSignal,
    more: Pick<OperatorRequest, 'within'> = {},
  ): Promise<boolean> => {
    const request = { method: 'GET', path: pathOf(keyId), statuses: [200], notFound: ERROR, signal } as const;
    const answer = await call({ ...request, ...more });
    if (answer.status === 404) return false;
    answer.json(RECORD);
    return true;
  };

  return {
    name: id,
    async look(key, { signal }, known): Promise<Sight<string>> {
      const keyId = await idOf(key, signal);
      if (keyId === undefined) return { state: 'absent' };
      if (await isListed(keyId, signal)) {
        return { state: 'alive', found: keyId, by: 'signs-in', evidence: { keyId } };
      }
      // It has just worked, so it is not gone.
      if (known !== undefined) throw new Failure('still-active', { target: upstream.base });
      return worksElsewhere(ELSEWHERE);
    },
    // A project that our key may not see any more may be "not found" as well.
    isThere: (keyId, signal) => isListed(keyId, signal, { within: { path: keysPath, shows: KEYS } }),
    async revoke(keyId, _key, { signal }) {
      const request = {
        method: 'DELETE',
        path: pathOf(keyId),
        statuses: [200],
        notFound: ERROR,
        signal,
      } as const;
      const answer = await call(request);
      if (answer.status === 200 && !answer.maybeJson(MESSAGE)) throw unexpected(upstream, answer);
      return revoked();
    },
    verify: async (_keyId, key, { signal }) => ((await idOf(key, signal)) === undefined ? 'dead' : 'alive'),
    async probe(signal) {
      await call({ method: 'GET', path: keysPath, statuses: [200], signal });
    },
  };
}

/** As the vendor's own clients ask (deepgram/deepgram-go-sdk, pkg/client/rest/v1/rest.go). */
function headersOf(key: Secret) {
  return { authorization: new Secret(`Token ${key.reveal()}`), accept: 'application/json' };
}

export const deepgram: ProviderDefinition<Config> = {
  id: 'deepgram',
  title: 'Deepgram',
  docs: 'https://developers.deepgram.com/reference/manage/keys/delete',
  checked: '2026-11-28',
  stability: 'experimental',
  exactness: 'the key signs in, and the answer names its record',
  proof: 'Deepgram does not let the key in any more',
  effect: 'the key only',
  needs: 'the id of each project and a key with the role Admin',
  types: KIND.types,
  config,
  create: ({ projects }, tools) => ({
    kinds: projects.length > 0 ? [KIND] : [],
    ...byAccounts(
      projects.map((each) => project(each, tools)),
      {
        found: z.string(),
        unknown:
          'Deepgram does not let this key in: look up at the location what it is for, and delete it in its project if it is there.',
        rights: 'It must be of the project and have the role Admin.',
        log: tools.log,
      },
    ),
  }),
};
