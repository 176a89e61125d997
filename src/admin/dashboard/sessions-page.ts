import { html } from 'hono/html';
import type { Session as SignedIn } from '../sessions.ts';
import { button, type Html, live, time } from './layout.ts';
import type { Session } from './session.ts';

/** Who is signed in, and a way to end it. */
export function sessionsPage(sessions: readonly SignedIn[], session: Session): Html {
  const rows = sessions.map(({ id, caller, since, until }) => {
    const isThis = id === session.id;
    return html`<tr>
      <th scope="row">${caller.name}${isThis ? html` <span class="more">(this browser)</span>` : ''}</th>
      <td data-label="Role">${caller.role}</td>
      <td data-label="Since">${time(since)}</td>
      <td data-label="Until">${time(until)}</td>
      <td data-label="End it">${button(session, {
        action: `/sessions/${id}/end`,
        id: `end-${id}`,
        label: 'End',
        about: `the session of ${caller.name}`,
      })}</td>
    </tr>`;
  });
  return live(
    'sessions',
    html`<p>${session.caller.role === 'operator' ? 'Everybody who is signed in here' : 'Where you are signed in'}; a session ends by itself after eight hours.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Sessions"><table>
        <thead><tr><th scope="col">Who</th><th scope="col">Role</th><th scope="col">Since</th><th scope="col">Until</th><th scope="col">End it</th></tr></thead>
        <tbody>${rows}</tbody>
    </table></div>`,
  );
}
