/** The kinds of keys. Quirks are listed in `index.ts`. */
import type { TokenKind } from '../../src/provider/provider.ts';

export const HOST = 'https://api.tailscale.com';
/** The operator's own, which is the only one that his OAuth client sees. */
export const TAILNET = 'tailnet of the OAuth client';

export const API_TOKEN: TokenKind = {
  id: 'api-token',
  types: ['gitleaks_rule_id_tailscaleapiaccesstoken'],
  pattern: /(?<![\w-])tskey-api-[A-Za-z0-9]+-[A-Za-z0-9]+(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { all: [HOST] },
  whole: 'open',
  undo: 'no',
};
export const AUTH_KEY: TokenKind = {
  id: 'auth-key',
  types: ['gitleaks_rule_id_tailscalepersonalauthkey'],
  pattern: /(?<![\w-])tskey-auth-[A-Za-z0-9]+-[A-Za-z0-9]+(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: { open: 'Any tailnet may have this key, and each knows only its own.' },
  whole: 'open',
  undo: 'no',
};
export const OAUTH_CLIENT: TokenKind = {
  id: 'oauth-client',
  types: ['gitleaks_rule_id_tailscaleoauthclientsecret'],
  pattern: /(?<![\w-])tskey-client-[A-Za-z0-9]+-[A-Za-z0-9]+(?![\w-])/,
  effect: 'wider',
  possession: 'signs-in',
  places: { all: [HOST] },
  whole: 'open',
  undo: 'no',
  warning: 'The OAuth client is deleted, and the access tokens that it was given stop working, too.',
};
