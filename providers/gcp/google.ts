/** The hosts of Google that are talked to, and our own credential there. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { refused } from '../../src/provider/kit/results.ts';
import type { ProviderLog, Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import type { Secret } from '../../src/words/secret.ts';
import type { ServiceAccountKey } from './key-file.ts';
import { type Minted, mint, TOKEN_HOST } from './token.ts';

/** Who Quash acts as. */
export interface Operator {
  /** For the operator. */
  readonly name: string;
  /** Of the key that it acts by, which may leak. */
  readonly keyId?: string;
  /** @throws {Failure} */
  accessToken(signal: AbortSignal): Promise<Secret>;
}

export interface Google {
  readonly iam: Upstream;
  readonly apiKeys: Upstream;
  readonly operator: Operator | undefined;
  readonly clock: Clock;
  readonly log: ProviderLog;
  /** @param token as which the key leaked */
  mint(key: ServiceAccountKey, token: Secret, signal: AbortSignal): Promise<Minted>;
  /** Of the operator's service account. @throws {Failure} */
  accessToken(signal: AbortSignal): Promise<Secret>;
}

/** The body of every error of Google's APIs; without it the answer is somebody else's. */
export const GOOGLE_ERROR = z.object({ error: z.object({ code: z.int(), status: z.string() }) });

const NOT_ENABLED_ERROR = z.object({
  error: z.object({
    details: z.array(z.unknown()).refine((all) => all.some((each) => DISABLED.safeParse(each).success)),
  }),
});
const DISABLED = z.looseObject({ reason: z.literal('SERVICE_DISABLED') });

/** Google says it with 403, as of a right that is missing: https://cloud.google.com/apis/design/errors#error_info */
export const NOT_ENABLED = refused(
  'not-permitted',
  'Google wants its IAM API, and for API keys its API Keys API, turned on in the project of the service account of Quash: do so and retry, or end the key by hand.',
);

export function isNotEnabled(answer: Answer): boolean {
  return answer.status === 403 && answer.maybeJson(NOT_ENABLED_ERROR) !== undefined;
}

export function createGoogle(operator: Operator | undefined, { upstream, clock, log }: Tools): Google {
  const tokens = upstream(TOKEN_HOST);
  return {
    iam: upstream('https://iam.googleapis.com'),
    apiKeys: upstream('https://apikeys.googleapis.com'),
    operator,
    ...{ clock, log },
    mint: (key, token, signal) => mint(key, tokens, clock, { signal, byRightOf: token }),
    async accessToken(signal) {
      if (!operator) throw new Failure('misconfigured', { target: tokens.base });
      return operator.accessToken(signal);
    },
  };
}
