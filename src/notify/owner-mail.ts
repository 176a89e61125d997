/**
 * The mail to somebody whose secret leaked. Subject and sentences are constant; a place is an address below a configured
 * GitLab, and nothing else of it is written out, so that no name of a file reads like a message or a link of its own.
 */
import type { EntryDetails } from '../ledger/entry.ts';
import type { CodeLocation } from '../provider/context.ts';
import { subjectLines, withoutMarkup } from '../words/subject.ts';
import { standingOf } from './verdict.ts';

export interface Place extends CodeLocation {
  /** Base URL of its GitLab. */
  readonly base: string;
}

/** One leak, as far as it concerns the receiver. */
export interface OwnedLeak {
  readonly entry: EntryDetails;
  /** The receiver is who GitLab says has the token; else the author of a commit. */
  readonly isOwner: boolean;
  /** Oldest first. */
  readonly places: readonly Place[];
}

interface OwnerMail {
  readonly subject: string;
  readonly text: string;
}

const LISTED_LEAKS = 10;
const LISTED_PLACES = 5;
const MAX_ADDRESS = 300;

const FOR_OPEN =
  'For each that may still work: revoke or change it yourself where it was made, if you can, or ask your security team now.';
const FOR_DEAD =
  'For each that no longer works: make a new one where one is needed. The old one may stay in the history; it opens nothing any more.';
const FOR_ALL =
  'Keep secrets out of the repository: in CI/CD variables, or in a vault. What was committed once stays readable in its history, also after the line is gone.';
const FOR_OTHERS =
  'Anybody can write any address into a commit. If this is none of your commits, tell your security team; you need not do anything else.';

/** @param leaks at least one */
export function ownerMail(leaks: readonly OwnedLeak[]): OwnerMail {
  const listed = leaks.slice(0, LISTED_LEAKS);
  const open = leaks.filter(({ entry }) => standingOf(entry).isOpen).length;
  const lines = [
    leaks.some(({ isOwner }) => isOwner)
      ? 'Secrets were found in GitLab that are yours, or in commits that name you as their author.'
      : 'Secrets were found in GitLab, in commits that name you as their author.',
    ...listed.flatMap((leak, index) => ['', ...leakLines(leak, index + 1)]),
    ...(leaks.length > listed.length ? ['', `And ${leaks.length - listed.length} more.`] : []),
    ...['', 'What to do', ''],
    ...(open > 0 ? [`- ${FOR_OPEN}`] : []),
    ...(open < leaks.length ? [`- ${FOR_DEAD}`] : []),
    ...[`- ${FOR_ALL}`, `- ${FOR_OTHERS}`, '', 'Quash revokes leaked secrets for your organization.', ''],
  ];
  return { subject: subjectOf(leaks.length, open), text: lines.join('\n') };
}

function subjectOf(leaks: number, open: number): string {
  const what = leaks === 1 ? 'A secret of yours leaked' : `${leaks} secrets of yours leaked`;
  if (open === 0) return `${what}, and nothing is left to be done`;
  return leaks === 1 ? `${what} and may still work` : `${what}, and ${open} may still work`;
}

function leakLines({ entry, isOwner, places }: OwnedLeak, number: number): readonly string[] {
  const { provider, kind, subject = {} } = entry;
  // Of somebody else's token it is nothing to the author of a commit.
  const told = isOwner ? subjectLines(subject).filter(([label]) => label !== 'Owner') : [];
  const shown = places.toReversed().slice(0, LISTED_PLACES);
  return [
    `${number}. ${provider}, ${kind}`,
    `   ${standingOf(entry).sentence}`,
    ...told.map(([label, value]) => `   ${label}: ${withoutMarkup(value)}`),
    ...shown.map((place) => `   ${addressOf(place)}`),
    ...(places.length > shown.length ? [`   and ${places.length - shown.length} more places`] : []),
  ];
}

/** Of its project alone where it would be too long. */
export function addressOf({ base, project, commit, file, firstLine }: Place): string {
  const address = `${base}/${encoded(project)}/-/blob/${commit}/${encoded(file)}#L${firstLine}`;
  return address.length > MAX_ADDRESS ? `${base}/${encoded(project)}` : address;
}

function encoded(path: string): string {
  const all = (text: string) => encodeURIComponent(text).replace(/[!'()*~]/g, hex);
  return path.split('/').map(all).join('/');
}

function hex(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}
