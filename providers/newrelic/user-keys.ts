/**
 * User keys, which delete themselves.
 *
 * Docs: https://docs.newrelic.com/docs/apis/nerdgraph/examples/use-nerdgraph-manage-license-keys-user-keys/
 *
 * - A search shows the values of the asker's own user keys; those of other users are hidden. So a user key can only be
 *   found by itself or another key of its user.
 * - A key that does not work is answered with 401 and the code `BAD_API_KEY` (newrelic/newrelic-client-go pull request
 *   603). One of another region that works is answered by the first region with 403 and a page
 *   (newrelic/deployment-marker-action issue 17, TeamCodeStream/codestream issue 1049), which says nothing for sure.
 */
import { z } from 'zod';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import {
  goneSinceSeen,
  refused,
  revoked,
  shows,
  unexpected,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import { unlisted } from '../../src/provider/kit/unlisted.ts';
import type { RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { HOSTS } from './config.ts';
import { allKeys, deleted, deletion, type NerdGraphRequest } from './nerd-graph.ts';

export const USER_KEY: TokenKind = {
  id: 'user-key',
  types: ['gitleaks_rule_id_new_relic_user_api_key'],
  pattern: /(?<![\w-])NRAK-[A-Z0-9]{27}(?![\w-])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { all: Object.values(HOSTS) },
  whole: 'exact',
  undo: 'no',
};

const BAD_KEY = z.object({
  errors: z.array(z.object({ extensions: z.object({ error_code: z.literal('BAD_API_KEY') }) })).min(1),
});

const OF_USER = { types: 'USER' } as const;

/** A region by its host, which is its name among the places. */
export interface Region {
  readonly host: string;
  readonly upstream: Upstream;
}

/** @param regions all that are asked */
export function userKeys(regions: readonly Region[], clock: Clock): Part {
  const asked = regions.map(({ host }) => host);
  return {
    kinds: [USER_KEY],
    async revoke(token, step) {
      const home = await findHome(regions, token, step.signal);
      return home ? revokeAt(home, token, clock, step) : unknownAt(asked);
    },
    async look(token, step) {
      const home = await findHome(regions, token, step.signal);
      if (!home) return unknownAt(asked);
      step.sawAlive(home.region.host);
      return { outcome: 'alive' };
    },
    verify: async (token, { signal }) => ((await findHome(regions, token, signal)) ? 'alive' : 'dead'),
  };
}

/** The key itself is the credential; undefined when this region refuses it. */
async function asUserKey(
  { upstream }: Region,
  key: Secret,
  request: NerdGraphRequest,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const answer = await upstream.request({ ...request, headers: { 'api-key': key }, signal });
  if (answer.status === 200) return answer;
  if (shows(answer, [{ status: 401, body: BAD_KEY }])) return undefined;
  throw unexpected(upstream, answer);
}

interface Home {
  readonly region: Region;
  readonly id: string | undefined;
}

/**
 * The region that lets the key in; undefined when all refuse it.
 * @throws {Failure} of a region that could not be asked when the others refuse it
 */
function findHome(regions: readonly Region[], token: Secret, signal: AbortSignal): Promise<Home | undefined> {
  return firstSparingTheLane(regions, async (region) => {
    const keys = await allKeys(region.upstream, OF_USER, (request) =>
      asUserKey(region, token, request, signal),
    );
    if (keys === 'refused') return undefined;
    return { region, id: keys.find(({ key }) => key === token.reveal())?.id };
  });
}

async function revokeAt(
  { region, id }: Home,
  token: Secret,
  clock: Clock,
  step: Step,
): Promise<RevokeResult> {
  step.sawAlive(region.host);
  if (id === undefined) return unlisted(step, clock, refused('not-permitted', NOT_LISTED));
  step.prove('listed-whole');
  const evidence = { keyId: id };
  const answer = await asUserKey(region, token, deletion({ userKeyIds: [id] }), step.signal);
  // It worked a moment ago, so somebody else was faster.
  if (!answer) return goneSinceSeen(evidence);
  return deleted(answer, id) ? revoked(evidence) : refused('not-permitted', NOT_DELETED, evidence);
}

const NOT_LISTED =
  'The user key works, but New Relic does not list it among the keys of its user: delete it on the API keys page.';

const NOT_DELETED =
  'New Relic refused to delete the key: an administrator can delete it on the API keys page.';
