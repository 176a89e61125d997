/** The passwords of one project's service users. */
import { z } from 'zod';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { isAmong } from '../../src/provider/kit/listed-secrets.ts';
import { operatorCalls } from '../../src/provider/kit/operator-calls.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { digestOf, SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import type { AivenProject } from './config.ts';

const SERVICES = z.object({ services: z.array(z.object({ service_name: z.string() })) });
const USERS = z.object({
  service: z.object({
    state: z.string().optional(),
    users: z.array(z.object({ username: z.string(), password: z.string().nullish() })).optional(),
  }),
});
const RESET = z.object({ service: z.looseObject({}) });
const NOT_FOUND = z.object({ message: z.string(), errors: z.array(z.object({ status: z.literal(404) })) });
const MAX_SERVICES = 200;
/** The key of services that do not say who their users are; no digest is so short. */
const SILENT = 'silent';

const TOO_MANY_SERVICES = refused(
  'needs-context',
  'The project has too many services to look for the password: reset it by hand in the Aiven console.',
);
const HIDDEN = refused(
  'manual',
  'The service does not show its passwords any more: reset this one by hand in the Aiven console.',
);
const SHARED = 'Several service users have this password: reset it by hand for each of them.';

/** Where the password is. Version 0.1.0 kept it as text. */
const RECORD = z.tuple([z.string(), z.string()]);
export const FOUND = z
  .union([RECORD, z.string().transform((text) => JSON.parse(text) as unknown)])
  .pipe(RECORD);
type Found = z.output<typeof FOUND>;

interface Owner {
  readonly service: string;
  readonly user: string;
}

export function accountOf({ name, token: apiToken }: AivenProject, tools: Tools): Account<Found> {
  const upstream = tools.upstream('https://api.aiven.io');
  const call = operatorCalls(upstream, { authorization: new Secret(`aivenv1 ${apiToken.reveal()}`) });
  const project = `/v1/project/${encodeURIComponent(name)}/service`;
  const services = async (signal: AbortSignal) => {
    const answer = await call({ method: 'GET', path: project, statuses: [200], signal });
    return answer.json(SERVICES).services.map(({ service_name }) => service_name);
  };
  /** Undefined where the service does not say. */
  const usersOf = async (service: string, signal: AbortSignal) => {
    const path = `${project}/${encodeURIComponent(service)}`;
    const query = { include_secrets: 'true' };
    const gone = { notFound: NOT_FOUND, within: { path: project, shows: SERVICES } };
    const answer = await call({ method: 'GET', path, query, statuses: [200], ...gone, signal });
    if (answer.status === 404) return 'gone';
    const { users, state } = answer.json(USERS).service;
    return users?.length === 0 && state === 'POWEROFF' ? undefined : users;
  };
  const owners = new SearchedList<Owner, readonly string[] | 'services'>({
    ...{ clock: tools.clock, first: 'services', maxCalls: MAX_SERVICES + 1 },
    async read(cursor, signal) {
      if (cursor === 'services') return { items: [], next: orEnd(await services(signal)) };
      const [service = '', ...others] = cursor;
      const users = await usersOf(service, signal);
      if (!users) return { items: [[SILENT, { service, user: '' }]], next: orEnd(others) };
      const listed = users === 'gone' ? [] : users;
      const items = listed.flatMap(({ username, password }) =>
        typeof password !== 'string' ? [] : [[digestOf(password), { service, user: username }] as const],
      );
      return { items, next: orEnd(others) };
    },
  });

  const search = async (token: Secret, step: Step): Promise<Sight<Found>> => {
    const all = await owners.findAll(digestOf(token), step);
    if (all === 'too-many') return { state: 'unable', refusal: TOO_MANY_SERVICES };
    if ('state' in all) return all;
    const [only, ...others] = all;
    if (!only) {
      // A service that was moved may be one of these, with the password.
      const silent = step.seenAlive.length > 0 && (await owners.findAll(SILENT, step));
      const isSilent = Array.isArray(silent) && silent.length > 0;
      return isSilent ? { state: 'unable', refusal: HIDDEN, maybeElsewhere: true } : { state: 'absent' };
    }
    if (others.length === 0) {
      return { state: 'alive', found: [only.service, only.user], by: 'listed-whole' };
    }
    const candidates = [only, ...others].map((owner) => ({ ...owner }));
    return { state: 'unable', refusal: refused('ambiguous', SHARED, { project: name, candidates }) };
  };

  const lookAgain = async (
    token: Secret,
    [service, user]: Found,
    signal: AbortSignal,
  ): Promise<Sight<Found>> => {
    const users = await usersOf(service, signal);
    if (!users) return { state: 'unable', refusal: HIDDEN };
    // It may have been moved to another project, with its users.
    if (users === 'gone') return { state: 'lost' };
    const owner = users.find(({ username }) => username === user);
    if (!owner) return { state: 'absent' };
    if (typeof owner.password !== 'string') return { state: 'unable', refusal: HIDDEN };
    if (!isAmong([owner.password], token)) return { state: 'absent' };
    return { state: 'alive', found: [service, user], by: 'listed-whole' };
  };

  return {
    name,
    look: (token, step, known) => (known ? lookAgain(token, known, step.signal) : search(token, step)),
    async revoke([service, user], _token, { signal }) {
      const path = `${project}/${encodeURIComponent(service)}/user/${encodeURIComponent(user)}`;
      const json = { operation: 'reset-credentials' };
      (await call({ method: 'PUT', path, json, statuses: [200], signal })).json(RESET);
      return revoked({ project: name, service, user });
    },
    async probe(signal) {
      await services(signal);
    },
  };
}

function orEnd(services: readonly string[]): readonly string[] | undefined {
  return services.length > 0 ? services : undefined;
}
