/**
 * IBM Cloud: API keys of users and of service ids.
 *
 * Docs: https://cloud.ibm.com/apidocs/iam-identity-token-api (get-api-keys-details, delete-api-key) and, for the answer to
 * an unknown key, IBM's SDK cores; checked 2026-11-29.
 *
 * - A key gets itself an access token, says of itself which record it is, and deletes that: nothing is needed from the
 *   operator. It is deleted and not disabled, as its access tokens, which live for an hour, might enable it again.
 * - An unknown key is answered `BXNIM0415E`, a disabled one `BXNIM0462E` ("Provided API key is disabled.", as clients of
 *   watsonx.ai quote it): it can be enabled again, and is let do nothing meanwhile. Keys of IBM's other platforms
 *   (MCSP, see IBM/python-sdk-core) look the same and are unknown here, so a refusal proves the death only of a key that
 *   worked before.
 * - IBM's own clients ask for JSON (IBM/python-sdk-core, iam_request_based_token_manager.py).
 * - A key that is locked against changes cannot be deleted, nor can one whose user or service id may not manage its keys.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked, suspended, unknownAt } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

const HOST = 'https://iam.cloud.ibm.com';

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_ibm-cloud-user-api-key'],
  pattern: /(?<![\w-])[\w-]{44}(?![\w=-])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Keys of other platforms of IBM look the same, and are not asked about.' },
  whole: 'exact',
  undo: 'no',
};

const config = z.strictObject({});

const GRANT_TYPE = 'urn:ibm:params:oauth:grant-type:apikey';
const ISSUED = z.object({ access_token: z.string().min(1) });
/** "Provided API key could not be found." */
const NOT_FOUND = z.object({ errorCode: z.literal('BXNIM0415E') });
const DISABLED = z.object({ errorCode: z.literal('BXNIM0462E') });
const DETAILS = z.object({ id: z.string().regex(/^ApiKey-[\w-]+$/) });
const ERRORS = z.looseObject({ errors: z.array(z.looseObject({ code: z.string() })) });

const UNKNOWN =
  'IBM Cloud does not find this key: it is deleted, or of another platform of IBM. Look up at the location what it is for.';
const NOT_PERMITTED = refused(
  'not-permitted',
  'The key works, but may not delete itself, or is locked: delete it in the IBM Cloud console under Manage > Access (IAM) > API keys.',
);

export const ibmCloud: ProviderDefinition<z.output<typeof config>> = {
  id: 'ibm-cloud',
  title: 'IBM Cloud',
  docs: 'https://cloud.ibm.com/apidocs/iam-identity-token-api',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the key names its own record, and deletes it',
  proof: 'IBM Cloud does not find the key any more',
  effect: 'the key only; access tokens that it was given live on for up to an hour',
  needs: 'nothing',
  types: KIND.types,
  config,
  create: (_config, tools) => create(tools),
};

function create(tools: Tools): Provider {
  const upstream = tools.upstream(HOST);
  const accept = 'application/json';

  const signIn = async (key: Secret, signal: AbortSignal): Promise<Secret | undefined> => {
    const form = { grant_type: GRANT_TYPE, apikey: key };
    const path = '/identity/token';
    const request = { method: 'POST', path, headers: { accept }, form, readOnly: true, signal } as const;
    const { means, answer } = await ask(upstream, request, [
      row([200], ISSUED, ({ access_token }) => new Secret(access_token)),
      row([400, 401], NOT_FOUND, undefined),
      row([400, 401], DISABLED, 'disabled'),
    ]);
    if (means !== 'disabled') return means;
    throw suspended(upstream, answer.status);
  };

  return {
    kinds: [KIND],
    async revoke(key, step) {
      const { signal } = step;
      const session = await signIn(key, signal);
      if (!session) return unknownAt([HOST], UNKNOWN);
      step.sawAlive(HOST);
      const authorization = bearer(session);
      const headers = { accept, authorization, 'iam-apikey': key };
      const details = await ask(
        upstream,
        {
          method: 'GET',
          path: '/v1/apikeys/details',
          headers,
          signal,
          tells: { owner: 'iam_id', account: 'account_id', name: 'name', created: 'created_at' },
        },
        [row([200], DETAILS, ({ id }) => id), row([403], ERRORS, undefined)],
      );
      const id = details.means;
      if (id === undefined) return NOT_PERMITTED;
      step.prove('signs-in');
      const request = {
        method: 'DELETE',
        path: `/v1/apikeys/${id}`,
        headers: { accept, authorization },
        byRightOf: key,
        signal,
      } as const;
      const { means } = await ask(upstream, request, [
        row([204], 'deleted'),
        row([403, 409], ERRORS, 'not-permitted'),
      ]);
      return means === 'deleted' ? revoked({ key: id }) : NOT_PERMITTED;
    },
    async look(key, step) {
      if (!(await signIn(key, step.signal))) return unknownAt([HOST], UNKNOWN);
      step.sawAlive(HOST);
      return { outcome: 'alive' };
    },
    verify: async (key, { signal }) => ((await signIn(key, signal)) ? 'alive' : 'dead'),
  };
}
