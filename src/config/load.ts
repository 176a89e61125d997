/** Loads the configuration: defaults, then the file, then the environment. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ProviderDefinition } from '../provider/provider.ts';
import { type Environment, readEnvironment, type Setting } from './environment.ts';
import { ConfigError, type Fault, parse } from './faults.ts';
import type { FileMark } from './file-mark.ts';
import { type Config, configSchema, withCustomIds } from './schema.ts';
import { isMapping, readSecretFiles } from './secret-files.ts';
import { readYamlFile } from './yaml-file.ts';

const DEFAULT_FILE = 'quash.yaml';

export interface LoadOptions {
  /** As given by `--config`; wins over `QUASH_CONFIG`. */
  readonly file?: string | undefined;
  readonly env: Environment;
  /** What relative paths are relative to. */
  readonly cwd: string;
  readonly definitions: readonly ProviderDefinition[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** The file as the operator named it; undefined when there is none. */
  readonly source: string | undefined;
  /** There is no file, or it has no keys. */
  readonly isEmpty: boolean;
  /** By the path of a secret (`auth.tokens`): the file that it was read from, absolute. */
  readonly secretFiles: ReadonlyMap<string, string>;
  /** By each of these files: what it was like just before it was read. */
  readonly fileMarks: ReadonlyMap<string, FileMark>;
  /**
   * The same configuration, with the secrets that their files hold now: what an operator has written into the
   * configuration meanwhile, maybe half of it, takes no effect.
   * @throws {ConfigError}
   */
  reread(): LoadedConfig;
}

/**
 * Loads and validates the configuration.
 * @throws {ConfigError} with every fault that was found; none holds a value
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const source = findFile(options);
  const content = source === undefined ? {} : readYamlFile(resolve(options.cwd, source), source);
  return withSecrets(options, source, content);
}

function withSecrets(
  options: LoadOptions,
  source: string | undefined,
  content: Readonly<Record<string, unknown>>,
): LoadedConfig {
  const { env, cwd, definitions } = options;
  const schema = configSchema(definitions);
  const environment = readEnvironment(schema, env);
  const origins = new Origins(source ?? 'configuration');
  const faults: Fault[] = environment.faults.map(({ variable, message }) => ({
    source: variable,
    path: '',
    message,
  }));

  const overlaid = overlay(content, environment.settings);
  for (const { path, variable } of environment.settings) origins.comesFrom(path.join('.'), variable);
  const secrets = readSecretFiles(schema, overlaid, cwd);
  for (const fault of secrets.faults) faults.push(origins.locate(fault));
  for (const path of secrets.files.keys()) origins.standsAs(path, `${path}File`);
  const complete = sharedKeys(definitions).reduce((tree, key) => share(tree, key, origins), secrets.value);

  const unreadable = secrets.faults.map(({ path }) => path.replace(/File$/, ''));
  const parsed = parse(withCustomIds(schema, definitions, customIds(complete)), complete);
  if (!parsed.ok) {
    // A secret whose file could not be read is reported already.
    const others = parsed.faults.filter(({ path }) => !unreadable.includes(path));
    for (const { path, message } of others) faults.push(origins.locate({ path, message }));
  }
  if (!parsed.ok || faults.length > 0) throw new ConfigError(firstOfEachKey(faults));
  return {
    config: parsed.value,
    source,
    isEmpty: Object.keys(content).length === 0,
    secretFiles: secrets.files,
    fileMarks: secrets.marks,
    reread: () => withSecrets(options, source, content),
  };
}

function findFile({ file, env, cwd }: LoadOptions): string | undefined {
  const named = file ?? env.QUASH_CONFIG;
  if (named) return named;
  return existsSync(resolve(cwd, DEFAULT_FILE)) ? DEFAULT_FILE : undefined;
}

/** Puts the environment's settings over the file's. A secret wins over the same secret's file, and the reverse. */
function overlay(content: Readonly<Record<string, unknown>>, settings: readonly Setting[]): unknown {
  const paths = new Set(settings.map(({ path }) => path.join('.')));
  let result: unknown = content;
  for (const { path, value } of settings) {
    const other = siblingOf(path);
    if (!paths.has(other.join('.'))) result = replaceAt(result, other, undefined);
    result = replaceAt(result, path, value);
  }
  return result;
}

