/**
 * Whether an auth key works, asked without any device that joins.
 *
 * Tailscale has a call for scanners, which it added to one itself: https://github.com/trufflesecurity/trufflehog/pull/1719,
 * with the answers in pkg/detectors/tailscale/tailscale.go. It takes the whole key, and is documented nowhere else.
 */
import { ask, row, textRow } from '../../src/provider/kit/answers.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { idOf, NOBODYS_ID, withId } from './keys.ts';

const BARE_WORDS = /^\s*\w/;

/**
 * Whoever sees an id may write it before any secret, and whoever has a key may write the id of another one into it. So each
 * half has to be refused without the other, in the one way in which Tailscale refuses keys.
 */
export async function isShown(upstream: Upstream, key: Secret, signal: AbortSignal): Promise<boolean> {
  if ((await verdictOn(upstream, key, signal)) !== 'works') return false;
  for (const forged of [withId(NOBODYS_ID, key), withAnotherSecret(key)]) {
    if ((await verdictOn(upstream, forged, signal)) !== 'refused') return false;
  }
  return true;
}

async function verdictOn(
  upstream: Upstream,
  key: Secret,
  signal: AbortSignal,
): Promise<'works' | 'refused' | 'none'> {
  const request = {
    method: 'POST',
    path: '/api/v2/secret-scanning/verify',
    headers: { accept: 'application/json' },
    form: { key },
    readOnly: true,
    signal,
  } as const;
  const { means } = await ask(upstream, request, [
    row([204], 'works'),
    // Scanners look at the status alone, so that the body may be any but a page.
    row([401], 'refused'),
    textRow([401], BARE_WORDS, 'refused'),
    // As where there is no such call any more.
    row([400, 403, 404], 'none'),
    textRow([400, 403, 404], BARE_WORDS, 'none'),
  ]);
  return means;
}

/** As well-formed as its own, so that it is refused for what it is. */
function withAnotherSecret(key: Secret): Secret {
  const head = `tskey-auth-${idOf(key)}-`;
  return new Secret(head + [...key.reveal().slice(head.length)].reverse().join(''));
}
