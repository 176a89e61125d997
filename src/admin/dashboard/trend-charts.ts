/** Small charts of how leaks went, as SVG that needs no script and no style of its own. */
import { html } from 'hono/html';
import type { Step } from '../trend.ts';
import type { Html } from './layout.ts';
import { belowWords } from './words.ts';

const WIDTH = 360;
const HEIGHT = 120;
/** Room for the words of the guide lines. */
const LEFT = 44;
const TOP = 8;
const BOTTOM = HEIGHT - 8;

/** Guide lines of the times, whose axis is logarithmic. */
const GUIDES = [
  [1_000, '1 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [86_400_000, '1 d'],
  [30 * 86_400_000, '30 d'],
] as const;
const SHORTEST_MS = 100;

export function openChart(trend: readonly Step[]): Html {
  const highest = Math.max(1, ...trend.map(({ open }) => open));
  const width = (WIDTH - LEFT) / trend.length;
  const y = (open: number) => BOTTOM - (open / highest) * (BOTTOM - TOP);
  const path = trend.map(({ open }, index) => `V${round(y(open))}H${round(LEFT + (index + 1) * width)}`);
  const now = trend.at(-1)?.open ?? 0;
  return figure(
    `Open leaks: ${now} now, at most ${highest === 1 && trend.every(({ open }) => open === 0) ? 0 : highest}`,
    html`${guide(y(0), '0')}${guide(y(highest), String(highest))}
      <path class="open" d="M${LEFT} ${BOTTOM}${path.join('')}V${BOTTOM}Z"></path>`,
  );
}

export function delayChart(trend: readonly Step[]): Html {
  const longest = Math.max(0, ...trend.map(({ delayMs }) => delayMs.p95 ?? 0));
  const shown = GUIDES.findIndex(([ms]) => ms >= longest);
  const guides = GUIDES.slice(0, Math.max(shown, 1) + 1);
  const topMs = guides.at(-1)?.[0] ?? SHORTEST_MS;
  const width = (WIDTH - LEFT) / trend.length;
  const y = (ms: number) => {
    const share = Math.log(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) / Math.log(topMs / SHORTEST_MS);
    return BOTTOM - Math.min(share, 1) * (BOTTOM - TOP);
  };
  const marks = trend.map(({ delayMs: { median, p95 } }, index) => {
    if (median === null || p95 === null) return '';
    const x = round(LEFT + (index + 0.5) * width);
    return html`<line class="spread" x1="${x}" x2="${x}" y1="${round(y(median))}" y2="${round(y(p95))}"></line><circle class="median" cx="${x}" cy="${round(y(median))}" r="3"></circle>`;
  });
  const worst = longest === 0 ? 'none died in this time' : `95 % ${belowWords(longest)} at the slowest`;
  return figure(`Time to death: ${worst}`, html`${guides.map(([ms, name]) => guide(y(ms), name))}${marks}`);
}

function figure(caption: string, drawing: Html): Html {
  return html`<figure class="chart small">
    <figcaption>${caption}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${caption}; the table below has the numbers">${drawing}</svg>
  </figure>`;
}

function guide(y: number, name: string): Html {
  return html`<line class="guide" x1="${LEFT}" x2="${WIDTH}" y1="${round(y)}" y2="${round(y)}"></line><text x="${LEFT - 6}" y="${round(y + 3)}" text-anchor="end">${name}</text>`;
}

function round(value: number): string {
  return value.toFixed(1);
}
