/**
 * Docker Hub: personal access tokens of configured users and access tokens of configured organisations.
 *
 * Docs: https://docs.docker.com/reference/api/hub/latest/operations/patchV2AccessTokensByUuid/ and
 * https://docs.docker.com/reference/api/hub/latest/operations/patchV2OrgsByOrgNameAccessTokensByAccessTokenId/,
 * checked 2026-11-21.
 *
 * - A token logs in only together with the name of its user or organisation, which shows whose it is. No list shows
 *   any part of a token, so only when a single one is active it is known to be the leaked one; several go to a person.
 * - Only a log-in by password may manage tokens; one by token gets 403. So it works neither for users with two-factor
 *   authentication nor where single sign-on is enforced.
 * - A token that is set inactive cannot log in, and can be set active again.
 * - The session of a log-in lasts 10 minutes. Wrong log-ins are limited: a token of nobody costs one per account.
 */
import { z } from 'zod';
import { secretText } from '../../src/config/secret-text.ts';
import { createAccessTokens } from '../../src/provider/access-token.ts';
import { credentialFailure, refused, revoked, unexpected } from '../../src/provider/kit.ts';
import { byRecords, type Keeper } from '../../src/provider/operator-records.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import type { Answer, Upstream, UpstreamRequest } from '../../src/provider/upstream.ts';
import { bearer } from '../../src/provider/upstream-client.ts';
import { Secret } from '../../src/secret.ts';

const name = () => z.string().regex(/^[a-z0-9_-]{1,64}$/, 'expected a name as in the URL of its page');

const configSchema = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        username: name().describe('Docker ID of the user.'),
        password: secretText().describe('Password of the user; a token may not manage tokens.'),
      }),
    )
    .default([])
    .describe('Users whose personal access tokens may leak; asked in this order.'),
  organizations: z
    .array(
      z.strictObject({
        name: name().describe('Name of the organisation.'),
        username: name().describe('Docker ID of one of its owners.'),
        password: secretText().describe('Password of that owner.'),
      }),
    )
    .default([])
    .describe('Organisations whose access tokens may leak; asked in this order.'),
});

export type DockerhubConfig = z.output<typeof configSchema>;

const PERSONAL: TokenKind = {
  id: 'personal-token',
  types: ['gitleaks_rule_id_dockerpersonalaccesstoken', 'gitleaks_rule_id_dockerhub-personal-access-token'],
  pattern: /(?<![\w-])dckr_pat_[\w-]{27,32}(?![\w-])/,
  effect: 'token',
};
const ORGANIZATIONAL: TokenKind = {
  id: 'organization-token',
  types: ['gitleaks_rule_id_dockerhub-organization-access-token'],
  pattern: /(?<![\w-])dckr_oat_[\w-]{27,32}(?![\w-])/,
  effect: 'token',
};

export const dockerhub: ProviderDefinition<DockerhubConfig> = {
  id: 'dockerhub',
  title: 'Docker Hub',
  docs: 'https://docs.docker.com/reference/api/hub/latest/operations/patchV2AccessTokensByUuid/',
  stability: 'beta',
  exactness: 'the only active token of the user or organisation that it logs in to; several go to a person',
  proof: 'Docker Hub no longer lets the token log in',
  effect: 'the token only, set inactive',
  needs: 'user name and password of each user, or of an owner of each organisation',
  types: [...PERSONAL.types, ...ORGANIZATIONAL.types],
  config: configSchema,
  create({ accounts, organizations }, tools) {
    const upstream = tools.upstream('https://hub.docker.com');
    const ofUsers = accounts.map(({ username, password }) =>
      keeperOf({ owner: username, username, password, path: '/v2/access-tokens' }, upstream, tools),
    );
    const ofOrganizations = organizations.map(({ name: owner, username, password }) =>
      keeperOf({ owner, username, password, path: `/v2/orgs/${owner}/access-tokens` }, upstream, tools),
    );
    const personal = byRecords(ofUsers, ADVICE, tools.log);
    const organizational = byRecords(ofOrganizations, ADVICE, tools.log);
    const recordsOf = (kind: string) => (kind === PERSONAL.id ? personal : organizational);
    return {
      kinds: [
        ...(ofUsers.length > 0 ? [PERSONAL] : []),
        ...(ofOrganizations.length > 0 ? [ORGANIZATIONAL] : []),
      ],
      revoke: (token, step) => recordsOf(step.kind).revoke(token, step),
      verify: (token, step) => recordsOf(step.kind).verify(token, step),
      check: async (signal) => [...(await personal.check(signal)), ...(await organizational.check(signal))],
    };
  },
};

const ADVICE = {
  unknown:
    'The token does not log in to any configured user or organisation of Docker Hub: add its owner to providers.dockerhub and retry, or dismiss it if the token is dead.',
  rights:
    'Docker Hub must accept user name and password without a second factor, and the user must be an owner of the organisation.',
};
const SEVERAL =
  'The leaked token works and its owner has several active ones: ask the owner which one it is, and set that one inactive.';
