import type { Command } from 'commander';
import type { StepResult } from '../dispatch/attempt.ts';
import type { Around } from '../dispatch/running-step.ts';
import type { TokenKind } from '../provider/provider.ts';
import { type RegisteredProvider, type Registry, withAliases } from '../provider/registry.ts';
import { heldFor } from '../words/outcome.ts';
import type { Secret } from '../words/secret.ts';
import { CommandError, type Io, printJson, printLines, readStdin } from './io.ts';

interface Options {
  readonly config?: string;
  readonly type: string;
  readonly location?: string;
  readonly dryRun?: boolean;
  readonly approve?: boolean;
  readonly json?: boolean;
}

/** A command may wait for a proof, but not for an hour. */
const MAX_VERIFICATIONS = 3;
const STEP_TIMEOUT_MS = 60_000;

export function registerRevoke(program: Command, io: Io): void {
  program
    .command('revoke')
    .description('revoke one token, read from standard input, at once and without the ledger')
    .requiredOption('--type <type>', 'type string of the token, as `quash types` lists them')
    .option('--location <url>', 'where it was found')
    .option('--dry-run', 'say which provider would revoke it, and call nothing')
    .option(
      '--approve',
      'revoke it also where that hits more than the token, or where nothing proves that its secret leaked',
    )
    .option('--json', 'print JSON')
    .action(async (_options: unknown, command: Command) => revoke(io, command.optsWithGlobals<Options>()));
}

async function revoke(io: Io, options: Options): Promise<void> {
  const { createProviders, loadSetup } = await import('./setup.ts');
  const { Secret } = await import('../words/secret.ts');
  const setup = await loadSetup(io, options.config);
  const { registry, upstream, readContext } = createProviders(setup, io);
  try {
    const routed = registry.route(options.type, await readStdin(io));
    if (!routed.ok) {
      throw new CommandError(
        routed.why === 'unsupported-type'
          ? unsupported(options.type, registry)
          : `Standard input does not hold one token of provider ${routed.provider} (${routed.reason}).`,
      );
    }
    const registered = registry.find(routed.provider);
    if (!registered) throw new CommandError(`Provider ${routed.provider} is not there.`);
    const whyNot = options.dryRun === true ? AS_ASKED : routed.mode === 'dry-run' ? IN_DRY_RUN : undefined;
    const token = new Secret(routed.token);
    const locations = options.location === undefined ? [] : [options.location];
    const readAround = async (signal: AbortSignal) => {
      const read = await readContext(locations, signal);
      return read && { ...read, known: locations.length, reports: 1 };
    };
    const work = { registered, kind: kindOf(registered, routed.kind), token, locations, readAround };
    const result = whyNot
      ? { ...WOULD_REVOKE, advice: whyNot }
      : await revokeNow(work, { approve: options.approve === true, io });
    show(io, options, routed.provider, result);
    if (!result.dead) throw new CommandError('The token is not shown to be dead.');
  } finally {
    await upstream.close();
  }
}

/** A provider that is only off, or lacks a credential, is named: most who meet this have just begun to configure it. */
function unsupported(type: string, { providers }: Registry): string {
  const taker = providers.find(
    ({ definition: { types, lastResort } }) => !lastResort && withAliases(types).includes(type),
  );
  if (!taker) return 'No enabled provider takes this type; `quash types` lists what is taken.';
  const { id, needs } = taker.definition;
  const lack = taker.provider ? `it has what it needs: ${needs}` : `providers.${id}.enabled is true`;
  return `No enabled provider takes this type; ${id} would, once ${lack}.`;
}

interface Shown {
  readonly outcome: string;
  readonly verified: boolean;
  /** Whether upstream said that the token no longer works, or that it was revoked. */
  readonly dead: boolean;
  readonly advice?: string;
  readonly evidence?: unknown;
}

const WOULD_REVOKE: Shown = { outcome: 'would-revoke', verified: false, dead: false };
const AS_ASKED = 'Nothing was done, as --dry-run was given.';
const IN_DRY_RUN =
  'Nothing was done: dry-run is the mode in the configuration. With QUASH_REVOCATION__MODE=revoke before it, or the mode of the provider, this command acts.';

function kindOf({ provider }: RegisteredProvider, id: string): TokenKind {
  const kind = provider?.kinds.find((each) => each.id === id);
  if (!kind) throw new CommandError('The provider is turned off.');
  return kind;
}

interface Work {
  readonly registered: RegisteredProvider;
  readonly kind: TokenKind;
  readonly token: Secret;
  readonly locations: readonly string[];
  readonly readAround: (signal: AbortSignal) => Promise<Around | undefined>;
}

