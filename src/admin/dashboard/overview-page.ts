import { html } from 'hono/html';
import type { Entry } from '../../ledger/entry.ts';
import type { LinkTo } from '../base-path.ts';
import { OVERVIEW_WINDOWS, type Overview, type ProviderState } from '../operations.ts';
import { endsChart } from './chart.ts';
import { entryRows } from './entry-table.ts';
import { type Html, live } from './layout.ts';
import { durationWords, laneWords, MODE_WORDS } from './words.ts';

export interface OverviewPage {
  readonly overview: Overview;
  readonly providers: readonly ProviderState[];
  readonly generalMode: ProviderState['modeOverride'];
  /** The newest that need a person, and the newest that wait for approval. */
  readonly attention: readonly Entry[];
  readonly held: readonly Entry[];
  readonly to: LinkTo;
  readonly now: number;
}

/** How many leaks are dead, how fast they died, what waits, and what needs a person and why. */
export function overviewPage(view: OverviewPage): Html {
  const { overview, attention, held, providers, generalMode, to, now } = view;
  const { entries } = overview;
  const stopped = providers.filter(({ enabled, lane }) => enabled && lane && isStopped(lane, now));
  return html`
    ${live('summary', summary(view))}
    ${live(
      'warnings',
      html`${generalMode ? html`<p class="warning">All providers: ${MODE_WORDS[generalMode]}. <a href="${to('/providers')}">Change</a></p>` : ''}
      ${stopped.map(
        ({ id, title, lane }) =>
          html`<p class="warning">${title}: ${laneWords(lane, now)}. <a href="${to(`/providers#provider-${id}`)}">Look at ${title}</a></p>`,
      )}`,
    )}
    ${live(
      'attention',
      html`<h2>Needs a person <span class="count">${entries.attention}</span></h2>
      ${attention.length === 0 ? html`<p>Nothing.</p>` : entryRows(attention, to)}
      ${entries.attention > attention.length ? html`<p><a href="${to('/revocations?state=attention')}">All ${entries.attention} that need a person</a></p>` : ''}`,
    )}
    ${live(
      'held',
      html`<h2>Waits for approval <span class="count">${entries.held}</span></h2>
      ${held.length === 0 ? html`<p>Nothing.</p>` : entryRows(held, to)}
      ${entries.held > held.length ? html`<p><a href="${to('/revocations?state=held')}">All ${entries.held} that wait</a></p>` : ''}`,
    )}
    ${live('chart', endsChart(overview, now))}`;
}

function summary({ overview, to, now }: OverviewPage): Html {
  const { entries, delayMs, window, oldestQueuedAt } = overview;
  const age = oldestQueuedAt === null ? '' : `, the oldest for ${durationWords(now - oldestQueuedAt)}`;
  return html`
    <p class="windows" role="group" aria-label="Period">${OVERVIEW_WINDOWS.map(
      (each) =>
        html`<a href="${to(`/?window=${each}`)}"${each === window ? html` aria-current="true"` : ''}>${each}</a>`,
    )}</p>
    <dl class="cards">
      <div class="card good"><dt>Leaks dead</dt><dd>${overview.dead}</dd><dd class="more">in ${window}; ${overview.created} reported</dd></div>
      <div class="card"><dt>Time to death</dt><dd>${delayMs.median === null ? 'none yet' : `≤ ${durationWords(delayMs.median)}`}</dd>
        <dd class="more">${delayMs.p95 === null ? '' : `95 %: ≤ ${durationWords(delayMs.p95)}`}</dd></div>
      <div class="card"><dt>In work</dt><dd><a href="${to('/revocations?state=queued')}">${entries.queued}</a></dd><dd class="more">waiting or being revoked${age}</dd></div>
      <div class="card ${entries.held > 0 ? 'notable' : ''}"><dt>Wait for approval</dt><dd><a href="${to('/revocations?state=held')}">${entries.held}</a></dd></div>
      <div class="card ${entries.attention > 0 ? 'bad' : ''}"><dt>Need a person</dt><dd><a href="${to('/revocations?state=attention')}">${entries.attention}</a></dd></div>
    </dl>`;
}

function isStopped({ parked, pausedUntil }: NonNullable<ProviderState['lane']>, now: number): boolean {
  return parked || pausedUntil > now;
}