const TOO_MANY = 'The owner of the token has more tokens than Quash reads: find the leaked one by hand.';
const NOT_LISTED = 'The token works but is not in the list of its owner: look for it on Docker Hub by hand.';

const PAGE_SIZE = 100;
const MAX_PAGES = 10;
const MAX_EVIDENCE = 20;
const SESSION_SECONDS = 600;

const ID = z.string().regex(/^[\w-]+$/);
const STATE = {
  is_active: z.boolean(),
  created_at: z.iso.datetime({ offset: true }).nullish().catch(null),
  expires_at: z.string().nullish(),
};
/** The id of a personal token is called `uuid`, that of an organisation's `id`. */
const RECORD = z
  .object({ uuid: ID, ...STATE })
  .or(z.object({ id: ID, ...STATE }).transform(({ id, ...rest }) => ({ uuid: id, ...rest })));
type TokenRecord = z.output<typeof RECORD>;

const PAGE = z.object({ results: z.array(RECORD), next: z.string().nullish() });
const SESSION = z.object({ access_token: z.string().min(1) });
const INACTIVE = z.object({ is_active: z.literal(false) });
const ERROR = z.object({ message: z.string() }).or(z.object({ detail: z.string() }));

interface Place {
  /** The user or organisation whose tokens these are; a token logs in with this name. */
  readonly owner: string;
  readonly username: string;
  readonly password: Secret;
  readonly path: string;
}

function keeperOf({ owner, username, password, path }: Place, upstream: Upstream, { clock }: Tools): Keeper {
  const sessions = createAccessTokens(clock, async (signal) => {
    const answer = await logIn(upstream, username, password, signal);
    if (answer.status === 401) throw credentialFailure(upstream, answer);
    return { token: new Secret(answer.json(SESSION).access_token), expiresInSeconds: SESSION_SECONDS };
  });
  const call = async (request: UpstreamRequest): Promise<Answer> => {
    const headers = { authorization: bearer(await sessions.get(request.signal)) };
    const statuses = [...request.statuses, 401, 403];
    const answer = await upstream.request({ ...request, headers, statuses });
    if (answer.status === 401) sessions.forget();
    if (answer.status === 401 || answer.status === 403) throw credentialFailure(upstream, answer);
    return answer;
  };
  const readPage = async (page: number, signal: AbortSignal) => {
    const query = { page, page_size: PAGE_SIZE };
    return (await call({ method: 'GET', path, query, statuses: [200], signal })).json(PAGE);
  };
  const isUsable = ({ is_active, expires_at }: TokenRecord): boolean =>
    is_active && !(expires_at && Date.parse(expires_at) <= clock.now());
  const usableTokens = async (signal: AbortSignal): Promise<readonly TokenRecord[] | undefined> => {
    const usable: TokenRecord[] = [];
    for (let page = 1; page <= MAX_PAGES; page++) {
      const { results, next } = await readPage(page, signal);
      usable.push(...results.filter(isUsable));
      if (!next) return usable;
    }
    return undefined;
  };
  const works = async (token: Secret, signal: AbortSignal): Promise<boolean> => {
    const answer = await logIn(upstream, owner, token, signal);
    if (answer.status === 200) answer.json(SESSION);
    return answer.status === 200;
  };

  return {
    name: owner,
    own: password,
    async find(token, { signal }) {
      if (!(await works(token, signal))) return undefined;
      const usable = await usableTokens(signal);
      if (!usable) return refused('ambiguous', TOO_MANY, { owner });
      const [only, ...others] = usable;
      if (!only) return refused('unsupported-kind', NOT_LISTED, { owner });
      return others.length === 0
        ? only.uuid
        : refused('ambiguous', SEVERAL, { owner, ...candidates(usable) });
    },
    async remove(uuid, _token, signal) {
      const json = { is_active: false };
      const request = {
        method: 'PATCH',
        path: `${path}/${uuid}`,
        json,
        statuses: [200, 404],
        signal,
      } as const;
      const answer = await call(request);
      // Deleted meanwhile; the log-in that follows tells.
      if (answer.status === 404) answer.json(ERROR);
      else answer.json(INACTIVE);
      return revoked({ owner, tokenId: uuid });
    },
    look: async (_uuid, token, signal) => ((await works(token, signal)) ? 'alive' : 'dead'),
    async probe(signal) {
      await readPage(1, signal);
    },
  };
}

/** Answers 200, or 401 in the words of Docker Hub. */
async function logIn(
  upstream: Upstream,
  identifier: string,
  secret: Secret,
  signal: AbortSignal,
): Promise<Answer> {
  const json = { identifier, secret };
  const request = { method: 'POST', path: '/v2/auth/token', json, statuses: [200, 401], signal } as const;
  const answer = await upstream.request(request);
  if (answer.status === 401 && !answer.maybeJson(ERROR)) throw unexpected(upstream, answer);
  return answer;
}

function candidates(records: readonly TokenRecord[]) {
  return {
    candidates: records
      .slice(0, MAX_EVIDENCE)
      .map(({ uuid, created_at }) => ({ tokenId: uuid, createdAt: created_at ?? null })),
  };
}
