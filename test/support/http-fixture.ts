import { onTestFinished } from 'vitest';
import { type AppOptions, createApp } from '../../src/http/app.ts';
import { BodyParser } from '../../src/http/body.ts';
import { type HookInstance, Hooks, TakenDeliveries } from '../../src/http/hooks.ts';
import type { HttpSettings } from '../../src/http/settings.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { createLimits, type LimitSettings } from '../../src/server/limits.ts';
import type { ReporterRole } from '../../src/words/caller.ts';
import { type Clock, systemClock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';
import { createShareOf } from '../../src/words/share.ts';
import { authenticatorFor } from './callers.ts';
import { type FakeProvider, type FakeRegistryOptions, fakeProvider, fakeRegistry } from './fake-provider.ts';
import { sqliteFile } from './sqlite-file.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { TEST_VAULT } from './test-keys.ts';

export const TOKEN = 'pre-shared-token-of-the-tests';
export const SUBMIT_TOKEN = 'token-of-a-ci-job-of-the-tests';
export const OTHER_TOKEN = 'second-pre-shared-token-of-the-tests';

export interface HttpFixtureOptions {
  readonly host?: string;
  readonly basePath?: string;
  readonly limits?: Partial<LimitSettings>;
  readonly settings?: Partial<
    Pick<
      HttpSettings,
      'bodyBytes' | 'backlog' | 'ignores' | 'onInvalidItem' | 'overrideOf' | 'reverifyAfterMs'
    >
  >;
  readonly registry?: FakeRegistryOptions;
  readonly hooks?: readonly HookInstance[];
  readonly ledger?: (real: Ledger) => Ledger;
  readonly verify?: FakeProvider['verify'];
  readonly kind?: FakeProvider['kind'];
  readonly clock?: Clock;
}

/** The API over a real SQLite ledger and a fake provider; nothing is dispatched. */
export function httpFixture(options: HttpFixtureOptions = {}) {
  const vault = TEST_VAULT;
  const real = openSqliteLedger({ path: sqliteFile(temporaryFolder()), vault });
  const ledger = options.ledger?.(real) ?? real;
  const parser = new BodyParser();
  const events: QuashEvent[] = [];
  const fake: FakeProvider = fakeProvider();
  fake.verify = options.verify;
  fake.kind = options.kind ?? {};
  const limits = {
    requestsPerMinute: 600,
    tokensPerMinute: 100_000,
    failedAuthPerMinute: 30,
    ...options.limits,
  };
  const settings: HttpSettings = {
    registry: fakeRegistry([fake], options.registry),
    authenticator: authenticatorFor<ReporterRole>([
      { token: new Secret(TOKEN), role: 'gitlab' },
      { token: new Secret(OTHER_TOKEN), role: 'gitlab' },
      { token: new Secret(SUBMIT_TOKEN), role: 'submit', name: 'ci' },
    ]),
    limits: createLimits(limits),
    hooks: new Hooks(options.hooks ?? [], (secret) => vault.fingerprint('caller', secret)),
    bodyBytes: 64 * 1024 * 1024,
    backlog: 1_000_000,
    onInvalidItem: 'accept-valid',
    reverifyAfterMs: 24 * 3_600_000,
    overrideOf: () => null,
    shareOf: createShareOf(['https://gitlab.example.com']),
    ignores: () => undefined,
    ...options.settings,
  };
  const appOptions: AppOptions = {
    host: options.host ?? '127.0.0.1',
    basePath: options.basePath ?? '',
    settings: () => settings,
    ledger,
    vault,
    parser,
    deliveries: new TakenDeliveries(undefined),
    clock: options.clock ?? systemClock,
    observe: (event) => events.push(event),
  };
  const app = createApp(appOptions);
  onTestFinished(async () => {
    await parser.close();
    await real.close();
  });
  const headers = { authorization: TOKEN, 'content-type': 'application/json' };
  const post = (body: unknown, more: Record<string, string> = {}) =>
    app.request('/v1/revoke_tokens', {
      method: 'POST',
      headers: { ...headers, ...more },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const { clock, observe } = appOptions;
  return { app, ledger: real, vault, events, fake, headers, post, settings, clock, observe };
}
