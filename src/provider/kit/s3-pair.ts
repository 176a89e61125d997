/**
 * Whether an access key and a secret belong together: only then does an object storage with the interface of S3 take what
 * they sign.
 *
 * Docs: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 *
 * - Scaleway says `AccessDenied` of a wrong signature, too, with the message "Signature does not match."
 *   (https://github.com/ysde/grafana-backup-tool/issues/244, checked 2026-11-29). So where the right to list buckets is
 *   denied, a secret that nobody has must be refused in other words.
 */
import { createHash, createHmac } from 'node:crypto';
import { Secret } from '../../words/secret.ts';
import { Failure } from '../failure.ts';
import type { Tools } from '../provider.ts';
import type { Answer, Upstream } from '../upstream.ts';
import { mustRefuse } from './halves.ts';
import { unexpected } from './results.ts';

export interface ObjectStorage {
  readonly host: string;
  readonly region: string;
}

const REFUSED: ReadonlySet<string> = new Set(['SignatureDoesNotMatch', 'InvalidAccessKeyId']);
/** Of any signature, when our time is a quarter of an hour off. */
const WRONG_TIME = 'RequestTimeTooSkewed';

/** Lists buckets: even without the right to do so, a correct signature gets another answer than a wrong one. */
export async function isPair(
  storage: ObjectStorage,
  keyId: string,
  secret: Secret,
  { upstream: clientFor, clock }: Tools,
  signal: AbortSignal,
): Promise<boolean> {
  const upstream = clientFor(`https://${storage.host}`);
  const saidTo = async (half: Secret): Promise<'taken' | 'denied' | 'refused'> => {
    const headers = signedHeaders(storage, keyId, half, clock.now());
    const call = { method: 'GET', path: '/', headers, statuses: [200, 403], signal } as const;
    const request = { ...call, byRightOf: half };
    return meaningOf(upstream, await upstream.request(request));
  };
  const said = await saidTo(secret);
  if (said !== 'denied') return said === 'taken';
  const nobodys = saidTo(new Secret('0'.repeat(secret.reveal().length)));
  await mustRefuse(
    upstream,
    nobodys.then((answer) => answer !== 'refused'),
  );
  return true;
}

const ERROR = /<Error>\s*<Code>(\w+)<\/Code>/;

/** Of an error that is whole: one that was cut on its way says nothing. */
function codeIn(text: string): string | undefined {
  return text.trimEnd().endsWith('</Error>') ? ERROR.exec(text)?.[1] : undefined;
}

/** @throws {Failure} */
function meaningOf(upstream: Upstream, answer: Answer): 'taken' | 'denied' | 'refused' {
  const { status, text } = answer;
  if (status === 200 && text.includes('<ListAllMyBucketsResult')) return 'taken';
  const code = codeIn(text) ?? '';
  if (status === 403 && REFUSED.has(code)) return 'refused';
  if (status === 403 && code === WRONG_TIME)
    throw new Failure('wrong-clock', { target: upstream.base, status });
  if (status !== 403 || code !== 'AccessDenied') throw unexpected(upstream, answer);
  return /<Message>[^<]*\bsignature\b/i.test(text) ? 'refused' : 'denied';
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** AWS Signature Version 4 of `GET /`. The headers name the key, so they are secrets. */
export function signedHeaders(
  { host, region }: ObjectStorage,
  keyId: string,
  secret: Secret,
  nowMs: number,
): Readonly<Record<string, string | Secret>> {
  const time = new Date(nowMs).toISOString().replace(/\.\d+|[-:]/g, '');
  const scope = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const bodyHash = sha256('');
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const signed = `host:${host}\nx-amz-content-sha256:${bodyHash}\nx-amz-date:${time}\n`;
  const canonical = `GET\n/\n\n${signed}\n${names}\n${bodyHash}`;
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secret.reveal()}`);
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n');
  const signature = hmac(key, toSign).toString('hex');
  return {
    'x-amz-content-sha256': bodyHash,
    'x-amz-date': time,
    authorization: new Secret(
      `AWS4-HMAC-SHA256 Credential=${keyId}/${scope.join('/')}, SignedHeaders=${names}, Signature=${signature}`,
    ),
  };
}
