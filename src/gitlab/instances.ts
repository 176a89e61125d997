/** The instances that Quash reads findings from, and how it keeps to what they bear. */
import { Failure } from '../provider/failure.ts';
import type { GatheredLeak, Tools } from '../provider/provider.ts';
import type { Answer } from '../provider/upstream.ts';
import type { Clock } from '../words/clock.ts';
import { msUntil } from '../words/http-date.ts';
import type { Secret } from '../words/secret.ts';
import { createFindings, type Findings } from './findings.ts';
import { baseOf } from './pointer.ts';
import { locationOf, type SecretFinding } from './secret-finding.ts';

export interface SourceInstance {
  readonly url: string;
  /** Without it nothing is read here. */
  readonly readToken?: Secret | undefined;
}

export interface Source {
  readonly base: string;
  readonly findings: Findings;
  readonly allowance: Allowance;
}

export function createSources(
  instances: readonly SourceInstance[],
  { upstream, clock }: Pick<Tools, 'upstream' | 'clock'>,
): readonly Source[] {
  return instances.flatMap(({ url, readToken }) => {
    if (!readToken) return [];
    const allowance = new Allowance(clock);
    const findings = createFindings(upstream(url), readToken, (answer) => allowance.note(answer));
    return [{ base: baseOf(url), findings, allowance }];
  });
}

/** This part of GitLab's limit is left to others who call with the same token or from the same address. */
const LEFT_TO_OTHERS = 0.25;

/**
 * What GitLab's answers say of its limit: `RateLimit-Limit`, `RateLimit-Remaining`, and `RateLimit-Reset` in seconds
 * since the epoch. Docs: https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/
 */
class Allowance {
  readonly #clock: Clock;
  #resetAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(answer: Pick<Answer, 'header'>): void {
    const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
      Number(answer.header(`ratelimit-${name}`) ?? Number.NaN),
    ) as [number, number, number];
    const now = this.#clock.now();
    const header = (name: string) => answer.header(name);
    if (remaining < limit * LEFT_TO_OTHERS && Number.isFinite(reset)) {
      this.#resetAt = now + msUntil(reset * 1000, header, now);
    } else if (remaining >= 0) this.#resetAt = 0;
  }

  /** For how long nothing more should be asked that can wait, in milliseconds. */
  get restMs(): number {
    return Math.max(0, this.#resetAt - this.#clock.now());
  }
}

/** The secret of a finding, read where GitLab keeps it, else in its file. */
export async function leakOf(
  { base, findings }: Source,
  finding: SecretFinding,
  signal: AbortSignal,
): Promise<GatheredLeak | undefined> {
  const { type, vulnerability, text } = finding;
  const token = text ?? (await findings.lines(finding, signal));
  return token && { type, token, location: locationOf(base, finding), vulnerability };
}

/** What is wrong with one of several instances must not hold up the others. */
export function failureFor(sources: readonly Source[], error: unknown): unknown {
  return error instanceof Failure && sources.length > 1 ? error.ofEntry() : error;
}
