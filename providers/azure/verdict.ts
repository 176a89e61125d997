/** What a search among the keys of resources has come to. */
import type { Sight } from '../../src/provider/kit/accounts.ts';
import { refused } from '../../src/provider/kit/results.ts';
import type { Refused } from '../../src/provider/provider.ts';

interface Found {
  readonly type: string;
  readonly resource: string;
}

export const TOO_MANY = refused(
  'ambiguous',
  'The subscription has more resources than Quash searches: find the one with this key and regenerate it by hand.',
);
export const WITHHELD = refused(
  'not-permitted',
  'The resource had this key and does not list its keys any more: see whether its access by keys is turned off, or regenerate the key by hand.',
);
export const DELETED = refused(
  'manual',
  'The resource with this key is gone, and no other that Quash can read has it. A deleted one can be restored for some days, with its keys: purge it, or see where it was moved to.',
);
const SEVERAL =
  'Several resources have this same key, which somebody must have set by hand: replace it in each of them.';
const UNREAD =
  'No resource that Quash could read has this key, but some did not list their keys: see whether the key is of one of these, and regenerate it by hand.';
const MAX_EVIDENCE = 20;

/** @param withheld what did not list its keys, and may have this one */
export function sightOf<F extends Found>(matches: readonly F[], withheld: readonly F[]): Sight<F> {
  const [found, ...others] = matches;
  if (!found) {
    if (withheld.length === 0) return { state: 'absent' };
    return { state: 'unable', refusal: naming(UNREAD, 'not-permitted', withheld), maybeElsewhere: true };
  }
  if (others.length > 0) return { state: 'unable', refusal: naming(SEVERAL, 'ambiguous', matches) };
  return { state: 'alive', found, by: 'listed-whole', evidence: { resource: nameOf(found) } };
}

function naming(advice: string, reason: Refused['reason'], resources: readonly Found[]): Refused {
  const candidates = resources.slice(0, MAX_EVIDENCE).map((each) => ({ resource: nameOf(each) }));
  return refused(reason, advice, { candidates });
}

function nameOf({ resource }: Found): string {
  return decodeURIComponent(resource);
}
