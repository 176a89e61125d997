import { isDeepStrictEqual } from 'node:util';
import { html } from 'hono/html';
import type { EntryDetails, HistoryEvent } from '../../ledger/entry.ts';
import type { Evidence } from '../../words/outcome.ts';
import { subjectLines } from '../../words/subject.ts';
import type { LinkTo } from '../base-path.ts';
import type { ProviderState } from '../operations.ts';
import { AS_OF } from './forms.ts';
import { button, type Html, hidden, hiddenFields, linkOut, live, statusBadge, time } from './layout.ts';
import { queryOf } from './query.ts';
import type { Session } from './session.ts';
import { durationWords, eventWords, isDead, outcomeWords, STATE_WORDS, waitOf } from './words.ts';

export interface EntryView {
  readonly entry: EntryDetails;
  readonly providerTitle: string;
  /** As it stands now; undefined for one that is not there any more. */
  readonly provider: ProviderState | undefined;
  /** What else is hit, where the action is wider than the token. */
  readonly warning: string | undefined;
  readonly session: Session;
  readonly to: LinkTo;
  readonly now: number;
}

/** One leak's story: where it was found, what was done, what was answered, and the proof. */
export function entryPage(view: EntryView): Html {
  const { entry, session } = view;
  return html`
    ${live('facts', facts(view))}
    ${session.caller.role === 'viewer' ? '' : live('actions', html`<h2>What you can do</h2>${actions(view)}`)}
    ${live('timeline', html`<h2>Timeline</h2><ol class="timeline">${foldRepeats(entry.history).map(timelineItem)}</ol>`)}
    ${live(
      'places',
      html`<h2>Where it was found</h2>
      ${entry.locations.length === 0 ? html`<p>The scanner gave no place.</p>` : html`<ul class="places">${entry.locations.map((location) => html`<li>${place(location)}</li>`)}</ul>`}`,
    )}
    <p class="more">Entry <code>${entry.id}</code>, signed in as ${session.caller.name}${session.caller.role === 'viewer' ? ' (viewer)' : ''}.</p>`;
}

function facts({ entry, providerTitle, now, to }: EntryView): Html {
  const { outcome } = entry;
  const proof = outcome?.verified ? 'An answer of the provider says that it no longer works.' : 'None.';
  return html`
    <p class="headline">${statusBadge(entry)} ${outcome ? html`<strong>${outcomeWords(outcome)}</strong>` : ''}</p>
    ${outcome?.advice ? html`<p class="advice">${outcome.advice}</p>` : ''}
    <dl class="facts">
      <dt>Provider</dt><dd>${providerTitle}, ${entry.kind}</dd>
      <dt>Reported as</dt><dd>${entry.types.join(', ')}</dd>
      ${entry.projects.length === 0 ? '' : html`<dt>Projects</dt><dd>${entry.projects.map((project) => html`<a href="${to(`/projects?${queryOf({ project })}`)}">${project}</a> `)}</dd>`}
      <dt>First reported</dt><dd>${time(entry.firstReportedAt)}${entry.caller === null ? '' : ` by ${entry.caller}`}</dd>
      <dt>Reports</dt><dd>${entry.reports}${entry.reports > 1 ? html`, last ${time(entry.lastReportedAt)}` : ''}</dd>
      ${entry.endedAt === null ? '' : html`<dt>${endWords(entry)}</dt><dd>${time(entry.endedAt)}${isDead(outcome) ? `, ${durationWords(entry.endedAt - entry.firstReportedAt)} after the first report` : ''}</dd>`}
      ${entry.dueAt === null || entry.dueAt <= now ? '' : html`<dt>Next try</dt><dd>${time(entry.dueAt)}</dd>`}
      ${outcome ? html`<dt>Proof</dt><dd>${proof}</dd>` : ''}
      ${outcome?.evidence ? html`<dt>Evidence</dt><dd>${evidence(outcome.evidence)}</dd>` : ''}
      ${subjectLines(entry.subject ?? {}).map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}
    </dl>`;
}

/** What began at the time that is kept as the end. */
function endWords({ state, outcome }: EntryDetails): string {
  if (state === 'attention') return 'Needs a person since';
  return state === 'done' && isDead(outcome) ? 'Shown to be dead' : STATE_WORDS[state];
}

