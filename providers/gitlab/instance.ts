/** One GitLab instance: what it says of a token, and how it revokes it. */
import { Failure } from '../../src/provider/failure.ts';
import { goneSinceSeen, refused, revoked } from '../../src/provider/kit/results.ts';
import type { Refused, RevokeResult } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { defaultPrefix } from './kinds.ts';
import type { Ending, Method, Sight } from './method.ts';
import type { OwnToken } from './own-tokens.ts';

export interface Instance {
  readonly upstream: Upstream;
  readonly own: readonly OwnToken[];
  /** An administrator's token of it is configured. */
  readonly isOurs: boolean;
  /** Whether it may be shown tokens that leaked elsewhere. */
  readonly searchOthers: boolean;
  /** Custom prefixes of its tokens, without the hyphen. */
  readonly tokenPrefixes: readonly string[];
  /** The ways to revoke a kind of token here, the best first; none when it has no credential for it. */
  methods(kind: string): readonly Method[];
}

export interface Alive {
  readonly state: 'alive';
  readonly instance: Instance;
  /** The token as the instance knows it, with its own prefix where a scanner has cut that. */
  readonly text: Secret;
  readonly id: number | undefined;
  /** The ways that are left, beginning with the one that saw it. */
  readonly methods: readonly [Method, ...Method[]];
}

export type Answer =
  | Alive
  | { readonly state: 'dead' | 'absent' }
  | { readonly state: 'unable'; readonly refusal: Refused };

const NO_CREDENTIAL = refused(
  'unsupported-kind',
  'A configured GitLab cannot be asked about this kind of token: give it an administrator token and retry, or revoke the token by hand.',
);

/** The texts by which an instance may know the token: scanners' rules begin at the default prefix. */
export function textsAt(
  { tokenPrefixes }: Instance,
  token: Secret,
  kind: string,
): readonly [Secret, ...Secret[]] {
  const text = token.reveal();
  if (defaultPrefix(kind, text) === undefined) return [token];
  return [token, ...tokenPrefixes.map((prefix) => new Secret(`${prefix}-${text}`))];
}

/**
 * Asks an instance about a token, as it is and with each of the instance's prefixes.
 * @param wasSeen it was seen here before, so that ways which leave their mark need no second look
 * @throws {Failure}
 */
export async function lookAt(
  instance: Instance,
  token: Secret,
  {
    kind,
    signal,
    wasSeen = false,
  }: { readonly kind: string; readonly signal: AbortSignal; readonly wasSeen?: boolean },
): Promise<Answer> {
  const methods = instance.methods(kind);
  const texts = textsAt(instance, token, kind);
  const unclear: Extract<Sight, { state: 'unable' }>[] = [];
  let answer: Answer = { state: 'unable', refusal: NO_CREDENTIAL };
  for (const text of texts) {
    let result: Exclude<Sight, { state: 'alive' | 'dead' }> | undefined;
    for (const [index, method] of methods.entries()) {
      const isKnown = wasSeen && method.looksOnce && texts.length === 1;
      const sight: Sight = isKnown ? { state: 'alive' } : await method.look(text, signal);
      if (sight.state === 'dead') return { state: 'dead' };
      if (sight.state === 'alive') {
        return {
          state: 'alive',
          instance,
          text,
          id: sight.id,
          methods: [method, ...methods.slice(index + 1)],
        };
      }
      // "No such token" is a stronger answer than "cannot tell".
      if (!result || sight.state === 'absent') result = sight;
    }
    if (text === token && result) answer = result;
    else if (result?.state === 'unable') unclear.push(result);
    if (answer.state !== 'absent') break;
  }
  // Of a former prefix GitLab cannot say anything, but it can of the present one.
  const isClear = texts.length === 1 || unclear.length < texts.length - 1;
  return isClear ? answer : (unclear[0] ?? answer);
}

/**
 * Revokes it by the first way that works.
 * @throws {Failure}
 */
export async function revokeAt(found: Alive, signal: AbortSignal): Promise<RevokeResult> {
  const evidence = { instance: found.instance.upstream.base };
  const [method, ...others] = found.methods;
  const ending = await method.revoke(found.text, found.id, signal);
  if (ending === 'gone') return goneSinceSeen(evidence);
  if (ending !== 'done' && (await anyRevokes(others, found.text, signal)) !== 'done') return endAs(ending);
  return revoked(evidence);
}

async function anyRevokes(
  methods: readonly Method[],
  token: Secret,
  signal: AbortSignal,
): Promise<Ending | undefined> {
  for (const method of methods) {
    const sight = await method.look(token, signal);
    if (sight.state === 'dead') return 'done';
    const ending = sight.state === 'alive' && (await method.revoke(token, sight.id, signal));
    if (ending === 'done' || ending === 'gone') return 'done';
  }
  return undefined;
}

function endAs(ending: Refused | Failure): RevokeResult {
  if (ending instanceof Failure) throw ending;
  return ending;
}
