/**
 * Twilio SendGrid.
 *
 * Docs: https://www.twilio.com/docs/sendgrid/api-reference/api-keys/delete-api-keys,
 * https://support.sendgrid.com/hc/en-us/articles/18322114821403 (what the errors mean); checked 2026-11-21.
 *
 * Quirks:
 * - A key is `SG.<id>.<secret>`; the id is what the API calls `api_key_id`. That is not documented, but was tried by somebody who
 *   had the documentation mended: https://github.com/sendgrid/docs/pull/1211.
 * - A key works at one of two hosts, the global or the European one, and does not say at which.
 * - 401 has several meanings (no credits, no right); only its message tells that the key itself is refused. As SendGrid
 *   lists changed permissions among the reasons of that message, too, it shows the end only of a key that was seen to work.
 * - A key deletes itself if it has the right `api_keys.delete`; otherwise a key of the operator must. Its end takes
 *   effect with some delay.
 */

import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { firstOf } from '../../src/provider/kit/in-turn.ts';
import {
  credentialFailure,
  refused,
  revoked,
  shows,
  unexpected,
  unknownAt,
} from '../../src/provider/kit/results.ts';
import { unlisted } from '../../src/provider/kit/unlisted.ts';
import { ownCredential } from '../../src/provider/own-credential.ts';
import type {
  Provider,
  ProviderDefinition,
  RevokeResult,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { config, type SendgridConfig } from './config.ts';
import { createHosts, HOSTS, NO_RIGHT, type Region, UNKNOWN_ID } from './hosts.ts';

export type { SendgridConfig } from './config.ts';

const PLACES = Object.values(HOSTS);

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_sendgrid_api_token', 'gitleaks_rule_id_sendgrid-api-token'],
  pattern: /(?<![\w.-])SG\.[\w-]{22}\.[\w-]{43}(?![\w-]|\.[A-Za-z0-9])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'SendGrid says the same of keys whose permissions were changed.' },
  whole: 'exact',
  undo: 'no',
};

export const sendgrid: ProviderDefinition<SendgridConfig> = {
  id: 'sendgrid',
  title: 'Twilio SendGrid',
  docs: 'https://www.twilio.com/docs/sendgrid/api-reference/api-keys/delete-api-keys',
  stability: 'beta',
  exactness: 'the id inside the key, after SendGrid accepted the key',
  proof: 'both regions refuse the key, once one of them has taken it',
  effect: 'the token only',
  needs: 'nothing for keys with the right api_keys.delete; such a key of your account for all others',
  types: KIND.types,
  config,
  create,
};

const OWN_CREDENTIAL = ownCredential('API key', 'delete');
const UNKNOWN =
  'Neither region of SendGrid lets this key in: look for its id, the part between the dots, under Settings > API Keys, and delete the key if it is still there.';
const OF_NO_ACCOUNT =
  'The key may not delete itself and is of no configured account: delete the key with this id in SendGrid, or configure its account and retry.';

/** The id inside a key; it names a key only once SendGrid has taken the whole of it. */
function idOf(key: Secret): string {
  return key.reveal().split('.')[1] ?? '';
}

/** Whoever has a key may write the id of another one into it. */
function withAnotherId(key: Secret): Secret {
  return new Secret(key.reveal().replace(idOf(key), '0'.repeat(22)));
}

function create({ accounts }: SendgridConfig, tools: Tools): Provider {
  const hosts = createHosts(tools);

  const removeAsOperator = async (
    region: Region,
    token: Secret,
    signal: AbortSignal,
  ): Promise<RevokeResult | undefined> => {
    const keyId = idOf(token);
    const there = accounts.filter((each) => each.region === region);
    if (there.length > 0) {
      await mustRefuse(hosts.at[region], hosts.accepts(region, withAnotherId(token), signal));
    }
    return firstOf(there, async (own): Promise<RevokeResult | undefined> => {
      const answer = await hosts.remove(region, keyId, own, signal);
      if (answer.status === 204) return revoked({ key: keyId });
      // Keys that delete themselves need no account, so the lane goes on.
      if (answer.status !== 404) throw credentialFailure(hosts.at[region], answer).ofEntry();
      if (shows(answer, [UNKNOWN_ID])) return undefined;
      throw unexpected(hosts.at[region], answer);
    });
  };

  return {
    kinds: [KIND],
    async revoke(token, step) {
      const { signal } = step;
      const region = await hosts.locate(token, signal);
      if (!region) return unknownAt(PLACES, UNKNOWN);
      const keyId = idOf(token);
      if (accounts.some(({ apiKey }) => idOf(apiKey) === keyId)) return OWN_CREDENTIAL;
      step.sawAlive(HOSTS[region]);
      step.prove('signs-in');
      const answer = await hosts.remove(region, keyId, { apiKey: token }, signal);
      if (answer.status === 204) return revoked({ key: keyId });
      if (!shows(answer, NO_RIGHT)) throw unexpected(hosts.at[region], answer);
      const done = await removeAsOperator(region, token, signal);
      if (done) return done;
      const refusal = refused('not-permitted', OF_NO_ACCOUNT, { key: keyId });
      // A key that does not find itself, or that our account does not find: it may have ended a moment ago.
      const isGone = answer.status === 404 || accounts.some((each) => each.region === region);
      return isGone ? unlisted(step, tools.clock, refusal) : refusal;
    },
    async look(token, step) {
      const region = await hosts.locate(token, step.signal);
      if (!region) return unknownAt(PLACES, UNKNOWN);
      step.sawAlive(HOSTS[region]);
      return { outcome: 'alive', evidence: { region, key: idOf(token) } };
    },
    async verify(token, { signal }) {
      return (await hosts.locate(token, signal)) ? 'alive' : 'dead';
    },
    check: (signal) =>
      Promise.all(
        accounts.map(({ region, apiKey }, index) =>
          judgedCheck(`SendGrid account ${index + 1} (${region})`, async () => {
            const scopes = await hosts.scopesOf(region, apiKey, signal);
            if (scopes.includes('api_keys.delete')) return { ok: true };
            return { ok: false, advice: 'The API key lacks the right api_keys.delete.' };
          }),
        ),
      ),
  };
}
