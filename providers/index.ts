import type { ProviderDefinition } from '../src/provider/provider.ts';
import * as all from './all.ts';

/** Every provider, in alphabetical order, as a module has its exports. */
export const definitions: readonly ProviderDefinition[] = Object.values(all);
