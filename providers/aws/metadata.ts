/**
 * The credentials of a task of ECS, a Pod of EKS and an instance of EC2.
 *
 * Docs: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html,
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html; checked 2026-11-28.
 *
 * - The instance is asked by IMDSv2 alone.
 * - `AWS_CONTAINER_CREDENTIALS_FULL_URI` may lead to the known addresses only, to no other host and to no loopback port.
 */

import { Failure } from '../../src/provider/failure.ts';
import { serverTime } from '../../src/provider/kit/server-time.ts';
import type { Answer, Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { METADATA_SERVICES, type Workload } from '../../src/provider/workload.ts';
import type { Clock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';
import { type Issued, issuedOf, METADATA } from './issued.ts';

const ECS = 'http://169.254.170.2';
const EC2 = { IPv4: 'http://169.254.169.254', IPv6: 'http://[fd00:ec2::254]' } as const;
const ROLES = '/latest/meta-data/iam/security-credentials/';
const ROLE = /^[\w+=,.@-]{1,64}$/;

/** @returns undefined outside of containers */
export function containerUri({ variable }: Workload): string | undefined {
  const relative = variable('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');
  return relative === undefined ? variable('AWS_CONTAINER_CREDENTIALS_FULL_URI') : ECS + relative;
}

export async function fromContainer(
  uri: string,
  workload: Workload,
  clock: Clock,
  signal: AbortSignal,
): Promise<Issued> {
  const url = URL.parse(uri);
  const origin = METADATA_SERVICES.find((each) => each === url?.origin);
  if (!url || !origin) throw new Failure('misconfigured', { target: 'AWS_CONTAINER_CREDENTIALS_FULL_URI' });
  const upstream = workload.metadata(origin);
  const authorization = await authorizationOf(workload);
  const answer = await asked(upstream, {
    method: 'GET',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    ...(authorization && { headers: { authorization } }),
    signal,
  });
  return issuedOf(answer.json(METADATA), serverTime(answer, clock));
}

/** The file is replaced from time to time. */
async function authorizationOf({ variable, file }: Workload): Promise<Secret | undefined> {
  const path = variable('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE');
  if (path !== undefined) return file(path);
  const token = variable('AWS_CONTAINER_AUTHORIZATION_TOKEN');
  return token === undefined ? undefined : new Secret(token);
}

export async function fromInstance(workload: Workload, clock: Clock, signal: AbortSignal): Promise<Issued> {
  const { variable } = workload;
  const isOff = variable('AWS_EC2_METADATA_DISABLED')?.toLowerCase() === 'true';
  if (isOff) throw new Failure('misconfigured', { target: 'AWS_EC2_METADATA_DISABLED' });
  const isIpv6 = variable('AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE')?.toLowerCase() === 'ipv6';
  const upstream = workload.metadata(isIpv6 ? EC2.IPv6 : EC2.IPv4);
  const session = await asked(upstream, {
    method: 'PUT',
    path: '/latest/api/token',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
    readOnly: true,
    signal,
  });
  const headers = { 'x-aws-ec2-metadata-token': new Secret(session.text) };
  const listed = await asked(upstream, { method: 'GET', path: ROLES, headers, signal });
  const [role = ''] = listed.text.split('\n');
  if (!ROLE.test(role)) throw new Failure('misconfigured', { target: upstream.base });
  const answer = await asked(upstream, { method: 'GET', path: ROLES + role, headers, signal });
  return issuedOf(answer.json(METADATA), serverTime(answer, clock));
}

const REFUSES = [401, 403];
const HAS_NONE = [400, 404];

/** @throws {Failure} of the lane: without a role, no entry gets on */
async function asked(upstream: Upstream, request: Omit<UpstreamRequest, 'statuses'>): Promise<Answer> {
  const answer = await upstream.request({ ...request, statuses: [200, ...REFUSES, ...HAS_NONE] });
  const { status } = answer;
  if (status === 200) return answer;
  const code = REFUSES.includes(status) ? 'credential-refused' : 'misconfigured';
  throw new Failure(code, { target: upstream.base, status });
}
