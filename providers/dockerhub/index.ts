/**
 * Docker Hub: personal access tokens of configured users and access tokens of configured organisations.
 *
 * Docs: https://docs.docker.com/reference/api/hub/latest/operations/patchV2AccessTokensByUuid/ and
 * https://docs.docker.com/reference/api/hub/latest/operations/patchV2OrgsByOrgNameAccessTokensByAccessTokenId/,
 * checked 2026-11-21.
 *
 * - A token logs in only together with the name of its user or organisation, which shows whose it is. No list shows
 *   any part of a token, so only when a single one is active it is known to be the leaked one; several go to a person.
 * - Only a log-in by password may manage tokens; one by token gets 403. So it works neither for users with two-factor
 *   authentication nor where single sign-on is enforced.
 * - A token that is set inactive cannot log in, and can be set active again.
 * - The session of a log-in lasts 10 minutes. Wrong log-ins are limited: a token of nobody costs one per account.
 */
import { z } from 'zod';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { byRecords } from '../../src/provider/kit/operator-records.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { keeperOf } from './owner.ts';

const name = () => z.string().regex(/^[a-z0-9_-]{1,64}$/, 'expected a name as in the URL of its page');

const configSchema = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        username: name().describe('Docker ID of the user.'),
        password: secretText().describe('Password of the user; a token may not manage tokens.'),
      }),
    )
    .default([])
    .describe('Users whose personal access tokens may leak; asked in this order.'),
  organizations: z
    .array(
      z.strictObject({
        name: name().describe('Name of the organisation.'),
        username: name().describe('Docker ID of one of its owners.'),
        password: secretText().describe('Password of that owner.'),
      }),
    )
    .default([])
    .describe('Organisations whose access tokens may leak; asked in this order.'),
});

export type DockerhubConfig = z.output<typeof configSchema>;

const PERSONAL: TokenKind = {
  id: 'personal-token',
  types: ['gitleaks_rule_id_dockerpersonalaccesstoken', 'gitleaks_rule_id_dockerhub-personal-access-token'],
  pattern: /(?<![\w-])dckr_pat_[\w-]{27,32}(?![\w-])/,
  effect: 'token',
};
const ORGANIZATIONAL: TokenKind = {
  id: 'organization-token',
  types: ['gitleaks_rule_id_dockerhub-organization-access-token'],
  pattern: /(?<![\w-])dckr_oat_[\w-]{27,32}(?![\w-])/,
  effect: 'token',
};

export const dockerhub: ProviderDefinition<DockerhubConfig> = {
  id: 'dockerhub',
  title: 'Docker Hub',
  docs: 'https://docs.docker.com/reference/api/hub/latest/operations/patchV2AccessTokensByUuid/',
  stability: 'beta',
  exactness: 'the only active token of the user or organisation that it logs in to; several go to a person',
  proof: 'Docker Hub no longer lets the token log in',
  effect: 'the token only, set inactive',
  needs: 'user name and password of each user, or of an owner of each organisation',
  types: [...PERSONAL.types, ...ORGANIZATIONAL.types],
  config: configSchema,
  create({ accounts, organizations }, tools) {
    const upstream = tools.upstream('https://hub.docker.com');
    const ofUsers = accounts.map(({ username, password }) =>
      keeperOf({ owner: username, username, password, path: '/v2/access-tokens' }, upstream, tools),
    );
    const ofOrganizations = organizations.map(({ name: owner, username, password }) =>
      keeperOf({ owner, username, password, path: `/v2/orgs/${owner}/access-tokens` }, upstream, tools),
    );
    return byKind([
      { kinds: [PERSONAL], isAble: ofUsers.length > 0, ...byRecords(ofUsers, ADVICE, tools.log) },
      {
        kinds: [ORGANIZATIONAL],
        isAble: ofOrganizations.length > 0,
        ...byRecords(ofOrganizations, ADVICE, tools.log),
      },
    ]);
  },
};

const ADVICE = {
  unknown:
    'The token does not log in to any configured user or organisation of Docker Hub: add its owner to providers.dockerhub and retry, or dismiss it if the token is dead.',
  rights:
    'Docker Hub must accept user name and password without a second factor, and the user must be an owner of the organisation.',
};
