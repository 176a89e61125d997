import { attempt, type StepResult } from '../../src/dispatch/attempt.ts';
import { type Around, RunningStep } from '../../src/dispatch/running-step.ts';
import type { UnknownTokens } from '../../src/provider/death.ts';
import { Failure } from '../../src/provider/failure.ts';
import { sparingOwn } from '../../src/provider/own-credential.ts';
import { acting, guarded } from '../../src/provider/possession.ts';
import type {
  Liveness,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Tools,
} from '../../src/provider/provider.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import type { Subject } from '../../src/words/subject.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type FakePlatform, fakeWorkload } from '../support/fake-workload.ts';
import { TEST_PATIENCE_MS } from '../support/patience.ts';
import { socketlessUpstream } from '../support/scripted-connections.ts';
import { type Exchange, type RecordedRequest, startScriptedUpstream } from '../support/scripted-upstream.ts';

/** Of the event loop, before time goes on: a call without a socket takes one. */
export const TURNS_WITHOUT_SOCKETS = 5;

/** A provider on the real upstream client, and the upstream that it talks to. */
export interface ProviderBench {
  readonly provider: Provider;
  readonly unknownTokens: UnknownTokens;
  readonly clock: FakeClock;
  readonly requests: readonly RecordedRequest[];
  /** What the provider logged. */
  readonly records: readonly unknown[];
  /** @throws {Error} when the calls were not those of the script */
  verify(): void;
  /** From now on nothing answers. */
  failUpstream(): void;
  close(): Promise<void>;
}

/** For a provider's own cases too; `close` it in the end. */
export async function startBench<Config>(
  definition: ProviderDefinition<Config>,
  config: (baseUrl: string) => unknown,
  exchanges: readonly Exchange[],
  options: {
    readonly timeoutMs?: number;
    readonly onRequest?: () => void;
    /** What Quash runs on; its metadata services are played like any host. */
    readonly platform?: FakePlatform;
    /** Whether a server plays the script; else it is played below the client, which a provider sees no difference in. */
    readonly overSockets?: boolean;
  } = {},
): Promise<ProviderBench> {
  const { overSockets = false } = options;
  const start = overSockets ? startScriptedUpstream : socketlessUpstream;
  const upstream = await start(exchanges, options);
  const clock = new FakeClock(undefined, overSockets ? undefined : TURNS_WITHOUT_SOCKETS);
  const records: unknown[] = [];
  const factory = createUpstreamFactory({
    timeoutMs: options.timeoutMs ?? TEST_PATIENCE_MS,
    proxy: null,
    allowPrivate: ['127.0.0.1'],
    // What Quash runs on is played with the rest.
    metadataServices: [],
    clock,
    ...(upstream.connections && { connections: upstream.connections }),
  });
  const log = (event: string, fields?: unknown): void => {
    records.push({ event, fields });
  };
  const { own, unknownTokens } = settingsOf(definition, config(upstream.url));
  const clientOf = (baseUrl: string) => guarded(factory.for(definition.id, onBench(baseUrl, upstream.url)));
  const tools: Tools = {
    upstream: clientOf,
    workload: fakeWorkload(options.platform, clientOf),
    clock,
    log: { warn: log, info: log },
  };
  const provider = sparingOwn(definition.create(own, tools), own, tools.log);
  return {
    provider,
    unknownTokens,
    clock,
    requests: upstream.requests,
    records,
    verify: upstream.verify,
    failUpstream: upstream.fail,
    async close() {
      // The client is closed first: otherwise it could call the port after another process has taken it.
      await factory.close();
      await upstream.close();
    },
  };
}

/** The provider's own keys, parsed, and those that every provider has and the core acts on. */
export function settingsOf<Config>(
  { config }: Pick<ProviderDefinition<Config>, 'config'>,
  written: unknown,
): { readonly own: Config; readonly unknownTokens: UnknownTokens } {
  const {
    unknownTokens,
    unproven: _,
    ...own
  } = written as { unknownTokens?: UnknownTokens; unproven?: string };
  // An adapter that has the key of its own reads it, too.
  const parsed = config.safeParse(written);
  return {
    own: parsed.success ? parsed.data : config.parse(own),
    unknownTokens: unknownTokens ?? 'attention',
  };
}

/**
 * The scripted upstream plays all hosts of a provider: `https://api.example.com/v1` becomes the path prefix
 * `/api.example.com/v1` on it. What the configuration points to the bench stays as it is.
 */
