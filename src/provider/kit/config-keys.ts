/** Keys that the configuration of many providers has. */
import { z } from 'zod';

/** The address of an instance as the operator writes it. */
export function baseUrl() {
  return z.url({ protocol: /^https?$/ }).refine((text) => {
    const url = URL.parse(text);
    return url !== null && !url.username && !url.password && !/[?#]/.test(text);
  }, 'expected no credentials, query or fragment');
}

export function unknownTokensKey() {
  return z
    .enum(['attention', 'inactive'])
    .default('attention')
    .describe('What a token is that no tenant knows: a case for a person, or one that is dead already.');
}
