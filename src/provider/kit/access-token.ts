/** For vendors that exchange our credential for an access token, and count or limit the exchanges. */
import type { Clock } from '../../words/clock.ts';
import type { Secret } from '../../words/secret.ts';

export interface IssuedToken<Token = Secret> {
  readonly token: Token;
  readonly expiresInSeconds: number;
}

export interface AccessTokens<Token = Secret> {
  get(signal: AbortSignal): Promise<Token>;
  /** Call it when upstream refuses the token, so that the next call fetches a new one. */
  forget(): void;
}

/** A token is replaced this long before its end, because a call that begins with it may take that long. */
const MARGIN_MS = 60_000;

/** Keeps the access token in memory until shortly before its end. */
export function createAccessTokens<Token = Secret>(
  clock: Clock,
  issue: (signal: AbortSignal) => Promise<IssuedToken<Token>>,
): AccessTokens<Token> {
  let kept: { readonly token: Token; readonly fromMs: number; readonly untilMs: number } | undefined;
  return {
    async get(signal) {
      const now = clock.now();
      // By a clock that was set back since, nothing tells how old it is.
      if (kept && now >= kept.fromMs && now < kept.untilMs) return kept.token;
      const { token, expiresInSeconds } = await issue(signal);
      const fromMs = clock.now();
      kept = { token, fromMs, untilMs: fromMs + expiresInSeconds * 1000 - MARGIN_MS };
      return token;
    },
    forget() {
      kept = undefined;
    },
  };
}
