/** The text of a project's issue: sentences of our own, and names of files in spans of code, which nothing in them can end. */
import { addressOf, type Place } from '../gitlab/places.ts';
import type { EntryDetails } from '../ledger/entry.ts';
import { standingOf } from '../notify/verdict.ts';
import { withoutMarkup } from '../words/subject.ts';

export const ISSUE_TITLE = 'Secrets that leaked in this project';
/** By it the issue is known again. Invisible in GitLab. */
export const ISSUE_MARK = '<!-- quash:secrets-of-this-project -->';
/** Says nothing yet: whether the issue is confidential is known once it is there. */
export const ISSUE_BEGINNING = `${ISSUE_MARK}\n\nQuash writes here what leaked.`;

/** A leak, with its places in the project alone. */
export interface ProjectLeak {
  readonly entry: EntryDetails;
  /** Oldest first. */
  readonly places: readonly Place[];
}

const MAX_PLACES = 10;
const MAX_FILE = 120;

const HEAD =
  'Quash keeps this text up to date, closes the issue when nothing is left to be done and opens it again when something is: write comments, as what is changed here is overwritten.';
const FOR_OPEN =
  'What may still work: revoke or change it where it was made, or ask your security team. What no longer works: make a new one where one is needed. Keep it in CI/CD variables or in a vault; what was committed once stays readable in the history.';

/** @param leaks at least one @param isCut there are more */
export function issueText(
  leaks: readonly ProjectLeak[],
  { isCut, publicUrl }: { isCut: boolean; publicUrl: string | undefined },
): string {
  const open = leaks.filter(({ entry }) => standingOf(entry).isOpen).length;
  return [
    ISSUE_MARK,
    `**${open === 0 ? 'Nothing is left to be done' : `${open} may still work`}** of ${leaks.length} ${leaks.length === 1 ? 'leak' : 'leaks'}${isCut ? ', and there are more than these' : ''}.`,
    HEAD,
    FOR_OPEN,
    ...leaks.map((leak) => leakText(leak, publicUrl)),
  ].join('\n\n');
}

function leakText({ entry, places }: ProjectLeak, publicUrl: string | undefined): string {
  const { id, provider, kind } = entry;
  const shown = places.toReversed().slice(0, MAX_PLACES);
  return [
    `### \`${provider}\`, \`${kind}\``,
    '',
    standingOf(entry).sentence,
    '',
    ...shown.map((place) => `- [\`${nameOf(place.file)}\`, line ${place.firstLine}](${addressOf(place)})`),
    ...(places.length > shown.length ? [`- and ${places.length - shown.length} more places`] : []),
    ...(publicUrl === undefined ? [] : ['', `[Details](${publicUrl}/revocations/${id})`]),
  ].join('\n');
}

function nameOf(file: string): string {
  const name = withoutMarkup(file);
  return name.length > MAX_FILE ? `…${name.slice(-MAX_FILE).toWellFormed()}` : name;
}
