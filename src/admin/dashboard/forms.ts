import type { Context } from 'hono';
import { z } from 'zod';
import { Problem } from '../../server/problem.ts';
import type { Mode } from '../../words/mode.ts';
import { OUTCOME_KINDS } from '../../words/outcome.ts';
import { type Given, given, pathFilter } from '../filter.ts';

/** What a person sent, by the fields' names. */
export type Form = Readonly<Record<string, string>>;

/** Browsers say where a form comes from. A second lock beside the cookie's `SameSite` and the form's token. */
export function refuseForeignPages(context: Context): void {
  const site = context.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Problem(403, 'The form comes from another page');
}

export async function formOf(context: Context): Promise<Form> {
  const form = await context.req.parseBody().catch(() => {
    throw new Problem(400, 'The form cannot be read');
  });
  const texts = Object.entries(form).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(texts);
}

export function reasonOf(form: Form): string {
  const parsed = z.string().trim().min(1).max(500).safeParse(form.reason);
  if (!parsed.success) throw new Problem(400, 'A reason of 1 to 500 characters is needed');
  return parsed.data;
}

/** null: as configured. */
export function modeOf(form: Form): Mode | null {
  const parsed = z.enum(['revoke', 'hold', 'dry-run', '']).safeParse(form.mode);
  if (!parsed.success) throw new Problem(400, 'Unknown mode');
  return parsed.data === '' ? null : parsed.data;
}

/** The field that says when what is decided about was seen: what has changed since then was not. */
export const AS_OF = 'as-of';

export function asOfOf(form: Form): number {
  const parsed = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .safeParse(form[AS_OF]);
  if (!parsed.success) throw new Problem(400, 'It is not said when it was seen');
  return parsed.data;
}

const text = () => z.string().min(1).optional();

const order = z.object({
  action: z.enum(['approve', 'retry']),
  state: z.enum(['held', 'attention']),
  outcome: z.enum(OUTCOME_KINDS).optional(),
  ...{ provider: text(), reason: text(), project: text(), path: pathFilter.optional(), type: text() },
});

type Order = z.output<typeof order>;
export type ManyAction = Order['action'];
/** As the list filters. */
export type ManyFilter = Given<Omit<Order, 'action'>>;

/** What is to be done to all that fit. */
export interface ManyOrder {
  readonly action: ManyAction;
  readonly filter: ManyFilter;
}

export function orderOf(form: Form): ManyOrder {
  const parsed = order.safeParse(form);
  if (!parsed.success) throw new Problem(400, 'It is not said what is to be decided');
  const { action, ...filter } = parsed.data;
  return { action, filter: given(filter) };
}
