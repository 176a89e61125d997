import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { ConfigError } from '../config/faults.ts';
import type { Config } from '../config/schema.ts';
import { SignInFault } from '../openid/fault.ts';
import type { OpenId } from '../openid/openid.ts';
import type { Registry } from '../provider/registry.ts';
import { secretsIn } from '../words/secret.ts';
import { FaultsFound, messageOf } from './failure.ts';
import { CommandError, type Io, printJson, printLines, tableLines } from './io.ts';
import type { ReadyProviders, Setup } from './setup.ts';

const CHECK_TIMEOUT_MS = 10_000;

interface Check {
  readonly name: string;
  /** Null when it cannot be told. */
  readonly ok: boolean | null;
  /** With `ok`, it works and something is wrong all the same. */
  readonly advice?: string;
}

const CANNOT_BE_ASKED = 'It has a credential, but no way to ask whether that works.';

/** A check makes no ledger and migrates none. */
const BEFORE_A_START = {
  makes:
    'There is none at ledger.url, and the next start makes an empty one. Where there should be one, correct ledger.url or bring it back from a backup first.',
  remakes:
    'Some of its partitions are empty, and the next start makes these anew: they were emptied, or its first start was stopped before it had made all. Where they should have entries, bring them back from a backup first.',
  migrates:
    'An earlier version wrote it. The next start brings it into the form of this one, and no earlier version opens it then: back it up first.',
} as const;
const UNBEGUN = 'There is none yet; the first start makes it, and its key file.';

interface Options {
  readonly config?: string;
  readonly online?: boolean;
  readonly json?: boolean;
}

export function registerCheck(program: Command, io: Io): void {
  program
    .command('check')
    .description('validate the configuration and print the effective one')
    .option('--online', 'also ask the ledger and every provider whether our credentials work')
    .option('--json', 'print JSON')
    .action(async (_options: unknown, command: Command) => {
      try {
        await check(io, command.optsWithGlobals<Options>());
      } catch (error) {
        throw error instanceof ConfigError ? new FaultsFound(error.faults) : error;
      }
    });
}

async function check(io: Io, options: Options): Promise<void> {
  const { createProviders, loadSetup } = await import('./setup.ts');
  const { presentable } = await import('../config/presentable.ts');
  const { callerWarning } = await import('./first-run.ts');
  const { unusedKeys } = await import('../config/unused-keys.ts');
  const { tryPort } = await import('../server/port.ts');
  const setup = await loadSetup(io, options.config);
  for (const section of ['listen', 'admin'] as const) await tryPort({ section, ...setup.config[section] });
  const providers = createProviders(setup, io);
  try {
    const checks = options.online ? await checkOnline(providers, setup, io) : [];
    const advice = callerWarning(setup.config, io.cwd);
    const warnings = [
      ...(advice === undefined ? [] : [advice]),
      ...unusedKeys(setup.config, providers.registry),
    ];
    if (options.json) printJson(io.stdout, { config: presentable(setup.config), checks, warnings });
    else await print(io, setup, checks);
    printLines(
      io.stderr,
      warnings.map((sentence) => `Warning: ${sentence}`),
    );
    const failed = checks.filter(({ ok }) => ok === false).length;
    if (failed > 0) throw new CommandError(`${failed} of ${checks.length} checks failed.`);
  } finally {
    await providers.upstream.close();
  }
}

/** Of the many providers those alone that are set otherwise than by default. */
function changed(providers: Config['providers'], defaults: Config['providers']): Config['providers'] {
  return Object.fromEntries(
    Object.entries(providers).filter(([id, keys]) => !isDeepStrictEqual(keys, defaults[id])),
  );
}

async function print(io: Io, { config, definitions }: Setup, checks: readonly Check[]): Promise<void> {
  const { stringify } = await import('yaml');
  const { presentable } = await import('../config/presentable.ts');
  const { configSchema } = await import('../config/schema.ts');
  const providers = changed(config.providers, configSchema(definitions).parse({}).providers);
  io.stdout.write(stringify(presentable({ ...config, providers })));
  const leftOut = definitions.length - Object.keys(providers).length;
  if (leftOut > 0)
    printLines(io.stdout, [`# ${leftOut} providers have their defaults; --json shows them, too.`]);
  if (checks.length === 0) return;
  const lines = io.stdout.isTTY
    ? tableLines([['', 'ASKED', 'ADVICE'], ...checks.map(checkRow)])
    : checks.map(checkLine);
  printLines(io.stdout, ['', ...lines]);
}