function onBench(baseUrl: string, benchUrl: string): string {
  if (baseUrl.startsWith(benchUrl)) return baseUrl;
  const { host, pathname } = new URL(baseUrl);
  return `${benchUrl}/${host}${pathname}`;
}

export interface StepOptions {
  readonly kind: string;
  readonly signal?: AbortSignal;
  /** Takes what the provider remembers; its last element is the note of the next call. */
  readonly notes?: unknown[];
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  readonly context?: string;
  readonly origins?: readonly string[];
  readonly mayActUnproven?: boolean;
}

export interface EndedStep {
  /** What was told of the token. */
  readonly subject?: Subject | undefined;
  readonly result: Exclude<StepResult, { outcome: 'continue' | 'unproven' | 'failed' | 'aborted' }>;
  /** Shown to be dead. */
  readonly verified: boolean;
  readonly liveness?: Liveness;
}

/** Longest chain of `continue` that a script may have. */
const MAX_CALLS = 50;

/**
 * Does what the dispatcher does with an entry, by the dispatcher's own means: revokes, goes on while the provider asks
 * for it, then verifies once.
 * @throws whatever the step fails with, and {@link Failure} `still-active` when the token survived
 */
export async function runStep(
  {
    provider,
    clock,
    unknownTokens = 'attention',
  }: Pick<ProviderBench, 'provider' | 'clock'> & Partial<Pick<ProviderBench, 'unknownTokens'>>,
  token: Secret,
  options: StepOptions,
): Promise<EndedStep> {
  const { notes = [] } = options;
  for (let call = 0; call < MAX_CALLS; call++) {
    const step = stepOf(provider, token, { ...options, notes });
    const result = await attempt({ provider, token, step, phase: 'revoke', unknownTokens });
    if (step.remembered !== undefined) notes.push(JSON.parse(JSON.stringify(step.remembered)));
    switch (result.outcome) {
      case 'continue':
        await clock.advance(result.afterMs);
        continue;
      case 'aborted':
        throw step.signal.reason;
      case 'failed':
        throw result.failure.code === 'internal' && result.failure.cause
          ? result.failure.cause
          : result.failure;
      case 'unproven': {
        const { liveness, evidence } = result;
        if (liveness === 'alive') throw new Failure('still-active');
        const took = step.took ?? 'accepted';
        const taken =
          took === 'accepted' ? ({ outcome: took } as const) : ({ outcome: took, proven: false } as const);
        const { subject } = step;
        return { result: { ...taken, ...(evidence && { evidence }) }, verified: false, liveness, subject };
      }
      default: {
        const verified = 'proven' in result && result.proven;
        // Judged by the vendor's answer, also when the proof came by a later look.
        const told =
          step.took === 'accepted' && verified ? { ...result, outcome: 'accepted' as const } : result;
        const { subject } = step;
        return {
          result: told,
          verified,
          subject,
          ...(step.took && verified && { liveness: 'dead' as const }),
        };
      }
    }
  }
  throw new Error(`The provider asked to go on ${MAX_CALLS} times.`);
}

/** A batch, as the dispatcher hands it over. */
export function revokeTogether(
  { batch }: Pick<Provider, 'batch'>,
  items: readonly { readonly token: Secret; readonly step: RunningStep }[],
): Promise<readonly (RevokeResult | Error)[]> {
  if (!batch) throw new Error('The provider takes no batches.');
  const permits = items.map(({ step }) => step.permit);
  return acting(permits, () => batch.revoke(items, new AbortController().signal));
}

/** A step as the dispatcher makes it; what an earlier one left is the last of the notes. */
export function stepOf(
  { kinds }: Pick<Provider, 'kinds'>,
  token: Secret,
  { kind: id, signal, notes = [], parts = {}, context, origins = [], mayActUnproven = false }: StepOptions,
): RunningStep {
  const kind = kinds.find((each) => each.id === id);
  if (!kind) throw new Error(`The provider has no kind ${id} with this configuration.`);
  return new RunningStep({
    kind,
    token,
    note: notes.at(-1),
    parts: Object.fromEntries(
      Object.entries(parts).map(([partner, texts]) => [partner, texts.map((text) => new Secret(text))]),
    ),
    signal: signal ?? new AbortController().signal,
    context: async () => (context === undefined ? undefined : aroundOf(context)),
    origins,
    mayActUnproven,
  });
}

/** As it is read at a single place. */
function aroundOf(text: string): Around {
  return { places: [{ location: '', text: new Secret(text) }], unread: 0, known: 1, reports: 1 };
}
