/** A bar chart as SVG that needs no script, with its numbers in a table for those who cannot see it. */
import { html } from 'hono/html';
import type { Overview } from '../operations.ts';
import type { Html } from './layout.ts';

const HOUR_MS = 3_600_000;
const WIDTH = 720;
const HEIGHT = 160;
const GAP = 2;

interface Bar {
  readonly at: number;
  readonly dead: number;
  readonly attention: number;
  readonly others: number;
}

const SERIES = [
  ['dead', 'dead'],
  ['others', 'ended otherwise'],
  ['attention', 'needing a person'],
] as const;

export function endsChart(overview: Overview, now: number): Html {
  const bars = barsOf(overview, now);
  const highest = Math.max(1, ...bars.map(({ dead, attention, others }) => dead + attention + others));
  const width = WIDTH / bars.length;
  const byDay = overview.window !== '24h';
  return html`<figure class="chart">
    <figcaption>What became of leaks, per ${byDay ? 'day' : 'hour'} (highest: ${highest})</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Bar chart; the table below has its numbers" preserveAspectRatio="none">
      ${bars.map((bar, index) => stack(bar, index * width, width - GAP, highest))}
    </svg>
    <p class="legend">${SERIES.map(([key, name]) => html`<span class="key ${key}">${name}</span>`)}</p>
    <details>
      <summary>Numbers</summary>
      <table>
        <thead><tr><th scope="col">From (UTC)</th>${SERIES.map(([, name]) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${bars
          .filter(({ dead, attention, others }) => dead + attention + others > 0)
          .map(
            (bar) =>
              html`<tr><th scope="row">${label(bar.at, byDay)}</th>${SERIES.map(([key]) => html`<td>${bar[key]}</td>`)}</tr>`,
          )}</tbody>
      </table>
    </details>
  </figure>`;
}

function stack(bar: Bar, x: number, width: number, highest: number): Html[] {
  let top = HEIGHT;
  return SERIES.flatMap(([key]) => {
    const height = (bar[key] / highest) * HEIGHT;
    if (height === 0) return [];
    top -= height;
    return [
      html`<rect class="${key}" x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"></rect>`,
    ];
  });
}

function label(at: number, byDay: boolean): string {
  const iso = new Date(at).toISOString();
  return byDay ? iso.slice(0, 10) : `${iso.slice(0, 13).replace('T', ' ')}:00`;
}

function barsOf({ window, hours }: Overview, now: number): readonly Bar[] {
  const stepMs = window === '24h' ? HOUR_MS : 24 * HOUR_MS;
  const count = { '24h': 24, '7d': 7, '30d': 30 }[window];
  const last = Math.floor(now / stepMs);
  return Array.from({ length: count }, (_, index) => {
    const step = last - count + 1 + index;
    const own = hours.filter((hour) => Math.floor(hour.at / stepMs) === step);
    const sum = (pick: (ended: Readonly<Record<string, number>>) => number) =>
      own.reduce((total, { ended }) => total + pick(ended), 0);
    const dead = sum((ended) => (ended.revoked ?? 0) + (ended['already-inactive'] ?? 0));
    const attention = sum((ended) => ended.attention ?? 0);
    const all = sum((ended) => Object.values(ended).reduce((total, each) => total + each, 0));
    return { at: step * stepMs, dead, attention, others: all - dead - attention };
  });
}
