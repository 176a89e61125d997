/** The internal providers of GitLab in front of a fake instance; all of it ends with the test. */
import { onTestFinished } from 'vitest';
import { type FakeGitlab, type FakeGitlabOptions, startFakeGitlab } from '../../src/fakes/gitlab.ts';
import type { FakeProjectOptions } from '../../src/fakes/gitlab-findings.ts';
import { sourceDefinitions } from '../../src/gitlab/sources.ts';
import { type SweepOrder, sweepReport } from '../../src/gitlab/sweep-order.ts';
import { guarded } from '../../src/provider/possession.ts';
import type { Gathered, RevokeResult } from '../../src/provider/provider.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { aStep } from '../support/a-step.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { TEST_VAULT } from '../support/test-keys.ts';

export const RULE = 'gitlab_personal_access_token';
const TYPE = `gitleaks_rule_id_${RULE}`;
const READ_TOKEN = ['gl', 'pat-', 'reads'.repeat(4)].join('');
const READER = 7;
export const NOW = Date.parse('2026-06-15T12:00:00.000Z');

type SweepParts = Readonly<Record<string, readonly Secret[]>>;

export interface SourceBench {
  readonly gitlab: FakeGitlab;
  readonly clock: FakeClock;
  project(path: string, options?: Partial<FakeProjectOptions>): ReturnType<FakeGitlab['addProject']>;
  /** One step on a pointer. @param text the page and the number of the project */
  readEvent(text: string): Promise<RevokeResult>;
  /** One step of a sweep, which goes on where the one before it ended. */
  sweep(order: Omit<SweepOrder, 'base'>, parts?: SweepParts): Promise<RevokeResult>;
  /** Forgets how far a sweep was. */
  readonly notes: unknown[];
  /** `METHOD path` of all calls so far. */
  asked(): string[];
}

export async function sourceBench(options: FakeGitlabOptions & { readonly scopes?: readonly string[] } = {}) {
  const { scopes = ['read_api'], ...settings } = options;
  const clock = new FakeClock(NOW);
  const gitlab = await startFakeGitlab({ now: () => clock.now(), ...settings });
  onTestFinished(gitlab.close);
  gitlab.addToken('personal', { value: READ_TOKEN, userId: READER, scopes });
  const factory = createUpstreamFactory({ timeoutMs: 5000, proxy: null, allowPrivate: ['127.0.0.1'], clock });
  onTestFinished(factory.close);
  const log = { warn: () => {}, info: () => {} };
  const tools = { upstream: (url: string) => guarded(factory.for('gitlab', url)), clock, log };
  const instances = [{ url: gitlab.url, readToken: new Secret(READ_TOKEN) }];
  const [events, sweeps] = sourceDefinitions(instances, (type) => type === TYPE).map((definition) =>
    definition.create({}, tools),
  );
  if (!events || !sweeps) throw new Error('There are two of them.');
  const notes: unknown[] = [];
  const bench: SourceBench = {
    ...{ gitlab, clock, notes },
    project: (path, more = {}) => gitlab.addProject({ path, developers: [READER], ...more }),
    readEvent: (text) => events.revoke(new Secret(text), aStep({ kind: 'vulnerability' })),
    sweep: (order, given = {}) => {
      const remember = (note: unknown) => void notes.push(JSON.parse(JSON.stringify(note)));
      const { id, sealed } = sweepReport({ base: gitlab.url, ...order }, 'test', {
        vault: TEST_VAULT,
        now: NOW,
      });
      const { token: text, parts: all } = TEST_VAULT.openMaterial(id, sealed);
      const parts = (kind?: string) => (kind === undefined ? [] : (given[kind] ?? all[kind] ?? []));
      return sweeps.revoke(text, aStep({ kind: 'sweep', note: notes.at(-1), remember, parts }));
    },
    asked: () => gitlab.calls.map(({ method, path }) => `${method} ${path}`),
  };
  return bench;
}

/** What a step found, in plain. */
export function found(result: RevokeResult): {
  readonly tokens: string[];
  readonly pointers: readonly string[];
} {
  if (result.outcome !== 'gathered') throw new Error(`It ended as ${result.outcome}.`);
  const { leaks, pointers }: Gathered = result;
  return { tokens: leaks.map(({ token }) => token.reveal()), pointers };
}
