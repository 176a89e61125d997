/** By what entries are listed, exported and decided about: the same words everywhere. */
import { z } from '@hono/zod-openapi';
import { STATES, type State } from '../ledger/entry.ts';
import { OUTCOME_KINDS } from '../words/outcome.ts';

/** A comparison takes the longer, the longer the pattern is. */
const MAX_PATH_LENGTH = 256;

export const stateSchema = z.enum(STATES as [State, ...State[]]).openapi('State');

export const outcomeKind = z.enum(OUTCOME_KINDS);

export const projectFilter = z
  .string()
  .trim()
  .min(1)
  .describe('A project, or a group with everything below it: its path, on any instance, or its URL.');

export const pathFilter = z
  .string()
  .trim()
  .min(1)
  .max(MAX_PATH_LENGTH)
  .describe(
    'A file of a project, or a folder with everything below it: `deploy/prod.env`, `**/.env`, `*.tfvars`. Each entry that fits the rest is opened for it, so that a page may be short.',
  );

/** A time, or the day that begins then. */
export function moment() {
  return z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: 'expected a time such as 2026-01-31T00:00:00Z, or a day such as 2026-01-31 (UTC)',
  });
}

export const entryFilter = z.strictObject({
  state: stateSchema.optional(),
  provider: z.string().min(1).optional().describe('Id of a provider.'),
  type: z.string().min(1).optional().describe('A type string under which the token was reported.'),
  outcome: outcomeKind.optional().describe('How it ended, or that it waits.'),
  reason: z.string().min(1).optional().describe('Why it is refused, held or exhausted.'),
  project: projectFilter.optional(),
  path: pathFilter.optional(),
  caller: z.string().min(1).optional().describe('Who reported it first.'),
  since: moment().optional().describe('First reported at or after, e.g. `2026-01-31T00:00:00Z`.'),
  until: moment().optional().describe('First reported before.'),
});

/** When somebody looked at what is decided about. */
export function seenAt({ asOf }: { readonly asOf?: string | undefined }): { readonly asOf?: number } {
  return asOf === undefined ? {} : { asOf: Date.parse(asOf) };
}

/** What was given of a query, as the ledger takes it. */
export function given<Query extends object>(query: Query): Given<Query> {
  const known = Object.entries(query).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    known.map(([key, value]) => [key, TIMES.has(key) ? Date.parse(value) : value]),
  ) as Given<Query>;
}

const TIMES: ReadonlySet<string> = new Set(['since', 'until']);

export type Given<Query> = {
  [Key in keyof Query as undefined extends Query[Key] ? never : Key]: Query[Key];
} & {
  [Key in keyof Query as undefined extends Query[Key] ? Key : never]?: Key extends 'since' | 'until'
    ? number
    : Exclude<Query[Key], undefined>;
};
