/**
 * Pulumi Cloud access tokens.
 *
 * Docs: https://www.pulumi.com/docs/reference/cloud-rest-api/access-tokens/, and the specification in
 * github.com/pulumi/pulumi-pulumiservice, provider/pkg/cloud/spec.json, checked 2026-11-29.
 *
 * - No call takes the token by its text, and the list of a user's tokens shows ids and names only. `GET /api/user` says
 *   by which name the asking token goes (the vendor's own client reads it, the documentation does not show it); the one
 *   record of that name is the leaked token. Names need not be unique: several records are a case for a person, and so
 *   is a server that does not say the name. It has to be there for a while, in which a deleted one may be let in.
 * - The list comes in pages. It also has refresh tokens, which sign nobody in, and none that has expired.
 * - Tokens of organizations and teams look the same, cannot be listed by themselves, and go to a person.
 * - A token of a user of single sign-on gets 401 as well while his session is over, in other words
 *   (https://github.com/pulumi/pulumi/issues/21534), and works again after the next log-in.
 */
import { z } from 'zod';
import { foundSince, lagLeft, UNDOCUMENTED_LAG_MS } from '../../src/provider/kit/on-file.ts';
import { refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import { unlisted } from '../../src/provider/kit/unlisted.ts';
import type { ProviderDefinition, RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { asToken, listTokens, whoAmI } from './calls.ts';
import { config, type PulumiConfig } from './config.ts';

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_pulumi-api-token', 'gitleaks_rule_id_pulumi_api_token'],
  pattern: /(?<![\w-])pul-[0-9a-f]{40}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'Anybody may run a Pulumi Cloud of his own.' },
  whole: 'exact',
  undo: 'no',
};

const ADVICE = {
  notPersonal:
    'The token works and belongs to an organization or a team: let an administrator of the organization delete it in Pulumi Cloud.',
  ambiguous:
    'It cannot be told which of the access tokens is the leaked one: let its owner delete it in Pulumi Cloud.',
} as const;

/** Which record it seems to be, since when, in ms since the epoch. */
const NOTE = z.object({ tokenId: z.string(), since: z.number() });

export const pulumi: ProviderDefinition<PulumiConfig> = {
  id: 'pulumi',
  title: 'Pulumi Cloud',
  docs: 'https://www.pulumi.com/docs/reference/cloud-rest-api/access-tokens/',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'for ten minutes the one record of the name by which the token itself goes',
  proof: 'the API no longer lets the token in',
  effect: 'the token only',
  needs: 'nothing; tokens of organizations and teams go to a person',
  types: KIND.types,
  config,
  create({ baseUrl }, tools) {
    const upstream = tools.upstream(baseUrl);
    return {
      kinds: [KIND],
      revoke: (token, step) => revoke(upstream, tools.clock, token, step),
      async look(token, step) {
        if (!(await whoAmI(upstream, token, step.signal))) return unknownAt([upstream.base]);
        step.sawAlive(upstream.base);
        return { outcome: 'alive' };
      },
      verify: async (token, { signal }) => ((await whoAmI(upstream, token, signal)) ? 'alive' : 'dead'),
    };
  },
};

async function revoke(upstream: Upstream, clock: Clock, token: Secret, step: Step): Promise<RevokeResult> {
  const { signal } = step;
  const user = await whoAmI(upstream, token, signal);
  if (!user) return unknownAt([upstream.base]);
  step.sawAlive(upstream.base);
  const { name, organization, team } = user.tokenInfo ?? {};
  if (organization || team) return refused('not-permitted', ADVICE.notPersonal);
  const records = await listTokens(upstream, token, signal);
  // Without a name a record cannot be assigned to an owner.
  const candidates = records.filter((each) => !name || !each.name || each.name === name);
  const [own, ...others] = candidates;
  const shown = { candidates: candidates.map(({ id }) => ({ tokenId: id })) };
  const ambiguous = refused('ambiguous', ADVICE.ambiguous, shown);
  if (!own) return unlisted(step, clock, ambiguous);
  if (!name || own.name !== name || others.length > 0) {
    // One that is left later was not alone all the time.
    step.remember({});
    return ambiguous;
  }
  const note = NOTE.safeParse(step.note).data;
  const since = foundSince({ clock }, note?.tokenId === own.id ? note.since : undefined);
  const afterMs = lagLeft({ ms: UNDOCUMENTED_LAG_MS, clock }, since);
  if (afterMs > 0) {
    step.remember({ tokenId: own.id, since } satisfies z.output<typeof NOTE>);
    return { outcome: 'continue', afterMs };
  }
  step.prove('one-fits');
  const deletion = asToken(token, 'DELETE', `/api/user/tokens/${encodeURIComponent(own.id)}`);
  await upstream.request({ ...deletion, statuses: [204], signal });
  return revoked({ tokenId: own.id });
}
