import { html } from 'hono/html';
import type { LinkTo } from '../base-path.ts';
import type { Html } from './layout.ts';

/** @param wrong the token that was just given is none */
export function signInPage({ wrong, next, to }: { wrong: boolean; next: string; to: LinkTo }): Html {
  return html`<form method="post" action="${to('/sign-in')}" class="sign-in">
    <input type="hidden" name="next" value="${next}">
    <label for="token">Admin token</label>
    <input id="token" name="token" type="password" required autofocus autocomplete="current-password"${wrong ? html` aria-invalid="true" aria-describedby="wrong"` : ''}>
    ${wrong ? html`<p id="wrong" class="warning" role="alert">This is none of the tokens in admin.tokens.</p>` : ''}
    <button class="primary">Sign in</button>
    <p class="more">The token is one of <code>admin.tokens</code> in the configuration; the first start without a configuration wrote one beside the ledger.</p>
  </form>`;
}
