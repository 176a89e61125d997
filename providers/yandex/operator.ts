/** Calls of the operator's service account, which looks for keys in folders and deletes them. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import { readPages } from '../../src/provider/kit/pages.ts';
import { secondsUntil } from '../../src/provider/kit/server-time.ts';
import { mustShareTime } from '../../src/provider/kit/signed-time.ts';
import type { Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';

/** What the file of an authorized key says. */
export interface AuthorizedKey {
  readonly keyId: string;
  readonly serviceAccountId: string;
  readonly privateKey: KeyObject;
}

/** The methods throw {@link Failure}. */
export interface Operator {
  /** All items of a list, which is read to its end; undefined where that is too far. */
  list<T>(request: ListRequest<T>, signal: AbortSignal): Promise<readonly T[] | undefined>;
  /** Also fine when it is gone already. */
  remove(path: string, signal: AbortSignal): Promise<void>;
  exists(path: string, signal: AbortSignal): Promise<boolean>;
}

export interface ListRequest<T> {
  readonly path: string;
  /** The list's name in the answer. An empty list is left out. */
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
  readonly item: z.core.$ZodType<T>;
}

const FILE = z.object({ id: z.string(), service_account_id: z.string(), private_key: z.string() });

/** Undefined when it is no such file. */
export function parseKey(text: Secret): AuthorizedKey | undefined {
  try {
    const file = FILE.parse(JSON.parse(text.reveal()));
    // A line that asks not to be removed comes first.
    const privateKey = createPrivateKey(file.private_key.slice(file.private_key.indexOf('-----BEGIN')));
    if (privateKey.asymmetricKeyType !== 'rsa') return undefined;
    return { keyId: file.id, serviceAccountId: file.service_account_id, privateKey };
  } catch {
    return undefined;
  }
}

const IAM = 'https://iam.api.cloud.yandex.net';
const MAX_PAGES = 10;
const ISSUED = z.object({ iamToken: z.string(), expiresAt: z.iso.datetime({ offset: true }) });
const NOT_FOUND = z.object({ code: z.literal(5), message: z.string() });
/** `{}`, or an operation. */
const DELETED = z.object({ error: z.undefined().optional() });

/** Makes the JWT that is exchanged for an IAM token. */
export type SignJwt = (key: AuthorizedKey, nowMs: number) => Promise<string>;

export const signJwt: SignJwt = ({ keyId, serviceAccountId, privateKey }, nowMs) => {
  const nowSeconds = Math.floor(nowMs / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', kid: keyId })
    .setIssuer(serviceAccountId)
    .setAudience(`${IAM}/iam/v1/tokens`)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + 300)
    .sign(privateKey);
};

export function createOperator(
  key: AuthorizedKey,
  sign: SignJwt,
  { upstream: clientFor, clock }: Tools,
): Operator {
  const upstream = clientFor(IAM);
  const tokens = createAccessTokens(clock, async (signal) => {
    const jwt = await sign(key, clock.now());
    const answer = await upstream.request({
      method: 'POST',
      path: '/iam/v1/tokens',
      json: { jwt: new Secret(jwt) },
      statuses: [200, 400, 401, 403],
      signal,
      readOnly: true,
    });
    if (answer.status !== 200) {
      mustShareTime(upstream, answer, clock);
      throw new Failure('credential-refused', { target: upstream.base });
    }
    const { iamToken, expiresAt } = answer.json(ISSUED);
    return {
      token: new Secret(iamToken),
      expiresInSeconds: secondsUntil(expiresAt, answer, clock),
    };
  });

  const call = sessionCalls(upstream, tokens);
  const record = { statuses: [200], notFound: NOT_FOUND } as const;

  return {
    list<T>({ path, name, query, item }: ListRequest<T>, signal: AbortSignal) {
      const page = z.strictObject({
        [name]: z.array(item).default([]),
        nextPageToken: z.string().default(''),
      });
      return readPages<T, string>('', MAX_PAGES, async (pageToken) => {
        const whole = { ...query, pageSize: '1000', ...(pageToken && { pageToken }) };
        const answer = await call({ method: 'GET', path, query: whole, statuses: [200], signal });
        const { [name]: items, nextPageToken } = answer.json(page);
        return { items: items as readonly T[], next: String(nextPageToken) || undefined };
      });
    },
    async remove(path, signal) {
      const answer = await call({ ...record, method: 'DELETE', path, signal });
      if (answer.status === 200) answer.json(DELETED);
    },
    async exists(path, signal) {
      const answer = await call({ ...record, method: 'GET', path, signal });
      if (answer.status === 404) return false;
      answer.json(z.object({ id: z.string() }));
      return true;
    },
  };
}
