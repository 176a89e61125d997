/**
 * Who Quash acts as: the service account of a key, an external account, or that of the machine or Pod that it runs on; and
 * another service account by one of these.
 *
 * Docs: https://cloud.google.com/compute/docs/access/authenticate-workloads#applications,
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken; checked
 * 2026-11-28.
 *
 * - Google's own package for this weighs more than these calls, and has an HTTP client past proxy, limits and guard.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { createAccessTokens, type IssuedToken } from '../../src/provider/kit/access-token.ts';
import { credentialFailure, unexpected } from '../../src/provider/kit/results.ts';
import { secondsUntil } from '../../src/provider/kit/server-time.ts';
import { ConfigFault, type Tools } from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Workload } from '../../src/provider/workload.ts';
import { Secret } from '../../src/words/secret.ts';
import type { GcpConfig } from './config.ts';
import { parseExternalAccount, SCOPE, STS } from './external-account.ts';
import { GOOGLE_ERROR, type Operator } from './google.ts';
import { PUBLIC_UNIVERSE, parseKey } from './key-file.ts';
import { mint, TOKEN_HOST } from './token.ts';

const METADATA = 'http://169.254.169.254';
const IMPERSONATION = 'https://iamcredentials.googleapis.com';
const ISSUED = z.object({ access_token: z.string(), expires_in: z.number() });
const IMPERSONATED = z.object({ accessToken: z.string(), expireTime: z.iso.datetime() });

/** @returns undefined when none is configured. @throws {ConfigFault} */
export function operatorOf(
  { credentials, workloadIdentity, impersonate }: GcpConfig,
  tools: Tools,
): Operator | undefined {
  if (credentials && workloadIdentity) {
    throw new ConfigFault(['workloadIdentity'], 'expected false where there are credentials');
  }
  const own = credentials ? byCredentials(credentials, tools) : byMetadata(workloadIdentity, tools);
  if (!own && impersonate) {
    throw new ConfigFault(['impersonate'], 'expected credentials or workloadIdentity to do so by');
  }
  const email = impersonate ?? own?.impersonate;
  return own && email !== undefined ? acting(own, email, tools) : own;
}

interface Own extends Operator {
  readonly impersonate?: string | undefined;
}

function byCredentials(text: Secret, tools: Tools): Own {
  const key = parseKey(text);
  if (key && key.universe === PUBLIC_UNIVERSE) {
    const tokens = tools.upstream(TOKEN_HOST);
    return {
      name: key.email,
      keyId: key.keyId,
      async accessToken(signal) {
        const minted = await mint(key, tokens, tools.clock, { signal });
        if (minted.state === 'token') return minted.accessToken;
        const code = minted.state === 'clock' ? 'wrong-clock' : 'credential-refused';
        throw new Failure(code, { target: tokens.base });
      },
    };
  }
  const account = parseExternalAccount(text);
  if (!account) {
    const expected = 'the JSON key of a service account, or an external account whose token is in a file';
    throw new ConfigFault(['credentials'], `expected ${expected}`);
  }
  const { audience: name, impersonate, exchange } = account;
  const sts = tools.upstream(STS);
  const accessToken = kept(tools, (signal) => exchange(sts, workloadOf(tools), signal));
  return { name, impersonate, accessToken };
}

function byMetadata(isWanted: boolean, tools: Tools): Own | undefined {
  if (!isWanted) return undefined;
  const accessToken = kept(tools, async (signal) => {
    const metadata = workloadOf(tools).metadata(METADATA);
    const answer = await metadata.request({
      method: 'GET',
      path: '/computeMetadata/v1/instance/service-accounts/default/token',
      headers: { 'metadata-flavor': 'Google' },
      statuses: [200, 403, 404],
      signal,
    });
    // Whatever else answers at this address gives no token of Google's.
    if (answer.header('metadata-flavor') !== 'Google') throw unexpected(metadata, answer);
    const { status } = answer;
    if (status !== 200) throw new Failure('misconfigured', { target: metadata.base, status });
    const { access_token, expires_in } = answer.json(ISSUED);
    return { token: new Secret(access_token), expiresInSeconds: expires_in };
  });
  return { name: 'Google Cloud workload identity', accessToken };
}

/** One service account by another's leave. */
function acting({ keyId, accessToken }: Own, email: string, tools: Tools): Operator {
  const upstream = tools.upstream(IMPERSONATION);
  const impersonated = kept(tools, async (signal) => {
    const answer = await upstream.request({
      method: 'POST',
      path: `/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
      headers: { authorization: bearer(await accessToken(signal)) },
      json: { scope: [SCOPE], lifetime: '3600s' },
      statuses: [200, 401, 403, 404],
      readOnly: true,
      signal,
    });
    if (answer.status !== 200) {
      answer.json(GOOGLE_ERROR);
      if (answer.status !== 404) throw credentialFailure(upstream, answer);
      throw new Failure('misconfigured', { target: upstream.base, status: 404 });
    }
    const { accessToken: token, expireTime } = answer.json(IMPERSONATED);
    const expiresInSeconds = secondsUntil(expireTime, answer, tools.clock);
    return { token: new Secret(token), expiresInSeconds };
  });
  return { name: email, ...(keyId !== undefined && { keyId }), accessToken: impersonated };
}

function kept({ clock }: Tools, issue: (signal: AbortSignal) => Promise<IssuedToken>) {
  return createAccessTokens(clock, issue).get;
}

function workloadOf({ workload }: Tools): Workload {
  if (!workload) throw new Failure('misconfigured');
  return workload;
}
