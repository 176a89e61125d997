/**
 * The application keys of one organization.
 *
 * Docs: https://docs.datadoghq.com/api/latest/key-management/; that a key pair may ask whether it works is what clients
 * of Datadog do (`/api/v2/validate_keys`); checked 2026-11-28.
 *
 * - An application key works only together with an API key of its organization: ours. Where ours works, a refusal is
 *   about the application key.
 * - Datadog shows its value once. The list has the last four characters, of which there must be one record alone.
 */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { AS_JSON, ask, row } from '../../src/provider/kit/answers.ts';
import { placeOf } from '../../src/provider/kit/on-file.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { unlistedSight } from '../../src/provider/kit/unlisted.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Organization, siteUrl } from './config.ts';

export const APPLICATION_KEY: TokenKind = {
  id: 'application-key',
  types: ['gitleaks_rule_id_datadog-access-token', 'gitleaks_rule_id_datadog-application-key'],
  pattern: /(?<![0-9A-Za-z_])(?:ddapp_[0-9A-Za-z]{30,60}|[0-9a-f]{40})(?![0-9A-Za-z_])/,
  // It looks like a commit.
  ownTypesOnly: true,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'It works only with an API key of its organization, and the configured ones are asked.' },
  whole: 'open',
  undo: 'no',
};

const PAGE_SIZE = 100;
const MAX_PAGES = 50;
const PATH = '/api/v2/application_keys';

const LIST = z.object({
  data: z.array(z.object({ id: z.string().min(1), attributes: z.object({ last4: z.string() }) })),
});
const ERRORS = z.object({ errors: z.array(z.string()) });

const AMBIGUOUS =
  'The key works, and it cannot be told which record it is of: find it among the application keys of the organization, and revoke it by hand.';

export function applicationKeys(
  { name, site, apiKey, applicationKey }: Organization,
  tools: Tools,
): Account<string> {
  const upstream = tools.upstream(siteUrl(site));
  const call = operatorCalls(upstream, {
    ...AS_JSON,
    'dd-api-key': apiKey,
    'dd-application-key': applicationKey,
  });

  const works = async (key: Secret, signal: AbortSignal): Promise<boolean> => {
    const headers = { ...AS_JSON, 'dd-api-key': apiKey, 'dd-application-key': key };
    const request = { method: 'GET', path: '/api/v2/validate_keys', headers, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], z.object({ status: z.literal('ok') }), true),
      row([401, 403], ERRORS, false),
    ]);
    // Else it may be ours that is refused.
    if (!means) await listPage(0, signal);
    return means;
  };

  const listPage = async (page: number, signal: AbortSignal) => {
    const query = { 'page[size]': PAGE_SIZE, 'page[number]': page };
    const answer = await call({ method: 'GET', path: PATH, query, statuses: [200], signal });
    return answer.json(LIST).data;
  };
  const listed = (signal: AbortSignal) =>
    readPages(0, MAX_PAGES, async (page) => {
      const items = await listPage(page, signal);
      return { items, next: items.length < PAGE_SIZE ? undefined : page + 1 };
    });

  const itself = { name, seenWith: credentialMark(applicationKey) };
  return {
    ...itself,
    async look(token, step): Promise<Sight<string>> {
      const { signal } = step;
      if (!(await works(token, signal))) return { state: 'absent' };
      const fits = (await listed(signal))?.filter(({ attributes }) =>
        mayBe(token.reveal(), `...${attributes.last4}`),
      );
      const [only, ...others] = fits ?? [];
      if (!only || others.length > 0) {
        const candidates = (fits ?? []).map(({ id }) => ({ keyId: id }));
        const refusal = refused('ambiguous', AMBIGUOUS, { candidates });
        return only
          ? { state: 'unable', refusal }
          : unlistedSight(step, tools.clock, refusal, placeOf(itself));
      }
      return { state: 'alive', found: only.id, by: 'one-fits', toldBy: 'text', evidence: { keyId: only.id } };
    },
    async isThere(id, signal) {
      return (await listed(signal))?.some((each) => each.id === id) ?? true;
    },
    async revoke(id, _token, { signal }) {
      const path = `${PATH}/${encodeURIComponent(id)}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: ERRORS, signal });
      return revoked();
    },
    verify: async (_id, token, { signal }) => ((await works(token, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await listPage(0, signal);
    },
  };
}