/** Goes on until there is an end, a failure, or no proof after a while. */
async function revokeNow(
  { registered, kind, token, locations, readAround }: Work,
  { approve, io }: { readonly approve: boolean; readonly io: Io },
): Promise<Shown> {
  const { attempt, look } = await import('../dispatch/attempt.ts');
  const { originsOf, RunningStep } = await import('../dispatch/running-step.ts');
  const { verifyDelayMs } = await import('../dispatch/policy.ts');
  const { systemClock } = await import('../words/clock.ts');
  const { provider, unknownTokens } = registered;
  if (!provider) throw new CommandError('The provider is turned off.');
  const holds = registered.mode() === 'hold';
  if (holds && !approve) {
    throw new CommandError(`${heldFor('mode').advice} Give --approve to revoke it all the same.`);
  }
  const waitsFor = approve ? undefined : registered.waitsFor(kind.id);
  const mayActUnproven = approve || registered.actsUnproven(kind.id);
  let note: unknown;
  let phase: 'revoke' | 'verify' = 'revoke';
  for (let verifications = 0; ; ) {
    const signal = AbortSignal.timeout(STEP_TIMEOUT_MS);
    const context = () => readAround(signal);
    const origins = originsOf(locations);
    const step = new RunningStep({
      ...{ kind, token, note, parts: {}, signal, context, origins, mayActUnproven },
    });
    const work = { provider, token, step, phase, unknownTokens };
    const result: StepResult = await (waitsFor ? look(work, waitsFor) : attempt(work));
    note = step.remembered ?? note;
    if (result.outcome === 'continue') {
      await pause(result.afterMs, 'The provider needs another look');
      continue;
    }
    if (result.outcome === 'found') {
      const advice = `It only points to ${result.secrets.length} secrets, which stand at the location: give those themselves.`;
      return { outcome: 'found', verified: false, dead: false, advice };
    }
    if (result.outcome !== 'unproven') return toShown(result, kind);
    phase = 'verify';
    verifications += 1;
    const delayMs = verifyDelayMs(verifications, 0.5);
    if (verifications >= MAX_VERIFICATIONS || delayMs === undefined) {
      const advice =
        result.liveness === 'alive'
          ? 'The provider took the revocation, and the token still works.'
          : 'The provider took it, but shows no proof.';
      return { outcome: 'accepted', verified: false, dead: false, advice, ...shownEvidence(result) };
    }
    await pause(delayMs, 'The provider took the revocation; asking again whether the token is dead');
  }

  async function pause(ms: number, why: string): Promise<void> {
    if (ms > 0) printLines(io.stderr, [`${why} in ${Math.ceil(ms / 1000)} s.`]);
    await systemClock.sleep(ms);
  }
}

function toShown(
  result: Exclude<StepResult, { outcome: 'continue' | 'unproven' | 'found' }>,
  kind: TokenKind,
): Shown {
  switch (result.outcome) {
    case 'failed':
      throw result.failure;
    case 'revoked':
    case 'already-inactive':
      return {
        outcome: result.outcome,
        verified: result.proven,
        dead: result.proven,
        ...shownEvidence(result),
      };
    case 'refused':
      return {
        outcome: `refused: ${result.reason}`,
        verified: false,
        dead: false,
        advice: result.advice,
        ...shownEvidence(result),
      };
    case 'held': {
      const why = result.reason === 'wider' ? kind.warning : result.advice;
      const advice = `${why ?? heldFor(result.reason).advice} Give --approve to revoke it all the same.`;
      return {
        outcome: `held: ${result.reason}`,
        verified: false,
        dead: false,
        advice,
        ...shownEvidence(result),
      };
    }
    default:
      return { outcome: result.outcome, verified: false, dead: false, ...shownEvidence(result) };
  }
}

function shownEvidence(result: StepResult): Pick<Shown, 'evidence'> {
  return 'evidence' in result && result.evidence ? { evidence: result.evidence } : {};
}

function show(io: Io, options: Options, provider: string, shown: Shown): void {
  if (options.json) {
    printJson(io.stdout, { provider, type: options.type, location: options.location, ...shown });
    return;
  }
  const proof = shown.verified ? ', verified' : '';
  printLines(io.stdout, [
    `${provider}: ${shown.outcome}${proof}`,
    ...(shown.advice === undefined ? [] : [shown.advice]),
    ...(shown.evidence === undefined ? [] : [JSON.stringify(shown.evidence)]),
  ]);
}
