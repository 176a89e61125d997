/** The calls about one key of one application. Quirks are listed in `index.ts`. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Answer, Upstream } from '../../src/provider/upstream.ts';
import { secretPath } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const KEY = z.object({ acl: z.array(z.string()) });
const DELETED = z.object({ deletedAt: z.string() });
const MISSING = z.object({ status: z.literal(404), message: z.string().regex(/key does not exist/i) });

export interface Application {
  readonly id: string;
  readonly upstream: Upstream;
  readonly adminApiKey: Secret;
}

/** What the key may do; undefined when the application does not have it. */
export async function readAcl(
  application: Application,
  key: Secret,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const answer = await request(application, 'GET', key, signal);
  if (answer.status === 200) return answer.json(KEY).acl;
  if (answer.maybeJson(MISSING)) return undefined;
  throw unexpected(application.upstream, answer);
}

export async function remove(application: Application, key: Secret, signal: AbortSignal): Promise<void> {
  const answer = await request(application, 'DELETE', key, signal);
  if (answer.status !== 200) throw unexpected(application.upstream, answer);
  answer.json(DELETED);
}

async function request(
  { upstream, id, adminApiKey }: Application,
  method: 'GET' | 'DELETE',
  key: Secret,
  signal: AbortSignal,
): Promise<Answer> {
  const answer = await upstream.request({
    method,
    path: secretPath`/1/keys/${key}`,
    headers: { 'x-algolia-application-id': id, 'x-algolia-api-key': adminApiKey },
    statuses: [200, 403, 404],
    signal,
  });
  if (answer.status !== 403) return answer;
  const { message } = answer.json(z.object({ message: z.string() }));
  const code = /invalid application-id/i.test(message) ? 'credential-refused' : 'permission-missing';
  throw new Failure(code, { target: upstream.base, status: answer.status });
}
