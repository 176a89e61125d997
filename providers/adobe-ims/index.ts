/**
 * Access tokens of Adobe's identity service (IMS), which are revoked by the client that they were issued to.
 *
 * Docs: https://developer.adobe.com/developer-console/docs/guides/authentication/UserAuthentication/ims (revocation),
 * https://github.com/adobe/aio-lib-ims (validation, Adobe's own client); checked 2026-11-21.
 *
 * - A token is a JWT that names its client and the IMS that issued it. `validate_token` asks for nothing but the token and
 *   that client's public id, the latter in a header, too, which "will be mandatory in the future" (adobe/ims-go,
 *   ims/validate_token.go), and says `valid: false` of any token that does not work, be it dead, cut or invented.
 * - Only the client itself may revoke it, with its secret. How that is answered is not documented: the proof is the validation.
 * - Access tokens live 24 hours at most. Refresh tokens and the client's secret are not touched.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { goneSinceSeen, refused, revoked, unexpected, unknownAt } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { basic, bearer } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { type AdobeImsConfig, config } from './config.ts';

type Client = AdobeImsConfig['clients'][number];

const HOST = 'https://ims-na1.adobelogin.com';

/** Of RS256 with the 2048 bits of Adobe's keys. */
const SIGNATURE_LENGTH = 342;

function hasWholeSignature(token: string): boolean {
  return token.split('.')[2]?.length === SIGNATURE_LENGTH;
}

const KIND: TokenKind = {
  id: 'access-token',
  types: ['gitleaks_rule_id_adobeimsaccesstoken'],
  pattern: /(?<![\w.-])eyJ[\w-]{20,2000}\.eyJ[\w-]{40,6000}\.[\w-]{40,1000}(?![\w-])/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HOST] },
  whole: hasWholeSignature,
  undo: 'no',
};

export const adobeIms: ProviderDefinition<AdobeImsConfig> = {
  id: 'adobe-ims',
  title: 'Adobe IMS',
  docs: 'https://developer.adobe.com/developer-console/docs/guides/authentication/UserAuthentication/ims',
  stability: 'beta',
  exactness: 'by value',
  proof: 'Adobe says of the whole token that it is not valid',
  effect: 'the token only',
  needs: 'id and secret of each client whose tokens may leak',
  types: KIND.types,
  config,
  create: ({ clients }, tools) => create(clients, tools),
};

/** The client goes into a header. `as` is the IMS that issued it; others, such as the one for staging, do not know it. */
const PAYLOAD = z.object({
  client_id: z.string().regex(/^[!-~]{1,200}$/),
  type: z.literal('access_token'),
  as: z.literal('ims-na1'),
});
const VALIDITY = z.object({ valid: z.boolean() });
const OAUTH_ERROR = z.object({ error: z.string() });

const NO_TOKEN = refused(
  'unrecognised',
  'This is no access token of ims-na1.adobelogin.com, Adobe’s IMS: look at it by hand.',
);
const UNKNOWN_CLIENT = refused(
  'unknown-token',
  'The token works and belongs to a client that is not configured: add that client to providers.adobe-ims.clients and retry, or wait until the token ends within a day.',
);

function create(clients: readonly Client[], tools: Tools): Provider {
  const upstream = tools.upstream(HOST);

  const isValid = async (token: Secret, clientId: string, signal: AbortSignal): Promise<boolean> => {
    const answer = await upstream.request({
      method: 'POST',
      path: '/ims/validate_token/v1',
      headers: { authorization: bearer(token), 'x-ims-clientid': clientId },
      form: { type: 'access_token', client_id: clientId },
      statuses: [200],
      signal,
      readOnly: true,
    });
    return answer.json(VALIDITY).valid;
  };

  const end = async ({ clientId, clientSecret }: Client, token: Secret, signal: AbortSignal) => {
    const answer = await upstream.request({
      ...(token === NOT_A_TOKEN && { readOnly: true }),
      method: 'POST',
      path: '/ims/revoke',
      headers: { authorization: basic(clientId, clientSecret) },
      form: { token },
      statuses: [200, 400, 401, 403],
      signal,
    });
    const error = answer.maybeJson(OAUTH_ERROR)?.error;
    const target = { target: upstream.base, status: answer.status };
    if (error === 'invalid_client') throw new Failure('credential-refused', target);
    if (error === 'unauthorized_client') throw new Failure('permission-missing', target);
    if (answer.status !== 200 || error !== undefined || !isEmptyOrJson(answer))
      throw unexpected(upstream, answer);
  };

  return {
    kinds: clients.length > 0 ? [KIND] : [],
    async revoke(token, step) {
      const clientId = clientOf(token);
      if (clientId === undefined) return NO_TOKEN;
      const client = clients.find((each) => each.clientId === clientId);
      if (!(await isValid(token, clientId, step.signal))) {
        return step.seenAlive.includes(HOST) ? goneSinceSeen() : unknownAt([HOST]);
      }
      step.sawAlive(HOST);
      if (!client) return UNKNOWN_CLIENT;
      await end(client, token, step.signal);
      return revoked({ client: clientId });
    },
    async verify(token, { signal }) {
      const clientId = clientOf(token);
      if (clientId === undefined) return 'unknown';
      return (await isValid(token, clientId, signal)) ? 'alive' : 'dead';
    },
    check: (signal) =>
      Promise.all(
        clients.map((client) =>
          checkOf(`client ${client.clientId}`, () => probe(end(client, NOT_A_TOKEN, signal)), {
            refused: 'Adobe refused the client: configure its current secret.',
            forbidden: 'Adobe does not let the client revoke tokens.',
          }),
        ),
      ),
  };
}

/** A client's secret is looked at before the token is; that this is none changes nothing. */
const NOT_A_TOKEN = new Secret('not-a-token');

async function probe(call: Promise<void>): Promise<void> {
  await call.catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'unexpected-answer' && error.status === 400) return;
    throw error;
  });
}

/** What the token says of itself; Adobe then proves it. */
function clientOf(token: Secret): string | undefined {
  const [, payload = ''] = token.reveal().split('.');
  try {
    return PAYLOAD.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString())).data?.client_id;
  } catch {
    return undefined;
  }
}
