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
  const y = (ms: number) => BOTTOM - logShare(ms, topMs) * (BOTTOM - TOP);
  const marks = trend.map(({ delayMs: { median, p95 } }, index) => {
    if (median === null || p95 === null) return '';
    const x = round(LEFT + (index + 0.5) * width);
    return html`<line class="spread" x1="${x}" x2="${x}" y1="${round(y(median))}" y2="${round(y(p95))}"></line><circle class="median" cx="${x}" cy="${round(y(median))}" r="3"></circle>`;
  });
  const worst = longest === 0 ? 'none died in this time' : `95 % ${belowWords(longest)} at the slowest`;
  return figure(`Time to death: ${worst}`, html`${guides.map(([ms, name]) => guide(y(ms), name))}${marks}`);
}

const SPARK = { width: 120, height: 30 };

/** As small as a word, for a table whose cells say the numbers. */
export function openSpark(trend: readonly Step[]): Html {
  const highest = Math.max(1, ...trend.map(({ open }) => open));
  const width = SPARK.width / trend.length;
  const y = (open: number) => SPARK.height - 1 - (open / highest) * (SPARK.height - 3);
  const path = trend.map(({ open }, index) => `V${round(y(open))}H${round((index + 1) * width)}`);
  const most = trend.reduce((high, { open }) => Math.max(high, open), 0);
  const drawing = html`<path class="open" d="M0 ${SPARK.height}${path.join('')}V${SPARK.height}Z"></path>`;
  return spark(`at most ${most} open at the end of a day`, drawing);
}

/** A dot for the median of each day, on a logarithmic axis from 0.1 s up to 30 days. */
export function delaySpark(trend: readonly Step[]): Html {
  const [longest] = GUIDES.at(-1) ?? [SHORTEST_MS];
  const width = SPARK.width / trend.length;
  const medians = trend.flatMap(({ delayMs: { median } }) => median ?? []);
  const dots = trend.map(({ delayMs: { median } }, index) => {
    if (median === null) return '';
    const y = SPARK.height - 3 - logShare(median, longest) * (SPARK.height - 6);
    return html`<circle class="median" cx="${round((index + 0.5) * width)}" cy="${round(y)}" r="2"></circle>`;
  });
  const slowest = medians.length === 0 ? null : Math.max(...medians);
  return spark(`median of the slowest day: ${belowWords(slowest)}`, html`${dots}`);
}

function spark(name: string, drawing: Html): Html {
  return html`<svg class="spark" viewBox="0 0 ${SPARK.width} ${SPARK.height}" preserveAspectRatio="none" role="img" aria-label="${name}">${drawing}</svg>`;
}

/** How far up a time stands, from 0 to 1. */
function logShare(ms: number, topMs: number): number {
  const share = Math.log(Math.max(ms, SHORTEST_MS) / SHORTEST_MS) / Math.log(topMs / SHORTEST_MS);
  return Math.min(share, 1);
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
