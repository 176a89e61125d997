import { html } from 'hono/html';
import type { NoticeSummary } from '../../ledger/notice.ts';
import type { LinkTo } from '../base-path.ts';
import { button, type Html, live, time } from './layout.ts';
import type { Session } from './session.ts';

export interface NoticesView {
  readonly notices: readonly NoticeSummary[];
  /** Names of the channels that there are now. */
  readonly channels: readonly string[];
  readonly failedOnly: boolean;
  readonly session: Session;
  readonly to: LinkTo;
}

/** What became of notices, and a way to send one again. */
export function noticesPage({ notices, channels, failedOnly, session, to }: NoticesView): Html {
  const canSend = (channel: string) => session.caller.role === 'operator' && channels.includes(channel);
  const rows = notices.map((notice) => {
    const { id, channel, target, firstAt, lastAt, attempts } = notice;
    return html`<tr>
      <th scope="row">${channel} <span class="more">${target}</span></th>
      <td data-label="Tells of">${toldIn(notice)}</td>
      <td data-label="First tried">${time(firstAt)}</td>
      <td data-label="Last tried">${attempts > 1 ? html`${time(lastAt)}, attempt ${attempts}` : ''}</td>
      <td data-label="Answer">${answerIn(notice)}</td>
      <td data-label="Again">${
        canSend(channel)
          ? button(session, {
              ...{ action: to(`/notices/${id}/send-again`), id: `again-${id}`, label: 'Send again' },
              about: `to ${channel}`,
            })
          : ''
      }</td>
    </tr>`;
  });
  const other = failedOnly
    ? html`<a href="${to('/notices')}">All notices</a>`
    : html`<a href="${to('/notices?delivered=false')}">Only those that were not delivered</a>`;
  return live(
    'notices',
    html`<p>What was not delivered is tried again by itself, later and later; "Send again" tries at once. ${other}</p>
    ${
      notices.length === 0
        ? html`<p class="empty">${failedOnly ? 'Every notice was delivered.' : 'Nobody was told anything yet: receivers stand under notify in the configuration.'}</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Notices"><table>
        <thead><tr><th scope="col">Receiver</th><th scope="col">Tells of</th><th scope="col">First tried</th><th scope="col">Last tried</th><th scope="col">Answer</th><th scope="col">Again</th></tr></thead>
        <tbody>${rows}</tbody>
    </table></div>`
    }`,
  );
}

function toldIn({ counts, missed }: NoticeSummary): string {
  const told = counts.map(({ event, provider, entries }) => `${provider}: ${entries} ${event}`);
  return [...told, ...(missed > 0 ? [`${missed} earlier ones are lost to it`] : [])].join(', ');
}

function answerIn({ answer: { delivered, message, status } }: NoticeSummary): Html {
  if (delivered) return html`<span class="badge good">Delivered</span>`;
  const details = [message, status !== undefined && `Status ${status}.`].filter(Boolean).join(' ');
  return html`<span class="badge bad">Not delivered</span> ${details}`;
}
