/** Quash in the process of the test, with one provider: `quash revoke`, `quash check`, and one step of `serve`. */
import { join } from 'node:path';
import { main } from '../../src/cli/main.ts';
import { createProviders, loadSetup } from '../../src/cli/setup.ts';
import { attempt, look, type StepResult } from '../../src/dispatch/attempt.ts';
import { RunningStep } from '../../src/dispatch/running-step.ts';
import type { Phase } from '../../src/ledger/entry.ts';
import type { ProviderDefinition } from '../../src/provider/provider.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { Secret } from '../../src/words/secret.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { newFolder } from '../support/run-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';

export interface QuashOptions {
  readonly definition: ProviderDefinition;
  /** The provider's keys in the configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Of the whole configuration, by the names of their variables. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Revocation {
  readonly outcome: string;
  readonly verified: boolean;
  readonly advice?: string;
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** What the command prints as JSON; the message of its failure as `outcome` where it prints none. */
export async function quashRevoke(
  options: QuashOptions,
  token: string,
  { type, approve = false }: { readonly type: string; readonly approve?: boolean },
): Promise<Revocation> {
  const args = ['revoke', '--json', '--type', type, ...(approve ? ['--approve'] : [])];
  const { out, err } = await run(options, args, token);
  return out === '' ? { outcome: err, verified: false } : JSON.parse(out);
}

/** The lines of `quash check --online` about the provider. */
export async function quashCheck(options: QuashOptions): Promise<readonly string[]> {
  const { out } = await run(options, ['check', '--online'], '');
  return out.split('\n').filter((line) => line.includes(` ${options.definition.id}: `));
}

export interface QuashStep {
  readonly kind: string;
  /** What the step before has left, see {@link EndedQuashStep}. */
  readonly note?: unknown;
  /** The other halves of the same report, by kind. */
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  readonly mayActUnproven?: boolean;
  readonly phase?: Phase | 'look';
}

export interface EndedQuashStep {
  readonly result: StepResult;
  readonly note: unknown;
}

/** One step of `serve` on an entry, whose storage is the test. */
export async function quashStep(
  options: QuashOptions,
  text: string,
  { kind: id, note, parts = {}, mayActUnproven = false, phase = 'revoke' }: QuashStep,
): Promise<EndedQuashStep> {
  const io = ioOf(options, newFolder(), '');
  const { registry, upstream } = createProviders(await loadSetup(io, undefined), { cwd: io.cwd });
  try {
    const { provider, unknownTokens = 'attention' } = registry.find(options.definition.id) ?? {};
    const kind = provider?.kinds.find((each) => each.id === id);
    if (!provider || !kind) throw new Error(`There is no kind ${id} with this configuration.`);
    const token = new Secret(text);
    const step = new RunningStep({
      ...{ kind, token, note, mayActUnproven },
      parts: Object.fromEntries(
        Object.entries(parts).map(([partner, texts]) => [partner, texts.map((each) => new Secret(each))]),
      ),
      signal: AbortSignal.timeout(PATIENCE_MS),
      context: async () => undefined,
    });
    const work = { provider, token, step, unknownTokens, phase: phase === 'look' ? 'revoke' : phase };
    const result = await (phase === 'look' ? look(work, 'wider') : attempt(work));
    return { result, note: step.remembered ?? note };
  } finally {
    await upstream.close();
  }
}

interface ListedEntry {
  readonly state: string;
  readonly outcome: { readonly kind: string; readonly verified: boolean };
}

/** The whole service with all its providers, on SQLite. Ends with the running test. */
export async function startServe(env: Readonly<Record<string, string>>) {
  const cwd = temporaryFolder();
  const { apiUrl, adminUrl } = await startQuashHere({
    cwd,
    env: {
      QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_ADMIN__TOKENS: ADMIN,
      ...env,
    },
  });
  return {
    /** As GitLab does. */
    async report(elements: readonly object[]): Promise<void> {
      const answer = await fetch(`${apiUrl}/v1/revoke_tokens`, {
        method: 'POST',
        headers: { authorization: PRE_SHARED, 'content-type': 'application/json' },
        body: JSON.stringify(elements),
      });
      if (answer.status !== 204) throw new Error(`It answered ${answer.status}.`);
    },
    async entries(): Promise<readonly ListedEntry[]> {
      const headers = { authorization: `Bearer ${ADMIN}` };
      const answer = await fetch(`${adminUrl}/api/revocations`, { headers });
      return ((await answer.json()) as { entries: ListedEntry[] }).entries;
    },
  };
}

async function run(options: QuashOptions, args: readonly string[], input: string) {
  const io = ioOf(options, newFolder(), input);
  await createKeys(join(io.cwd, 'keys.json'));
  let out = '';
  let err = '';
  await main(args, {
    ...io,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { out, err };
}

function ioOf({ definition, config, env }: QuashOptions, cwd: string, input: string) {
  const silent = { write: () => true };
  return {
    ...{ stdout: silent, stderr: silent, cwd },
    stdin: (async function* () {
      yield input;
    })(),
    env: {
      QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
      QUASH_LEDGER__KEYSFILE: join(cwd, 'keys.json'),
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
      ...env,
      ...variablesOf(definition.id, config),
    },
    definitions: async () => [definition],
  };
}

function variablesOf(id: string, config: QuashOptions['config']): Record<string, string> {
  const prefix = `QUASH_PROVIDERS__${id.toUpperCase().replaceAll('-', '_')}`;
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      `${prefix}__${key.toUpperCase()}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
