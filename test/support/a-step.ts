import type { Step } from '../../src/provider/provider.ts';

/** A step with nothing beside the token, except for what the test gives. */
export function aStep(given: Partial<Step> & Pick<Step, 'kind'>): Step {
  return {
    note: undefined,
    remember: () => {},
    signal: new AbortController().signal,
    parts: () => [],
    context: async () => undefined,
    matchesAround: async () => [],
    prove: () => {},
    sawAlive: () => {},
    seenAlive: [],
    origins: [],
    mayActUnproven: false,
    ...given,
  };
}
