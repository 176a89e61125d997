import { html } from 'hono/html';
import type { Mode } from '../../words/mode.ts';
import type { LinkTo } from '../base-path.ts';
import type { CredentialHealth, ProviderState } from '../operations.ts';
import { button, type Html, hidden, live, time } from './layout.ts';
import type { Session } from './session.ts';
import { laneWords, MODE_WORDS, valveWaitOf } from './words.ts';

export interface ProvidersView {
  readonly providers: readonly ProviderState[];
  readonly generalMode: Mode | null;
  readonly session: Session;
  readonly to: LinkTo;
  readonly now: number;
}

/** Each provider's state, those in use first, with what stops and starts it. */
export function providersPage(view: ProvidersView): Html {
  const { providers } = view;
  const enabled = providers.filter((provider) => provider.enabled);
  const used = enabled.filter((provider) => isUsed(provider, view.now));
  const idle = enabled.filter((provider) => !isUsed(provider, view.now));
  const off = providers.filter((provider) => !provider.enabled);
  return html`
    ${live('general', html`<h2>All providers</h2>${general(view)}`)}
    <h2>In use</h2>
    ${used.length === 0 ? html`<p>Nothing was reported yet.</p>` : used.map((provider) => live(`provider-${provider.id}`, card(provider, view)))}
    <h2>Ready</h2>
    <details>
      <summary>${idle.length} providers for which nothing was reported yet</summary>
    ${idle.map((provider) => live(`provider-${provider.id}`, card(provider, view)))}
    </details>
    <h2>Off</h2>
    <details>
      <summary>${off.length} providers that want something, or to be turned on</summary>
    <dl class="off">${off.map(({ title, id, needs }) => html`<dt>${title} <code>${id}</code></dt><dd>Needs: ${needs}</dd>`)}</dl>
    </details>`;
}

/** What is set for all does not touch those that have a mode of their own. */
function general(view: ProvidersView): Html {
  const others = view.providers.filter(({ modeOverride }) => modeOverride !== null);
  const names = others.map(({ title }) => title).join(', ');
  return html`${generalMode(view)}
    ${others.length === 0 ? '' : html`<p>It leaves out ${names}: a mode was set there for that provider alone.</p>`}`;
}

function generalMode({ generalMode, session, to }: ProvidersView): Html {
  if (session.caller.role === 'viewer')
    return html`<p>Mode: ${generalMode ? MODE_WORDS[generalMode] : 'as configured'}</p>`;
  return html`<form method="post" action="${to('/mode')}" class="inline">${hidden(session)}
        <label for="general-mode">Mode</label>
        <select id="general-mode" name="mode">${modeOptions(['hold', 'dry-run'], generalMode)}</select>
        <button>Set for all</button>
      </form>`;
}

function isUsed({ entries, lane, modeOverride }: ProviderState, now: number): boolean {
  return Object.keys(entries).length > 0 || stands(lane, now) || modeOverride !== null;
}

function stands(lane: ProviderState['lane'], now: number): boolean {
  return lane !== null && (lane.parked || lane.pausedUntil > now);
}

function card(provider: ProviderState, view: ProvidersView): Html {
  const { session, now } = view;
  const { id, title, lane, entries, maxPerHour, modes, credentials, stability, effect } = provider;
  const isStopped = stands(lane, now);
  const valve = valveWaitOf(lane);
  return html`<article class="provider ${isStopped ? 'stopped' : valve ? 'waiting' : ''}" aria-labelledby="title-${id}">
    <h3 id="title-${id}">${title} <span class="badge">${stability}</span></h3>
    <p class="lane">${laneWords(lane, now)}${lane && !lane.parked && lane.pausedUntil > now ? html`, until ${time(lane.pausedUntil)}` : ''}.</p>
    ${valve?.until ? html`<p class="lane">${valve.words}, until ${time(valve.until)}.</p>` : ''}
    <dl class="facts">
      <dt>Mode</dt><dd>${modes.map((mode) => MODE_WORDS[mode]).join('; ')}${provider.modeOverride ? ' (set here)' : ''}</dd>
      <dt>Acts on</dt><dd>${effect}</dd>
      <dt>Revoked in the last hour</dt><dd>${lane?.revokedLastHour ?? 0}${maxPerHour > 0 ? ` of at most ${maxPerHour}` : ''}</dd>
      <dt>Last success</dt><dd>${lane?.lastDoneAt ? time(lane.lastDoneAt) : 'none yet'}</dd>
      <dt>Waits</dt><dd>${entries.queued ?? 0} in work, ${entries.held ?? 0} for approval, ${entries.attention ?? 0} for a person</dd>
      <dt>Our credentials</dt><dd>${health(credentials)}</dd>
    </dl>
    ${session.caller.role === 'viewer' ? '' : actions(provider, view, isStopped)}
  </article>`;
}

function actions(
  { id, title, lane, modeOverride }: ProviderState,
  { session, to }: ProvidersView,
  isStopped: boolean,
): Html {
  const base = to(`/providers/${id}`);
  return html`<div class="actions">
      ${isStopped ? button(session, { action: `${base}/resume`, id: `resume-${id}`, label: 'Resume', about: title, tone: 'primary' }) : button(session, { action: `${base}/pause`, id: `pause-${id}`, label: 'Pause', about: title })}
      ${valveWaitOf(lane) && !isStopped ? button(session, { action: `${base}/resume`, id: `resume-${id}`, label: 'Let as many again through', about: `at ${title}` }) : ''}
      ${button(session, { action: `${base}/check`, id: `check-${id}`, label: 'Check credentials', about: `of ${title}` })}
      <form method="post" action="${base}/mode" class="inline">${hidden(session)}
        <label for="mode-${id}">Mode of ${title}</label>
        <select id="mode-${id}" name="mode">${modeOptions(['revoke', 'hold', 'dry-run'], modeOverride)}</select>
        <button id="set-mode-${id}" aria-label="Set mode of ${title}">Set</button>
      </form>
    </div>`;
}

function modeOptions(modes: readonly Mode[], chosen: Mode | null): Html {
  return html`<option value="">as configured</option>${modes.map(
    (mode) =>
      html`<option value="${mode}"${mode === chosen ? html` selected` : ''}>${MODE_WORDS[mode]}</option>`,
  )}`;
}

function health(credentials: CredentialHealth | null): Html {
  if (!credentials) return html`not checked yet`;
  const { at, checks } = credentials;
  if (checks.length === 0) return html`it needs none (${time(at)})`;
  return html`<ul>${checks.map(
    ({ name, ok, advice }) =>
      html`<li class="${ok ? 'ok' : 'fault'}">${name}: ${ok ? 'works' : (advice ?? 'does not work')}</li>`,
  )}</ul> checked ${time(at)}`;
}
