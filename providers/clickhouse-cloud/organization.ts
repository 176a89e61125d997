/** One organization, and what can be done there about a key. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { firstOfHalves, MAX_HALVES, mustRefuse } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked, suspended, worksElsewhere } from '../../src/provider/kit/results.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import { basic } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { ClickhouseCloudConfig } from './config.ts';

const HOST = 'https://api.clickhouse.cloud';
const NOBODYS_ID = '0'.repeat(20);
const KEY_ID = /(?<![\w-])[A-Za-z0-9]{20}(?![\w-])/;

export const FOUND = z.object({ keyId: z.string(), record: z.string() });
type Found = z.output<typeof FOUND>;

const ORGANIZATIONS = z.object({ result: z.array(z.object({ id: z.string() })) });
const KEYS = z.object({
  result: z.array(z.object({ id: z.string().min(1), keySuffix: z.string() })),
  nextCursor: z.string().nullish(),
});
/** Of 250 keys, the most that one may have. */
const MAX_PAGES = 20;
const ERROR = z.object({ error: z.string() });

const NO_ID = refused(
  'needs-context',
  'A secret of ClickHouse Cloud works only together with its key id, and none beside the leak lets it in: look up which key it is of, and delete that.',
);
const ELSEWHERE = 'The key works, and is of another organization: configure that, and retry.';
const AMBIGUOUS =
  'The key works, and it cannot be told which record it is of: delete it in the ClickHouse Cloud console under API keys.';

export function organizationAccount(
  { id, keyId: ownId, keySecret }: ClickhouseCloudConfig['organizations'][number],
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

  const readPage = async (cursor: string, signal: AbortSignal) => {
    const query = cursor === '' ? {} : { cursor };
    const answer = await call({ method: 'GET', path, query, statuses: [200], signal });
    const { result: items, nextCursor } = answer.json(KEYS);
    return { items, next: nextCursor || undefined };
  };
  /** Undefined when there are more than Quash reads. */
  const listed = (signal: AbortSignal) => readPages('', MAX_PAGES, (cursor) => readPage(cursor, signal));

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
      const [only, ...others] = (keys ?? []).filter(({ keySuffix }) => mayBe(keyId, `...${keySuffix}`));
      if (!only || others.length > 0) return { state: 'unable', refusal: refused('ambiguous', AMBIGUOUS) };
      return { state: 'alive', found: { keyId, record: only.id }, by: 'one-fits', toldBy: 'text' };
    },
    isThere: async ({ record }, signal) => (await listed(signal))?.some((each) => each.id === record) ?? true,
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
      await readPage('', signal);
    },
  };
}