function evidence(facts: Evidence): Html {
  return html`<ul class="evidence">${Object.entries(facts).map(
    ([name, value]) =>
      html`<li>${name}: <code>${typeof value === 'object' ? JSON.stringify(value) : String(value)}</code></li>`,
  )}</ul>`;
}

function actions(view: EntryView): Html {
  const { entry, warning, session, to } = view;
  const base = to(`/revocations/${entry.id}`);
  const { state, history } = entry;
  const fields = { [AS_OF]: history.at(-1)?.at ?? entry.firstReportedAt };
  const waits = state === 'held' || state === 'attention';
  const isDry = waits && view.provider?.modes.includes('dry-run') === true;
  if (state === 'done' || state === 'dismissed') return html`<p>Nothing: the token was erased.</p>`;
  return html`
    ${isDry ? html`<p class="warning">The mode of ${view.providerTitle} is dry-run: set another one before it can be revoked.</p>` : ''}
    ${state === 'held' && !isDry ? html`${warning ? html`<p class="warning">If you approve it: ${warning}</p>` : ''}${button(session, { action: `${base}/approve`, id: 'approve', label: 'Approve: revoke it', tone: 'primary', fields })}` : ''}
    ${state === 'attention' && !isDry ? button(session, { action: `${base}/retry`, id: 'retry', label: 'Try again now', tone: 'primary', fields }) : ''}
    ${waits ? '' : inWork(view)}
    <form method="post" action="${base}/dismiss" class="dismiss">
      ${hidden(session)}${waits ? hiddenFields(fields) : ''}
      <label for="reason">Reason for dismissing it</label>
      <input id="reason" name="reason" required maxlength="500" autocomplete="off">
      <button id="dismiss">Dismiss: nothing is to be done</button>
    </form>`;
}

/** What its own time or turn does not tell: why its provider does not work on it. */
function inWork({ provider, providerTitle, to, now }: EntryView): Html {
  const look = html`<a href="${to(`/providers#provider-${provider?.id}`)}">Look at ${providerTitle}</a>`;
  if (!provider?.enabled)
    return html`<p class="warning">It waits: ${providerTitle} is off. Turn it on in the configuration, or dismiss the leak.</p>`;
  const wait = waitOf(provider.lane, now);
  if (!wait) return html`<p>It is in work; nothing needs to be done.</p>`;
  return html`<p class="warning">${providerTitle}: ${wait.words}${wait.until === null ? '' : html`, until ${time(wait.until)}`}. ${look}</p>`;
}

interface Repeated {
  /** The last one. */
  readonly event: HistoryEvent;
  readonly firstAt: number;
  readonly times: number;
}

/** Steps of a search, and retries that fail in the same way, may be hundreds. */
function foldRepeats(history: readonly HistoryEvent[]): readonly Repeated[] {
  const folded: Repeated[] = [];
  for (const event of history) {
    const before = folded.at(-1);
    const isSame = before !== undefined && isDeepStrictEqual(withoutTimes(before.event), withoutTimes(event));
    if (isSame) folded.splice(-1, 1, { ...before, event, times: before.times + 1 });
    else folded.push({ event, firstAt: event.at, times: 1 });
  }
  return folded;
}

function withoutTimes({ at: _at, dueAt: _dueAt, ...what }: HistoryEvent): object {
  return what;
}

function timelineItem({ event, firstAt, times }: Repeated): Html {
  const { at, by, code, message, outcome, dueAt } = event;
  const isBad = outcome?.kind === 'refused' || outcome?.kind === 'exhausted';
  const tone = isDead(outcome) ? 'good' : isBad ? 'bad' : '';
  return html`<li class="event ${event.event} ${tone}">
    ${time(firstAt)} <strong>${eventWords(event)}</strong>${times > 1 ? html` ${times} times, until ${time(at)}` : ''}${by ? html` by ${by}` : ''}
    ${message ? html`<br>${message}` : ''}${code && event.event !== 'unproven' ? html` <code>${code}</code>` : ''}
    ${outcome?.verified ? html`<br>Proof: the provider says that the token no longer works.` : ''}
    ${dueAt === undefined ? '' : html`<br><span class="more">Next: ${time(dueAt)}</span>`}
  </li>`;
}

/** GitLab names the raw file, where a line cannot be shown. */
function place(location: string): Html {
  return linkOut(location.replace('/-/raw/', '/-/blob/'), location);
}
