/**
 * What a token is bound to, and whether that is gone.
 *
 * Docs: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/delete-options/ and, for what a cluster says of
 * a token, kubernetes/kubernetes 1.34.2, pkg/serviceaccount/{legacy,claims}.go; checked 2026-11-29.
 *
 * - "Has been invalidated" is said whenever the cluster could not read the Secret, the Pod or the node, for whatever reason:
 *   of all tokens in Secrets while the key service is down that those are encrypted with. So it is asked what is gone.
 * - A deletion that demands a UID that nobody has, and is a dry run besides, changes nothing: it is answered 409 where there
 *   is such a Secret, and 404 where there is none. It needs no right to read Secrets.
 */
import { z } from 'zod';
import type { OperatorCall } from '../../src/provider/kit/operator-calls.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Claims } from './review.ts';

const NOBODYS_UID = '00000000-0000-4000-8000-000000000000';
const PROBE = {
  apiVersion: 'v1',
  kind: 'DeleteOptions',
  dryRun: ['All'],
  preconditions: { uid: NOBODYS_UID },
};

const status = (reason: string) => z.object({ kind: z.literal('Status'), reason: z.literal(reason) });
const NOT_FOUND = status('NotFound');
const FORBIDDEN = status('Forbidden');
const CONFLICT = status('Conflict').transform(() => true);
const POD = z.object({ kind: z.literal('Pod') }).transform(() => true);

/** `unknown`: it is bound to nothing that can be asked about, or our credential may not ask. */
export type Binding = 'gone' | 'there' | 'unknown';

export async function bindingOf(
  upstream: Upstream,
  call: OperatorCall,
  claims: Claims,
  signal: AbortSignal,
): Promise<Binding> {
  const named = boundTo(claims);
  if (!named) return 'unknown';
  const { namespace, resource, name } = named;
  const isSecret = resource === 'secrets';
  const answer = await call({
    method: isSecret ? 'DELETE' : 'GET',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`,
    ...(isSecret && { json: PROBE }),
    statuses: [isSecret ? 409 : 200],
    notFound: NOT_FOUND,
    closed: FORBIDDEN,
    readOnly: true,
    signal,
  });
  if (answer.status === 404) return 'gone';
  if (answer.status === 403) return 'unknown';
  const shown = answer.maybeJson(isSecret ? CONFLICT : POD);
  if (!shown) throw unexpected(upstream, answer);
  return 'there';
}

function boundTo(claims: Claims) {
  const { namespace, secret, pod } = claims['kubernetes.io'] ?? {};
  const inSecret = claims['kubernetes.io/serviceaccount/secret.name'];
  const ofSecret = claims['kubernetes.io/serviceaccount/namespace'];
  if (inSecret && ofSecret) return { namespace: ofSecret, resource: 'secrets', name: inSecret } as const;
  if (namespace && secret) return { namespace, resource: 'secrets', name: secret.name } as const;
  return namespace && pod && ({ namespace, resource: 'pods', name: pod.name } as const);
}