function checkRow({ name, ok, advice = '' }: Check): readonly string[] {
  return [wordOf({ ok, advice }), name, advice];
}

function checkLine({ name, ok, advice = '' }: Check): string {
  const line = `${wordOf({ ok, advice }).padEnd(7)} ${name}`;
  return advice === '' ? line : `${line}: ${advice}`;
}

function wordOf({ ok, advice = '' }: Omit<Check, 'name'>): string {
  if (ok === null) return 'unknown';
  if (!ok) return 'FAILED';
  return advice === '' ? 'ok' : 'WARNING';
}

async function checkOnline(
  { registry, openid }: ReadyProviders,
  setup: Setup,
  io: Io,
): Promise<readonly Check[]> {
  const results = await Promise.all([
    checkLedger(setup, io),
    checkSignIn(openid),
    ...checkProviders(registry, setup),
  ]);
  return results.flat();
}

async function checkLedger({ config }: Setup, io: Io): Promise<readonly Check[]> {
  const { loadKeys } = await import('../vault/keys.ts');
  const { lookAtLedger, openLedger } = await import('../open-ledger.ts');
  const { Vault } = await import('../vault/seal.ts');
  const { isUnbegun } = await import('./first-run.ts');
  if (isUnbegun(config, io.cwd)) return [{ name: 'ledger', ok: null, advice: UNBEGUN }];
  const warnings: string[] = [];
  try {
    const keys = await loadKeys(resolve(io.cwd, config.ledger.keysFile), (sentence) =>
      warnings.push(sentence),
    );
    const look = await lookAtLedger(config.ledger);
    if (look.start !== 'opens') {
      warnings.push(BEFORE_A_START[look.start], ...look.warnings);
      return [{ name: 'ledger', ok: true, advice: warnings.join(' ') }];
    }
    const { ledger, close } = await openLedger(config.ledger, new Vault(keys));
    try {
      await ledger.ping();
      warnings.push(...(await ledger.warnings()));
    } finally {
      await close();
    }
  } catch (error) {
    return [{ name: 'ledger', ok: false, advice: messageOf(error) }];
  }
  // A warning is worth reading, but Quash works.
  const advice = warnings.join(' ');
  return [{ name: 'ledger', ok: true, ...(advice && { advice }) }];
}

async function checkSignIn(openid: OpenId | undefined): Promise<readonly Check[]> {
  if (!openid) return [];
  try {
    await openid.check();
    return [{ name: 'admin.oidc', ok: true }];
  } catch (error) {
    const advice = error instanceof SignInFault ? error.detail : messageOf(error);
    return [{ name: 'admin.oidc', ok: false, advice }];
  }
}

/** A provider that needs no credential of ours has nothing to be asked. */
function checkProviders(registry: Registry, setup: Setup): readonly Promise<readonly Check[]>[] {
  return registry.providers.map(async ({ definition: { id }, provider, enabled }) => {
    if (!provider || !enabled) return [];
    const check = provider.check?.bind(provider);
    if (!check) return hasCredential(setup, id) ? [{ name: id, ok: null, advice: CANNOT_BE_ASKED }] : [];
    try {
      const checks = await withinTime(check);
      if (checks === undefined) return [{ name: id, ok: false, advice: 'It did not answer in time.' }];
      return checks.map((one) => ({ ...one, name: `${id}: ${one.name}` }));
    } catch (error) {
      return [{ name: id, ok: false, advice: messageOf(error) }];
    }
  });
}

function hasCredential({ config }: Setup, id: string): boolean {
  return !secretsIn([config.providers[id], config.custom[id]]).next().done;
}

/** @returns undefined when it is not done in time, also when it does not heed the signal */
async function withinTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const expired = new Promise<undefined>((done) => {
    signal.addEventListener('abort', () => done(undefined), { once: true });
  });
  return Promise.race([work(signal), expired]);
}
