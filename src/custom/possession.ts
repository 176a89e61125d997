/** How an own provider shows that it acts on the leaked token, as far as its configuration tells. */
import type { Possession, TokenKind } from '../provider/provider.ts';
import type { EntryFault } from './rules.ts';
import { Template, textsIn } from './template.ts';

interface Call {
  readonly request: { readonly method: string };
}

interface Acting {
  readonly revoke: readonly (Call & { readonly extract: Readonly<Record<string, string>> })[];
  readonly prove?: (Call & { readonly answers: readonly { readonly means: string }[] }) | undefined;
}

interface Trusted extends Acting {
  readonly places?: readonly string[] | undefined;
  readonly exact: boolean;
  readonly undo: 'yes' | 'no';
}

/**
 * The placeholder by itself: with a letter at its side the text is another one, and nothing shows that it leaked; with
 * another brace it may be no placeholder.
 */
const WHOLE_TOKEN = /(?<![\w{}-])\{token\}(?![\w{}-])/;

/** Whether the whole token stands in the request, in whatever place. */
function carriesToken({ request }: Call): boolean {
  return textsIn(request).some(({ text }) => WHOLE_TOKEN.test(text));
}

function namesIn({ request }: Call): readonly string[] {
  return textsIn(request).flatMap(({ text }) => Template.parse(text)?.names ?? []);
}

function isSecret(name: string): boolean {
  return name.startsWith('secrets.');
}

/** What calls with a secret extract may have its rights, as a session has. */
export function lentNames(revoke: Acting['revoke']): ReadonlySet<string> {
  const lent = new Set<string>();
  for (const call of revoke) {
    const isLending = namesIn(call).some((name) => isSecret(name) || lent.has(name));
    if (isLending) for (const name of Object.keys(call.extract)) lent.add(name);
  }
  return lent;
}

/** With another credential the whole token may be there for show, while a part of it, or what a call said, names the record. */
function goesByPart(call: Call, lent: ReadonlySet<string>): boolean {
  const names = namesIn(call);
  return (
    names.some((name) => isSecret(name) || lent.has(name)) &&
    names.some((name) => name !== 'token' && !isSecret(name))
  );
}

/** Whether what the call does, and what its answer says, can only be about the text that was reported. */
export function isAboutToken(call: Call, lent: ReadonlySet<string> = new Set()): boolean {
  return carriesToken(call) && !goesByPart(call, lent);
}

export function possessionOf({ revoke, prove }: Acting): Possession {
  // A GET that others follow only looks; the last call does what it is all for.
  const acting = revoke.filter(
    ({ request }, index) => request.method !== 'GET' || index === revoke.length - 1,
  );
  const lent = lentNames(revoke);
  if (acting.every((call) => isAboutToken(call, lent))) return 'by-value';
  return prove ? 'signs-in' : 'unproven';
}

/** What the core has to know of the kind, to let it act and to say what its answers mean. */
export function trustOf(entry: Trusted): Pick<TokenKind, 'possession' | 'places' | 'whole' | 'undo'> {
  const { places, exact, undo } = entry;
  return {
    possession: possessionOf(entry),
    places: places
      ? { all: places }
      : { open: 'The configuration does not say where all such tokens come from.' },
    whole: exact ? 'exact' : 'open',
    undo,
  };
}

export function possessionFaults(entry: Acting & { readonly effect: string }): EntryFault[] {
  const faults: EntryFault[] = [];
  const { prove, effect } = entry;
  if (prove && !carriesToken(prove)) {
    faults.push({ path: ['prove', 'request'], message: 'expected {token}, as a part of it proves nothing' });
  } else if (prove && !isAboutToken(prove)) {
    const message =
      'expected nothing of the token but {token} beside a secret, as the answer may be about that part';
    faults.push({ path: ['prove', 'request'], message });
  }
  if (prove?.answers.every(({ means }) => means !== 'alive')) {
    faults.push({ path: ['prove', 'answers'], message: 'expected an answer that means alive' });
  }
  // Without any call there is a fault already.
  if (effect === 'token' && entry.revoke.length > 0 && possessionOf(entry) === 'unproven') {
    const message =
      'expected {token} in each call that changes something, and nothing else of it beside a secret, or prove, as a part of the token is no secret; or effect: wider';
    faults.push({ path: ['revoke'], message });
  }
  return faults;
}
