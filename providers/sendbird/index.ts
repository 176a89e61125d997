/**
 * Sendbird: secondary API tokens of applications.
 *
 * Docs: https://sendbird.com/docs/chat/platform-api/v3/application/managing-application/revoke-a-secondary-api-token and
 * the vendor's own client library (sendbird-platform-sdk, ApplicationApi), checked 2026-11-29.
 *
 * - An application shows its master token all secondary ones whole. One is revoked by value, which the call takes in its
 *   path alone.
 * - Almost all errors come as 400, and their code tells what is wrong: https://sendbird.com/docs/chat/platform-api/v3/error-codes
 *   (TruffleHog's verifier, detectors/sendbird, reads it so; checked 2026-11-29).
 * - A master token cannot be revoked, only changed in the dashboard; it is not in the list, and goes to a person.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { lookInList } from '../../src/provider/kit/listed-secrets.ts';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { type OperatorCall, operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { revoked, unexpected } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { secretPath } from '../../src/provider/upstream.ts';
import { secretText } from '../../src/words/secret-text.ts';

const KIND: TokenKind = {
  id: 'secondary-token',
  types: ['gitleaks_rule_id_sendbird-access-token'],
  pattern: /(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Any application may have this token, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  applications: z
    .array(
      z.strictObject({
        id: z.uuid().describe('The id of the application.'),
        masterToken: secretText().describe('Its master API token.'),
      }),
    )
    .default([])
    .describe('Applications whose tokens may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

/** A token is its own id. */
const FOUND = z.object({});
type Found = z.output<typeof FOUND>;
const TOKENS = z.object({ api_tokens: z.array(z.object({ token: z.string() })) });
const REVOKED = z.object({ token: z.string() });
const ERROR = z.object({ error: z.literal(true), code: z.int() });
const INVALID_API_TOKEN = 400_401;
const NOT_FOUND = 400_201;
const PATH = '/v3/applications/api_tokens';

function application({ id, masterToken }: Config['applications'][number], tools: Tools): Account<Found> {
  const upstream = tools.upstream(`https://api-${id.toLowerCase()}.sendbird.com`);
  const ask = operatorCalls(upstream, { 'api-token': masterToken });
  const call: OperatorCall = async (request) => {
    const answer = await ask({ ...request, statuses: [...request.statuses, 400] });
    if (answer.status !== 400) return answer;
    const code = answer.maybeJson(ERROR)?.code;
    if (code === INVALID_API_TOKEN) {
      throw new Failure('credential-refused', { target: upstream.base, status: answer.status });
    }
    if (code === NOT_FOUND && request.notFound) return answer;
    throw unexpected(upstream, answer);
  };
  const all = async (signal: AbortSignal) => {
    const answer = await call({ method: 'GET', path: PATH, statuses: [200], signal });
    return inOnePiece(upstream, answer, answer.json(TOKENS).api_tokens).map(({ token }) => token);
  };

  return {
    name: id,
    look: lookInList<Found, true>({
      ...{ clock: tools.clock, first: true, evidence: () => ({ application: id }) },
      list: async (_cursor, signal) => ({
        secrets: (await all(signal)).map((token) => [token, {}] as const),
        next: undefined,
      }),
      secretsOf: (_found, signal) => all(signal),
    }),
    async revoke(_found, token, { signal }) {
      const path = secretPath`/v3/applications/api_tokens/${token}`;
      const answer = await call({ method: 'DELETE', path, statuses: [200], notFound: ERROR, signal });
      if (answer.status === 200) answer.json(REVOKED);
      return revoked();
    },
    async probe(signal) {
      await all(signal);
    },
  };
}

export const sendbird: ProviderDefinition<Config> = {
  id: 'sendbird',
  title: 'Sendbird',
  docs: 'https://sendbird.com/docs/chat/platform-api/v3/application/managing-application/revoke-a-secondary-api-token',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the application lists the token whole, and it is revoked by value',
  proof: 'the application does not list the token any more',
  effect: 'the token only',
  needs: 'the id of each application and its master token',
  types: KIND.types,
  config,
  create: ({ applications }, tools) => ({
    kinds: applications.length > 0 ? [KIND] : [],
    ...byAccounts(
      applications.map((each) => application(each, tools)),
      {
        found: FOUND,
        unknown:
          'No configured application lists this token: if it is of another one, add that to providers.sendbird.applications and retry; a master token is changed in the dashboard.',
        rights: 'It must be the master API token of the application.',
        log: tools.log,
      },
    ),
  }),
};
