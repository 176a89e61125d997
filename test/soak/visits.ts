/** Who comes by beside the reports: people at the dashboard, Prometheus, those without a token, and broken connections. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import type { Random } from '../chaos/random.ts';
import { PRE_SHARED } from '../chaos/reporter.ts';
import { ADMIN_TOKEN, type World } from '../chaos/world.ts';
import type { QuashProcess } from '../support/quash-process.ts';

const LONGEST_PAUSE_MS = 200;
const PAGES = ['/', '/revocations', '/providers', '/projects'];
const SHARE_UNREADABLE = 0.02;
/** More than are kept one by one, so that the others are counted. */
const UNREADABLE = 120;

/** Goes on until aborted. A service that is away is tried again. */
export async function visit(world: World, random: Random, signal: AbortSignal): Promise<void> {
  const visits = [seeDashboard, watchDashboard, scrape, comeWithoutToken, breakOff];
  while (!signal.aborted) {
    const running = world.replicas[0]?.running;
    const next = random.chance(SHARE_UNREADABLE) ? reportUnreadable : random.pick(visits);
    if (running) await next(running, random).catch(() => undefined);
    await delay(random.between(0, LONGEST_PAUSE_MS), undefined, { signal }).catch(() => undefined);
  }
}

async function signIn({ adminUrl }: QuashProcess): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ token: ADMIN_TOKEN }).toString();
  const answer = await request(`${adminUrl}/sign-in`, { method: 'POST', headers, body });
  await answer.body.dump();
  return String(answer.headers['set-cookie']).split(';')[0] ?? '';
}

export async function seeDashboard(quash: QuashProcess): Promise<void> {
  const cookie = await signIn(quash);
  for (const page of PAGES) await get(`${quash.adminUrl}${page}`, { cookie });
}

/** Leaves without a word. */
async function watchDashboard(quash: QuashProcess, random: Random): Promise<void> {
  const cookie = await signIn(quash);
  const answer = await request(`${quash.adminUrl}/live?page=/`, { headers: { cookie } });
  await once(answer.body, 'data');
  await delay(random.between(0, LONGEST_PAUSE_MS));
  answer.body.on('error', () => undefined).destroy();
}

function scrape({ adminUrl }: QuashProcess): Promise<void> {
  return get(`${adminUrl}/metrics`, {});
}

function comeWithoutToken({ apiUrl }: QuashProcess): Promise<void> {
  return get(`${apiUrl}/v1/revocable_token_types`, { authorization: 'nobody' });
}

/** In the middle of a report. */
async function breakOff({ apiUrl }: QuashProcess): Promise<void> {
  const { hostname, port } = new URL(apiUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  socket.write(
    `POST /v1/revoke_tokens HTTP/1.1\r\nhost: quash\r\nauthorization: ${PRE_SHARED}\r\ncontent-length: 1000\r\n\r\n[{"type":`,
  );
  socket.resetAndDestroy();
}

/** Each time from another project, as whoever floods would do. */
async function reportUnreadable({ apiUrl }: QuashProcess, random: Random): Promise<void> {
  const project = `https://gitlab.example.com/${random.text(8)}/${random.text(8)}`;
  const elements = Array.from({ length: UNREADABLE }, (_, line) => ({
    type: 'chaos_flaky_key',
    token: `none of these ${line}`,
    location: `${project}/-/raw/${'a'.repeat(40)}/config.yml#L${line + 1}`,
  }));
  const headers = { authorization: PRE_SHARED, 'content-type': 'application/json' };
  const body = JSON.stringify(elements);
  const answer = await request(`${apiUrl}/v1/revoke_tokens`, { method: 'POST', headers, body });
  await answer.body.dump();
}

async function get(url: string, headers: Record<string, string>): Promise<void> {
  const answer = await request(url, { headers });
  await answer.body.dump();
}
