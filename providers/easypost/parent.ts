/** An account whose production key disables the keys of its child users. Quirks are listed in `index.ts`. */
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { isAmong } from '../../src/provider/kit/listed-secrets.ts';
import { credentialFailure, refused, revoked } from '../../src/provider/kit/results.ts';
import { digestOf, SearchedList } from '../../src/provider/kit/searched-list.ts';
import { credentialMark } from '../../src/provider/own-credential.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import { ACCOUNT, call, disable, type Key, keysOf, NOT_PERMITTED } from './keys.ts';

type Shown = Pick<Key, 'id' | 'active'>;

export function parentAccount(
  name: string,
  own: Secret,
  upstream: Upstream,
  { clock }: Pick<Tools, 'clock'>,
): Account<string> {
  const listKeys = async (signal: AbortSignal) => {
    const list = await call(upstream, 'GET', '/v2/api_keys', own, signal);
    if (list.state !== 'done') throw credentialFailure(upstream, list.answer);
    return keysOf(list.answer.json(ACCOUNT));
  };
  const find = async (token: Secret, signal: AbortSignal) =>
    (await listKeys(signal)).find(({ key }) => key === token.reveal());
  /** Anybody may invent keys, so one reading serves all that wait. */
  const searched = new SearchedList<Shown, true>({
    ...{ clock, first: true, maxCalls: 1 },
    async read(_cursor, signal) {
      const keys = await listKeys(signal);
      const items = keys.map(({ key, id, active }) => [digestOf(key), { id, active }] as const);
      return { items, next: undefined };
    },
  });

  const search = async (token: Secret, step: Step): Promise<Sight<string>> => {
    const found = await searched.find(digestOf(token), step);
    if (found === 'too-many') throw new Failure('internal');
    if ('state' in found) return found;
    const [record] = found;
    // It may have been enabled since it was read.
    return sightOf(record?.active === false ? await find(token, step.signal) : record);
  };
  const lookAgain = async (token: Secret, known: string, signal: AbortSignal): Promise<Sight<string>> => {
    const keys = await listKeys(signal);
    const shown = keys.filter(({ id }) => id === known);
    const isListed = isAmong(
      shown.map(({ key }) => key),
      token,
    );
    return isListed ? sightOf(shown[0]) : lookAtItself(token, signal);
  };
  /** The list may be another one than before, as that of a child user's key is: so one that is gone is tried itself. */
  const lookAtItself = async (token: Secret, signal: AbortSignal): Promise<Sight<string>> => {
    const { state } = await call(upstream, 'GET', '/v2/api_keys', token, signal);
    if (state === 'inactive') return { state: 'absent' };
    // Test keys are refused there whether or not they work.
    if (state === 'unknown' && !token.reveal().startsWith('EZTK')) return { state: 'absent' };
    throw new Failure('still-active', { target: upstream.base });
  };

  return {
    name,
    seenWith: credentialMark(own),
    look: (token, step, known) =>
      known === undefined ? search(token, step) : lookAgain(token, known, step.signal),
    async revoke(id, _token, { signal }) {
      const disabled = await disable(upstream, id, own, signal);
      return disabled.state === 'done' ? revoked() : refused('not-permitted', NOT_PERMITTED);
    },
    async probe(signal) {
      await listKeys(signal);
    },
  };
}

function sightOf(record: Shown | undefined): Sight<string> {
  if (!record) return { state: 'absent' };
  const evidence = { keyId: record.id };
  if (record.active === false) return { state: 'dead', evidence };
  return { state: 'alive', found: record.id, by: 'listed-whole', evidence };
}
