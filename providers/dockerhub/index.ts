/**
 * Docker Hub: personal access tokens of configured users and access tokens of configured organizations.
 *
 * Docs: https://docs.docker.com/reference/api/hub/latest/operations/patchV2AccessTokensByUuid/ and
 * https://docs.docker.com/reference/api/hub/latest/operations/patchV2OrgsByOrgNameAccessTokensByAccessTokenId/,
 * checked 2026-11-21.
 *
 * - A token logs in only together with the name of its user or organization, which shows whose it is. No list shows
 *   any part of a token, so only when a single one is active it is known to be the leaked one; several go to a person.
 * - Only a log-in by password may manage tokens; one by token gets 403. So it works neither for users with two-factor
 *   authentication nor where single sign-on is enforced.
 * - How soon a token that was deleted is refused is not documented: a single record may be of another one meanwhile.
 * - A token that is set inactive cannot log in, and can be set active again.
 * - The session of a log-in lasts 10 minutes. Docker Hub limits wrong log-ins of a user, and forged tokens are wrong
 *   log-ins: few steps are made in an hour, and after some refusals the user is left alone for a while.
 */
import { z } from 'zod';
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import { byKind } from '../../src/provider/kit/by-kind.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { configSchema, type DockerhubConfig } from './config.ts';
import { ownerAccount } from './owner.ts';

const TRUST = {
  effect: 'token',
  possession: 'one-fits',
  places: { open: 'A token logs in with the name of its owner alone; the configured ones are tried.' },
  undo: 'yes',
} as const;

const PERSONAL: TokenKind = {
  id: 'personal-token',
  types: ['gitleaks_rule_id_dockerpersonalaccesstoken', 'gitleaks_rule_id_dockerhub-personal-access-token'],
  pattern: /(?<![\w-])dckr_pat_[\w-]{27}(?![\w-])/,
  whole: 'exact',
  ...TRUST,
};
const ORGANIZATIONAL: TokenKind = {
  id: 'organization-token',
  types: ['gitleaks_rule_id_dockerhub-organization-access-token'],
  pattern: /(?<![\w-])dckr_oat_[\w-]{27,32}(?![\w-])/,
  // Scanners do not agree on their length.
  whole: 'open',
  ...TRUST,
};

const HOUR_MS = 60 * 60 * 1000;

export const dockerhub: ProviderDefinition<DockerhubConfig> = {
  id: 'dockerhub',
  title: 'Docker Hub',
  docs: 'https://docs.docker.com/reference/api/hub/latest/operations/patchV2AccessTokensByUuid/',
  stability: 'beta',
  exactness:
    'for ten minutes the only active token of the user or organization that it logs in to; several go to a person',
  proof: 'Docker Hub no longer lets the token log in',
  effect: 'the token only, set inactive',
  needs: 'user name and password of each user, or of an owner of each organization',
  types: [...PERSONAL.types, ...ORGANIZATIONAL.types],
  config: configSchema,
  // A revocation takes two steps, a forged token one.
  rate: { steps: 20, perMs: HOUR_MS },
  create({ accounts, organizations }, tools) {
    const upstream = tools.upstream('https://hub.docker.com');
    const options = { ...ADVICE, found: z.string(), log: tools.log };
    const ofUsers = accounts.map(({ username, password }) =>
      ownerAccount({ owner: username, username, password, path: '/v2/access-tokens' }, upstream, tools),
    );
    const ofOrganizations = organizations.map(({ name: owner, username, password }) =>
      ownerAccount({ owner, username, password, path: `/v2/orgs/${owner}/access-tokens` }, upstream, tools),
    );
    return byKind([
      { kinds: [PERSONAL], isAble: ofUsers.length > 0, ...byAccounts(ofUsers, options) },
      {
        kinds: [ORGANIZATIONAL],
        isAble: ofOrganizations.length > 0,
        ...byAccounts(ofOrganizations, options),
      },
    ]);
  },
};

const ADVICE = {
  unknown:
    'The token does not log in to any configured user or organization of Docker Hub: find out whose it is, add its owner to providers.dockerhub and retry.',
  rights:
    'Docker Hub must accept user name and password without a second factor, and the user must be an owner of the organization.',
};
