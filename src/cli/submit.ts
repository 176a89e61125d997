import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Outcome, TypeCount } from '../submit/outcome.ts';
import type { Shown } from '../submit/plan.ts';
import type { Secret } from '../words/secret.ts';
import { CommandError, EXIT, type Io, printJson, printLines, tableLines } from './io.ts';

interface Options {
  readonly config?: string;
  readonly format?: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly locationPrefix?: string;
  readonly batchSize: number;
  readonly timeout: number;
  readonly dryRun?: boolean;
  readonly failOnUnconfigured?: boolean;
  readonly failOnUnsupported?: boolean;
  readonly json?: boolean;
}

const FORMATS = [
  ...['gitlab', 'gitleaks', 'betterleaks', 'trufflehog', 'kingfisher'],
  ...['sarif', 'noseyparker', 'ggshield', 'github'],
];
const DEFAULT_BATCH_SIZE = 200;
/** Quash lists no more refused elements of one request. */
const MAX_BATCH_SIZE = 1_000;
const DEFAULT_TIMEOUT_SECONDS = 300;

/** The command was called in a way that cannot work; nothing was sent. */
class UsageFault extends Error {}

export function registerSubmit(program: Command, io: Io): void {
  program
    .command('submit <file>')
    .description("post the tokens of a scanner's report to a running Quash; - reads standard input")
    .addOption(
      new Option('--format <format>', 'the scanner (default: seen from the content)').choices(FORMATS),
    )
    .option('--url <url>', 'address of Quash with its base path (default: $QUASH_URL)')
    .option('--token-file <file>', 'file with a token of auth.tokens, role submit (default: $QUASH_TOKEN)')
    .option(
      '--location-prefix <url>',
      "put before each file (default: the CI job's project and commit, if there is one)",
    )
    .option('--batch-size <n>', 'tokens in one request', toBatchSize, DEFAULT_BATCH_SIZE)
    .option('--timeout <seconds>', 'time for all requests and retries', toSeconds, DEFAULT_TIMEOUT_SECONDS)
    .option('--dry-run', 'ask Quash what it takes, say what would be sent, and send nothing')
    .option(
      '--fail-on-unconfigured',
      'fail with 3 when Quash could revoke a token, were its provider configured',
    )
    .option('--fail-on-unsupported', 'fail when no provider of Quash takes a token')
    .option('--json', 'print JSON')
    .addHelpText('after', EXIT_CODES)
    .action(async (file: string, _options: unknown, command: Command) => {
      try {
        await submit(io, file, command.optsWithGlobals<Options>());
      } catch (error) {
        const [{ ReportFault }, { SubmitFault }] = await Promise.all([
          import('../submit/finding.ts'),
          import('../submit/client.ts'),
        ]);
        if (error instanceof UsageFault || error instanceof ReportFault) {
          command.error(`error: ${error.message}`, { exitCode: EXIT.usage });
        }
        if (error instanceof SubmitFault) throw new CommandError(error.message);
        throw error;
      }
    });
}

const EXIT_CODES = `
Exit codes: 0 every token that this Quash takes was accepted (or there was none); 1 some were not, or are redacted, or a
part of the report is broken, or Quash was not reached; 2 wrong usage, or nothing in the report can be read; with
--fail-on-unconfigured 3 for a token whose provider is not configured.`;

async function submit(io: Io, file: string, options: Options): Promise<void> {
  const [
    report,
    location,
    context,
    client,
    plan,
    outcome,
    progress,
    { systemClock },
    { knownProviders },
    { envDispatcher },
  ] = await Promise.all([
    import('../submit/report.ts'),
    import('../submit/location.ts'),
    import('../submit/context.ts'),
    import('../submit/client.ts'),
    import('../submit/plan.ts'),
    import('../submit/outcome.ts'),
    import('../submit/progress.ts'),
    import('../words/clock.ts'),
    import('./known-providers.ts'),
    import('./env-proxy.ts'),
  ]);
  const url = addressOf(options.url ?? io.env.QUASH_URL);
  const token = await readToken(io, options.tokenFile);
  const { format, findings, faults } = report.readReport(await readBytes(io, file), options.format);
  const { providerOf, faultOf } = await knownProviders(io, options.config);
  const { say, advance, end } = progress.createProgress(io.stderr);
  if (isUnencrypted(url)) say(`${url} is not encrypted: whoever listens can read the tokens.`);
  const deadline = systemClock.now() + options.timeout * 1000;
  const dispatcher = await envDispatcher(url, io.env);
  const quash = client.createSubmitClient({
    ...{ url, token, dispatcher, clock: systemClock, deadline, onWait: say },
  });
  const advertised = await quash.types();
  const locate = location.createLocate(options.locationPrefix, io.env);
  const contextOf = context.createContextOf(resolve(io.cwd, io.env.CI_PROJECT_DIR ?? ''));
  const planned = plan.planSubmission(findings, { advertised, locate, contextOf, providerOf });
  const total = planned.submissions.length;
  const batches = options.dryRun ? [] : plan.batchesOf(planned.submissions, options.batchSize);
  const posted = await outcome.postAll(quash, batches, (done) => advance(done, total));
  end();
  const result: Outcome = {
    ...posted,
    ...(options.dryRun && { refused: outcome.refusalsOf(planned, faultOf) }),
    format,
    faults,
    findings: findings.length,
    plan: planned,
    dryRun: options.dryRun === true,
  };
  if (options.json) printJson(io.stdout, outcome.outcomeDocument(result));
  else printLines(io.stdout, linesOf(result, outcome.countTypes(result)));
  const failure = failureOf(result, options);
  if (failure !== undefined) throw failure;
}

