/**
 * Tailscale API access tokens, auth keys and OAuth clients.
 *
 * Docs: https://tailscale.com/api#tag/keys, https://tailscale.com/docs/features/oauth-clients; checked 2026-11-21.
 *
 * - All three are "keys" with an id that is the third part of the secret: `tskey-auth-<id>-<secret>`. Ids are public.
 * - An API token acts on itself; the other two need an OAuth client of the same tailnet. `-` is the tailnet of the
 *   credential that makes the call. An OAuth client shows its secret by logging in; of an auth key Tailscale tells scanners
 *   whether it works, see `auth-keys.ts`. One whose text does not work goes to a person.
 * - A record says by `keyType` (`auth`, `client`) what it is, see keys.go of tailscale-client-go-v2.
 * - A revoked or expired key goes on answering for a while as `invalid`; a 404 alone may mean another tailnet, so it
 *   proves the death only right after a deletion, and only with a list of the tailnet's keys that lacks it.
 * - API tokens and auth keys of a suspended user do not work, and do again when he is restored
 *   (https://tailscale.com/kb/1145/remove-team-members, checked 2026-11-29).
 * - Devices that an auth key let in stay in the tailnet.
 * - Deleting an OAuth client ends the access tokens that it was given, so it waits for approval.
 */
import { isEmptyOrJson } from '../../src/provider/kit/answers.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { alreadyInactive, revoked, unexpected, unknownAt } from '../../src/provider/kit/results.ts';
import { ownCredential } from '../../src/provider/own-credential.ts';
import type { Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { type Caller, createOperator, keyItself, logIn } from './callers.ts';
import { config, type TailscaleConfig } from './config.ts';
import { call, idOf, isListed, look } from './keys.ts';
import { API_TOKEN, AUTH_KEY, HOST, OAUTH_CLIENT } from './kinds.ts';
import { NOT_PERMITTED, NOTE_OF_DELETION, sightOf, UNPROVEN } from './sights.ts';

export const tailscale: ProviderDefinition<TailscaleConfig> = {
  id: 'tailscale',
  title: 'Tailscale',
  docs: 'https://tailscale.com/api#tag/keys',
  stability: 'beta',
  exactness: 'the id in the secret, once Tailscale took the whole secret',
  proof: 'the API calls the key invalid, or no longer lets the token in',
  effect: 'the token only; OAuth clients are deleted, which waits for approval',
  needs: 'nothing for API access tokens; an OAuth client for auth keys and OAuth clients',
  types: [...API_TOKEN.types, ...AUTH_KEY.types, ...OAUTH_CLIENT.types],
  config,
  create,
};

const OWN_CREDENTIAL = ownCredential('OAuth client', 'delete');

function create({ oauthClient }: TailscaleConfig, tools: Tools): Provider {
  const upstream = tools.upstream(HOST);
  const operator = oauthClient && createOperator(upstream, oauthClient, tools);
  const asked = { upstream, operator };

  return {
    kinds: operator ? [API_TOKEN, AUTH_KEY, OAUTH_CLIENT] : [API_TOKEN],
    async revoke(token, step) {
      const { signal } = step;
      const id = idOf(token);
      if (id === oauthClient?.id) return OWN_CREDENTIAL;
      const sight = await sightOf(asked, token, step);
      if (sight.state === 'ended') return sight.result;
      if (sight.state === 'dead') return alreadyInactive({ id });
      const { caller, isProven } = sight;
      if (isProven) {
        step.sawAlive(HOST);
        step.prove('signs-in');
      } else if (!step.mayActUnproven) return UNPROVEN(id);
      const answer = await call(upstream, 'DELETE', id, caller, signal);
      if (answer.status === 401 || answer.status === 403) {
        const why = caller.declined(answer);
        if (why === 'not-permitted') return NOT_PERMITTED;
        return unknownAt([]);
      }
      if (!isEmptyOrJson(answer) || answer.status === 404) throw unexpected(upstream, answer);
      step.remember(NOTE_OF_DELETION);
      return revoked({ id });
    },
    async look(token, step) {
      const id = idOf(token);
      if (id === oauthClient?.id) return OWN_CREDENTIAL;
      const sight = await sightOf(asked, token, step);
      if (sight.state === 'ended') return sight.result;
      if (sight.state === 'dead') return alreadyInactive({ id });
      if (!sight.isProven) return { outcome: 'undecided', evidence: { id } };
      step.sawAlive(HOST);
      return { outcome: 'alive', evidence: { id } };
    },
    async verify(token, { kind, signal }) {
      const caller = operator && kind !== API_TOKEN.id ? operator : keyItself(upstream, token);
      const id = idOf(token);
      const seen = await look(upstream, { id, kind }, caller, signal);
      if (seen === 'alive') return 'alive';
      const isGone =
        seen === 'absent'
          ? caller === operator && !(await isListed(upstream, id, caller, signal))
          : seen === 'invalid' || seen === 'refused';
      if (!isGone) return 'unknown';
      // Whatever its record says, a client that logs in works.
      const issued = kind === OAUTH_CLIENT.id && (await logIn(upstream, { id, secret: token }, signal));
      if (issued === 'shut-out') return 'unknown';
      return typeof issued === 'object' ? 'alive' : 'dead';
    },
    ...(operator && { check: async (signal) => [await check(upstream, operator, signal)] }),
  };
}

function check(upstream: Upstream, operator: Caller, signal: AbortSignal) {
  return checkOf('Tailscale OAuth client', () => isListed(upstream, '', operator, signal), {
    refused: 'Tailscale refused the OAuth client: create another one and configure it.',
    forbidden: 'The OAuth client needs the scopes auth_keys and oauth_keys.',
  });
}