/** `auth.tokensFile` for `auth.tokens`, and the reverse. */
function siblingOf(path: readonly string[]): readonly string[] {
  const key = path.at(-1) ?? '';
  return [...path.slice(0, -1), key.endsWith('File') ? key.slice(0, -'File'.length) : `${key}File`];
}

/** A copy with the value at the path; undefined takes the key away and creates nothing. */
function replaceAt(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const mapping = isMapping(tree) ? tree : {};
  if (value === undefined && !Object.hasOwn(mapping, key)) return tree;
  const { [key]: old, ...others } = mapping;
  if (rest.length === 0 && value === undefined) return others;
  return { ...others, [key]: replaceAt(old, rest, value) };
}

interface SharedKey {
  /** Path of the general key. */
  readonly from: readonly string[];
  /** Path of the provider's key. */
  readonly own: readonly string[];
}

function sharedKeys(definitions: readonly ProviderDefinition[]): readonly SharedKey[] {
  return definitions.flatMap(({ id, sharedKeys = {} }) =>
    Object.entries(sharedKeys).map(([key, from]) => ({ from: from.split('.'), own: ['providers', id, key] })),
  );
}

/** A provider's key takes the value of a general one, unless the operator gives it by itself. */
function share(tree: unknown, { from, own }: SharedKey, origins: Origins): unknown {
  const shared = valueAt(tree, from);
  const isGiven = shared !== undefined && shared !== null && !(Array.isArray(shared) && shared.length === 0);
  if (!isGiven || valueAt(tree, own) !== undefined) return tree;
  origins.standsAs(own.join('.'), from.join('.'));
  return replaceAt(tree, own, shared);
}

function valueAt(tree: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return tree;
  return isMapping(tree) ? valueAt(tree[key], rest) : undefined;
}

function customIds(tree: unknown): readonly string[] {
  const custom = valueAt(tree, ['custom']);
  return isMapping(custom) ? Object.keys(custom) : [];
}

/** The first fault of each key, as a shared value is judged twice; and all that concern no key. */
function firstOfEachKey(faults: readonly Fault[]): readonly Fault[] {
  const keyOf = ({ source, path, message }: Fault) => JSON.stringify([source, path || message]);
  return faults.filter((fault, index) => faults.findIndex((one) => keyOf(one) === keyOf(fault)) === index);
}

/** Remembers for each path where the operator wrote its value. */
class Origins {
  readonly #fallback: string;
  readonly #variables = new Map<string, string>();
  readonly #written = new Map<string, string>();

  constructor(fallback: string) {
    this.#fallback = fallback;
  }

  comesFrom(path: string, variable: string): void {
    this.#variables.set(path, variable);
  }

  /** The value at `path` was written at `written`. */
  standsAs(path: string, written: string): void {
    this.#written.set(path, written);
  }

  locate(fault: { readonly path: string; readonly message: string }): Fault {
    const path = this.#asWritten(fault.path);
    const variable = prefixes(path).find((prefix) => this.#variables.has(prefix)) ?? '';
    return { source: this.#variables.get(variable) ?? this.#fallback, path, message: fault.message };
  }

  #asWritten(path: string): string {
    for (const prefix of prefixes(path)) {
      const written = this.#written.get(prefix);
      if (written !== undefined) return this.#asWritten(written + path.slice(prefix.length));
    }
    return path;
  }
}

/** `a.b[0].c`, `a.b[0]`, `a.b`, `a`. */
function prefixes(path: string): readonly string[] {
  const cuts = [...path.matchAll(/[.[]/g)].map((match) => match.index);
  return [path, ...cuts.reverse().map((index) => path.slice(0, index))];
}
