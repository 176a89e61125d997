/** The shapes of which most adapters are, as texts that are written out for a new one, and shown by the documents. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('provider-template/', import.meta.url);

/** When to take which. */
export const SHAPES = {
  self: 'the token revokes itself: nothing is needed from the operator',
  servers: 'the same on servers of the operator: only their addresses are needed',
  accounts: 'the whole token can be looked up, and an administrator revokes it by id',
  records: 'an administrator’s list shows keys shortened: the one that fits is revoked',
  halves: 'an id and a secret sign in together: the id is looked for around the leak',
  batch: 'anybody may hand in tokens by value, many in a call',
} as const;

export type Shape = keyof typeof SHAPES;

/** The files of a shape: name and text, with placeholders. */
export function templatesOf(shape: Shape): readonly (readonly [name: string, text: string])[] {
  const folder = new URL(`${shape}/`, FOLDER);
  return readdirSync(folder)
    .sort()
    .map((name) => [name.replace(/\.txt$/, ''), readFileSync(new URL(name, folder), 'utf8')] as const);
}

export function filledIn(
  text: string,
  { id, today }: { readonly id: string; readonly today: string },
): string {
  const words = id.split('-');
  return text
    .replaceAll('__ID__', id)
    .replaceAll('__SNAKE__', words.join('_'))
    .replaceAll('__NAME__', nameOf(id))
    .replaceAll('__TITLE__', words.map(capitalised).join(' '))
    .replaceAll('__TODAY__', today);
}

/** `acme-vault` as `acmeVault`. */
export function nameOf(id: string): string {
  const [first = '', ...others] = id.split('-');
  return first + others.map(capitalised).join('');
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
