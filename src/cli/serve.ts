import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../config/schema.ts';
import type { Role, Service } from '../service.ts';
import type { Keys } from '../vault/keys.ts';
import { systemClock } from '../words/clock.ts';
import { messageOf } from './failure.ts';
import type { Prepared } from './first-run.ts';
import { CommandError, EXIT, type Io, printLines } from './io.ts';
import { Reloads } from './reloads.ts';
import type { ReadyProviders, Setup } from './setup.ts';

/** What the service works by. */
interface InForce {
  readonly setup: Setup;
  readonly keys: Keys;
  /** Where the keys and tokens in use were found. */
  readonly ledger: Config['ledger'];
}

interface Options {
  readonly config?: string;
  readonly role: Role;
  readonly grace: number;
}

/** Below Kubernetes' usual 30 s, so that the process ends by itself. */
const DEFAULT_GRACE_SECONDS = 25;
/** Longer than a timer can wait, it would end at once. */
const MAX_GRACE_SECONDS = 2_000_000;

export function registerServe(program: Command, io: Io): void {
  program
    .command('serve')
    .description('take reports from GitLab and revoke the tokens in them')
    .addOption(
      new Option('--role <role>', 'what this process does').choices(['all', 'api', 'worker']).default('all'),
    )
    .option(
      '--grace <seconds>',
      'time for what is in hand when told to stop',
      toSeconds,
      DEFAULT_GRACE_SECONDS,
    )
    .action(async (_options: unknown, command: Command) => run(io, command.optsWithGlobals<Options>()));
}

function toSeconds(text: string): number {
  const seconds = Number(text);
  // Nothing, as of a variable that is not set, would be no time at all.
  if (text.trim() === '' || !(seconds >= 0 && seconds <= MAX_GRACE_SECONDS))
    throw new InvalidArgumentError(`Expected a number of seconds from 0 to ${MAX_GRACE_SECONDS}.`);
  return seconds;
}

async function run(io: Io, options: Options): Promise<void> {
  // Registered before any slow work: the first process of a container gets only the signals that it listens to.
  const stopped = stopSignal();
  // What is read now may have been changed since: it is read anew once there is something to reload.
  let isStale = false;
  const onEarlySignal = () => {
    isStale = true;
  };
  process.on('SIGHUP', onEarlySignal);
  const [
    { createProviders, loadSetup },
    { callerWarning, lostTokenFile, prepare },
    { providerLog, upstreamLog },
    { startService },
    { startTelemetry },
    { watchSecrets },
  ] = await Promise.all([
    import('./setup.ts'),
    import('./first-run.ts'),
    import('./provider-events.ts'),
    import('../service.ts'),
    import('./telemetry.ts'),
    import('./secret-watch.ts'),
  ]);
  const setup = await loadSetup(io, options.config);
  const { observe, metrics, tracing, scrubber } = await startTelemetry(io, setup.config);
  // The runtime would print the error's message, which may quote the data that was being processed.
  process.on('uncaughtException', (error) => {
    observe({ type: 'internal-error', error });
    process.exit(1);
  });
  const providersOf = (of: typeof setup) =>
    createProviders(of, {
      cwd: io.cwd,
      env: io.env,
      log: providerLog(observe),
      onRequest: upstreamLog(observe),
      tracer: tracing,
    });
  const warn = (message: string) => observe({ type: 'ledger-warning', message });

  const providers = providersOf(setup);
  const prepared = await prepare(setup.config, io.cwd, warn);
  const advice = callerWarning(setup.config, io.cwd);
  if (advice !== undefined) observe({ type: 'config-warning', message: advice });
  const { config, keys } = prepared;
  scrubber.keep(config);
  const started = startService({
    ...{ config, providers, keys, role: options.role },
    ...{ observe, metrics, tracer: tracing, watch: scrubber.watch },
  });
  const reloads = new Reloads<InForce>({ setup, keys, ledger: config.ledger }, (error) =>
    observe({ type: 'reload-failed', message: messageOf(error) }),
  );
  const reload = (load: (inForce: InForce) => Promise<Setup> | Setup, keysToKeep?: 'those-in-force') =>
    reloads.next(async (inForce) => {
      const service = await started;
      const next = await load(inForce);
      const gone = lostTokenFile(prepared, next.config);
      if (gone !== undefined) throw new CommandError(`${gone} is gone; only a start makes a new token.`);
      const ledger = ledgerInUse(inForce.ledger, next.config.ledger);
      const fresh = await prepare({ ...next.config, ledger }, io.cwd, warn);
      const keys = keysToKeep ? inForce.keys : fresh.keys;
      scrubber.keep(fresh.config);
      await service.reload({
        ...fresh,
        config: { ...fresh.config, ledger: next.config.ledger },
        keys,
        providers: providersOf(next),
      });
      secrets.expect(marksOf(next, fresh));
      return { setup: next, keys, ledger };
    });
  const onSignal = () =>
    reload(async (inForce) => {
      const next = await loadSetup(io, options.config);
      // Somebody is writing it, or it was lost: with the defaults a dry run would be over.
      if (next.isEmpty && !inForce.setup.isEmpty)
        throw new CommandError(`${inForce.setup.source} is gone or empty now; to use the defaults, restart.`);
      return next;
    });
  process.on('SIGHUP', onSignal);
  process.off('SIGHUP', onEarlySignal);
  if (isStale) void onSignal();
  const watching = new AbortController();
  const secrets = watchSecrets(systemClock, watching.signal, async (file) => {
    observe({ type: 'secret-file-changed', file });
    // All replicas have to know a new key before one of them seals with it: that is for the operator to say.
    await reload(({ setup }) => ({ ...setup, ...setup.reread() }), 'those-in-force');
  });
  secrets.expect(marksOf(setup, prepared));
  try {
    const service = await startedInTime(started, stopped, options.grace * 1000);
    if (service === undefined) {
      observe({ type: 'stopping', signal: await stopped });
      // What it waits for, such as a Redis that does not answer, would keep the process alive.
      process.exit(EXIT.done);
    }
    if (prepared.gitlabTokenFile !== undefined) {
      const { settingsLines } = await import('./gitlab-settings.ts');
      const lines = prepared.isFirst
        ? [
            ...welcome(prepared, service),
            ...firstSteps(config, providers),
            '',
            ...settingsLines(setup, io, {}),
          ]
        : [
            `${modeLine(config, providers)} The tokens that Quash made are in ${dirname(prepared.gitlabTokenFile)}; ${HOW_TO_CONNECT}`,
          ];
      printLines(io.stderr, lines);
    }
    observe({ type: 'stopping', signal: await stopped });
    await service.stop(options.grace * 1000);
    await tracing.stop();
  } finally {
    watching.abort();
    process.off('SIGHUP', onSignal);
  }
}

