/**
 * OpenAI: keys of projects (./project-keys.ts) and admin keys (./admin-keys.ts).
 *
 * Docs: https://platform.openai.com/docs/api-reference/project-api-keys (list, delete),
 * https://platform.openai.com/docs/api-reference/admin-api-keys; checked 2026-11-21.
 *
 * - No call takes a key by its text. The lists show redacted values (`sk-abc...def`), and a key is the leaked one when
 *   its value alone fits in the whole of a list.
 * - Keys of projects with data residency work at the host of their region only, of which there are ten. Those of a region that
 *   is new go to a person.
 */
import { byKind } from '../../src/provider/kit/by-kind.ts';
import { checkOf } from '../../src/provider/kit/credential-check.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { operatorKeys } from './admin-keys.ts';
import { createApi, listProjects } from './api.ts';
import { config, type OpenaiConfig } from './config.ts';
import { HOST, OPENAI_TYPES, REGIONAL_HOSTS } from './kinds.ts';
import { projectKeys } from './project-keys.ts';

export const openai: ProviderDefinition<OpenaiConfig> = {
  id: 'openai',
  title: 'OpenAI',
  docs: 'https://platform.openai.com/docs/api-reference/project-api-keys/delete',
  stability: 'beta',
  exactness: 'the only key in its own project whose redacted value fits',
  proof: 'the API refuses the key',
  effect: 'the token only',
  needs: 'an admin key of each organization',
  types: OPENAI_TYPES,
  config,
  create({ organizations }, tools) {
    const at = (host: string) => tools.upstream(`${host}/v1`);
    const api = createApi(at(HOST), REGIONAL_HOSTS.map(at));
    const adminKeys = organizations.map(({ adminKey }) => adminKey);
    return {
      ...byKind([projectKeys(api, adminKeys, tools.clock), operatorKeys(api, adminKeys, tools.clock)]),
      check: (signal) =>
        Promise.all(
          adminKeys.map((key, index) =>
            checkOf(`OpenAI admin key ${index + 1}`, () => listProjects(api, key, signal), {
              refused: 'OpenAI refused the admin key: create a new one.',
            }),
          ),
        ),
    };
  },
};
