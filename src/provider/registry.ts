import type { Mode } from '../words/mode.ts';
import type { HeldReason } from '../words/outcome.ts';
import type { UnknownTokens } from './death.ts';
import { sparingOwn } from './own-credential.ts';
import type { Provider, ProviderDefinition, TokenKind, Tools } from './provider.ts';
import { type Recognised, recognise } from './recognise.ts';

/** The keys that every provider has in the configuration, beside its own. */
export interface ProviderSettings {
  readonly enabled?: boolean | undefined;
  readonly mode?: Mode | undefined;
  readonly maxPerHour?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly unknownTokens?: UnknownTokens | undefined;
  readonly unproven?: 'hold' | 'revoke' | undefined;
}

/** With all else that is configured: no provider acts on a secret that stands anywhere in it. */
export interface RegistryConfig {
  readonly revocation: { readonly mode: Mode; readonly maxPerHour: number };
  /** By provider id: its own keys together with {@link ProviderSettings}. */
  readonly providers: Readonly<Record<string, unknown>>;
  /** The operator's own type strings, each with the id of its provider. */
  readonly types: Readonly<Record<string, string>>;
}

/** A provider as the operator configured it. */
export interface RegisteredProvider {
  readonly definition: ProviderDefinition;
  /** Absent when it is turned off. */
  readonly provider?: Provider;
  /** Turned on, and able to act on at least one kind of token. */
  readonly enabled: boolean;
  /** What GitLab is told, aliases and the operator's own type strings included; empty when not enabled. */
  readonly types: readonly string[];
  readonly concurrency: number;
  /** 0: any number. */
  readonly maxPerHour: number;
  /** @param override what a person set in place of the configured mode */
  mode(override?: Mode | null): Mode;
  /**
   * Why a token of this kind waits for a person in mode `revoke`, after a look at it; undefined when it does not wait.
   * @param override what a person set in place of the configured mode; `revoke` lets no wider kind through
   */
  waitsFor(kindId: string, override?: Mode | null): Exclude<HeldReason, 'mode'> | undefined;
  /** The operator wants tokens of this kind to be acted on although nothing proves that their secret leaked. */
  actsUnproven(kindId: string): boolean;
  readonly unknownTokens: UnknownTokens;
}

export type Routed =
  | {
      readonly ok: true;
      readonly provider: string;
      readonly kind: string;
      readonly token: string;
      /** See {@link Recognised}. */
      readonly spelling?: string;
      readonly mode: Mode;
      /** See {@link TokenKind.pairsWith}. */
      readonly pairsWith: readonly string[];
      /** See {@link TokenKind.sharedText}. */
      readonly isShared: boolean;
      /** Upstream can be asked whether the token works. */
      readonly verifiable: boolean;
    }
  | { readonly ok: false; readonly why: 'unsupported-type' }
  | {
      readonly ok: false;
      readonly why: 'unusable-token';
      readonly provider: string;
      readonly reason: Unusable;
    };

export type OverrideOf = (providerId: string) => Mode | null;

export type Unusable = Exclude<Recognised, { ok: true }>['why'];

export interface Registry {
  readonly providers: readonly RegisteredProvider[];
  /** All type strings that are taken now, sorted. */
  readonly advertised: readonly string[];
  find(providerId: string): RegisteredProvider | undefined;
  /**
   * Decides which provider a reported text belongs to.
   * @param overrideOf what a person set in place of a provider's configured mode
   */
  route(type: string, text: string, overrideOf?: OverrideOf): Routed;
}

const RULE_PREFIX = 'gitleaks_rule_id_';

/** Newer analyzers name the same rules by these identifier types. */
const ALIAS_PREFIXES = ['gitlab_secret_scanner_rule_id_', 'gitlab_secrets_scanner_rule_id_'];

const DEFAULT_CONCURRENCY = 4;

/**
 * A provider that takes a type, and its kinds in the order in which they are tried then: those that name the type
 * come first, because two kinds of a provider may look alike.
 */
interface Taker {
  readonly registered: RegisteredProvider;
  readonly kinds: readonly TokenKind[];
}

/** @throws {ConfigFault} from a provider whose configuration cannot work */
export function createRegistry(
  config: RegistryConfig,
  definitions: readonly ProviderDefinition[],
  toolsFor: (providerId: string) => Tools,
): Registry {
  const providers = sparingTheTaken(definitions.map((definition) => register(definition, config, toolsFor)));
  const byId = new Map(providers.map((registered) => [registered.definition.id, registered]));
  const byType = new Map<string, Taker[]>();
  for (const registered of providers) {
    const named = kindsByType(registered);
    for (const type of registered.types) {
      const others = registered.provider?.kinds.filter(({ ownTypesOnly }) => !ownTypesOnly) ?? [];
      const kinds = [...new Set([...(named.get(type) ?? []), ...others])];
      byType.set(type, [...(byType.get(type) ?? []), { registered, kinds }]);
    }
  }
  return {
    providers,
    advertised: [...byType.keys()].sort(),
    find: (providerId) => byId.get(providerId),
    route: (type, text, overrideOf = () => null) => route(byType.get(type) ?? [], text, overrideOf),
  };
}

