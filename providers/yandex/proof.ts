/**
 * Whether Yandex Cloud lets an API key in. Its list shows the last six characters of each to every viewer, so a key is
 * looked for only when it works; then nobody can have the lists read for keys that he invents, either.
 *
 * Docs: https://yandex.cloud/en/docs/translate/api-ref/Translation/listLanguages,
 * https://yandex.cloud/en/docs/iam/concepts/authorization/api-key; that one which has expired is told so, and may be given a
 * later end: yandex-cloud/docs, monium (troubleshooting), https://yandex.cloud/en/docs/iam/cli-ref/api-key/update, checked
 * 2026-11-30.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, row } from '../../src/provider/kit/answers.ts';
import type { Part } from '../../src/provider/kit/by-kind.ts';
import { mustRefuse } from '../../src/provider/kit/halves.ts';
import { goneSinceSeen, refused, unknownAt } from '../../src/provider/kit/results.ts';
import type { LookResult, RevokeResult, Step, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { API_KEY } from './kinds.ts';

const PLACE = 'https://translate.api.cloud.yandex.net';

/** Errors are those of gRPC; a lack of rights or of a scope is said only of somebody who was let in. */
const LANGUAGES = z.object({ languages: z.array(z.unknown()) });
const DENIED = z.object({ code: z.literal(7), message: z.string() });
const UNKNOWN_KEY = z.object({ code: z.literal(16), message: z.string().startsWith('Unknown api key') });
const EXPIRED_KEY = z.object({
  code: z.literal(16),
  message: z.string().regex(/^The api ?key has expired/i),
});

const EXPIRED = refused(
  'manual',
  'This API key has expired, and works again once somebody gives it a later end: look up in the console which service account has it, and delete it.',
);
const NOT_LET_IN =
  'Yandex Cloud does not let this API key in: it may be of Yandex Cloud Kazakhstan; ask where it was used, and delete it there.';
const NOT_LISTED =
  'The key works, but no configured folder has it: add its folder to providers.yandex.accounts and retry, or delete it by hand.';

const NOBODYS = new Secret(`AQVN${'0'.repeat(35)}`);

type Keys = Required<Pick<Part, 'revoke' | 'look' | 'verify' | 'check'>>;

/** Lets API keys through that work; static keys prove themselves by a signature. */
export function provenKeys(keys: Keys, tools: Tools): Keys {
  const upstream = tools.upstream(PLACE);
  const stateOf = async (token: Secret, { signal }: Step): Promise<'let-in' | 'expired' | 'unknown'> => {
    const headers = { authorization: new Secret(`Api-Key ${token.reveal()}`) };
    const path = '/translate/v2/languages';
    const request = { method: 'POST', path, headers, json: {}, readOnly: true, signal } as const;
    const { means } = await ask(upstream, request, [
      row([200], LANGUAGES, 'let-in'),
      row([403], DENIED, 'let-in'),
      row([401], UNKNOWN_KEY, 'unknown'),
      row([401], EXPIRED_KEY, 'expired'),
    ]);
    return means;
  };
  const isLetIn = async (token: Secret, step: Step) => (await stateOf(token, step)) === 'let-in';
  async function whenLetIn<R extends RevokeResult | LookResult>(
    token: Secret,
    step: Step,
    go: () => Promise<R>,
  ) {
    if (step.kind === API_KEY.id) {
      const state = await stateOf(token, step);
      if (state === 'expired') return EXPIRED;
      if (state === 'unknown') {
        return step.seenAlive.length > 0 ? goneSinceSeen() : unknownAt([PLACE], NOT_LET_IN);
      }
      // Where every text is let in, or told of a right that it lacks, none is shown to be a key.
      await mustRefuse(upstream, isLetIn(NOBODYS, step));
      step.sawAlive(PLACE);
    }
    const result = await go();
    if (step.kind === API_KEY.id && result.outcome === 'already-inactive') {
      // The record is gone, but Yandex accepted the key a moment ago.
      throw new Failure('still-active', { target: upstream.base });
    }
    return result.outcome === 'unknown' ? refused('unknown-token', NOT_LISTED) : result;
  }
  return {
    ...keys,
    revoke: (token, step) => whenLetIn(token, step, () => keys.revoke(token, step)),
    look: (token, step) => whenLetIn(token, step, () => keys.look(token, step)),
    async verify(token, step) {
      // Without a record on file, one is looked for that ends like the key.
      const isOnFile = step.note !== undefined || step.kind !== API_KEY.id;
      if (!isOnFile && !(await isLetIn(token, step))) return 'unknown';
      const liveness = await keys.verify(token, step);
      // A missing record does not show that the key is dead.
      if (liveness !== 'dead' || step.kind !== API_KEY.id) return liveness;
      const state = await stateOf(token, step);
      // It is there all the same.
      if (state === 'expired') return 'unknown';
      return state === 'let-in' ? 'alive' : 'dead';
    },
  };
}
