/**
 * A profile of the files that AWS's own tools share: a key, or a role with a web identity. A profile of another sort is an
 * error rather than passed over: the next source may be somebody else.
 *
 * Docs: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html; checked 2026-11-28.
 */
import { Failure } from '../../src/provider/failure.ts';
import type { Workload } from '../../src/provider/workload.ts';
import { Secret } from '../../src/words/secret.ts';
import type { AwsCredentials } from './sign.ts';

export interface WebIdentity {
  readonly role: string;
  readonly tokenFile: string;
}

/** @returns undefined when no profile is meant, and there is none of the name `default` */
export async function profileOf(
  workload: Workload,
): Promise<{ readonly key: AwsCredentials } | WebIdentity | undefined> {
  const { variable } = workload;
  const named = variable('AWS_PROFILE');
  const name = named ?? 'default';
  const home = variable('HOME');
  const inHome = (file: string) => (home === undefined ? undefined : `${home}/.aws/${file}`);
  const credentials = variable('AWS_SHARED_CREDENTIALS_FILE') ?? inHome('credentials');
  const config = variable('AWS_CONFIG_FILE') ?? inHome('config');
  const keys = {
    ...(await section(config, name === 'default' ? name : `profile ${name}`, workload)),
    ...(await section(credentials, name, workload)),
  };
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secret, aws_session_token: session } = keys;
  const { role_arn: role, web_identity_token_file: tokenFile } = keys;
  if (role && tokenFile) return { role, tokenFile };
  if (accessKeyId && secret && !role) {
    const sessionToken = session ? new Secret(session) : undefined;
    return { key: { accessKeyId, secretAccessKey: new Secret(secret), sessionToken } };
  }
  if (named === undefined && !OTHER_SORTS.some((key) => key in keys)) return undefined;
  throw new Failure('misconfigured', { target: 'AWS_PROFILE' });
}

const OTHER_SORTS = ['role_arn', 'sso_session', 'sso_account_id', 'credential_process', 'login_session'];

/** Empty where there is no such file or section. */
async function section(
  path: string | undefined,
  name: string,
  { file }: Workload,
): Promise<Readonly<Record<string, string>>> {
  if (path === undefined) return {};
  const text = await file(path).catch((error: unknown) => {
    if (error instanceof Failure && error.cause === 'ENOENT') return new Secret('');
    throw error;
  });
  const entries: [string, string][] = [];
  let isIn = false;
  for (const line of text.reveal().split(/\r?\n/)) {
    const heading = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (heading !== undefined) isIn = heading.replace(/\s+/g, ' ') === name;
    const [, key, value] = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isIn && key && value) entries.push([key.toLowerCase(), value]);
  }
  return Object.fromEntries(entries);
}