/**
 * A ledger elsewhere is opened by the next start, which makes there what it needs. Until then its place says nothing of
 * where the keys and tokens in use are.
 */
function ledgerInUse(inUse: Config['ledger'], next: Config['ledger']): Config['ledger'] {
  return inUse.url === next.url ? next : inUse;
}

/** Of all files that a secret was read from. */
function marksOf(...read: readonly Pick<Setup, 'fileMarks'>[]): Setup['fileMarks'] {
  return new Map(read.flatMap(({ fileMarks }) => [...fileMarks]));
}

/** @returns undefined when it is told to stop and has not started within the grace period */
async function startedInTime(
  started: Promise<Service>,
  stopped: Promise<string>,
  graceMs: number,
): Promise<Service | undefined> {
  const decided = new AbortController();
  const waited = () => delay(graceMs, undefined, { signal: decided.signal }).catch(() => undefined);
  try {
    return await Promise.race([started, stopped.then(waited)]);
  } finally {
    decided.abort();
  }
}

/** The first signal ends in good order, a second one at once. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let told = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (told) process.exit(1);
      told = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

const HOW_TO_CONNECT = '`npx quash gitlab-settings --url URL` prints how to connect GitLab.';

function welcome(
  { gitlabTokenFile = '', submitTokenFile, adminTokenFile }: Prepared,
  { apiUrl, adminUrl }: { apiUrl: string | undefined; adminUrl: string },
): readonly string[] {
  return [
    '',
    `Quash takes reports at ${apiUrl ?? '(not in this role)'} and shows its dashboard at ${adminUrl}.`,
    `The token for GitLab is in ${gitlabTokenFile}`,
    ...(submitTokenFile === undefined
      ? []
      : [`The token for CI jobs (quash submit) is in ${submitTokenFile}`]),
    ...(adminTokenFile === undefined ? [] : [`The admin token is in ${adminTokenFile}`]),
    HOW_TO_CONNECT,
  ];
}

/** Whoever tries it with real tokens has to know that it acts. */
function firstSteps(config: Setup['config'], providers: ReadyProviders): readonly string[] {
  const advice = config.revocation.mode === 'revoke' ? ' Set revocation.mode to dry-run to look first.' : '';
  return [
    modeLine(config, providers) + advice,
    ...(config.gitlab.instances.length > 0
      ? []
      : ['Name your GitLab in gitlab.instances: until then its tokens are looked up at https://gitlab.com.']),
  ];
}

function modeLine({ revocation: { mode } }: Setup['config'], { registry }: ReadyProviders): string {
  const on = registry.providers.filter(({ enabled, definition }) => enabled && !definition.internal).length;
  return `The mode is ${mode}, and ${on} providers are on.`;
}
