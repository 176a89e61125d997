/**
 * GitHub: github.com and the operator's GitHub Enterprise Servers and subdomains of GHE.com.
 *
 * Docs: https://docs.github.com/en/rest/credentials/revoke (also as `enterprise-server@3.19`),
 * https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token,
 * https://docs.github.com/en/rest/apps/oauth-applications#delete-an-app-token; checked 2026-11-28.
 *
 * Quirks:
 * - github.com revokes by value, without any credential (with one: 403), up to 1000 in a call, 60 calls an hour and
 *   address. It answers 202 whatever becomes of them, so that the proof is the token's own call: it works before, and
 *   has to fail afterwards.
 * - Each failing call counts against the same 60. The last of them are kept for revocations, see `budget.ts`.
 * - Tokens of Enterprise Servers and of GHE.com look like those of github.com, and are refused there like dead ones. So
 *   every configured host is given the token, which is exact, as each looks it up by value; and a refusal proves its
 *   death only where it was seen to work before.
 * - Enterprise Servers (3.19 and later) want a credential and take personal access tokens alone. Tokens of OAuth and
 *   GitHub Apps are deleted there with the credential of their app.
 * - GHE.com has the calls of github.com. That its revocation wants no credential there either is not documented.
 * - Installation tokens go by no list, and end themselves by a call each, a few a step, out of the same 60.
 * - It calls a whole list invalid for one of them, so what has no checksum, or a wrong one, goes by lists of its own.
 * - Six characters at a token's end are a checksum: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 * - The grant of an app must not be deleted: that ends all tokens of its user. Refresh tokens cannot be tried out
 *   without using them up, so that they end as accepted.
 */
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import type { CredentialCheck, Provider, ProviderDefinition, Tools } from '../../src/provider/provider.ts';
import { isAppAccepted } from './app.ts';
import { CALLS_AN_HOUR, createBudget } from './budget.ts';
import { config, type GithubConfig } from './config.ts';
import { GITHUB_COM, type Host } from './host.ts';
import { KINDS } from './kinds.ts';
import { isTokenAccepted, prove } from './proof.ts';
import { revokeAll, type World } from './revocation.ts';

export const github: ProviderDefinition<GithubConfig> = {
  id: 'github',
  title: 'GitHub',
  docs: 'https://docs.github.com/en/rest/credentials/revoke',
  checked: '2026-11-28',
  stability: 'stable',
  exactness: 'by value',
  proof: 'the host at which the token worked refuses it; none for refresh tokens',
  effect: 'the token only; its owner gets an e-mail',
  needs:
    'nothing for github.com; the URL of each GitHub Enterprise Server and any token of it, and for tokens of apps there the secret of the app; the URL of each subdomain of GHE.com',
  types: [...new Set(KINDS.flatMap(({ types }) => types))],
  config,
  // Documented for calls without a credential; a batch is one call.
  rate: { steps: CALLS_AN_HOUR, perMs: 60 * 60 * 1000 },
  create,
};

function create(settings: GithubConfig, { upstream, clock, log }: Tools): Provider {
  const githubCom: Host = { api: upstream(GITHUB_COM), isPublic: true, token: undefined };
  const servers = settings.servers.map(({ url, token }) => ({ api: upstream(url), isPublic: false, token }));
  const apps = settings.apps.map(({ url, ...app }) => ({ ...app, api: upstream(url) }));
  const world: World = { hosts: [githubCom, ...servers], apps, budget: createBudget(clock), clock, log };

  return {
    kinds: KINDS,
    async revoke(token, step) {
      const [result] = await revokeAll([{ token, step }], world, step.signal);
      if (!result || result instanceof Error) throw result;
      return result;
    },
    verify: (token, step) => prove(world.hosts, token, step, world),
    batch: { size: 1000, revoke: (items, signal) => revokeAll(items, world, signal) },
    check: (signal) =>
      Promise.all([
        ...servers.flatMap(({ token, ...host }) =>
          token
            ? [accepted(`${host.api.base} token`, () => isTokenAccepted({ ...host, token }, token, signal))]
            : [],
        ),
        ...apps.map((app) =>
          accepted(`${app.api.base} app ${app.clientId}`, () => isAppAccepted(app, signal)),
        ),
      ]),
  };
}

function accepted(name: string, isAccepted: () => Promise<boolean>): Promise<CredentialCheck> {
  const advice = 'GitHub refused this credential: create a new one and configure it.';
  return judgedCheck(name, async () => ((await isAccepted()) ? { ok: true } : { ok: false, advice }));
}
