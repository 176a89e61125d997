/** Where leaks come from besides reports: GitLab's vulnerabilities, as events and by sweeps. */
import type { ProviderDefinition } from '../provider/provider.ts';
import { eventsDefinition } from './events.ts';
import type { SourceInstance } from './instances.ts';
import type { Takes } from './internal.ts';
import { sweepsDefinition } from './sweep.ts';

/** The internal providers; none where nothing can be read. */
export function sourceDefinitions(
  instances: readonly SourceInstance[],
  takes: Takes,
): readonly ProviderDefinition[] {
  if (!instances.some(({ readToken }) => readToken)) return [];
  return [eventsDefinition(instances, takes), sweepsDefinition(instances, takes)];
}
