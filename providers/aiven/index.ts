/**
 * Passwords of the users of Aiven services.
 *
 * Docs: https://api.aiven.io/doc/#tag/Service:_Users, https://aiven.io/docs/tools/cli/service/user; checked 2026-11-21.
 *
 * - A password names neither its service nor its user. With `include_secrets` a service shows the passwords of its users,
 *   so it is compared with those of all services of the configured projects; nothing of them is kept.
 * - Services that keep no passwords (ClickHouse among them) show none; a password of theirs is unknown here.
 * - `reset-credentials` sets another password, which the answer shows, and for some services another certificate. What
 *   logs in as this user stops working until it gets the new password, so it waits for approval.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { byRecords, type Keeper } from '../../src/provider/kit/operator-records.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import type { ProviderDefinition, TokenKind, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';

const config = z.strictObject({
  projects: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('Name of the project.'),
        token: secretText().describe(
          'An API token whose owner may read the secrets of the services and reset their users.',
        ),
      }),
    )
    .default([])
    .describe('Projects whose service passwords may leak; asked in this order.'),
});

export type AivenConfig = z.output<typeof config>;

const KIND: TokenKind = {
  id: 'service-password',
  types: ['gitleaks_rule_id_aivenservicepassword'],
  pattern: /(?<![\w-])AVNS_[\w-]{15,40}(?![\w-])/,
  effect: 'wider',
  warning:
    'The service user gets a new password and, in some services, a new certificate; whatever logs in as this user stops working.',
};

export const aiven: ProviderDefinition<AivenConfig> = {
  id: 'aiven',
  title: 'Aiven',
  docs: 'https://api.aiven.io/doc/#tag/Service:_Users',
  stability: 'beta',
  exactness: 'by value, among the passwords of the service users',
  proof: 'the service user has another password',
  effect: 'resets the credentials of the service user; waits for approval',
  needs: 'the name of each project and an API token',
  types: KIND.types,
  config,
  create: ({ projects }, tools) => ({
    kinds: projects.length > 0 ? [KIND] : [],
    ...byRecords(
      projects.map((project) => keeperOf(project, tools)),
      {
        unknown:
          'No service of a configured project shows this password: add its project to providers.aiven.projects and retry, reset it by hand if its service shows none, or dismiss this if it is out of use.',
        rights:
          'The owner of the API token must be allowed to read the secrets of services and to reset users.',
      },
      tools.log,
    ),
  }),
};

const SERVICES = z.object({ services: z.array(z.object({ service_name: z.string() })) });
const USERS = z.object({
  service: z.object({
    users: z.array(z.object({ username: z.string(), password: z.string().optional() })).optional(),
  }),
});
const RESET = z.object({ service: z.looseObject({}) });
const NOT_FOUND = z.object({ message: z.string(), errors: z.array(z.object({ status: z.literal(404) })) });
const MAX_SERVICES = 200;

const TOO_MANY_SERVICES = refused(
  'needs-context',
  'The project has too many services to look for the password: reset it by hand in the Aiven console.',
);
const SHARED = 'Several service users have this password: reset it by hand for each of them.';

/** Where the password is, as it is put on file. */
const RECORD = z.tuple([z.string(), z.string()]);

function keeperOf({ name, token: apiToken }: AivenConfig['projects'][number], tools: Tools): Keeper {
  const upstream = tools.upstream('https://api.aiven.io');
  const call = operatorCalls(upstream, { authorization: new Secret(`aivenv1 ${apiToken.reveal()}`) });
  const project = `/v1/project/${encodeURIComponent(name)}/service`;
  const services = async (signal: AbortSignal) => {
    const answer = await call({ method: 'GET', path: project, statuses: [200], signal });
    return answer.json(SERVICES).services.map(({ service_name }) => service_name);
  };
  /** Of a service that is gone, nobody. */
  const usersOf = async (service: string, signal: AbortSignal) => {
    const path = `${project}/${encodeURIComponent(service)}`;
    const query = { include_secrets: 'true' };
    const request = { method: 'GET', path, query, statuses: [200], notFound: NOT_FOUND, signal } as const;
    const answer = await call(request);
    return answer.status === 404 ? [] : (answer.json(USERS).service.users ?? []);
  };
  return {
    name,
    async find(token, { signal }) {
      const names = await services(signal);
      if (names.length > MAX_SERVICES) return TOO_MANY_SERVICES;
      const owners: { service: string; user: string }[] = [];
      for (const service of names) {
        const users = await usersOf(service, signal);
        const owning = users.filter(({ password }) => password !== undefined && isSame(token, password));
        owners.push(...owning.map(({ username }) => ({ service, user: username })));
      }
      const [only, ...others] = owners;
      if (others.length > 0) return refused('ambiguous', SHARED, { project: name, candidates: owners });
      return only && JSON.stringify([only.service, only.user] satisfies z.output<typeof RECORD>);
    },
    async remove(id, token, signal) {
      const [service, user] = RECORD.parse(JSON.parse(id));
      const owner = (await usersOf(service, signal)).find(({ username }) => username === user);
      const evidence = { project: name, service, user };
      if (!owner?.password || !isSame(token, owner.password)) return revoked(evidence);
      const path = `${project}/${encodeURIComponent(service)}/user/${encodeURIComponent(user)}`;
      const json = { operation: 'reset-credentials' };
      (await call({ method: 'PUT', path, json, statuses: [200], signal })).json(RESET);
      return revoked(evidence);
    },
    async look(id, token, signal) {
      const [service, user] = RECORD.parse(JSON.parse(id));
      const owner = (await usersOf(service, signal)).find(({ username }) => username === user);
      if (!owner) return 'dead';
      if (!owner.password) return 'unknown';
      return isSame(token, owner.password) ? 'alive' : 'dead';
    },
    async probe(signal) {
      await services(signal);
    },
  };
}

/** In constant time, whatever the lengths. */
function isSame(token: Secret, password: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(token.reveal()), digest(password));
}
