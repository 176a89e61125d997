/** What an own provider does with a token, by the calls that the operator declared. */
import { Failure } from '../provider/failure.ts';
import { alreadyInactive, heldUnproven, refused, revoked, unknownAt } from '../provider/kit/results.ts';
import { digestOf } from '../provider/kit/searched-list.ts';
import { credentialMark } from '../provider/own-credential.ts';
import { nameOfPlace, placeSeenWith, speaksFor } from '../provider/place.ts';
import type { Liveness, LookResult, RevokeResult, Step, Tools, Unknown } from '../provider/provider.ts';
import { Secret } from '../words/secret.ts';
import { originOf } from './address.ts';
import { createExchange, extract, type Judged } from './exchange.ts';
import { isAboutToken, lentNames, possessionOf } from './possession.ts';
import type { Refusing } from './rules.ts';
import type { CustomEntry, RevokeMeans } from './schema.ts';
import type { Values } from './template.ts';

/** Advice where the operator gave none. */
const ADVICE: Readonly<Record<Refusing, string>> = {
  'unknown-token':
    'The provider does not know this token: look up at the location what it is for, and revoke it where it was issued.',
  'not-permitted': 'The provider did not take the revocation: revoke the token there by hand.',
  ambiguous: 'It cannot be told which of several tokens this is: revoke the right one by hand.',
};

/** A call that only asks. */
interface Question {
  /**
   * The place that its answer speaks for, by the request as it is configured, and by our secrets that go along: whoever is
   * asked with others, elsewhere, or in another tenant's name, may speak for somebody else.
   */
  readonly place: string;
  /** The same as an earlier version kept it, where that proves as much. */
  readonly formerly?: string;
  /** Its answer is about the reported text, and not about an id inside. */
  readonly isOfToken: boolean;
  ask(values: Values, signal: AbortSignal): Promise<Liveness>;
}

type Verify = (values: Values, step: Step) => Promise<Liveness>;

export interface Calls {
  revoke(values: Values, step: Step): Promise<RevokeResult>;
  readonly look?: (values: Values, step: Step) => Promise<LookResult>;
  readonly verify?: Verify;
}

export function createCalls(entry: CustomEntry, tools: Tools): Calls {
  const prove = entry.prove && questionOf(entry.prove, entry, tools);
  const verify = entry.verify && questionOf(entry.verify, entry, tools);
  const possession = possessionOf(entry);
  const work = worker(entry, tools, { prove, verify });
  const looking = lookBy(prove, verify);
  const verifying = verifyBy(prove, verify, possession === 'unproven');
  return {
    async revoke(values, step) {
      if (!prove) {
        if (possession === 'unproven' && !step.mayActUnproven) return heldUnproven(undefined);
        return work(values, step.signal);
      }
      const { place } = prove;
      const means = await prove.ask(values, step.signal);
      if (means === 'dead') return alreadyInactive();
      if (means === 'unknown') return unknownBy(prove);
      const wasSeen = step.seenAlive.includes(place);
      step.sawAlive(place);
      // On file before anything changes: a token that is gone looks like one that never was.
      if (!wasSeen) return { outcome: 'continue', afterMs: 0 };
      if (possession === 'signs-in') step.prove('signs-in');
      return work(values, step.signal);
    },
    ...(looking && { look: looking }),
    ...(verifying && { verify: verifying }),
  };
}

function questionOf(
  keys: NonNullable<CustomEntry['prove']>,
  { secrets }: Pick<CustomEntry, 'secrets'>,
  tools: Tools,
): Question {
  const exchange = createExchange(keys, tools, { readOnly: true });
  const origin = originOf(keys.request.url);
  const request = JSON.stringify(keys.request);
  const used = Object.entries(secrets).filter(([name]) => request.includes(`{secrets.${name}}`));
  const marks = used.map(([, secret]) => credentialMark(secret)).sort();
  return {
    place: placeSeenWith(origin, placeSeenWith(digestOf(request), marks.join(' '))),
    ...(marks.length === 0 && { formerly: origin }),
    isOfToken: isAboutToken(keys),
    ask: async (values, signal) => (await exchange(values, signal)).rule.means,
  };
}

function unknownBy(
  { place, formerly = place }: Pick<Question, 'place' | 'formerly'>,
  advice = ADVICE['unknown-token'],
): Unknown {
  return unknownAt([...new Set([place, formerly])], advice);
}

