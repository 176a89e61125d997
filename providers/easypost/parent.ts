/** An account whose production key disables the keys of its child users. Quirks are listed in `index.ts`. */
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { isAmong } from '../../src/provider/kit/listed-secrets.ts';
import { credentialFailure, refused, revoked } from '../../src/provider/kit/results.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { ACCOUNT, call, disable, keysOf, NOT_PERMITTED } from './keys.ts';

export function parentAccount(name: string, own: Secret, upstream: Upstream): Account<string> {
  const listKeys = async (signal: AbortSignal) => {
    const list = await call(upstream, 'GET', '/v2/api_keys', own, signal);
    if (list.state !== 'done') throw credentialFailure(upstream, list.answer);
    return keysOf(list.answer.json(ACCOUNT));
  };
  /** The list may be another one than before, as that of a child user's key is: so one that is gone is tried itself. */
  const lookAtIt = async (token: Secret, signal: AbortSignal): Promise<Sight<string>> => {
    const { state } = await call(upstream, 'GET', '/v2/api_keys', token, signal);
    if (state === 'dead') return { state };
    // Test keys are refused there whether or not they work.
    if (state === 'unknown' && !token.reveal().startsWith('EZTK')) return { state: 'absent' };
    throw new Failure('still-active', { target: upstream.base });
  };
  return {
    name,
    async look(token, { signal }, known) {
      const keys = await listKeys(signal);
      const seen = keys.filter(({ id }) => id === known).map(({ key }) => key);
      if (known !== undefined && !isAmong(seen, token)) return lookAtIt(token, signal);
      const record = keys.find(({ key }) => key === token.reveal());
      if (!record) return { state: 'absent' };
      const evidence = { keyId: record.id };
      if (record.active === false) return { state: 'dead', evidence };
      return { state: 'alive', found: record.id, by: 'listed-whole', evidence };
    },
    async revoke(id, _token, { signal }) {
      const disabled = await disable(upstream, id, own, signal);
      return disabled.state === 'done' ? revoked() : refused('not-permitted', NOT_PERMITTED);
    },
    async probe(signal) {
      await listKeys(signal);
    },
  };
}
