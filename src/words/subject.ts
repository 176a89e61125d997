/**
 * Whose credential it is and what it reaches, as the vendor tells while it still lives: afterwards nobody can ask with
 * it any more. All of it is text that other people chose.
 */
import { printable } from './printable.ts';
import type { Secret } from './secret.ts';
import { withoutSecrets } from './secret-shapes.ts';

/** Times as ISO 8601, where the vendor's can be read as one. */
export interface Subject {
  /** A person or a service: a name, a login or an address of e-mail. */
  readonly owner?: string;
  /** The organization, team, workspace or tenant. */
  readonly account?: string;
  /** What its owner called it. */
  readonly name?: string;
  readonly scopes?: readonly string[];
  readonly created?: string;
  readonly expires?: string;
  readonly lastUsed?: string;
  /** Projects, repositories, services or addresses. */
  readonly reach?: readonly string[];
}

/** As a vendor's answer has it: numbers for times, lists, texts with commas, or nothing. */
export type Told = Readonly<Partial<Record<keyof Subject, unknown>>>;

const MAX_TEXT = 120;
const MAX_ITEM = 80;
const MAX_ITEMS = 20;
/** A part of the token as long as this is not shown, whoever writes it. */
const PART = 12;

const READERS = {
  owner: text,
  account: text,
  name: text,
  scopes: list,
  created: time,
  expires: time,
  lastUsed: time,
  reach: list,
} as const satisfies Record<
  keyof Subject,
  (value: unknown, isHarmless: IsHarmless) => Subject[keyof Subject]
>;

/** Cut to a bounded size, on one line, and without a part of the token or what looks like any secret. */
export function boundedSubject(told: Told, token: Secret): Subject {
  const secret = token.reveal();
  const parts = new Set<string>();
  for (let at = 0; at + PART <= secret.length; at++) parts.add(secret.slice(at, at + PART));
  const isHarmless = (value: string) => {
    if (secret.length < PART) return !value.includes(secret);
    for (let at = 0; at + PART <= value.length; at++) if (parts.has(value.slice(at, at + PART))) return false;
    return true;
  };
  const kept = Object.entries(READERS).flatMap(([name, read]) => {
    const value = read(told[name as keyof Subject], isHarmless);
    return value === undefined || value.length === 0 ? [] : [[name, value]];
  });
  return Object.fromEntries(kept);
}

type IsHarmless = (value: string) => boolean;

function text(value: unknown, isHarmless: IsHarmless, max = MAX_TEXT): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  // What is far too long is no name; and a secret in it is looked for before it is cut.
  const whole = String(value).slice(0, 10 * MAX_TEXT);
  if (!isHarmless(whole)) return undefined;
  const line = withoutSecrets(printable(whole.replace(/\s+/g, ' '))).trim();
  return line.length > max ? `${line.slice(0, max - 1).toWellFormed()}…` : line || undefined;
}

function list(value: unknown, isHarmless: IsHarmless): readonly string[] {
  const items = typeof value === 'string' ? value.split(/[\s,]+/) : Array.isArray(value) ? value : [];
  const texts = items.slice(0, MAX_ITEMS).flatMap((item) => text(item, isHarmless, MAX_ITEM) ?? []);
  return items.length > MAX_ITEMS ? [...texts, `and ${items.length - MAX_ITEMS} more`] : texts;
}

/** A number counts seconds, or milliseconds where these would lie thousands of years ahead. */
function time(value: unknown, isHarmless: IsHarmless): string | undefined {
  const isCount = typeof value === 'number' || (typeof value === 'string' && /^\d{10,13}$/.test(value));
  if (!isCount) return text(value, isHarmless, MAX_ITEM);
  const count = Number(value);
  const date = new Date(count > 1e11 ? count : count * 1000);
  return count > 0 && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}

const LABELS: Readonly<Record<keyof Subject, string>> = {
  owner: 'Owner',
  account: 'Account',
  name: 'Name',
  scopes: 'Scopes',
  created: 'Created',
  expires: 'Expires',
  lastUsed: 'Last used',
  reach: 'Reaches',
};

/** For persons, in a fixed order: a label, and its text. Whatever shows it escapes it in its own way. */
export function subjectLines(subject: Subject): readonly (readonly [label: string, value: string])[] {
  return Object.entries(LABELS).flatMap(([name, label]) => {
    const value = subject[name as keyof Subject];
    return value === undefined ? [] : [[label, typeof value === 'string' ? value : value.join(', ')]];
  });
}

/**
 * For receivers that may take a text for markup: nothing is left that calls a person, commands, links or shows an image.
 * An address of e-mail stays readable.
 */
export function withoutMarkup(text: string): string {
  return text
    .replace(/[^\p{L}\p{N} .,:/@()+_…-]/gu, '?')
    .replace(/(?<![\p{L}\p{N}_])@/gu, '?')
    .replaceAll('://', ':');
}
