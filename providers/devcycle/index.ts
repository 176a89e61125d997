/**
 * DevCycle: SDK keys of the operator's projects, for servers, mobile apps and browsers.
 *
 * Docs: https://docs.devcycle.com/management-api/ (environments, SDK keys); the calls and their answers are those of
 * DevCycle's own command line (DevCycleHQ/cli, zodClientAPI.ts), checked 2026-11-29.
 *
 * - An environment shows its SDK keys whole. One is invalidated by value, which the call takes in its path alone.
 * - The last key of its sort in an environment cannot be invalidated: a person makes another one before.
 */
import { byAccounts } from '../../src/provider/kit/accounts.ts';
import type { ProviderDefinition, TokenKind } from '../../src/provider/provider.ts';
import { config, type DevcycleConfig } from './config.ts';
import { FOUND, projectAccount } from './project.ts';

const KIND: TokenKind = {
  id: 'sdk-key',
  types: [
    'gitleaks_rule_id_devcycle-client-sdk-key',
    'gitleaks_rule_id_devcycle-mobile-sdk-key',
    'gitleaks_rule_id_devcycle-server-sdk-key',
  ],
  pattern: /(?<![\w-])dvc_(?:client|mobile|server)_[A-Za-z0-9]{8,64}(?:_[A-Za-z0-9]{1,64}){0,2}(?![\w-])/,
  effect: 'token',
  possession: 'listed-whole',
  places: { open: 'Any project may have this key, and only the configured ones are asked.' },
  whole: 'open',
  undo: 'no',
};

export const devcycle: ProviderDefinition<DevcycleConfig> = {
  id: 'devcycle',
  title: 'DevCycle',
  docs: 'https://docs.devcycle.com/management-api/',
  checked: '2026-11-29',
  stability: 'beta',
  exactness: 'the environment shows the key whole, and it is invalidated by value',
  proof: 'the environment does not have the key any more',
  effect: 'the key only',
  needs: 'the key of each project, and API credentials of its organization',
  types: KIND.types,
  config,
  create: ({ projects }, tools) => ({
    kinds: projects.length > 0 ? [KIND] : [],
    ...byAccounts(
      projects.map((each) => projectAccount(each, tools)),
      {
        found: FOUND,
        unknown:
          'No configured project has this key: if it is of another one, add that to providers.devcycle.projects and retry.',
        rights: 'The credentials must be of the organization, and may read and change its environments.',
        log: tools.log,
      },
    ),
  }),
};
