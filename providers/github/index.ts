/**
 * GitHub: github.com and the operator's GitHub Enterprise Servers.
 *
 * Docs: https://docs.github.com/en/rest/credentials/revoke (also as `enterprise-server@3.19`),
 * https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token,
 * https://docs.github.com/en/rest/apps/oauth-applications#delete-an-app-token; checked 2026-11-21.
 *
 * Quirks:
 * - github.com revokes by value, without any credential (with one: 403), up to 1000 in a call, 60 calls an hour and
 *   address. It answers 202 whatever becomes of them, so that the proof is the token's own call, which has to fail.
 * - That failing call counts against the same 60. The last of them are kept for revocations, see `proof.ts`.
 * - Tokens of an Enterprise Server look like those of github.com. So every configured host is given the token, which
 *   is exact, as each looks it up by value; and it is dead only when all of them refuse it.
 * - Enterprise Servers (3.19 and later) want a credential and take personal access tokens alone. Tokens of OAuth and
 *   GitHub Apps are deleted there with the credential of their app.
 * - The grant of an app must not be deleted: that ends all tokens of its user. Refresh tokens cannot be tried out
 *   without using them up, so that they end as accepted.
 */
import { z } from 'zod';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { judgedCheck } from '../../src/provider/kit/credential-check.ts';
import type {
  BatchItem,
  CredentialCheck,
  Provider,
  ProviderDefinition,
  RevokeResult,
  Tools,
} from '../../src/provider/provider.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { type App, deleteAsApp, isAppAccepted } from './app.ts';
import { submitAll } from './by-value.ts';
import { failureAt, type Host } from './host.ts';
import { deleteInstallationToken } from './installation.ts';
import { KINDS, OF_APPS, OF_SERVERS } from './kinds.ts';
import { CALLS_AN_HOUR, createBudget, isTokenAccepted, prove } from './proof.ts';

const GITHUB_COM = 'https://api.github.com';
const apiUrl = baseUrl().describe('Base URL of the REST API, e.g. https://github.example.com/api/v3.');

const config = z.strictObject({
  servers: z
    .array(
      z.strictObject({
        url: apiUrl,
        token: secretText().describe('Of any user of the server; its revocation API wants one.'),
      }),
    )
    .default([])
    .describe(
      'All GitHub Enterprise Servers whose tokens may leak: what they and github.com refuse is taken for dead.',
    ),
  apps: z
    .array(
      z.strictObject({
        clientId: z.string().min(1).describe('Client ID of an OAuth app or a GitHub App.'),
        clientSecret: secretText().describe('One of its client secrets.'),
        url: apiUrl.default(GITHUB_COM).describe('Base URL of the REST API at which the app is registered.'),
      }),
    )
    .default([])
    .describe('Your own apps; needed for their tokens at an Enterprise Server, optional at github.com.'),
});

export type GithubConfig = z.output<typeof config>;

export const github: ProviderDefinition<GithubConfig> = {
  id: 'github',
  title: 'GitHub',
  docs: 'https://docs.github.com/en/rest/credentials/revoke',
  stability: 'stable',
  exactness: 'by value',
  proof: 'every configured host refuses the token; none for refresh tokens',
  effect: 'the token only; its owner gets an e-mail',
  needs:
    'nothing for github.com; the URL of each GitHub Enterprise Server and any token of it, and for tokens of apps there the secret of the app',
  types: [...new Set(KINDS.flatMap(({ types }) => types))],
  config,
  // Documented for calls without a credential; a batch is one call.
  rate: { steps: CALLS_AN_HOUR, perMs: 60 * 60 * 1000 },
  create,
};

function create(settings: GithubConfig, { upstream, clock, log }: Tools): Provider {
  const githubCom: Host = { api: upstream(GITHUB_COM), token: undefined };
  const servers = settings.servers.map(({ url, token }) => ({ api: upstream(url), token }));
  const hosts: readonly Host[] = [githubCom, ...servers];
  const apps: readonly App[] = settings.apps.map(({ url, ...app }) => ({ ...app, api: upstream(url) }));
  const budget = createBudget(clock);

  /** What is known without asking by value; undefined for what is still to be handed in. */
  const revokeAlone = async ({ token, step }: BatchItem): Promise<RevokeResult | Error | undefined> => {
    try {
      if (step.kind === 'installation-token') return await deleteInstallationToken(hosts, token, step.signal);
      return OF_APPS.has(step.kind)
        ? await deleteAsApp(apps, token, { signal: step.signal, log })
        : undefined;
    } catch (error) {
      return failureAt(githubCom, error);
    }
  };

  const revokeAll = async (
    items: readonly BatchItem[],
    signal: AbortSignal,
  ): Promise<readonly (RevokeResult | Error)[]> => {
    const results = new Map<BatchItem, RevokeResult | Error>();
    for (const item of items) {
      const result = await revokeAlone(item);
      if (result) results.set(item, result);
    }
    const open = items.filter((item) => !results.has(item));
    for (const host of hosts) {
      const theirs = host.token ? open.filter(({ step }) => OF_SERVERS.has(step.kind)) : open;
      const onAnswer = host.token ? () => {} : budget.heed;
      const failures = await submitAll(theirs, { host, signal, clock, onAnswer });
      for (const [item, failure] of failures) results.set(item, failure);
    }
    return items.map((item) => results.get(item) ?? { outcome: 'accepted' });
  };

  return {
    kinds: KINDS,
    async revoke(token, step) {
      const [result] = await revokeAll([{ token, step }], step.signal);
      if (!result || result instanceof Error) throw result;
      return result;
    },
    verify: (token, step) => prove(hosts, token, step, { budget, clock }),
    batch: { size: 1000, revoke: revokeAll },
    check: (signal) =>
      Promise.all([
        ...servers.map((server) =>
          accepted(`${server.api.base} token`, () => isTokenAccepted(server, signal)),
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
