/** Every provider, one line each, in alphabetical order. */
import type { ProviderDefinition } from '../src/provider/provider.ts';
import { gitlab } from './gitlab/index.ts';
import { gocd } from './gocd/index.ts';

export const definitions: readonly ProviderDefinition[] = [
  gitlab, //
  gocd,
];
