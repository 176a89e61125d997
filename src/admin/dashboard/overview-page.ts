import { html } from 'hono/html';
import type { Entry } from '../../ledger/entry.ts';
import type { LinkTo } from '../base-path.ts';
import type { Overview, ProviderState } from '../operations.ts';
import { OVERVIEW_WINDOWS } from '../trend.ts';
import { endsChart } from './chart.ts';
import { entryRows, type RowNames } from './entry-table.ts';
import { firstSteps, type Html, live, time } from './layout.ts';
import { providerTrendsTable } from './provider-trends-table.ts';
import { delayChart, openChart } from './trend-charts.ts';
import { goneWithLeaks, isStopped, stoppedWithLeaks, verdictOf } from './verdict.ts';
import { belowWords, countWords, durationWords, MODE_WORDS, waitOf } from './words.ts';

export interface OverviewPage {
  readonly overview: Overview;
  readonly providers: readonly ProviderState[];
  readonly generalMode: ProviderState['modeOverride'];
  /** The newest that need a person, and the newest that wait for approval. */
  readonly attention: readonly Entry[];
  readonly held: readonly Entry[];
  readonly names: RowNames;
  readonly to: LinkTo;
  readonly now: number;
}

/** Whether all leaks are dead, how many are, how fast they died, what waits, and what needs a person and why. */
export function overviewPage(view: OverviewPage): Html {
  const { overview, attention, held, providers, generalMode, names, to, now } = view;
  const { entries, trend } = overview;
  const stopped = stoppedWithLeaks(providers, overview, now);
  const { tone, sentence } = verdictOf({ overview, stopped, generalMode, now });
  const isFirst = overview.created === 0 && Object.values(entries).every((count) => count === 0);
  return html`
    ${live('verdict', html`<p class="verdict ${tone}">${sentence}</p>${isFirst ? firstSteps() : ''}`)}
    ${live('summary', summary(view))}
    ${live(
      'warnings',
      html`${generalMode ? html`<p class="warning">All providers: ${MODE_WORDS[generalMode]}. <a href="${to('/providers')}">Change</a></p>` : ''}
      ${overview.ledgerWarnings.map((message) => html`<p class="warning">Ledger: ${message}</p>`)}
      ${providers.map((provider) => laneWarning(provider, view))}
      ${goneWithLeaks(providers, overview.providers).map(({ provider, open }) => html`<p class="warning">${provider}: off, and not in the configuration. ${countWords(open, 'leak is', 'leaks are')} open.</p>`)}`,
    )}
    ${live('trend', html`<div class="charts">${openChart(trend)}${delayChart(trend)}</div>`)}
    ${live(
      'attention',
      html`<h2>Needs a person <span class="count">${entries.attention}</span></h2>
      ${attention.length === 0 ? html`<p class="empty">Nothing. Leaks that Quash could not revoke, or may not, would stand here with what to do about each.</p>` : entryRows(attention, { names, to, label: 'Leaks that need a person' })}
      ${entries.attention > attention.length ? html`<p><a href="${to('/revocations?state=attention')}">All ${entries.attention} that need a person</a></p>` : ''}`,
    )}
    ${live(
      'held',
      html`<h2>Waits for approval <span class="count">${entries.held}</span></h2>
      ${held.length === 0 ? html`<p class="empty">Nothing. Leaks whose revocation would hit more than the token, or of which nothing shows that the secret leaked, would stand here until somebody approves.</p>` : entryRows(held, { names, to, label: 'Leaks that wait for approval' })}
      ${entries.held > held.length ? html`<p><a href="${to('/revocations?state=held')}">All ${entries.held} that wait</a></p>` : ''}`,
    )}
    ${live('by-provider', providerTrendsTable(overview.providers, names, to))}
    ${live('chart', endsChart(overview))}`;
}

/** Of a lane that stands, or of which something waits for the safety valve. */
function laneWarning({ id, title, enabled, lane, entries }: ProviderState, { to, now }: OverviewPage): Html {
  if (!enabled && entries.queued)
    return html`<p class="warning">${title}: off, and ${countWords(entries.queued, 'leak waits', 'leaks wait')}.</p>`;
  const wait = enabled && lane ? waitOf(lane, now) : undefined;
  if (!wait || !lane || !(isStopped(lane, now) || entries.queued)) return html``;
  const until = wait.until === null ? '' : html`, until ${time(wait.until)}`;
  return html`<p class="warning">${title}: ${wait.words}${until}. <a href="${to(`/providers#provider-${id}`)}">Look at ${title}</a></p>`;
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
      <div class="card ${overview.dead > 0 ? 'good' : ''}"><dt>Leaks dead</dt><dd>${overview.dead}</dd><dd class="more">in ${window}; ${overview.created} reported</dd></div>
      <div class="card"><dt>Time to death</dt><dd class="words">${belowWords(delayMs.median)}</dd>
        <dd class="more">${delayMs.p95 === null ? '' : `half of them; 95 % ${belowWords(delayMs.p95)}`}</dd></div>
      <div class="card"><dt>In work</dt><dd><a href="${to('/revocations?state=queued')}">${entries.queued}</a></dd><dd class="more">waiting or being revoked${age}</dd></div>
      <div class="card ${entries.held > 0 ? 'notable' : ''}"><dt>Wait for approval</dt><dd><a href="${to('/revocations?state=held')}">${entries.held}</a></dd></div>
      <div class="card ${entries.attention > 0 ? 'bad' : ''}"><dt>Need a person</dt><dd><a href="${to('/revocations?state=attention')}">${entries.attention}</a></dd></div>
    </dl>`;
}
