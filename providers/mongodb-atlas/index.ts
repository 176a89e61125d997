/**
 * MongoDB Atlas programmatic API keys of the operator's own organizations.
 *
 * Docs: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/group/endpoint-programmatic-api-keys,
 * https://www.mongodb.com/docs/atlas/api/service-accounts-overview/; checked 2026-11-21.
 *
 * - A key is a public half (8 letters) and a private one, a UUID. Lists show the last group of the private half,
 *   `********-****-****-db2c132ca78d`: 48 random bits, so one key with this ending is the leaked one.
 * - A key is deleted by the id of its record, not by its public half. It cannot be disabled.
 * - Whether the key itself works cannot be asked without HTTP digest authentication, and its access list may forbid it
 *   here: that the record is gone from the list is the proof.
 * - We log in as a service account: an hour's access token for client id and secret.
 * - Service account secrets (`mdb_sa_sk_`) are no kind of this provider: how their lists mask them is not documented.
 */
import { z } from 'zod';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import { alreadyInactive, refused, revoked } from '../../src/provider/kit/results.ts';
import type {
  CredentialCheck,
  Provider,
  ProviderDefinition,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { createOrganization, type Organization } from './organization.ts';

const config = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[a-f0-9]{24}$/, 'expected 24 hexadecimal digits')
          .describe('The id of the organization.'),
        clientId: z.string().min(1).describe('A service account of it with the role Organization Owner.'),
        clientSecret: secretText().describe('Its secret.'),
      }),
    )
    .default([])
    .describe('Atlas organizations that may have issued a key; asked in this order.'),
});

export type MongodbAtlasConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'private-key',
  types: ['gitleaks_rule_id_mongodb_atlas_private_key'],
  pattern: /(?<![\w-])[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}(?![\w-])/,
  effect: 'token',
};

export const mongodbAtlas: ProviderDefinition<MongodbAtlasConfig> = {
  id: 'mongodb-atlas',
  title: 'MongoDB Atlas',
  docs: 'https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/group/endpoint-programmatic-api-keys',
  stability: 'beta',
  exactness: 'the only key whose private half ends with the same 12 characters',
  proof: "the key's record is gone",
  effect: 'the API key only',
  needs: 'a service account with the role Organization Owner in each organization',
  types: KIND.types,
  config,
  create,
};

const NOTE = z.object({ organization: z.string(), key: z.string() });

const UNKNOWN = refused(
  'unknown-token',
  'No configured Atlas organization has a key with this ending: if it is of another one, add that to providers.mongodb-atlas.organizations and retry; otherwise it is gone already and can be dismissed.',
);
const AMBIGUOUS =
  'Several API keys have this ending: delete the leaked one in the organization at cloud.mongodb.com.';

function create({ organizations }: MongodbAtlasConfig, tools: Tools): Provider {
  const upstream = tools.upstream('https://cloud.mongodb.com');
  const all = organizations.map((organization) => createOrganization(upstream, organization));

  const seen = (step: Step) => {
    const note = NOTE.safeParse(step.note).data;
    const organization = all.find(({ id }) => id === note?.organization);
    return note && organization ? { key: note.key, organization } : undefined;
  };

  return {
    kinds: all.length > 0 ? [KIND] : [],
    async revoke(token, step) {
      const known = seen(step);
      if (known) {
        const evidence = { organization: known.organization.id, key: known.key };
        const session = await known.organization.login(step.signal);
        if (!(await session.list()).some(({ id }) => id === known.key)) return alreadyInactive(evidence);
        await session.remove(known.key);
        return revoked(evidence);
      }
      const found: { organization: string; key: string }[] = [];
      for (const organization of all) {
        const keys = await (await organization.login(step.signal)).list();
        for (const key of keys.filter(({ privateKey }) => isMaskOf(privateKey, token))) {
          found.push({ organization: organization.id, key: key.id });
        }
      }
      const [first, ...others] = found;
      if (!first) return UNKNOWN;
      if (others.length > 0) return refused('ambiguous', AMBIGUOUS, { candidates: found });
      step.remember(first);
      return { outcome: 'continue', afterMs: 0 };
    },
    async verify(_token, step) {
      const known = seen(step);
      if (!known) return 'unknown';
      const keys = await (await known.organization.login(step.signal)).list();
      return keys.some(({ id }) => id === known.key) ? 'alive' : 'dead';
    },
    check: (signal) => Promise.all(all.map((organization) => checkOrganization(organization, signal))),
  };
}

/** True when the mask shows the whole last group, and that is the token's. */
function isMaskOf(mask: string, token: Secret): boolean {
  const ending = /^[*-]+-([a-f0-9]{12})$/.exec(mask)?.[1];
  return ending !== undefined && token.reveal().endsWith(`-${ending}`);
}

function checkOrganization(organization: Organization, signal: AbortSignal): Promise<CredentialCheck> {
  const name = `Atlas service account of organization ${organization.id}`;
  return checkOf(name, async () => (await organization.login(signal)).list(), {
    hint: 'It needs the role Organization Owner and this address in its access list.',
  });
}