function register(
  definition: ProviderDefinition,
  config: RegistryConfig,
  toolsFor: (providerId: string) => Tools,
): RegisteredProvider {
  const settings = (config.providers[definition.id] ?? {}) as ProviderSettings;
  const wanted = settings.enabled ?? definition.stability !== 'experimental';
  const provider = wanted ? created(definition, settings, config, toolsFor(definition.id)) : undefined;
  const kinds = provider?.kinds ?? [];
  const enabled = kinds.length > 0;
  const changesNothing = definition.lastResort === true || definition.internal === true;
  const actsUnproven = (kindId: string) =>
    settings.unproven === 'revoke' && kinds.some(({ id, undo }) => id === kindId && undo === 'yes');
  return {
    definition,
    ...(provider && { provider }),
    enabled,
    types: enabled
      ? [
          ...new Set([
            ...kinds.flatMap(({ types }) => withAliases(types)),
            ...ownTypes(definition.id, config),
          ]),
        ].sort()
      : [],
    concurrency: settings.concurrency ?? definition.concurrency ?? DEFAULT_CONCURRENCY,
    maxPerHour: settings.maxPerHour ?? (changesNothing ? 0 : config.revocation.maxPerHour),
    mode: (override = null) => {
      if (changesNothing) return settings.mode ?? 'revoke';
      return override ?? settings.mode ?? config.revocation.mode;
    },
    waitsFor: (kindId, override = null) => {
      const kind = kinds.find(({ id }) => id === kindId);
      if (kind?.possession === 'unproven' && !actsUnproven(kindId)) return 'unproven';
      // An override to `revoke` only cancels a hold or a dry run; it approves no kind that needs a person each time.
      const letsWiderThrough = settings.mode === 'revoke' && (override === null || override === 'revoke');
      return kind?.effect === 'wider' && !letsWiderThrough ? 'wider' : undefined;
    },
    actsUnproven,
    unknownTokens: settings.unknownTokens ?? 'attention',
  };
}

function created(
  definition: ProviderDefinition,
  settings: ProviderSettings,
  config: RegistryConfig,
  tools: Tools,
): Provider {
  return sparingOwn(definition.create(settings, tools), config, tools.log);
}

/** Takes from the last resort the types that another provider takes. */
function sparingTheTaken(providers: readonly RegisteredProvider[]): readonly RegisteredProvider[] {
  const taken = new Set(providers.flatMap(({ definition, types }) => (definition.lastResort ? [] : types)));
  return providers.map((registered) =>
    registered.definition.lastResort
      ? { ...registered, types: registered.types.filter((type) => !taken.has(type)) }
      : registered,
  );
}

function kindsByType({ provider }: RegisteredProvider): ReadonlyMap<string, readonly TokenKind[]> {
  const named = new Map<string, TokenKind[]>();
  for (const kind of provider?.kinds ?? []) {
    for (const type of withAliases(kind.types)) named.set(type, [...(named.get(type) ?? []), kind]);
  }
  return named;
}

/** Each type with the other names under which analyzers report the same rule. */
export function withAliases(types: readonly string[]): readonly string[] {
  return types.flatMap((type) => [type, ...aliasesOf(type)]);
}

/** The other names under which analyzers report the same rule. */
export function aliasesOf(type: string): readonly string[] {
  if (!type.startsWith(RULE_PREFIX)) return [];
  return ALIAS_PREFIXES.map((prefix) => prefix + type.slice(RULE_PREFIX.length));
}

/** With their aliases, but for those that the operator gives to a provider by themselves. */
function ownTypes(providerId: string, { types }: RegistryConfig): readonly string[] {
  const own = Object.keys(types).filter((type) => types[type] === providerId);
  return [...own, ...own.flatMap(aliasesOf).filter((alias) => !Object.hasOwn(types, alias))];
}

function route(takers: readonly Taker[], text: string, overrideOf: OverrideOf): Routed {
  let unusable: Routed = { ok: false, why: 'unsupported-type' };
  for (const { registered, kinds } of takers) {
    const { definition, provider, mode } = registered;
    const recognised = recognise(kinds, text);
    if (recognised.ok) {
      const { kind, token, spelling } = recognised;
      const { id, pairsWith = [] } = kind;
      const isShared = kind.sharedText?.(token) ?? false;
      return {
        ...{ ok: true, provider: definition.id, kind: id, token, pairsWith, isShared },
        ...(spelling !== undefined && { spelling }),
        mode: mode(overrideOf(definition.id)),
        verifiable: provider?.verify !== undefined,
      };
    }
    if (unusable.why === 'unsupported-type') {
      unusable = { ok: false, why: 'unusable-token', provider: definition.id, reason: recognised.why };
    }
  }
  return unusable;
}
