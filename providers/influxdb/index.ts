/**
 * InfluxDB 2: API tokens, of the operator's own instances.
 *
 * Docs: https://docs.influxdata.com/influxdb/v2/api/ (authorizations), the vendor's own description of it
 * (influxdata/openapi) and source (influxdata/influxdb, main-2.x, authorization/storage.go), checked 2026-11-29.
 *
 * - An operator token is shown the authorizations of all organizations, with their tokens in clear; but InfluxDB Cloud says
 *   `redacted` of each, and an instance that keeps hashes leaves them empty, which is the default since 2.9 and begins with
 *   the upgrade. Then no token is found, and none is gone because of that.
 * - The first token of an instance may be chosen (`influx setup --token`), and a full restore brings all of them along: so
 *   several instances may have the same.
 * - An authorization is deleted, not made inactive, as whoever may write authorizations could make it active again.
 */
import { z } from 'zod';
import { type Account, byAccounts } from '../../src/provider/kit/accounts.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { lookInList } from '../../src/provider/kit/listed-secrets.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const KIND: TokenKind = {
  id: 'api-token',
  types: ['gitleaks_rule_id_influxdb-api-token'],
  pattern: /(?<![\w-])[\w-]{86}==(?![\w=-])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Every instance has its own, and only the configured ones are asked.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({
  instances: z
    .array(
      z.strictObject({
        url: baseUrl('/api/v2').describe('Such as https://influxdb.example.com:8086.'),
        token: secretText().describe('An operator token.'),
      }),
    )
    .default([])
    .describe('Instances that may have issued a token; asked in this order.'),
});

type Config = z.output<typeof config>;

/** All of them come in one piece. */
const MAX_BYTES = 16 * 1024 * 1024;

const AUTHORIZATION = z.object({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  token: z.string().default(''),
});
const AUTHORIZATIONS = z.object({ authorizations: z.array(AUTHORIZATION) });
const NOT_FOUND = z.object({ code: z.literal('not found') });
const PATH = '/api/v2/authorizations';
/** What stands in place of a token that is not shown. Operators may choose tokens of any other look. */
const STAND_IN = /^(?:redacted)?$/;

const HIDDEN = refused(
  'ambiguous',
  'An InfluxDB does not show the tokens that it has, as it keeps their hashes alone: find out which of its authorizations the leaked token is of, and delete that.',
);

function instance({ url, token: ours }: Config['instances'][number], tools: Tools): Account<string> {
  const upstream = tools.upstream(url);
  const call = operatorCalls(upstream, { authorization: new Secret(`Token ${ours.reveal()}`) });
  const all = async (signal: AbortSignal) => {
    const request = { method: 'GET', path: PATH, statuses: [200], maxBytes: MAX_BYTES, signal } as const;
    return (await call(request)).json(AUTHORIZATIONS).authorizations;
  };
  /** None when it is gone. */
  const secretsOf = async (id: string, signal: AbortSignal) => {
    const request = { method: 'GET', path: `${PATH}/${id}`, signal } as const;
    const answer = await call({ ...request, statuses: [200], notFound: NOT_FOUND });
    return answer.status === 404 ? [] : [answer.json(AUTHORIZATION).token];
  };
  let hidesTokens = false;
  const lookIn = lookInList<string, true>({
    ...{ clock: tools.clock, first: true, evidence: (id) => ({ authorization: id }), secretsOf },
    async list(_cursor, signal) {
      const secrets = (await all(signal)).map(({ id, token }) => [token, id] as const);
      hidesTokens = secrets.some(([token]) => STAND_IN.test(token));
      return { secrets, next: undefined };
    },
  });

  return {
    name: upstream.base,
    // A token of less reach is told of what it may not see as of what is not there.
    seenWith: credentialMark(ours),
    async look(token, step, known) {
      const sight = await lookIn(token, step, known);
      const isFound = sight.state !== 'absent' || known !== undefined;
      return isFound || !hidesTokens ? sight : { state: 'unable', refusal: HIDDEN, maybeElsewhere: true };
    },
    async revoke(id, _token, { signal }) {
      const request = { method: 'DELETE', path: `${PATH}/${id}`, signal } as const;
      await call({ ...request, statuses: [204], notFound: NOT_FOUND });
      return revoked();
    },
    async probe(signal) {
      await all(signal);
    },
  };
}

export const influxdb: ProviderDefinition<Config> = {
  id: 'influxdb',
  title: 'InfluxDB',
  docs: 'https://docs.influxdata.com/influxdb/v2/api/',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the list of authorizations shows the token whole',
  proof: 'the authorization is gone',
  effect: 'the token only',
  needs: 'the URL of each instance and an operator token of it',
  types: KIND.types,
  config,
  create: ({ instances }, tools) => ({
    kinds: instances.length > 0 ? [KIND] : [],
    ...byAccounts(
      instances.map((each) => instance(each, tools)),
      {
        found: AUTHORIZATION.shape.id,
        chosen: true,
        unknown:
          'No configured InfluxDB lists this token: if it is of another one, add that to providers.influxdb.instances and retry.',
        rights:
          'It must be an operator token, which may read and write the authorizations of all organizations.',
        log: tools.log,
      },
    ),
  }),
};
