/**
 * Scaleway: secret keys of API keys.
 *
 * Docs: https://www.scaleway.com/en/developers/api/iam/api-keys; what a refused key is answered is that of Scaleway's own
 * client library (scaleway-sdk-go, scw/errors.go), and that API keys sign for Object Storage is in
 * https://www.scaleway.com/en/docs/object-storage/api-cli/using-api-call-list/; checked 2026-11-29.
 *
 * - A secret key signs in alone, and says nothing of the access key that it belongs to. API keys are deleted by access key:
 *   one that stands beside the leak is the right one when Object Storage takes what the two sign, and not what a secret
 *   signs with it that nobody has.
 * - A refusal gives a reason. A key that has expired is told so, and works again once somebody gives it a later end
 *   (scaleway-sdk-python, iam/v1alpha1, `update_api_key`; checked 2026-11-30); any other reason than that there is no such key
 *   passes.
 */
import { z } from 'zod';
import { type Account, byAccounts, type Sight } from '../../src/provider/kit/accounts.ts';
import { firstOfHalves, MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { isPair } from '../../src/provider/kit/s3-pair.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { KEYS_PATH, stateOf } from './state.ts';

const HOST = 'https://api.scaleway.com';
/** Keys are the same in all regions. */
const STORAGE = { host: 's3.fr-par.scw.cloud', region: 'fr-par' };

const KIND: TokenKind = {
  id: 'secret-key',
  types: ['gitleaks_rule_id_scaleway-secret-key'],
  pattern: /(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Any organization may have this key.' },
  whole: 'exact',
  undo: 'no',
};
const ACCESS_KEY = /(?<![\w-])SCW[A-Z0-9]{17}(?![\w-])/;

const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('For messages; unique among the organizations.'),
        accessKey: z
          .string()
          .regex(/^SCW[A-Z0-9]{17}$/)
          .describe('The access key of the API key that Quash uses, which is never taken for a leaked one.'),
        secretKey: secretText().describe('Its secret key, with the permission set IAMManager.'),
      }),
    )
    .default([])
    .describe('Organizations whose keys may leak; asked in this order.'),
});

type Config = z.output<typeof config>;

const KEYS = z.object({ api_keys: z.array(z.object({ access_key: z.string() })) });
const NOT_FOUND = z.object({ type: z.literal('not_found') });

const NO_ACCESS_KEY = refused(
  'needs-context',
  'The secret key works, but its access key does not stand beside it, or is of no configured organization: look up which API key it is of, and delete that.',
);

const EXPIRED =
  'This key has expired, and works again once somebody gives it a later end: look up in the console which API key it is of, and delete that.';

function organization(own: Config['organizations'][number], tools: Tools): Account<string> {
  const { name, secretKey } = own;
  const upstream = tools.upstream(HOST);
  const call = operatorCalls(upstream, { 'x-auth-token': secretKey });

  // To read one by its access key may be forbidden where it is of another organization, which is no lack of a right.
  const isOurs = async (accessKey: string, signal: AbortSignal): Promise<boolean> => {
    const query = { access_keys: accessKey, page_size: 1 };
    const answer = await call({ method: 'GET', path: KEYS_PATH, query, statuses: [200], signal });
    return answer.json(KEYS).api_keys.some(({ access_key }) => access_key === accessKey);
  };

  return {
    name,
    seenWith: own.accessKey,
    async look(key, step, known): Promise<Sight<string>> {
      const { signal } = step;
      const state = await stateOf(upstream, key, signal);
      if (state === 'expired') {
        const evidence = known === undefined ? undefined : { accessKey: known };
        return { state: 'unable', refusal: refused('manual', EXPIRED, evidence) };
      }
      if (state === 'absent') return { state };
      const beside = known ? [known] : (await step.matchesAround(ACCESS_KEY)).map((each) => each.reveal());
      const accessKey = await firstOfHalves(beside.slice(0, MAX_HALVES), async (candidate) => {
        // Any working secret may be committed beside our own access key; ours itself, the core spares.
        if (candidate === own.accessKey || !(await isOurs(candidate, signal))) return undefined;
        return (await isPair(STORAGE, candidate, key, tools, signal)) ? candidate : undefined;
      });
      if (accessKey === undefined) return { state: 'unable', refusal: NO_ACCESS_KEY, maybeElsewhere: true };
      return { state: 'alive', found: accessKey, by: 'signs-in', evidence: { accessKey } };
    },
    isThere: isOurs,
    async revoke(accessKey, _key, { signal }) {
      const path = `${KEYS_PATH}/${encodeURIComponent(accessKey)}`;
      await call({ method: 'DELETE', path, statuses: [204], notFound: NOT_FOUND, signal });
      return revoked();
    },
    async verify(_accessKey, key, { signal }) {
      const state = await stateOf(upstream, key, signal);
      // It is there all the same.
      if (state === 'expired') return 'unknown';
      return state === 'alive' ? 'alive' : 'dead';
    },
    async probe(signal) {
      const query = { page_size: 1 };
      await call({ method: 'GET', path: KEYS_PATH, query, statuses: [200], signal });
    },
  };
}

export const scaleway: ProviderDefinition<Config> = {
  id: 'scaleway',
  title: 'Scaleway',
  docs: 'https://www.scaleway.com/en/developers/api/iam/api-keys',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the access key beside the leak, once the two signed a call that Object Storage took',
  proof: 'Scaleway does not let the secret key in any more',
  effect: 'the API key only',
  needs: 'the API key of an IAM manager of each organization, and the lines around the leak',
  types: KIND.types,
  config,
  create: ({ organizations }, tools) => ({
    kinds: organizations.length > 0 ? [KIND] : [],
    ...byAccounts(
      organizations.map((each) => organization(each, tools)),
      {
        found: z.string(),
        unknown:
          'Scaleway does not let this secret key in now: look up in the console which API key it is of, and delete that if it is still there.',
        rights: 'It must have the permission set IAMManager.',
        log: tools.log,
      },
    ),
  }),
};
