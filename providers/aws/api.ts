/** The calls to IAM and STS in each partition of AWS. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { credentialFailure, unexpected } from '../../src/provider/kit/results.ts';
import type { Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type AwsCredentials, signedHeaders } from './sign.ts';

/** All that the public reaches; the isolated ones have networks of their own, where a call of ours would not arrive. */
export const PARTITIONS = ['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc'] as const;
export type Partition = (typeof PARTITIONS)[number];
type Service = 'iam' | 'sts';

const ENDPOINTS: Readonly<Record<Partition, Readonly<Record<Service, { host: string; region: string }>>>> = {
  aws: {
    iam: { host: 'iam.amazonaws.com', region: 'us-east-1' },
    sts: { host: 'sts.amazonaws.com', region: 'us-east-1' },
  },
  'aws-cn': {
    iam: { host: 'iam.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' },
    sts: { host: 'sts.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' },
  },
  'aws-us-gov': {
    iam: { host: 'iam.us-gov.amazonaws.com', region: 'us-gov-west-1' },
    sts: { host: 'sts.us-gov-west-1.amazonaws.com', region: 'us-gov-west-1' },
  },
  'aws-eusc': {
    iam: { host: 'iam.eusc-de-east-1.amazonaws.eu', region: 'eusc-de-east-1' },
    sts: { host: 'sts.eusc-de-east-1.amazonaws.eu', region: 'eusc-de-east-1' },
  },
};

const VERSIONS: Readonly<Record<Service, string>> = { iam: '2010-05-08', sts: '2011-06-15' };

/** Everything is a POST; these change nothing. */
const READS: ReadonlySet<string> = new Set([
  'AssumeRole',
  'AssumeRoleWithWebIdentity',
  'GetAccessKeyInfo',
  'GetAccessKeyLastUsed',
  'GetCallerIdentity',
  'ListAccessKeys',
  'ListServiceSpecificCredentials',
]);

/** An answer of AWS; `error` is the code of an error, undefined for a success. */
export interface Reply {
  readonly upstream: Upstream;
  readonly answer: Answer;
  readonly error: string | undefined;
}

export interface Caller {
  readonly partition: Partition;
  readonly credentials: AwsCredentials;
}

/** For the calls that carry what proves the caller. */
interface Unsigned {
  readonly partition: Partition;
  readonly credentials?: undefined;
}

export type Call = (
  caller: Caller | Unsigned,
  service: Service,
  form: Readonly<Record<string, string | Secret>> & { readonly Action: string },
  signal: AbortSignal,
) => Promise<Reply>;

const JSON_ERROR = z.object({ Error: z.object({ Code: z.string() }) });
/** An error that AWS sends before it has read our `Accept` header. Whole: one that was cut on its way says nothing. */
const XML_ERROR =
  /^\s*<ErrorResponse xmlns="https:\/\/(?:iam|sts)\.amazonaws\.com\/doc\/[\d-]+\/">\s*<Error>\s*(?:<Type>\w+<\/Type>\s*)?<Code>(?<code>\w+)<\/Code>[\s\S]*<\/ErrorResponse>\s*$/;
const THROTTLES: ReadonlySet<string> = new Set(['Throttling', 'ThrottlingException', 'RequestLimitExceeded']);
const REFUSALS: ReadonlySet<string> = new Set([
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  // Of the token in AssumeRoleWithWebIdentity.
  'ExpiredTokenException',
  'InvalidIdentityToken',
]);
/** Said with the code of a wrong signature, of any key, when our time is some minutes off. */
const WRONG_TIME = /Signature (?:expired|not yet current): /;
/** AWS could not ask the issuer of such a token for its keys. */
const UNAVAILABLE = 'IDPCommunicationError';

/** @returns a function that throws {@link Failure} for every answer that AWS itself did not give */
export function createCall({ upstream: clientFor, clock }: Tools): Call {
  return async ({ partition, credentials }, service, fields, signal) => {
    const { host, region } = ENDPOINTS[partition][service];
    const upstream = clientFor(`https://${host}`);
    const form = { ...fields, Version: VERSIONS[service] };
    const signed =
      credentials && (await signedHeaders({ host, region, service, form }, credentials, clock.now()));
    const headers = { ...signed, accept: 'application/json' };
    const statuses = [200, 400, 403, 404];
    const answer = await upstream.request({
      method: 'POST',
      path: '/',
      headers,
      form,
      statuses,
      signal,
      ...(credentials && { byRightOf: credentials.secretAccessKey }),
      ...(READS.has(fields.Action) && { readOnly: true }),
    });
    if (answer.status === 200) return { upstream, answer, error: undefined };
    const error = errorOf(answer);
    if (error === undefined) throw unexpected(upstream, answer);
    const { status } = answer;
    if (THROTTLES.has(error)) throw new Failure('throttled', { target: upstream.base, status });
    if (WRONG_TIME.test(answer.text)) throw new Failure('wrong-clock', { target: upstream.base, status });
    if (error === UNAVAILABLE) throw new Failure('unavailable', { target: upstream.base, status });
    return { upstream, answer, error };
  };
}

function errorOf(answer: Answer): string | undefined {
  return answer.maybeJson(JSON_ERROR)?.Error.Code ?? XML_ERROR.exec(answer.text)?.groups?.code;
}

/**
 * The reply to a call with our own credential.
 * @param known errors that the caller understands
 * @throws {Failure} for all others
 */
export function ours(reply: Reply, known: readonly string[] = []): Reply {
  const { upstream, answer, error } = reply;
  if (error === undefined || known.includes(error)) return reply;
  if (REFUSALS.has(error)) throw credentialFailure(upstream, { ...answer, status: 401 });
  if (error === 'AccessDenied') throw credentialFailure(upstream, { ...answer, status: 403 });
  throw unexpected(upstream, answer);
}

/** Unpacks `{"XResponse":{"XResult":...}}`. @throws {Failure} when it does not fit */
export function resultOf<T>({ upstream, answer }: Reply, action: string, schema: z.core.$ZodType<T>): T {
  const shape = z.object({ [`${action}Response`]: z.object({ [`${action}Result`]: schema }) });
  const result = answer.json(shape)[`${action}Response`]?.[`${action}Result`];
  if (result === undefined) throw unexpected(upstream, answer);
  return result;
}
