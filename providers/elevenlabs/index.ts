/**
 * ElevenLabs: API keys of users and of service accounts.
 *
 * Docs: https://elevenlabs.io/docs/overview/administration/workspaces/api-keys ("Self-disabling a key"),
 * https://elevenlabs.io/docs/eleven-api/resources/errors, and the vendor's own client library
 * (elevenlabs/elevenlabs-python; environment.py has the hosts), checked 2026-11-29.
 *
 * - Whoever holds a key may disable it, unless its workspace forbids that; then it goes to a person.
 * - It is disabled, not deleted: an administrator can enable it again.
 * - A key that lacks the right to read its user works all the same. One that is limited to addresses is answered 403.
 */
import { z } from 'zod';
import { ask, row } from '../../src/provider/kit/answers.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { type SelfServicePlace, selfServiceAt } from '../../src/provider/kit/self-service-at.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

/** A workspace with data residency has its keys at a host of its own, and they are refused at all others. */
const HOSTS = [
  'https://api.elevenlabs.io',
  'https://api.eu.residency.elevenlabs.io',
  'https://api.in.residency.elevenlabs.io',
  'https://api.sg.residency.elevenlabs.io',
];

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_elevenlabs-api-key'],
  pattern: /(?<![\w-])sk_[0-9a-f]{48}(?![\w-])/,
  ownTypesOnly: true,
  effect: 'token',
  possession: 'by-value',
  places: { open: 'A region of data residency that is new, or only for some customers, is not asked.' },
  whole: 'exact',
  undo: 'yes',
};

const config = z.strictObject({});

/** `status` is what `code` was called before. */
const detail = (code: string) =>
  z.object({ detail: z.object({ code: z.literal(code) }).or(z.object({ status: z.literal(code) })) });
const INVALID = detail('invalid_api_key');

const NOT_PERMITTED = refused(
  'not-permitted',
  'The key works, but its workspace does not let whoever holds it disable it: delete it in the settings of the workspace.',
);
const UNKNOWN =
  'ElevenLabs does not let this key in: it is dead, or of a workspace at a region that was not asked. Look for it in the settings of the workspace.';

function place(upstream: Upstream): SelfServicePlace {
  const works = async (key: Secret, signal: AbortSignal): Promise<boolean> => {
    const request = {
      method: 'GET',
      path: '/v1/user',
      headers: { 'xi-api-key': key },
      signal,
      tells: { owner: 'user_id' },
    } as const;
    const { means } = await ask(upstream, request, [
      row([200], z.object({ user_id: z.string() }), true),
      row([401], detail('missing_permissions'), true),
      row([401], INVALID, false),
    ]);
    return means;
  };

  return {
    name: upstream.base,
    works,
    async revoke(key, signal) {
      const path = '/v1/workspaces/api-keys/disable';
      const query = { api_key_name: 'self' };
      const request = { method: 'POST', path, query, headers: { 'xi-api-key': key }, signal } as const;
      const { means } = await ask(upstream, request, [
        row([200, 204], 'disabled'),
        row([401, 403], z.object({ detail: z.looseObject({}) }), 'forbidden'),
      ]);
      return means === 'disabled' ? revoked() : NOT_PERMITTED;
    },
  };
}

export const elevenlabs: ProviderDefinition<z.output<typeof config>> = {
  id: 'elevenlabs',
  title: 'ElevenLabs',
  docs: 'https://elevenlabs.io/docs/overview/administration/workspaces/api-keys',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the key disables itself, by value',
  proof: 'ElevenLabs, which knew the key, does not let it in any more',
  effect: 'the key only, which can be enabled again',
  needs: 'nothing',
  types: KIND.types,
  config,
  create(_config, tools) {
    const places = HOSTS.map((host) => place(tools.upstream(host)));
    return { kinds: [KIND], ...selfServiceAt(places, { unknown: UNKNOWN, log: tools.log }) };
  },
};
