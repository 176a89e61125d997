/** The inputs of an instance's event collector, which list their tokens. Quirks are listed in `hec-tokens.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { isHidden } from '../../src/provider/kit/listed-secrets.ts';
import type { Secret } from '../../src/words/secret.ts';
import { asAdmin, EVERYTHING, type Instance, JSON_MODE } from './instance.ts';

/** One HEC token's input. */
export interface HecInput {
  readonly app: string;
  /** With its scheme, `http://name`. */
  readonly name: string;
  readonly disabled: boolean;
}

const flag = z.union([z.boolean(), z.enum(['0', '1']).transform((text) => text === '1')]);
const INPUTS = z.object({
  entry: z.array(
    z.object({
      name: z.string(),
      acl: z.object({ app: z.string() }),
      content: z.object({ token: z.string().optional(), disabled: flag.default(false) }),
    }),
  ),
});

/**
 * Of several inputs with it, as configuration files may give, one that is enabled. Undefined when the instance has none.
 * @throws {Failure} also where it hides the tokens that it lists
 */
export async function findHecToken(
  instance: Instance,
  token: Secret,
  signal: AbortSignal,
): Promise<HecInput | undefined> {
  const path = '/servicesNS/-/-/data/inputs/http';
  const answer = await asAdmin(instance, { method: 'GET', path, query: EVERYTHING, signal });
  const wanted = token.reveal().toLowerCase();
  const { entry: inputs } = answer.json(INPUTS);
  const having = inputs.filter(({ content }) => content.token?.toLowerCase() === wanted);
  const found = having.find(({ content }) => !content.disabled) ?? having[0];
  if (!found && inputs.some(({ content }) => content.token !== undefined && isHidden(content.token))) {
    throw new Failure('permission-missing', { scope: 'entry', target: instance.upstream.base });
  }
  return found && { app: found.acl.app, name: found.name, disabled: found.content.disabled };
}

/** @throws {Failure} */
export async function disableHecToken(
  instance: Instance,
  { app, name }: HecInput,
  signal: AbortSignal,
): Promise<void> {
  const [inApp, input] = [app, name].map(encodeURIComponent);
  const path = `/servicesNS/nobody/${inApp}/data/inputs/http/${input}/disable`;
  const answer = await asAdmin(instance, { method: 'POST', path, query: JSON_MODE, signal });
  // It holds the token; the next look says whether it is disabled.
  answer.json(z.object({}));
}
