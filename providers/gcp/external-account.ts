/**
 * Workload identity federation: a token of the platform is exchanged for one of Google.
 *
 * Docs: https://google.aip.dev/auth/4117, https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token; checked
 * 2026-11-28.
 *
 * - Of the file's addresses only those of Google's public cloud are taken, and they are not called as they stand there.
 * - The platform's token has to be in a file: other sources are calls to hosts that the file names, or programs.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { IssuedToken } from '../../src/provider/kit/access-token.ts';
import { type AnswerRow, ask, row } from '../../src/provider/kit/answers.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Workload } from '../../src/provider/workload.ts';
import { Secret } from '../../src/words/secret.ts';

export const STS = 'https://sts.googleapis.com';
export const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

const IMPERSONATION =
  /^https:\/\/iamcredentials\.googleapis\.com\/v1\/projects\/-\/serviceAccounts\/([a-z0-9-]{1,63}@[a-z0-9.-]{1,200}\.gserviceaccount\.com):generateAccessToken$/;

const FILE = z.object({
  type: z.literal('external_account'),
  audience: z.string().min(1),
  subject_token_type: z.string().min(1),
  token_url: z.literal(`${STS}/v1/token`),
  service_account_impersonation_url: z.string().regex(IMPERSONATION).optional(),
  credential_source: z.object({
    file: z.string().min(1),
    format: z
      .discriminatedUnion('type', [
        z.object({ type: z.literal('text') }),
        z.object({ type: z.literal('json'), subject_token_field_name: z.string().min(1) }),
      ])
      .default({ type: 'text' }),
  }),
});

export interface ExternalAccount {
  readonly audience: string;
  /** The service account that the file says to act as. */
  readonly impersonate: string | undefined;
  exchange(sts: Upstream, workload: Workload, signal: AbortSignal): Promise<IssuedToken>;
}

/** @param text JSON; @returns undefined when it is no such file */
export function parseExternalAccount(text: Secret): ExternalAccount | undefined {
  const file = FILE.safeParse(jsonOf(text.reveal())).data;
  if (!file) return undefined;
  const { audience, subject_token_type, service_account_impersonation_url: url, credential_source } = file;
  return {
    audience,
    impersonate: IMPERSONATION.exec(url ?? '')?.[1],
    async exchange(sts, workload, signal) {
      const subject_token = await subjectToken(credential_source, workload);
      const form = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        ...{ audience, scope: SCOPE, subject_token_type, subject_token },
      };
      const request = { method: 'POST', path: '/v1/token', form, readOnly: true, signal } as const;
      const { means, answer } = await ask<AnswerRow<IssuedToken | undefined>>(sts, request, [
        row([200], ISSUED, ({ access_token, expires_in }) => ({
          token: new Secret(access_token),
          expiresInSeconds: expires_in,
        })),
        row([400, 401, 403], REFUSED, undefined),
      ]);
      if (means) return means;
      throw new Failure('credential-refused', { target: sts.base, status: answer.status });
    },
  };
}

const ISSUED = z.object({ access_token: z.string(), expires_in: z.number() });
const REFUSED = z.object({ error: z.string() });

async function subjectToken(
  { file, format }: z.output<typeof FILE>['credential_source'],
  workload: Workload,
): Promise<Secret> {
  const content = await workload.file(file);
  if (format.type === 'text') return content;
  const field = format.subject_token_field_name;
  const token = z.looseObject({ [field]: z.string() }).safeParse(jsonOf(content.reveal())).data?.[field];
  if (typeof token !== 'string') throw new Failure('misconfigured', { target: file });
  return new Secret(token);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
