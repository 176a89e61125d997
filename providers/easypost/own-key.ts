/** A key that disables itself. Quirks are listed in `index.ts`. */
import { refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { ACCOUNT, call, disable, HOST, keysOf, NOT_PERMITTED } from './keys.ts';

const UNKNOWN =
  'EasyPost does not let the key in, without saying that it is disabled: look for it in the dashboard, and disable it if it is there.';
const INACTIVE =
  'EasyPost calls the key inactive, as it does of any text that is no key: look for it in the dashboard, and disable it if it is there.';
const NOT_LISTED = 'The key works but is not in its own list: disable it in the dashboard.';

export async function revokeItself(upstream: Upstream, token: Secret, step: Step): Promise<RevokeResult> {
  const { signal } = step;
  const list = await call(upstream, 'GET', '/v2/api_keys', token, signal);
  if (list.state !== 'done') return ending(list.state);
  step.sawAlive(HOST);
  const own = keysOf(list.answer.json(ACCOUNT)).find(({ key }) => key === token.reveal());
  if (!own) return refused('ambiguous', NOT_LISTED);
  step.prove('listed-whole');
  const disabled = await disable(upstream, own.id, token, signal);
  return disabled.state === 'done' ? revoked({ keyId: own.id }) : ending(disabled.state);
}

export async function lookAtItself(
  upstream: Upstream,
  token: Secret,
  signal: AbortSignal,
): Promise<Liveness> {
  const { state } = await call(upstream, 'GET', '/v2/api_keys', token, signal);
  if (state === 'unknown') return 'unknown';
  return state === 'inactive' ? 'dead' : 'alive';
}

function ending(state: 'inactive' | 'unknown' | 'not-permitted'): RevokeResult {
  if (state === 'inactive') return unknownAt([HOST], INACTIVE);
  if (state === 'unknown') return unknownAt([], UNKNOWN);
  return refused('not-permitted', NOT_PERMITTED);
}
