/**
 * LangSmith personal access tokens (lsv2_pt_) and service keys (lsv2_sk_).
 *
 * Docs: https://docs.langchain.com/langsmith/smith-api/orgs/revoke-org-personal-access-token and
 * https://docs.langchain.com/langsmith/smith-api/orgs/delete-org-service-key, checked 2026-11-21.
 *
 * Experimental, because two things are not documented: how much of a key its `short_key` shows, and which codes the
 * calls answer with when they were done. A `short_key` of another form than expected matches nothing.
 *
 * - A key counts as found when it is the only one whose `short_key` fits, and works in the same organisation.
 * - A revoked personal access token keeps its record, with `revoked_at`, and can be reinstated. A service key can only
 *   be deleted.
 * - Organisation-wide calls need a service key of the organisation with the role Organization Admin.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { type KindCalls, keeperOf, OF_PERSONAL, OF_SERVICE } from './keys.ts';

const configSchema = z.strictObject({
  organizations: z
    .array(
      z.strictObject({
        id: z.uuid().describe('Id of the organisation.'),
        url: baseUrl()
          .default('https://api.smith.langchain.com')
          .describe('Base URL of the API: that of another region, or of an installation of your own.'),
        serviceKey: secretText().describe(
          'Service key of the organisation with the role Organization Admin.',
        ),
      }),
    )
    .default([])
    .describe('Organisations whose keys may leak; asked in this order.'),
});

export type LangsmithConfig = z.output<typeof configSchema>;

const GITLAB_TYPE = 'gitleaks_rule_id_langchainapikey';
const PERSONAL: TokenKind = {
  id: 'personal-access-token',
  types: [GITLAB_TYPE, 'gitleaks_rule_id_langchain-langsmith-personal-access-token'],
  pattern: /(?<![\w-])lsv2_pt_[a-f0-9]{32}_[a-f0-9]{10}(?![\w-])/,
  effect: 'token',
};
const SERVICE: TokenKind = {
  id: 'service-key',
  types: [GITLAB_TYPE, 'gitleaks_rule_id_langchain-langsmith-service-key'],
  pattern: /(?<![\w-])lsv2_sk_[a-f0-9]{32}_[a-f0-9]{10}(?![\w-])/,
  effect: 'token',
};

export const langsmith: ProviderDefinition<LangsmithConfig> = {
  id: 'langsmith',
  title: 'LangSmith (LangChain)',
  docs: 'https://docs.langchain.com/langsmith/smith-api/orgs/revoke-org-personal-access-token',
  stability: 'experimental',
  exactness: 'the only key of the organisation that looks so, and works in it; several go to a person',
  proof: 'the record of the key is revoked or gone',
  effect: 'the token only',
  needs: 'the id of each organisation and a service key of it that may administer it',
  types: [...new Set([...PERSONAL.types, ...SERVICE.types])],
  config: configSchema,
  create({ organizations }, tools) {
    const part = (kind: TokenKind, calls: KindCalls) => ({
      kinds: [kind],
      isAble: organizations.length > 0,
      ...byRecords(
        organizations.map((organization) => keeperOf(organization, calls, tools)),
        ADVICE,
        tools.log,
      ),
    });
    const service = part(SERVICE, OF_SERVICE);
    // The credential of both is the same.
    return { ...byKind([part(PERSONAL, OF_PERSONAL), service]), check: service.check };
  },
};

const ADVICE = {
  unknown:
    'No configured LangSmith organisation has this key: add its organisation to providers.langsmith.organizations and retry, or dismiss it if the key is gone.',
  rights: 'The service key must be of the organisation itself and have the role Organization Admin.',
};
