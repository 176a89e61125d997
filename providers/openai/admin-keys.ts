/**
 * Admin keys of organizations.
 *
 * Docs: https://platform.openai.com/docs/api-reference/admin-api-keys
 *
 * - An admin key lists the keys of its own organization, and so itself; an admin key of the operator deletes it.
 */

import type { Part } from '../../src/provider/kit/by-kind.ts';
import { asOurFault, firstSparingTheLane } from '../../src/provider/kit/in-turn.ts';
import { refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import { unlisted } from '../../src/provider/kit/unlisted.ts';
import type { RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type OpenaiApi, unlessForeign } from './api.ts';
import { ADMIN_KEY, ELSEWHERE, HOST } from './kinds.ts';
import { AMBIGUOUS, fits, KEY, NOT_LISTED } from './redacted.ts';

const ADMIN_KEYS = '/organization/admin_api_keys';
const FIRST_ONE = { path: ADMIN_KEYS, query: { limit: 1 } };

const FOREIGN =
  'The admin key works, but no configured organization has it: configure another admin key of its organization and retry.';
const BLIND = refused(
  'not-permitted',
  'The admin key works but may not list keys, so its id is not known: delete it in the settings of OpenAI.',
);

export function operatorKeys(api: OpenaiApi, adminKeys: readonly Secret[], clock: Clock): Part {
  return {
    kinds: [ADMIN_KEY],
    isAble: adminKeys.length > 0,
    revoke: (token, step) => revoke(api, adminKeys, clock, token, step),
    verify: async (token, { signal }) =>
      (await api.probe(token, FIRST_ONE, signal)) === 'refused' ? 'dead' : 'alive',
  };
}

async function revoke(
  api: OpenaiApi,
  adminKeys: readonly Secret[],
  clock: Clock,
  token: Secret,
  step: Step,
): Promise<RevokeResult> {
  const { signal } = step;
  const answer = await api.probe(token, FIRST_ONE, signal);
  if (answer === 'refused') return unknownAt([HOST]);
  step.sawAlive(HOST);
  if (answer === 'elsewhere') return ELSEWHERE;
  if (answer.status !== 200) return BLIND;
  // With the leaked key itself: that it is of this organization needs no other proof.
  const list = api.list({ key: token, path: ADMIN_KEYS, signal }, KEY);
  const keys = (await list.catch(asRefusalOfTheKey)) ?? [];
  const [only, ...others] = keys.filter((key) => fits(token, key.redacted_value));
  if (!only) return unlisted(step, clock, refused('unknown-token', NOT_LISTED));
  if (others.length > 0) {
    return refused('ambiguous', AMBIGUOUS, { keys: [only, ...others].map(({ id }) => ({ key: id })) });
  }
  step.prove('one-fits');
  const path = `${ADMIN_KEYS}/${encodeURIComponent(only.id)}`;
  const done = await firstSparingTheLane(adminKeys, async (adminKey) => {
    const end = await unlessForeign(api, adminKey, signal, () => api.remove(adminKey, path, signal));
    return end === 'done' ? revoked({ key: only.id }) : undefined;
  });
  return done ?? refused('unknown-token', FOREIGN, { key: only.id });
}

/** What is said of a call with the leaked key is none of ours, and that was let in a moment before. */
function asRefusalOfTheKey(error: unknown): never {
  throw asOurFault(error).ofEntry('suspended');
}
