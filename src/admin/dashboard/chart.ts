/** A bar chart as SVG that needs no script, with its numbers in a table for those who cannot see it. */
import { html } from 'hono/html';
import type { Overview } from '../operations.ts';
import type { Step } from '../trend.ts';
import type { Html } from './layout.ts';
import { belowWords } from './words.ts';

const WIDTH = 720;
const HEIGHT = 160;
const GAP = 2;

const SERIES = [
  ['dead', 'dead'],
  ['others', 'ended otherwise'],
  ['attention', 'needing a person'],
] as const;

export function endsChart({ trend: bars, window }: Overview): Html {
  const highest = Math.max(1, ...bars.map(({ dead, attention, others }) => dead + attention + others));
  const width = WIDTH / bars.length;
  const byDay = window !== '24h';
  return html`<figure class="chart">
    <figcaption>What became of leaks, per ${byDay ? 'day' : 'hour'} (highest: ${highest})</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Bar chart; the table below has its numbers" preserveAspectRatio="none">
      ${bars.map((bar, index) => stack(bar, index * width, width - GAP, highest))}
    </svg>
    <p class="legend">${SERIES.map(([key, name]) => html`<span class="key ${key}">${name}</span>`)}</p>
    <details>
      <summary>Numbers</summary>
      <table>
        <thead><tr><th scope="col">From (UTC)</th>${SERIES.map(([, name]) => html`<th scope="col">${name}</th>`)}<th scope="col">open at the end</th><th scope="col">time to death, median</th></tr></thead>
        <tbody>${bars
          .filter(({ dead, attention, others, open }) => dead + attention + others + open > 0)
          .map(
            (bar) =>
              html`<tr><th scope="row">${label(bar.at, byDay)}</th>${SERIES.map(([key]) => html`<td>${bar[key]}</td>`)}<td>${bar.open}</td><td>${belowWords(bar.delayMs.median)}</td></tr>`,
          )}</tbody>
      </table>
    </details>
  </figure>`;
}

function stack(bar: Step, x: number, width: number, highest: number): Html[] {
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
