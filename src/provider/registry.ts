import type { Provider, ProviderDefinition, TokenKind, Tools } from './provider.ts';
import { type Recognised, recognise } from './recognise.ts';

export type Mode = 'revoke' | 'hold' | 'dry-run';

/** The keys that every provider has in the configuration, beside its own. */
export interface ProviderSettings {
  readonly enabled?: boolean | undefined;
  readonly mode?: Mode | undefined;
  readonly maxPerHour?: number | undefined;
  readonly concurrency?: number | undefined;
}

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
  readonly maxPerHour: number;
  /** What is to be done with a token of this kind. */
  mode(kindId: string): Mode;
}

export type Routed =
  | {
      readonly ok: true;
      readonly provider: string;
      readonly kind: string;
      readonly token: string;
      readonly mode: Mode;
      /** See {@link TokenKind.pairsWith}. */
      readonly pairsWith: readonly string[];
    }
  | { readonly ok: false; readonly why: 'unsupported-type' }
  | {
      readonly ok: false;
      readonly why: 'unusable-token';
      readonly provider: string;
      readonly reason: Unusable;
    };

export type Unusable = Exclude<Recognised, { ok: true }>['why'];

export interface Registry {
  readonly providers: readonly RegisteredProvider[];
  /** All type strings that are taken now, sorted. */
  readonly advertised: readonly string[];
  find(providerId: string): RegisteredProvider | undefined;
  /** Decides which provider a reported text belongs to. */
  route(type: string, text: string): Routed;
}

const RULE_PREFIX = 'gitleaks_rule_id_';

/** Newer analyzers name the same rules by these identifier types. */
const ALIAS_PREFIXES = ['gitlab_secret_scanner_rule_id_', 'gitlab_secrets_scanner_rule_id_'];

const DEFAULT_CONCURRENCY = 4;

/** @throws {ConfigFault} from a provider whose configuration cannot work */
export function createRegistry(
  config: RegistryConfig,
  definitions: readonly ProviderDefinition[],
  toolsFor: (providerId: string) => Tools,
): Registry {
  const providers = definitions.map((definition) => register(definition, config, toolsFor));
  const byId = new Map(providers.map((registered) => [registered.definition.id, registered]));
  const byType = new Map<string, RegisteredProvider[]>();
  for (const registered of providers) {
    for (const type of registered.types) byType.set(type, [...(byType.get(type) ?? []), registered]);
  }
  return {
    providers,
    advertised: [...byType.keys()].sort(),
    find: (providerId) => byId.get(providerId),
    route: (type, text) => route(byType.get(type) ?? [], text),
  };
}

function register(
  definition: ProviderDefinition,
  config: RegistryConfig,
  toolsFor: (providerId: string) => Tools,
): RegisteredProvider {
  const settings = (config.providers[definition.id] ?? {}) as ProviderSettings;
  const wanted = settings.enabled ?? definition.stability !== 'experimental';
  const provider = wanted ? definition.create(settings, toolsFor(definition.id)) : undefined;
  const kinds = provider?.kinds ?? [];
  const enabled = kinds.length > 0;
  return {
    definition,
    ...(provider && { provider }),
    enabled,
    types: enabled
      ? [...new Set([...kinds.flatMap(typesOf), ...ownTypes(definition.id, config)])].sort()
      : [],
    concurrency: settings.concurrency ?? definition.concurrency ?? DEFAULT_CONCURRENCY,
    maxPerHour: settings.maxPerHour ?? config.revocation.maxPerHour,
    mode: (kindId) =>
      modeOf(
        kinds.find((kind) => kind.id === kindId),
        settings.mode,
        config.revocation.mode,
      ),
  };
}

function typesOf(kind: TokenKind): readonly string[] {
  return kind.types.flatMap((type) => [type, ...aliasesOf(type)]);
}

/** The other names under which analyzers report the same rule. */
export function aliasesOf(type: string): readonly string[] {
  if (!type.startsWith(RULE_PREFIX)) return [];
  return ALIAS_PREFIXES.map((prefix) => prefix + type.slice(RULE_PREFIX.length));
}

function ownTypes(providerId: string, config: RegistryConfig): readonly string[] {
  return Object.entries(config.types).flatMap(([type, owner]) => (owner === providerId ? [type] : []));
}

/** What the operator says of the provider wins; else a kind with wider effects waits for a person. */
function modeOf(kind: TokenKind | undefined, ofProvider: Mode | undefined, ofAll: Mode): Mode {
  if (ofProvider) return ofProvider;
  return ofAll === 'revoke' && kind?.effect === 'wider' ? 'hold' : ofAll;
}

function route(candidates: readonly RegisteredProvider[], text: string): Routed {
  let unusable: Routed = { ok: false, why: 'unsupported-type' };
  for (const { definition, provider, mode } of candidates) {
    const recognised = recognise(provider?.kinds ?? [], text);
    if (recognised.ok) {
      const { kind, token } = recognised;
      const { id, pairsWith = [] } = kind;
      return { ok: true, provider: definition.id, kind: id, token, mode: mode(id), pairsWith };
    }
    if (unusable.why === 'unsupported-type') {
      unusable = { ok: false, why: 'unusable-token', provider: definition.id, reason: recognised.why };
    }
  }
  return unusable;
}