/** What is left over for a person in the words of a person; `--json` has all of it. */
const MAX_LISTED = 50;

function linesOf(outcome: Outcome, counts: readonly TypeCount[]): readonly string[] {
  const { format, findings, plan, refused } = outcome;
  const repeated = plan.repeated > 0 ? `, ${plan.repeated} of them repeated` : '';
  const rows = counts.map(({ type, count, result }) => [type, String(count), result]);
  const faults = [
    ...outcome.faults,
    ...refused.map(({ submission, reason }) => faultLine(submission.shown, REASONS[reason] ?? reason)),
    ...plan.withoutToken.map((shown) => faultLine(shown, 'the report does not hold it; is it redacted?')),
  ];
  return [
    `${findings} findings of ${format}${repeated}.`,
    ...(rows.length > 0 ? ['', ...tableLines([['TYPE', 'TOKENS', 'RESULT'], ...rows])] : []),
    ...(faults.length > 0 ? ['', ...faults.slice(0, MAX_LISTED)] : []),
    ...(faults.length > MAX_LISTED ? [`and ${faults.length - MAX_LISTED} more; --json lists all`] : []),
  ];
}

function faultLine({ place, rule }: Shown, why: string): string {
  return `${place} (rule ${rule}): ${why}`;
}

const FOR_A_PERSON = 'Quash keeps it for a person';

const REASONS: Readonly<Record<string, string>> = {
  'no-match': `no token of this provider; ${FOR_A_PERSON}`,
  redacted: `a mask stands where the secret was; ${FOR_A_PERSON}`,
  'several-tokens': `more than one token; ${FOR_A_PERSON}`,
  'too-long': `too long for a token; ${FOR_A_PERSON}`,
  empty: 'nothing but quotes and white space',
  'no-token': 'nothing but white space',
  'no-type': "the rule's name is too long",
  'too-large': 'larger than Quash or a proxy before it takes',
  'unsupported-type': 'Quash has just stopped to take this type; send the report again',
};

/** Undefined when all is well. */
function failureOf(outcome: Outcome, options: Options): CommandError | undefined {
  const { refused, open, fault, faults, plan } = outcome;
  if (fault !== undefined) return new CommandError(`${open.length} tokens were not sent. ${fault}`);
  const failed = refused.filter(({ known }) => !known).length + plan.withoutToken.length;
  if (failed > 0) return new CommandError(`${failed} tokens were not accepted.`);
  if (faults.length > 0) return new CommandError('The report is not whole.');
  if (options.failOnUnsupported && plan.unsupported.length > 0) {
    return new CommandError(`${plan.unsupported.length} tokens are of types that no provider takes.`);
  }
  if (!options.failOnUnconfigured || plan.unconfigured.length === 0) return undefined;
  const providers = [...new Set(plan.unconfigured.map(({ provider }) => provider))].sort().join(', ');
  return new CommandError(
    `${plan.unconfigured.length} tokens could be revoked, were their providers configured: ${providers}.`,
    { exitCode: EXIT.unconfigured },
  );
}

function toBatchSize(text: string): number {
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1 && size <= MAX_BATCH_SIZE) return size;
  throw new InvalidArgumentError(`Expected a number from 1 to ${MAX_BATCH_SIZE}.`);
}

function toSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError('Expected a number of seconds above 0.');
}

/** @throws {UsageFault} */
function addressOf(text: string | undefined): string {
  if (!text) throw new UsageFault('where is Quash? Give --url or set QUASH_URL.');
  const url = /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.username === '' && url.password === '' && url.search === '' && url.hash === '') {
    return url.href.replace(/\/+$/, '');
  }
  // Not quoted: a password may stand in it.
  throw new UsageFault(
    'the address of Quash is not an http or https URL without user name, query and fragment.',
  );
}

/** Loopback does not leave the machine. */
function isUnencrypted(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

/** Never from the command line, which other users of the machine can read. @throws {UsageFault} */
async function readToken(io: Io, file: string | undefined): Promise<Secret> {
  const { Secret } = await import('../words/secret.ts');
  const { invisibleFault, secretLines } = await import('../words/invisible.ts');
  const text = file === undefined ? (io.env.QUASH_TOKEN ?? '') : await readTextOrFail(resolve(io.cwd, file));
  const [line] = secretLines(text);
  if (line === undefined) {
    throw new UsageFault(
      file === undefined ? 'no token for Quash: give --token-file or set QUASH_TOKEN.' : `${file} is empty.`,
    );
  }
  const fault = invisibleFault(line);
  if (fault !== undefined) throw new UsageFault(`${file ?? 'QUASH_TOKEN'} ${fault}.`);
  return new Secret(line);
}

async function readTextOrFail(path: string): Promise<string> {
  return new TextDecoder('utf-8').decode(await readOrFail(path));
}

async function readBytes(io: Io, file: string): Promise<Uint8Array> {
  if (file !== '-') return readOrFail(resolve(io.cwd, file));
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** @throws {UsageFault} */
async function readOrFail(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { systemCode } = await import('../config/faults.ts');
    throw new UsageFault(`${path} cannot be read (${systemCode(error)}).`);
  }
}
