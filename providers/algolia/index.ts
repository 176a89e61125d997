/**
 * Algolia API keys of the operator's own applications.
 *
 * Docs: https://www.algolia.com/doc/rest-api/search/#tag/Api-Keys, checked 2026-11-21.
 *
 * - Keys are read and deleted by their value, which the API takes in the path only.
 * - A key that the application does not have is a 404, be it deleted or another application's. Only where it was seen
 *   alive before does that mean dead, so the application is remembered.
 * - A key that cannot be used is a 403 "Invalid Application-ID or API key", a lack of rights is another 403.
 * - Keys that can only search are published on purpose by most web sites; deleting one breaks the search there.
 * - A deletion takes a moment to reach all servers, and can be undone in the dashboard. Secured keys that were made
 *   from a key die with it.
 */
import { z } from 'zod';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { isSame } from '../../src/provider/kit/own-credential.ts';
import { alreadyInactive, refused, revoked } from '../../src/provider/kit/results.ts';
import type {
  CredentialCheck,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { type Application, readAcl, remove } from './application.ts';

const config = z.strictObject({
  applications: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[A-Za-z0-9]{6,32}$/, 'expected an application ID')
          .describe('The application ID.'),
        adminApiKey: secretText().describe('Its admin API key.'),
      }),
    )
    .default([])
    .describe('Algolia applications that may have issued a key; asked in this order.'),
  searchOnlyKeys: z
    .enum(['attention', 'revoke'])
    .default('attention')
    .describe('What to do with a key that can only search, which most web sites publish on purpose.'),
});

export type AlgoliaConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'api-key',
  types: ['gitleaks_rule_id_algolia-api-key'],
  pattern: /(?<![\w-])[a-z0-9]{32}(?![\w-])/,
  effect: 'token',
};

export const algolia: ProviderDefinition<AlgoliaConfig> = {
  id: 'algolia',
  title: 'Algolia',
  docs: 'https://www.algolia.com/doc/rest-api/search/#tag/Api-Keys',
  stability: 'beta',
  exactness: 'by value',
  proof: 'the application no longer has the key',
  effect: 'the key, and the secured keys made from it',
  needs: 'the admin API key of each Algolia application',
  types: KIND.types,
  config,
  create,
};

const NOTE = z.object({ application: z.string() });

const OWN = refused(
  'own-credential',
  'This is the admin API key that Quash itself uses: regenerate it in the Algolia dashboard, and configure the new one.',
);
const UNKNOWN = refused(
  'unknown-token',
  'No configured Algolia application has this key: if it is of another one, add that to providers.algolia.applications and retry; otherwise it is gone already and can be dismissed.',
);
const SEARCH_ONLY =
  'This key can only search, and most web sites publish such keys on purpose: dismiss it, or delete it in the Algolia dashboard, or set providers.algolia.searchOnlyKeys to revoke.';

function create({ applications, searchOnlyKeys }: AlgoliaConfig, tools: Tools): Provider {
  const all = applications.map(({ id, adminApiKey }): Application => {
    return { id, adminApiKey, upstream: tools.upstream(`https://${id.toLowerCase()}.algolia.net`) };
  });

  const seenAt = (step: Step): Application | undefined => {
    const seen = NOTE.safeParse(step.note).data?.application;
    return all.find(({ id }) => id === seen);
  };

  return {
    kinds: all.length > 0 ? [KIND] : [],
    async revoke(token, step): Promise<RevokeResult> {
      if (all.some(({ adminApiKey }) => isSame(adminApiKey, token))) return OWN;
      const seen = seenAt(step);
      for (const application of seen ? [seen] : all) {
        const acl = await readAcl(application, token, step.signal);
        if (!acl) continue;
        const evidence = { application: application.id };
        if (searchOnlyKeys === 'attention' && acl.every((right) => right === 'search')) {
          return refused('manual', SEARCH_ONLY, evidence);
        }
        if (!seen) {
          step.remember(evidence);
          return { outcome: 'continue', afterMs: 0 };
        }
        await remove(application, token, step.signal);
        return revoked(evidence);
      }
      return seen ? alreadyInactive({ application: seen.id }) : UNKNOWN;
    },
    async verify(token, step) {
      const seen = seenAt(step);
      if (!seen) return 'unknown';
      return (await readAcl(seen, token, step.signal)) ? 'alive' : 'dead';
    },
    check: (signal) => Promise.all(all.map((application) => checkApplication(application, signal))),
  };
}

/** Asks for a key that cannot exist: only an admin key is told so. */
function checkApplication(application: Application, signal: AbortSignal): Promise<CredentialCheck> {
  const noKey = new Secret('0'.repeat(32));
  return checkOf(`${application.upstream.base} admin API key`, () => readAcl(application, noKey, signal), {
    hint: 'It must be the admin API key of this application.',
  });
}
