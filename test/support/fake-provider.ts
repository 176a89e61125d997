import { z } from 'zod';
import type {
  Liveness,
  LookResult,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Step,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import type { Registry } from '../../src/provider/registry.ts';
import { createRegistry } from '../../src/provider/registry.ts';
import type { Mode } from '../../src/words/mode.ts';
import type { Secret } from '../../src/words/secret.ts';
import { TRUSTED } from './trusted-kind.ts';

export const FAKE_TYPE = 'gitleaks_rule_id_fake_token';
export const WIDE_TYPE = 'gitleaks_rule_id_fake_wide_token';

export interface FakeProvider {
  readonly definition: ProviderDefinition;
  /** Every call, in order: `revoke` or `verify` with the token. */
  readonly calls: string[];
  /** What the next calls do; replaced by tests. */
  revoke(token: string, step: Step): Promise<RevokeResult>;
  verify: ((token: string, step: Step) => Promise<Liveness>) | undefined;
  look: ((token: string, step: Step) => Promise<LookResult>) | undefined;
  /** Laid over the kind `token`. */
  kind: Partial<TokenKind>;
  batchSize: number;
}

/** A provider whose answers a test decides: it revokes and proves unless told otherwise. */
export function fakeProvider(id = 'fake'): FakeProvider {
  const fake: FakeProvider = {
    calls: [],
    revoke: async () => ({ outcome: 'revoked', proven: true }),
    verify: undefined,
    look: undefined,
    kind: {},
    batchSize: 0,
    definition: {
      id,
      title: 'Fake',
      docs: 'https://example.com/docs',
      stability: 'stable',
      needs: 'nothing',
      exactness: 'by value',
      proof: 'none',
      effect: 'the token only',
      types: [FAKE_TYPE, WIDE_TYPE],
      config: z.strictObject({}),
      concurrency: 2,
      create: (): Provider => ({
        kinds: [
          {
            id: 'token',
            types: [FAKE_TYPE],
            pattern: /fake-[a-z0-9]+/,
            effect: 'token',
            ...TRUSTED,
            ...fake.kind,
          },
          {
            id: 'wide',
            types: [WIDE_TYPE],
            pattern: /wide-[a-z0-9]+/,
            effect: 'wider',
            ...TRUSTED,
            warning: 'Hits all.',
          },
        ],
        revoke: (token: Secret, step) => {
          fake.calls.push(`revoke ${token.reveal()}`);
          return fake.revoke(token.reveal(), step);
        },
        ...(fake.look && {
          look: (token: Secret, step: Step) => {
            fake.calls.push(`look ${token.reveal()}`);
            return fake.look?.(token.reveal(), step) ?? Promise.resolve({ outcome: 'undecided' as const });
          },
        }),
        ...(fake.verify && {
          verify: (token: Secret, step: Step) => {
            fake.calls.push(`verify ${token.reveal()}`);
            return fake.verify?.(token.reveal(), step) ?? Promise.resolve('unknown' as const);
          },
        }),
        ...(fake.batchSize > 0 && {
          batch: {
            size: fake.batchSize,
            revoke: async (items) => {
              fake.calls.push(`batch ${items.map((item) => item.token.reveal()).join(' ')}`);
              return Promise.all(items.map((item) => fake.revoke(item.token.reveal(), item.step)));
            },
          },
        }),
      }),
    },
  };
  return fake;
}

export interface FakeRegistryOptions {
  readonly mode?: Mode;
  readonly maxPerHour?: number;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Own type strings, each with the id of a fake. */
  readonly types?: Readonly<Record<string, string>>;
}

/** A registry of fakes, whose providers can reach nothing. */
export function fakeRegistry(fakes: readonly FakeProvider[], options: FakeRegistryOptions = {}): Registry {
  const config = {
    revocation: { mode: options.mode ?? 'revoke', maxPerHour: options.maxPerHour ?? 500 },
    providers: options.settings ?? {},
    types: options.types ?? {},
  } as const;
  return createRegistry(
    config,
    fakes.map((fake) => fake.definition),
    noTools,
  );
}

/** Tools for a provider that must not need any. */
export function noTools(): Tools {
  return {
    upstream: () => {
      throw new Error('A fake provider has no upstream.');
    },
    clock: { now: () => 0, sleep: async () => {} },
    log: { info: () => {}, warn: () => {} },
  };
}
