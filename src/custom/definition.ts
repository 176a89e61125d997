/** Providers that the operator declares in the configuration, under `custom`. */
import { checkOf } from '../provider/kit/credential-check.ts';
import { compilePattern } from '../provider/kit/pattern.ts';
import { refused } from '../provider/kit/results.ts';
import { isSame, ownCredential } from '../provider/own-credential.ts';
import type {
  CredentialCheck,
  Possession,
  Provider,
  ProviderDefinition,
  Tools,
} from '../provider/provider.ts';
import type { Secret } from '../words/secret.ts';
import { UnusableValue } from './address.ts';
import { createCalls } from './calls.ts';
import { createExchange } from './exchange.ts';
import { possessionOf, trustOf } from './possession.ts';
import { type CustomEntry, customEntry } from './schema.ts';
import { type Values, valuesOfToken } from './template.ts';

const OWN_CREDENTIAL = ownCredential('credential');
const INCOMPLETE = refused(
  'unrecognised',
  'The pattern does not match the token alone, or a named group of it is empty: mend `pattern` in the configuration.',
);
const UNUSABLE = refused(
  'unrecognised',
  'A part of the token, or of an answer about it, would lead to another address: revoke the token where it was issued.',
);

/** By id, as `custom` in the configuration has them. */
export function customDefinitions(
  custom: Readonly<Record<string, CustomEntry>>,
): readonly ProviderDefinition<CustomEntry>[] {
  return Object.entries(custom).map(([id, entry]) => customDefinition(id, entry));
}

const EXACTNESS: Partial<Record<Possession, string>> = {
  'by-value': 'by value',
  'signs-in': 'a call with the whole token comes first; then as configured',
};

function customDefinition(id: string, entry: CustomEntry): ProviderDefinition<CustomEntry> {
  const { title = id, docs, types, secrets, prove, verify, warning } = entry;
  const hasSecrets = Object.keys(secrets).length > 0;
  return {
    id,
    title,
    docs,
    stability: 'beta',
    needs: hasSecrets ? `the secrets in \`custom.${id}\`` : 'nothing',
    exactness: EXACTNESS[possessionOf(entry)] ?? 'as configured; nothing proves that the token leaked',
    proof: (verify ?? prove) ? 'as configured' : 'none',
    effect: warning ?? 'the token only',
    types,
    config: customEntry,
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
  const { revoke, look, verify } = createCalls(entry, tools);
  const check = checker(entry, tools);

  /** @param unusable where the token has no values, or one that no request can be made with */
  async function withValues<R, U>(
    token: Secret,
    unusable: (why: 'incomplete' | 'unusable') => U,
    work: (values: Values) => Promise<R>,
  ): Promise<R | U> {
    const ofToken = valuesOfToken(token, pattern);
    if (!ofToken) return unusable('incomplete');
    try {
      return await work(new Map([...ofToken, ...secrets]));
    } catch (error) {
      if (error instanceof UnusableValue) return unusable('unusable');
      throw error;
    }
  }
  const isOwn = (token: Secret) => secrets.some(([, secret]) => isSame(secret, token));
  const refusal = (why: 'incomplete' | 'unusable') => (why === 'incomplete' ? INCOMPLETE : UNUSABLE);

  return {
    kinds: [
      { id: 'token', types, pattern, effect, ...(warning !== undefined && { warning }), ...trustOf(entry) },
    ],
    async revoke(token, step) {
      return isOwn(token) ? OWN_CREDENTIAL : withValues(token, refusal, (values) => revoke(values, step));
    },
    ...(look && {
      async look(token, step) {
        return isOwn(token) ? OWN_CREDENTIAL : withValues(token, refusal, (values) => look(values, step));
      },
    }),
    ...(verify && {
      verify: (token, step) =>
        withValues(
          token,
          () => 'unknown',
          (values) => verify(values, step),
        ),
    }),
    ...(check && { check: (signal) => check(new Map(secrets), signal) }),
  };
}

function checker({ check }: CustomEntry, tools: Tools) {
  if (!check) return undefined;
  const exchange = createExchange(check, tools, { readOnly: true });
  return async (values: Values, signal: AbortSignal): Promise<readonly CredentialCheck[]> => [
    await checkOf('own credential', () => exchange(values, signal), {
      refused: 'Replace the secrets of this provider: they are refused.',
      forbidden: 'Give the credential of this provider the rights that its calls need.',
    }),
  ];
}
