/** The GitLab provider in front of fake instances that keep state; all of them end with the test. */
import { onTestFinished } from 'vitest';
import { gitlab } from '../../providers/gitlab/index.ts';
import { type FakeGitlab, type FakeGitlabOptions, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { FakeTokenKind } from '../../src/fakes/gitlab-tokens.ts';
import type { UnknownTokens } from '../../src/provider/death.ts';
import { Failure } from '../../src/provider/failure.ts';
import { guarded } from '../../src/provider/possession.ts';
import type { Provider } from '../../src/provider/provider.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { runStep, type StepOptions, stepOf } from '../contract/provider-suite.ts';
import { FakeClock } from './fake-clock.ts';

export const ADMIN = ['gl', 'pat-', 'Adm1'.repeat(5)].join('');

/** Of all clocks here. */
export const NOW = Date.parse('2026-06-15T12:00:00.000Z');

export interface Gitlab extends FakeGitlab {
  /** `METHOD path` of all calls so far. */
  readonly asked: () => string[];
}

export async function startGitlab(options: FakeGitlabOptions = {}): Promise<Gitlab> {
  const fake = await startFakeGitlab({ adminToken: ADMIN, now: () => NOW, ...options });
  onTestFinished(fake.close);
  return { ...fake, asked: () => fake.calls.map(({ method, path }) => `${method} ${path}`) };
}

export interface Bench {
  readonly provider: Provider;
  readonly clock: FakeClock;
  readonly unknownTokens: UnknownTokens;
  readonly logged: unknown[];
}

export function benchFor(config: unknown, unknownTokens: UnknownTokens = 'attention'): Bench {
  const clock = new FakeClock(NOW);
  const logged: unknown[] = [];
  const factory = createUpstreamFactory({ timeoutMs: 5000, proxy: null, allowPrivate: ['127.0.0.1'], clock });
  onTestFinished(factory.close);
  const log = (event: string, fields?: unknown) => void logged.push({ event, fields });
  const tools = {
    upstream: (url: string) => guarded(factory.for('gitlab', url)),
    clock,
    log: { warn: log, info: log },
  };
  const provider = gitlab.create(gitlab.config.parse(config), tools);
  return { provider, clock, unknownTokens, logged };
}

export const withAdmin = (...fakes: FakeGitlab[]) =>
  benchFor({ instances: fakes.map(({ url }) => ({ url, adminToken: ADMIN })) });
export const withoutAdmin = (...fakes: FakeGitlab[]) =>
  benchFor({ instances: fakes.map(({ url }) => ({ url })) });

const KIND_IDS: Readonly<Record<FakeTokenKind, string>> = {
  personal: 'personal-access-token',
  deploy: 'deploy-token',
  feed: 'feed-token',
  'oauth-secret': 'oauth-secret',
  agent: 'agent-token',
  runner: 'runner',
  'legacy-runner': 'legacy-runner',
  'runner-registration': 'runner-registration-token',
  trigger: 'trigger-token',
  job: 'job-token',
  'feature-flag-client': 'feature-flag-client',
  session: 'session',
  'incoming-mail': 'incoming-mail-token',
  scim: 'scim-token',
};

/** Revokes and verifies as the dispatcher does. */
export async function revoke(
  bench: Bench,
  kind: FakeTokenKind,
  leaked: string,
  notes: unknown[] = [],
  more: Partial<StepOptions> = {},
) {
  const options = { kind: KIND_IDS[kind], notes, ...more };
  const { result, verified, liveness } = await runStep(bench, new Secret(leaked), options);
  return { ...result, verified, ...(liveness && { liveness }) };
}

export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Failure)) throw new Error('Expected a failure.');
  return error;
}

export function liveness(bench: Bench, kind: FakeTokenKind, leaked: string, note?: unknown) {
  const token = new Secret(leaked);
  const step = stepOf(bench.provider, token, {
    kind: KIND_IDS[kind],
    notes: note === undefined ? [] : [note],
  });
  return bench.provider.verify?.(token, step);
}
