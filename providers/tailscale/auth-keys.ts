/**
 * Whether an auth key works, asked without any device that joins.
 *
 * Tailscale has a call for scanners, which it added to one itself: https://github.com/trufflesecurity/trufflehog/pull/1719,
 * with the answers in pkg/detectors/tailscale/tailscale.go. It takes the whole key, and is documented nowhere else.
 */
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { idOf, NOBODYS_ID, withId } from './keys.ts';

/** Whoever sees an id may write it before any secret, and whoever has a key may write the id of another one into it. */
export async function isShown(upstream: Upstream, key: Secret, signal: AbortSignal): Promise<boolean> {
  if (!(await works(upstream, key, signal))) return false;
  for (const forged of [withId(NOBODYS_ID, key), withAnotherSecret(key)]) {
    if (await works(upstream, forged, signal)) return false;
  }
  return true;
}

async function works(upstream: Upstream, key: Secret, signal: AbortSignal): Promise<boolean> {
  const request = {
    method: 'POST',
    path: '/api/v2/secret-scanning/verify',
    form: { key },
    readOnly: true,
    signal,
  } as const;
  const { means } = await ask(upstream, request, [
    row([204], true),
    // Where there is no such call any more, nothing is shown.
    row([400, 401, 403, 404], false),
  ]);
  return means;
}

function withAnotherSecret(key: Secret): Secret {
  const head = `tskey-auth-${idOf(key)}-`;
  return new Secret(head + '0'.repeat(key.reveal().length - head.length));
}
