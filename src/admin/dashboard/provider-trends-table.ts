import { html } from 'hono/html';
import type { LinkTo } from '../base-path.ts';
import type { ProviderTrend } from '../provider-trends.ts';
import type { Delays } from '../trend.ts';
import type { RowNames } from './entry-table.ts';
import type { Html } from './layout.ts';
import { queryOf } from './query.ts';
import { delaySpark, openSpark } from './trend-charts.ts';
import { belowWords } from './words.ts';

/** What is open at each provider, and how fast leaks died there, over the days. */
export function providerTrendsTable(
  trends: readonly ProviderTrend[],
  names: Pick<RowNames, 'titleOf'>,
  to: LinkTo,
): Html {
  return html`<h2>By provider, last 30 days</h2>
  ${
    trends.length === 0
      ? html`<p class="empty">Nothing. Each provider would stand here with what is open and how fast its leaks died.</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Providers"><table>
    <thead><tr><th scope="col">Provider</th><th scope="col">Open</th><th scope="col">Open over time</th><th scope="col">Dead</th><th scope="col">Time to death</th><th scope="col">Time to death over time</th></tr></thead>
    <tbody>${trends.map(
      ({ provider, open, dead, delayMs, trend }) => html`<tr>
        <th scope="row"><a href="${to(`/revocations?${queryOf({ provider })}`)}">${names.titleOf(provider)}</a></th>
        <td data-label="Open">${open}</td>
        <td data-label="Open over time">${openSpark(trend)}</td>
        <td data-label="Dead">${dead}</td>
        <td data-label="Time to death">${delayWords(delayMs)}</td>
        <td data-label="Time to death over time">${delaySpark(trend)}</td>
      </tr>`,
    )}</tbody>
  </table></div>`
  }`;
}

/** E.g. `half below 870 ms; 95 % below 15 s`. */
function delayWords({ median, p95 }: Delays): string {
  return median === null ? 'none yet' : `half ${belowWords(median)}; 95 % ${belowWords(p95)}`;
}
