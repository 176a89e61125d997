/**
 * ClickHouse Cloud: secrets of API keys.
 *
 * Docs: https://clickhouse.com/docs/cloud/manage/openapi,
 * https://clickhouse.com/docs/products/cloud/api-reference/openapi/delete-key and its neighbours; checked 2026-11-28.
 *
 * - A secret works only together with its key id, which is looked for in the lines around the leak, and with no other.
 * - A key of the operator deletes it. The list shows the last four characters of key ids: one record alone must fit.
 * - A key may be limited to addresses, which says nothing of its life. One that is disabled stays in the list, and is
 *   refused in other words than one that is gone (ClickHouse/terraform-provider-clickhouse issues 4 and 66).
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { firstOfHalves, MAX_HALVES, mustRefuse } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, suspended, worksElsewhere } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, Step, TokenKind, Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const HOST = 'https://api.clickhouse.cloud';

const KIND: TokenKind = {
  id: 'key-secret',
  types: ['gitleaks_rule_id_clickhouse-cloud-api-secret-key'],
  pattern: /(?<![\w-])4b1d[A-Za-z0-9]{38}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Any organization may have this key, and it may be limited to addresses.' },
  whole: 'exact',
  undo: 'no',
};
const NOBODYS_ID = '0'.repeat(20);
const KEY_ID = /(?<![\w-])[A-Za-z0-9]{20}(?![\w-])/;

const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: z.uuid().describe('The id of the organization.'),
        keyId: z.string().min(1).describe('A key of it with the role Admin.'),
        keySecret: secretText().describe('Its secret.'),
      }),
    )
    .default([])
    .describe('Organizations whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const FOUND = z.object({ keyId: z.string(), record: z.string() });
type Found = z.output<typeof FOUND>;

const ORGANIZATIONS = z.object({ result: z.array(z.object({ id: z.string() })) });
const KEYS = z.object({ result: z.array(z.object({ id: z.string().min(1), keySuffix: z.string() })) });
const ERROR = z.object({ error: z.string() });

const NO_ID = refused(
  'needs-context',
  'A secret of ClickHouse Cloud works only together with its key id, and none beside the leak lets it in: look up which key it is of, and delete that.',
);
const ELSEWHERE = 'The key works, and is of another organization: configure that, and retry.';
const AMBIGUOUS =
  'The key works, and it cannot be told which record it is of: delete it in the ClickHouse Cloud console under API keys.';

function organization(
  { id, keyId: ownId, keySecret }: Config['organizations'][number],
  tools: Tools,
): Account<Found> {
  const upstream = tools.upstream(HOST);
  const call = operatorCalls(upstream, { authorization: basic(ownId, keySecret) });
  const path = `/v1/organizations/${id}/keys`;

  /** The organizations that the pair is let in to; undefined when it is refused. */
  const letIn = async (keyId: string, secret: Secret, signal: AbortSignal) => {
    const headers = { authorization: basic(keyId, secret) };
    const { means } = await ask(upstream, { method: 'GET', path: '/v1/organizations', headers, signal }, [
      row([200], ORGANIZATIONS, ({ result }) => result.map((each) => each.id)),
      row([401], ERROR, undefined),
      row([403], ERROR, 'blocked'),
    ]);
    if (means === 'blocked') throw suspended(upstream, 403);
    return means;
  };

  const pairOf = async (secret: Secret, step: Step, known: Found | undefined) => {
    const ids = known ? [known.keyId] : (await step.matchesAround(KEY_ID)).map((each) => each.reveal());
    return firstOfHalves(ids.slice(0, MAX_HALVES), async (keyId) => {
      const organizations = await letIn(keyId, secret, step.signal);
      return organizations && { keyId, organizations };
    });
  };

  const listed = async (signal: AbortSignal) =>
    (await call({ method: 'GET', path, statuses: [200], signal })).json(KEYS).result;

  return {
    name: id,
    async look(secret, step, known): Promise<Sight<Found>> {
      const pair = await pairOf(secret, step, known);
      if (!pair) return known ? { state: 'absent' } : { state: 'unable', refusal: NO_ID };
      if (!pair.organizations.includes(id)) {
        // It has just worked, so it is not gone.
        if (known) throw new Failure('still-active', { target: upstream.base });
        return worksElsewhere(ELSEWHERE);
      }
      await mustRefuse(upstream, letIn(NOBODYS_ID, secret, step.signal));
      const { keyId } = pair;
      const keys = await listed(step.signal);
      const [only, ...others] = keys.filter(({ keySuffix }) => mayBe(keyId, `...${keySuffix}`));
      if (!only || others.length > 0) return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS) };
      return { state: 'alive', found: { keyId, record: only.id }, by: 'one-fits', toldBy: 'text' };
    },
    isThere: async ({ record }, signal) => (await listed(signal)).some((each) => each.id === record),
    async revoke({ record }, _secret, { signal }) {
      const target = `${path}/${encodeURIComponent(record)}`;
      const request = { method: 'DELETE', path: target, statuses: [200], notFound: ERROR, signal } as const;
      const answer = await call(request);
      if (answer.status === 200) answer.json(z.looseObject({ status: z.literal(200) }));
      return revoked({ record });
    },
    verify: async ({ keyId }, secret, { signal }) =>
      (await letIn(keyId, secret, signal)) ? 'alive' : 'dead',
    async probe(signal) {
      await listed(signal);
    },
  };
}

export const clickhouseCloud: ProviderDefinition<Config> = {
  id: 'clickhouse-cloud',
  title: 'ClickHouse Cloud',
  docs: 'https://clickhouse.com/docs/products/cloud/api-reference/openapi/delete-key',
  checked: '2026-11-28',
  stability: 'beta',
  exactness: 'the secret works with the key id beside it, and one record alone ends like that',
  proof: 'ClickHouse Cloud does not let the pair in any more',
  effect: 'the key only',
  needs: 'a key of each organization with the role Admin, and the lines around the leak',
  types: KIND.types,
  config,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byAccounts(
      organizations.map((each) => organization(each, tools)),
      {
        found: FOUND,
        unknown:
          'The key works, but is of no configured organization: add that to providers.clickhouse-cloud.organizations and retry.',
        rights: 'It must have the role Admin.',
        log: tools.log,
      },
    ),
  }),
};
