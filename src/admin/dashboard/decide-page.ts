/** Many leaks decided about together: the question before it, and then what became of each. */
import { html } from 'hono/html';
import type { ListPage } from '../../ledger/entry.ts';
import type { LinkTo } from '../base-path.ts';
import type { Decided, ManyDecided } from '../decisions.ts';
import type { Operations } from '../operations.ts';
import { entryRows, type RowNames } from './entry-table.ts';
import { AS_OF, type ManyFilter, type ManyOrder } from './forms.ts';
import { type Html, hidden, hiddenFields } from './layout.ts';
import { queryOf } from './query.ts';
import type { Session } from './session.ts';
import { countWords, outcomeWords, STATE_WORDS } from './words.ts';

export interface DecideView extends ManyOrder {
  /** What would be done to those that fit; to the newest of them, where there are too many for one answer. */
  readonly tried: ManyDecided;
  /** How many fit, where that is known without looking at each. */
  readonly total: number | undefined;
  /** The newest of them. */
  readonly page: ListPage;
  readonly names: RowNames;
  readonly session: Session;
  readonly to: LinkTo;
  readonly now: number;
}

/** What was done to all that fitted an order. */
export interface ManyResults extends ManyOrder {
  readonly done: number;
  readonly failed: number;
  /** The first of them, failures before all others. */
  readonly results: readonly Decided[];
  readonly to: LinkTo;
}

/** So many results are listed at most. */
const MAX_RESULTS = 1_000;

const WORDS = {
  approve: {
    verb: 'Approve',
    past: 'Approved',
    effect: 'Each of them is revoked then, as soon as its provider lets it.',
    result: 'Approved: it is revoked as soon as its provider lets it',
  },
  retry: {
    verb: 'Retry',
    past: 'Retried',
    effect: 'Each of them is tried again at once.',
    result: 'It is tried again now',
  },
} as const;

/** Goes on until nothing is left that fits, however many answers that takes. */
export async function decideAll(
  operations: Pick<Operations, 'decideMany'>,
  { action, filter }: ManyOrder,
  by: { readonly by: string; readonly asOf: number },
): Promise<Omit<ManyResults, 'to'>> {
  let [done, failed] = [0, 0];
  let results: readonly Decided[] = [];
  let cursor: string | undefined;
  do {
    const part = await operations.decideMany({ action, ...by, filter, cursor, dryRun: false });
    done += part.done;
    failed += part.failed;
    cursor = part.cursor;
    results = [...results, ...part.results]
      .sort((a, b) => Number(a.done) - Number(b.done))
      .slice(0, MAX_RESULTS);
  } while (cursor !== undefined);
  return { action, filter, done, failed, results };
}

/** Nothing of it moves by itself: what is confirmed is what was there when it was made. */
export function decidePage({
  action,
  filter,
  tried,
  total,
  page,
  names,
  session,
  to,
  now,
}: DecideView): Html {
  const { verb, effect } = WORDS[action];
  const count = tried.cursor === undefined ? tried.done : (total ?? `more than ${tried.done}`);
  const isNone = tried.done === 0;
  const isViewer = session.caller.role === 'viewer';
  const question = isViewer
    ? `${count} fit; an operator may decide about them.`
    : `${verb} all ${count} of these? ${effect}`;
  return html`
    <p class="headline"><strong>${filterWords(filter, names)}</strong></p>
    ${isNone ? html`<p>None of them is left.</p>` : html`<p>${question}</p>`}
    ${problemsOf(tried.results).map(
      ([problem, entries]) =>
        html`<p class="advice">${countWords(entries, 'other stays as it is', 'others stay as they are')}. ${problem}</p>`,
    )}
    ${
      isViewer || isNone
        ? ''
        : html`<form method="post" action="${to('/decide')}">${hidden(session)}
      ${hiddenFields({ action, ...filter, [AS_OF]: now })}
      <button id="decide" class="primary">${verb} all ${count}</button></form>`
    }
    ${page.entries.length === 0 ? '' : html`<h2>The newest of them</h2>${entryRows(page.entries, { names, to })}`}`;
}

export function decidedTitle({ action, done, failed }: ManyResults): string {
  const { past } = WORDS[action];
  return failed === 0
    ? `${past} ${countWords(done, 'leak', 'leaks')}`
    : `${past} ${done} of ${countWords(done + failed, 'leak', 'leaks')}`;
}

export function decidedPage({ action, filter, done, failed, results, to }: ManyResults): Html {
  const more = done + failed - results.length;
  return html`
    <p class="${failed === 0 ? 'notice' : 'warning'}" role="status">${done} done, ${failed} not done.
      <a href="${to(`/revocations?${queryOf(filter)}`)}">Back to the list</a></p>
    <div class="scroll" tabindex="0" role="region" aria-label="Results"><table>
      <thead><tr><th scope="col">Leak</th><th scope="col">Result</th></tr></thead>
      <tbody>${results.map(
        (each) => html`<tr>
          <th scope="row"><a href="${to(`/revocations/${each.id}`)}"><code>${each.id.slice(0, 8)}</code></a></th>
          <td data-label="Result"><span class="${each.done ? 'ok' : 'fault'}">${each.done ? WORDS[action].result : each.problem}</span></td>
        </tr>`,
      )}</tbody>
    </table></div>
    ${more > 0 ? html`<p class="more">${more} more were done; their pages tell.</p>` : ''}`;
}

/** E.g. `GitLab: Not revoked: no configured server knows it, in acme/app`. */
function filterWords(
  { state, provider, outcome, reason, project, path, type }: ManyFilter,
  names: RowNames,
): string {
  const whose = provider === undefined ? 'All providers' : names.titleOf(provider);
  const why =
    outcome === undefined
      ? STATE_WORDS[state] + (reason === undefined ? '' : ` (${reason})`)
      : outcomeWords({ kind: outcome, verified: false, ...(reason !== undefined && { reason }) });
  const where = project === undefined ? '' : `, in ${project}`;
  const file = path === undefined ? '' : `, at ${path}`;
  return `${whose}: ${why}${where}${file}${type === undefined ? '' : `, reported as ${type}`}`;
}

/** Each problem once, with how many have it. */
function problemsOf(results: readonly Decided[]): readonly (readonly [problem: string, entries: number])[] {
  const counts = new Map<string, number>();
  for (const { problem } of results) {
    if (problem !== undefined) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  }
  return [...counts];
}
