/** For credentials of two halves, an id and a secret, of which often only one is reported. */
import { Secret } from '../../words/secret.ts';
import type { Step, TokenKind } from '../provider.ts';

/** More than a file full of keys has is noise, such as commit ids. */
export const MAX_HALVES = 8;

/**
 * What may be the other half: from the same report, else from the lines around the leak. Nothing says that it is:
 * prove it upstream.
 */
export async function otherHalves(
  step: Step,
  { id, pattern }: Pick<TokenKind, 'id' | 'pattern'>,
): Promise<readonly Secret[]> {
  const parts = step.parts(id);
  return (parts.length > 0 ? parts : await inContext(step, pattern)).slice(0, MAX_HALVES);
}

/** What looks so in the lines around the leak, each once. */
export async function inContext(step: Step, pattern: RegExp): Promise<readonly Secret[]> {
  const text = (await step.context())?.reveal() ?? '';
  const found = new Set([...text.matchAll(new RegExp(pattern, 'g'))].map(([match]) => match));
  return [...found].map((match) => new Secret(match));
}