/** `prove` says of the token itself that it is dead; that `verify` no longer takes it may have any reason. */
function lookBy(prove: Question | undefined, verify: Question | undefined): Calls['look'] {
  const question = prove ?? (verify?.isOfToken ? verify : undefined);
  if (!question) return undefined;
  return async (values, step) => {
    const means = await question.ask(values, step.signal);
    if (means === 'alive') {
      // Whoever has to decide may revoke it by hand: then `prove` no longer knowing it shows that it is dead.
      if (prove) step.sawAlive(question.place);
      return { outcome: 'alive' };
    }
    if (means === 'unknown') return prove ? unknownBy(question) : { outcome: 'undecided' };
    return prove ? alreadyInactive() : unknownBy(question);
  };
}

function verifyBy(
  prove: Question | undefined,
  verify: Question | undefined,
  isUnproven: boolean,
): Verify | undefined {
  // What became of an id says nothing of a text of which nothing is proven.
  if (verify && isUnproven && !verify.isOfToken) return async () => 'unknown';
  if (verify) return (values, { signal }) => verify.ask(values, signal);
  if (!prove) return undefined;
  return async (values, { signal, seenAlive }) => {
    const means = await prove.ask(values, signal);
    // Of one whose revocation was taken, an earlier version kept the name alone, which is enough here.
    const places = [prove.place, nameOfPlace(prove.place)];
    const wasSeen = places.some((place) => seenAlive.includes(place));
    const wasSeenHereAlone = wasSeen && seenAlive.every((place) => speaksFor(prove.place, place));
    return means === 'unknown' && wasSeenHereAlone ? 'dead' : means;
  };
}

type Ending = Exclude<RevokeMeans, 'next'>;

interface Ended {
  readonly means: Ending;
  readonly advice: string | undefined;
  /** The call by whose answer it ended. */
  readonly by: Pick<Question, 'place' | 'isOfToken'>;
}

/** The calls of `revoke`, one after the other. */
function worker(
  entry: CustomEntry,
  tools: Tools,
  { prove, verify }: { readonly prove: Question | undefined; readonly verify: Question | undefined },
) {
  const lent = lentNames(entry.revoke);
  const steps = entry.revoke.map((step) => ({
    by: { place: originOf(step.request.url), isOfToken: isAboutToken(step, lent) },
    paths: step.extract,
    exchange: createExchange(step, tools),
  }));

  /** A call that says of the token itself that it is dead, at the host where it worked just before, says it of that one. */
  const provenBy = (question: Question): Question =>
    prove && nameOfPlace(prove.place) === nameOfPlace(question.place) ? prove : question;

  const ended = async ({ means, advice, by }: Ended, values: Values, signal: AbortSignal) => {
    switch (means) {
      case 'revoked':
        return revoked();
      case 'accepted':
      case 'expires':
        return { outcome: means };
      case 'already-inactive':
        // It worked just before, so the word of this call alone does not end it.
        if (prove && (await prove.ask(values, signal)) === 'alive') throw new Failure('still-active');
        if (prove) return unknownBy(prove, advice);
        return by.isOfToken ? alreadyInactive() : refusal('unknown-token', advice);
      case 'verify':
        if ((await verify?.ask(values, signal)) !== 'dead') return refusal('unknown-token', advice);
        return verify?.isOfToken ? unknownBy(provenBy(verify), advice) : refusal('unknown-token', advice);
      case 'unknown-token':
        return prove || !by.isOfToken ? refusal(means, advice) : unknownBy(by, advice);
      default:
        return refusal(means, advice);
    }
  };

  return async (start: Values, signal: AbortSignal): Promise<RevokeResult> => {
    let values = start;
    for (const { by, exchange, paths } of steps) {
      const judged = await exchange(values, signal);
      const { means, advice } = judged.rule;
      if (means !== 'next') return ended({ means, advice, by }, values, signal);
      const found = extracted(paths, judged);
      if (found === 'ambiguous') return refusal('ambiguous', advice);
      values = new Map([...values, ...found]);
    }
    // The schema lets no last step lead on.
    throw new Failure('internal');
  };
}

function extracted(paths: Readonly<Record<string, string>>, judged: Judged<string>) {
  const found = extract(paths, judged);
  if (found === 'ambiguous') return found;
  return Object.entries(found).map(([name, text]) => [name, new Secret(text)] as const);
}

function refusal(reason: Refusing, advice = ADVICE[reason]): RevokeResult {
  return refused(reason, advice);
}
