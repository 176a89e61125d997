/** Providers that the operator declares in the configuration, under `custom`. */

import { Failure } from '../provider/failure.ts';
import { checkOf } from '../provider/kit/credential-check.ts';
import { compilePattern } from '../provider/kit/pattern.ts';
import { alreadyInactive, refused, revoked } from '../provider/kit/results.ts';
import type {
  CredentialCheck,
  Liveness,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Tools,
} from '../provider/provider.ts';
import { Secret } from '../words/secret.ts';
import { createExchange, extract } from './exchange.ts';
import type { Refusing } from './rules.ts';
import { type CustomEntry, customEntry, type RevokeMeans } from './schema.ts';
import { type Values, valuesOfToken } from './template.ts';

/** Advice where the operator gave none. */
const ADVICE: Readonly<Record<Refusing, string>> = {
  'unknown-token':
    'The provider does not know this token: revoke it where it was issued, unless it is gone there.',
  'not-permitted': 'The provider did not take the revocation: revoke the token there by hand.',
  ambiguous: 'It cannot be told which of several tokens this is: revoke the right one by hand.',
};

const INCOMPLETE = refused(
  'unrecognised',
  'The pattern does not match the token alone, or a named group of it is empty: mend `pattern` in the configuration.',
);

/** By id, as `custom` in the configuration has them. */
export function customDefinitions(
  custom: Readonly<Record<string, CustomEntry>>,
): readonly ProviderDefinition<CustomEntry>[] {
  return Object.entries(custom).map(([id, entry]) => customDefinition(id, entry));
}

function customDefinition(id: string, entry: CustomEntry): ProviderDefinition<CustomEntry> {
  const { title = id, docs, types, secrets, verify, warning } = entry;
  const hasSecrets = Object.keys(secrets).length > 0;
  return {
    id,
    title,
    docs,
    stability: 'beta',
    needs: hasSecrets ? `the secrets in \`custom.${id}\`` : 'nothing',
    exactness: 'as configured',
    proof: verify ? 'as configured' : 'none',
    effect: warning ?? 'the token only',
    types,
    config: customEntry(),
    create: createCustom,
  };
}

function createCustom(entry: CustomEntry, tools: Tools): Provider {
  const { types, effect, warning } = entry;
  const pattern = compilePattern(entry.pattern);
  const secrets = Object.entries(entry.secrets).map(([name, secret]): [string, Secret] => [
    `secrets.${name}`,
    secret,
  ]);
  const valuesFor = (token: Secret): Values | undefined => {
    const ofToken = valuesOfToken(token, pattern);
    return ofToken && new Map([...ofToken, ...secrets]);
  };
  const verify = verifier(entry, tools);
  const revoke = revoker(entry, tools, verify);
  const check = checker(entry, tools);
  return {
    kinds: [{ id: 'token', types, pattern, effect, ...(warning !== undefined && { warning }) }],
    async revoke(token, { signal }) {
      const values = valuesFor(token);
      return values ? revoke(values, signal) : INCOMPLETE;
    },
    ...(verify && {
      async verify(token, { signal }) {
        const values = valuesFor(token);
        return values ? verify(values, signal) : 'unknown';
      },
    }),
    ...(check && { check: (signal) => check(new Map(secrets), signal) }),
  };
}

type Verify = (values: Values, signal: AbortSignal) => Promise<Liveness>;

function verifier({ verify }: CustomEntry, tools: Tools): Verify | undefined {
  if (!verify) return undefined;
  const exchange = createExchange(verify, tools);
  return async (values, signal) => (await exchange(values, signal)).rule.means;
}

function revoker(entry: CustomEntry, tools: Tools, verify: Verify | undefined) {
  const steps = entry.revoke.map((step) => ({ paths: step.extract, exchange: createExchange(step, tools) }));
  return async (start: Values, signal: AbortSignal): Promise<RevokeResult> => {
    let values = start;
    for (const { exchange, paths } of steps) {
      const judged = await exchange(values, signal);
      const { means, advice } = judged.rule;
      if (means === 'verify') {
        return (await verify?.(values, signal)) === 'dead'
          ? alreadyInactive()
          : refusal('unknown-token', advice);
      }
      if (means !== 'next') return ended(means, advice);
      const found = extract(paths, judged);
      if (found === 'ambiguous') return refusal('ambiguous', advice);
      const extracted = Object.entries(found).map(([name, text]) => [name, new Secret(text)] as const);
      values = new Map([...values, ...extracted]);
    }
    // The schema lets no last step lead on.
    throw new Failure('internal');
  };
}

type Ending = Exclude<RevokeMeans, 'next' | 'verify'>;

function ended(means: Ending, advice: string | undefined): RevokeResult {
  switch (means) {
    case 'revoked':
      return revoked();
    case 'already-inactive':
      return alreadyInactive();
    case 'accepted':
    case 'expires':
      return { outcome: means };
    default:
      return refusal(means, advice);
  }
}

function refusal(reason: Refusing, advice = ADVICE[reason]): RevokeResult {
  return refused(reason, advice);
}

function checker({ check }: CustomEntry, tools: Tools) {
  if (!check) return undefined;
  const exchange = createExchange(check, tools);
  return async (values: Values, signal: AbortSignal): Promise<readonly CredentialCheck[]> => [
    await checkOf('own credential', () => exchange(values, signal), {
      refused: 'Replace the secrets of this provider: they are refused.',
      forbidden: 'Give the credential of this provider the rights that its calls need.',
    }),
  ];
}
