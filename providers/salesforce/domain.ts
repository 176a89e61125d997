/** One domain, which is one organization. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import type { Account } from '../../src/provider/kit/accounts.ts';
import { type AnswerRow, ask, emptyRow, row } from '../../src/provider/kit/answers.ts';
import { goneSinceSeen, refused, revoked } from '../../src/provider/kit/results.ts';
import { bearer, type Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

/** Nothing but that the domain takes the token. */
export const FOUND = z.literal('token');

const RESOURCES = z.object({ sobjects: z.string() });
const refusal = (...codes: readonly [string, ...string[]]) =>
  z.array(z.object({ errorCode: z.enum(codes) })).min(1);
const INVALID_SESSION = refusal('INVALID_SESSION_ID');
/** The same code, but of a session that was found: one without the right to the API, or that may not come from here. */
const NOT_FOR_API = z
  .array(
    z.object({
      errorCode: z.literal('INVALID_SESSION_ID'),
      message: z.string().startsWith('This session is not valid for use with'),
    }),
  )
  .min(1);
/** The token is taken, but may not use the API, not from here, or not any more today. */
const LIMITED = refusal(
  'API_DISABLED_FOR_ORG',
  'API_CURRENTLY_DISABLED',
  'INSUFFICIENT_ACCESS',
  'REQUEST_LIMIT_EXCEEDED',
);

const ERROR = z.object({ error: z.string() });

const FORM = /^error=(\w+)&error_description=[^&]+$/;

/**
 * A refused revocation, which Salesforce writes like a form: `error=…&error_description=…`. What calls itself JSON, and is
 * none, was cut or changed on its way.
 */
function refusedAs<const Means>(error: string, means: Means): AnswerRow<Means> {
  return {
    statuses: [400],
    read(answer) {
      const isJson = answer.header('content-type')?.includes('json');
      const said = isJson ? answer.maybeJson(ERROR)?.error : FORM.exec(answer.text.trim())?.[1];
      return said === error ? { means } : undefined;
    },
  };
}

const SESSION = refused(
  'unsupported-kind',
  'This is the session of a login, not an OAuth token: end it in Salesforce under Setup > Session Management.',
);
const NOT_PERMITTED = refused(
  'not-permitted',
  'Salesforce takes this token but does not let it be revoked: end its session under Setup > Session Management.',
);

/** Success has no content that is documented; a page or a message is somebody else's answer. */
const NOTHING = z.strictObject({});

/** By value, as whoever holds a token may. */
export async function askToRevoke(
  upstream: Upstream,
  token: Secret,
  signal: AbortSignal,
): Promise<'revoked' | 'invalid' | 'unsupported'> {
  const request = { method: 'POST', path: '/services/oauth2/revoke', form: { token }, signal } as const;
  const { means } = await ask(upstream, request, [
    row([200], NOTHING, 'revoked'),
    emptyRow([200], 'revoked'),
    refusedAs('invalid_token', 'invalid'),
    refusedAs('unsupported_token_type', 'unsupported'),
  ]);
  return means;
}

export function domainAccount(upstream: Upstream): Account<z.output<typeof FOUND>> {
  const isAlive = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const request = {
      method: 'GET',
      path: '/services/data/v60.0',
      headers: { authorization: bearer(token), accept: 'application/json' },
      signal,
    } as const;
    const { means } = await ask(upstream, request, [
      row([200], RESOURCES, true),
      row([401], NOT_FOR_API, true),
      row([401], INVALID_SESSION, false),
      row([403], LIMITED, true),
    ]);
    return means;
  };

  return {
    name: upstream.base,
    async look(token, { signal }) {
      if (!(await isAlive(token, signal))) return { state: 'absent' };
      return { state: 'alive', found: 'token', by: 'by-value' };
    },
    async revoke(_found, token, { signal }) {
      const means = await askToRevoke(upstream, token, signal);
      if (means === 'revoked') return revoked();
      if (means === 'unsupported') return SESSION;
      // It was taken just before, so the word of the revocation alone does not end it.
      return (await isAlive(token, signal)) ? NOT_PERMITTED : goneSinceSeen();
    },
  };
}
