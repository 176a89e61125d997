import { html } from 'hono/html';
import type { LinkTo } from '../base-path.ts';
import type { Html } from './layout.ts';

export interface SignInPage {
  /** The token that was just given is none. */
  readonly wrong: boolean;
  readonly next: string;
  /** Who signs persons in, where there is one. */
  readonly issuer: string | undefined;
  readonly to: LinkTo;
}

export const START_PATH = '/sign-in/openid';

export function signInPage({ wrong, next, issuer, to }: SignInPage): Html {
  return html`${issuer ? html`<p><a id="start" class="button primary" href="${to(START_PATH)}?${String(new URLSearchParams({ next }))}">Sign in with ${new URL(issuer).host}</a></p>` : ''}
  <form method="post" action="${to('/sign-in')}" class="sign-in">
    <input type="hidden" name="next" value="${next}">
    <label for="token">Admin token</label>
    <input id="token" name="token" type="password" required${issuer ? '' : html` autofocus`} autocomplete="current-password"${wrong ? html` aria-invalid="true" aria-describedby="wrong"` : ''}>
    ${wrong ? html`<p id="wrong" class="warning" role="alert">This is none of the tokens in admin.tokens.</p>` : ''}
    <button class="${issuer ? '' : 'primary'}">Sign in${issuer ? ' with the token' : ''}</button>
    <p class="more">The token is one of <code>admin.tokens</code> in the configuration; the first start without any wrote one beside the ledger, into <code>admin-token</code>.</p>
  </form>`;
}

export function signedInPage(next: string): Html {
  return html`<p><a href="${next}">Go on</a></p>`;
}
