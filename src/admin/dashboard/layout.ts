/** The frame of every page, and the small pieces that several pages share. All text is escaped by `html`. */
import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { Entry } from '../../ledger/entry.ts';
import type { LinkTo } from '../base-path.ts';
import type { Session } from './session.ts';
import { statusOf } from './words.ts';

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** One part of a page that is replaced by itself when it has changed. */
export function live(id: string, content: Html): Html {
  return html`<section id="${id}" data-live>${content}</section>`;
}

export interface PageOptions {
  readonly title: string;
  readonly path: string;
  readonly to: LinkTo;
  readonly session: Session | undefined;
  /** What an action just did, in words. */
  readonly notice?: string | undefined;
  readonly version: string;
}

const LINKS: readonly (readonly [path: string, name: string])[] = [
  ['/', 'Overview'],
  ['/revocations', 'Leaks'],
  ['/projects', 'Projects'],
  ['/providers', 'Providers'],
  ['/notices', 'Notices'],
  ['/sessions', 'Sessions'],
];

export function page({ title, path, to, session, notice, version }: PageOptions, main: Html): Html {
  const [here = '/'] = path.split('?');
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Quash</title>
    <link rel="icon" href="${to('/assets/icon.svg')}" type="image/svg+xml">
    <link rel="stylesheet" href="${to('/assets/dashboard.css')}">
    ${session ? html`<script type="module" src="${to('/assets/dashboard.js')}"></script>` : ''}
  </head>
  <body>
    <a class="skip" href="#main">Skip to content</a>
    <header>
      <a class="brand" href="${to('/')}">Quash</a>
      ${session ? navigation(here, session, to) : ''}
    </header>
    <main id="main" tabindex="-1">
      <h1>${title}</h1>
      ${notice ? html`<p class="notice" role="status">${notice}</p>` : ''}
      ${main}
    </main>
    <footer>
      Quash ${version}
      ${session ? html`<span id="connection" role="status" data-connection>Not live</span>` : ''}
    </footer>
  </body>
</html>`;
}

function navigation(here: string, session: Session, to: LinkTo): Html {
  return html`<nav aria-label="Pages">
        ${LINKS.map(([path, name]) => {
          const isHere = path === '/' ? here === '/' : here.startsWith(path);
          return html`<a href="${to(path)}"${isHere ? html` aria-current="page"` : ''}>${name}</a>`;
        })}
      </nav>
      <form method="post" action="${to('/sign-out')}">${hidden(session)}<button class="quiet">Sign out</button></form>`;
}

/** What every form has to send along. */
export function hidden(session: Session): Html {
  return html`<input type="hidden" name="form-token" value="${session.formToken}">`;
}

export function hiddenFields(fields: Readonly<Record<string, string | number>>): readonly Html[] {
  return Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
}

export function button(
  session: Session,
  {
    action,
    id,
    label,
    about,
    tone = '',
    fields = {},
  }: {
    action: string;
    id: string;
    label: string;
    /** What tells it from others with its label, behind which it is read out: who speaks to the page says what he sees. */
    about?: string;
    tone?: string;
    fields?: Readonly<Record<string, string | number>>;
  },
): Html {
  return html`<form method="post" action="${action}">${hidden(session)}${hiddenFields(fields)}<button id="${id}" class="${tone}"${about ? html` aria-label="${label} ${about}"` : ''}>${label}</button></form>`;
}

/** What a page shows before the first report. */
export function firstSteps(): Html {
  return html`<div class="empty"><p>No leak was reported yet. They come from</p>
    <ul>
      <li>GitLab's Secret Detection, once it is connected: <code>quash gitlab-settings</code> prints how;</li>
      <li>a scanner's report in a CI job: <code>quash submit gl-secret-detection-report.json</code>;</li>
      <li>findings that GitLab has already: <code>quash sweep --all --dry-run</code> counts them first.</li>
    </ul></div>`;
}

/** @param isStranger nobody is signed in */
export function problemPage(detail: string | undefined, to: LinkTo, isStranger: boolean): Html {
  const way = isStranger
    ? html`<a href="${to('/sign-in')}">Go to the sign-in</a>`
    : html`<a href="${to('/')}">Go to the overview</a>`;
  return html`${detail ? html`<p>${detail}</p>` : ''}<p>${way}</p>`;
}

export function statusBadge(entry: Pick<Entry, 'state' | 'outcome'>): Html {
  const { tone, words } = statusOf(entry);
  return html`<span class="badge ${tone}">${words}</span>`;
}

export function time(at: number): Html {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** A committer chose the address: it becomes a link only where it can be nothing but a page. */
export function linkOut(address: string, text?: string): Html {
  const isPage = /^https?:$/.test(URL.parse(address)?.protocol ?? '');
  if (!isPage) return html`<code>${address}</code>`;
  return html`<a href="${address}" rel="noopener noreferrer nofollow">${text ?? address}</a>`;
}
