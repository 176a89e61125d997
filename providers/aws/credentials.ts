/**
 * What signs for the operator: a key of the configuration, or what AWS gives to the workload that Quash is. That is looked
 * for in the order of AWS's own tools: environment, web identity, profile, container, instance.
 *
 * Docs: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html,
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html; checked 2026-11-28.
 */
import { Failure } from '../../src/provider/failure.ts';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { serverTime } from '../../src/provider/kit/server-time.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Workload } from '../../src/provider/workload.ts';
import { Secret } from '../../src/words/secret.ts';
import { type Call, ours, type Partition, resultOf } from './api.ts';
import type { AwsConfig } from './config.ts';
import { type Issued, issuedOf, SESSION } from './issued.ts';
import { containerUri, fromContainer, fromInstance } from './metadata.ts';
import { profileOf, type WebIdentity } from './profile.ts';
import type { AwsCredentials } from './sign.ts';

export interface Credentials {
  /** @throws {Failure} */
  get(signal: AbortSignal): Promise<AwsCredentials>;
  /** The key that would work on if it leaked, where there is one; calls nobody. */
  longTerm(): Promise<AwsCredentials | undefined>;
  /** Asks anew the next time, as AWS has refused what {@link get} gave. */
  forget(): void;
}

/** Found without a call: a key, or who issues one. */
type Source = { readonly key: AwsCredentials } | { issue(signal: AbortSignal): Promise<Issued> };

/** @returns undefined when the configuration has no key */
export function fixedKey({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: AwsConfig['accounts'][number]): Credentials | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined;
  const key = { accessKeyId, secretAccessKey, sessionToken };
  return { get: async () => key, longTerm: async () => key, forget() {} };
}

export function ofWorkload(partition: Partition, call: Call, { workload, clock }: Tools): Credentials {
  const assumed = async ({ role, tokenFile }: WebIdentity, { file }: Workload, signal: AbortSignal) => {
    const Action = 'AssumeRoleWithWebIdentity';
    const WebIdentityToken = await file(tokenFile);
    const form = { Action, RoleArn: role, RoleSessionName: 'quash', WebIdentityToken };
    const reply = ours(await call({ partition }, 'sts', form, signal));
    return issuedOf(resultOf(reply, Action, SESSION).Credentials, serverTime(reply.answer, clock));
  };

  const source = async (): Promise<Source> => {
    if (!workload) throw new Failure('misconfigured');
    const found = keyOf(workload) ?? webIdentityOf(workload) ?? (await profileOf(workload));
    if (found && 'key' in found) return found;
    if (found) return { issue: (signal) => assumed(found, workload, signal) };
    const uri = containerUri(workload);
    return {
      issue: (signal) =>
        uri === undefined
          ? fromInstance(workload, clock, signal)
          : fromContainer(uri, workload, clock, signal),
    };
  };

  const kept = createAccessTokens<AwsCredentials>(clock, async (signal) => {
    const found = await source();
    return 'key' in found ? { token: found.key, expiresInSeconds: 0 } : found.issue(signal);
  });
  const longTerm = async () => {
    const found = await source();
    return 'key' in found ? found.key : undefined;
  };
  return { ...kept, longTerm };
}

function keyOf({ variable }: Workload): { readonly key: AwsCredentials } | undefined {
  const [accessKeyId, secret] = [variable('AWS_ACCESS_KEY_ID'), variable('AWS_SECRET_ACCESS_KEY')];
  if (!accessKeyId || !secret) return undefined;
  const session = variable('AWS_SESSION_TOKEN');
  const sessionToken = session === undefined ? undefined : new Secret(session);
  return { key: { accessKeyId, secretAccessKey: new Secret(secret), sessionToken } };
}

function webIdentityOf({ variable }: Workload): WebIdentity | undefined {
  const [role, tokenFile] = [variable('AWS_ROLE_ARN'), variable('AWS_WEB_IDENTITY_TOKEN_FILE')];
  return role && tokenFile ? { role, tokenFile } : undefined;
}
