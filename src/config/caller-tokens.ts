/** `auth.tokens` and `admin.tokens`: who may call, under which name and in which role. */
import { z } from 'zod';
import type { CallerToken } from '../words/caller.ts';
import { MIN_VARIETY, secretText } from '../words/secret-text.ts';

const MIN_LENGTH = 16;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** @param roles the first one is that of an entry that gives none */
export function callerTokens<const Roles extends readonly [string, ...string[]]>(
  roles: Roles,
  describeRole: string,
) {
  const entry = z.strictObject(
    {
      token: secretText({ minLength: MIN_LENGTH, minVariety: MIN_VARIETY }).describe('The token.'),
      name: z
        .string()
        .regex(NAME, 'expected 1 to 64 letters, digits and ._@-, a letter or digit first')
        .optional()
        .describe(
          'Who has it; stands in history, logs and metrics. Several may share one while a token is being replaced.',
        ),
      role: z
        .enum(roles)
        .default(roles[0] as Roles[number])
        .describe(describeRole),
    },
    { error: ({ code }) => (code === 'invalid_type' ? 'expected a text, or a mapping of keys' : undefined) },
  );
  const asEntry = (value: unknown) => (typeof value === 'string' ? { token: value } : value);
  return z.array(z.preprocess(asEntry, entry).meta({ secret: true })).default([]);
}

interface Tokens {
  readonly auth: { readonly tokens: readonly CallerToken<string>[] };
  readonly admin: { readonly tokens: readonly CallerToken<string>[] };
}

/** The tokens that stand somewhere else under another name or role, which makes it chance what they may do. */
export function ambiguousTokens({
  auth,
  admin,
}: Tokens): readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  const all = Object.entries({ auth, admin }).flatMap(([section, { tokens }]) =>
    tokens.map((entry, index) => ({ entry, section, index })),
  );
  return all.flatMap(({ entry, section, index }, position) => {
    const other = all.slice(0, position).find(({ entry: { token, role, name } }) => {
      return token.equals(entry.token) && (role !== entry.role || name !== entry.name);
    });
    if (!other) return [];
    const message = `the same token as ${other.section}.tokens[${other.index}]; expected one of its own`;
    return [{ path: [section, 'tokens', index], message }];
  });
}
