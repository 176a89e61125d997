/** The admin API: what became of every reported token, and what a person may do about it. */
import { OpenAPIHono, type z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import packageJson from '../../package.json' with { type: 'json' };
import type { State } from '../ledger/entry.ts';
import { Problem } from '../server/problem.ts';
import { type AdminEnvironment, type AdminSettings, requireAdminToken, requireApiRole } from './access.ts';
import type { LinkTo } from './base-path.ts';
import { given, seenAt } from './filter.ts';
import { routeMany } from './many.ts';
import { routeNotices } from './notices.ts';
import type { Operations } from './operations.ts';
import { jsonBody, route } from './route.ts';
import * as schemas from './schemas.ts';
import type { Sessions } from './sessions.ts';
import { orderOf, sweepRequest } from './sweeps.ts';

/** A thousand ids. */
const MAX_BODY_BYTES = 64 * 1024;

export interface AdminApiOptions {
  readonly settings: () => AdminSettings;
  readonly operations: Operations;
  readonly sessions: Sessions;
  readonly to: LinkTo;
}

/** To be mounted at `/api`. Every call needs `Authorization: Bearer <admin token>`. */
export function createAdminApi({
  settings,
  operations,
  sessions,
  to,
}: AdminApiOptions): OpenAPIHono<AdminEnvironment> {
  const api = new OpenAPIHono<AdminEnvironment>({
    strict: false,
    defaultHook: (result) => {
      if (!result.success) throw badRequest(result.error);
    },
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'adminToken', { type: 'http', scheme: 'bearer' });
  api.use(requireAdminToken(settings));
  api.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new Problem(413, 'The body is too large', { headers: { connection: 'close' } });
      },
    }),
  );

  routeSessions(api, sessions);
  api.use(requireApiRole);

  api.openapi(
    route('get', '/revocations', 'List reported tokens, newest first', schemas.listPage, {
      query: schemas.listQuery,
    }),
    async (context) => context.json(await operations.list(given(context.req.valid('query')))),
  );
  api.openapi(
    route('get', '/revocations/{id}', "One token's story", schemas.entryDetails, {
      params: schemas.entryParameter,
    }),
    async (context) => context.json(await operations.entry(context.req.valid('param').id)),
  );
  for (const [action, summary] of [
    ['retry', 'Work again on a token that needs attention or is held'],
    ['approve', 'Let a held token be revoked'],
  ] as const) {
    api.openapi(
      route('post', `/revocations/{id}/${action}`, summary, schemas.entryDetails, {
        params: schemas.entryParameter,
        query: schemas.decisionQuery,
      }),
      async (context) => {
        const { id } = context.req.valid('param');
        const by = context.get('caller').name;
        return context.json(
          await operations.decide(id, { action, by, ...seenAt(context.req.valid('query')) }),
        );
      },
    );
  }
  api.openapi(
    route(
      'post',
      '/revocations/{id}/dismiss',
      'Decide that nothing is to be done; erases the token',
      schemas.entryDetails,
      {
        params: schemas.entryParameter,
        query: schemas.decisionQuery,
        body: jsonBody(schemas.dismissal),
      },
    ),
    async (context) => {
      const { reason } = context.req.valid('json');
      const by = context.get('caller').name;
      const { id } = context.req.valid('param');
      const seen = seenAt(context.req.valid('query'));
      return context.json(await operations.decide(id, { action: 'dismiss', by, reason, ...seen }));
    },
  );
  routeMany(api, operations);
  routeNotices(api, operations);

  api.openapi(
    route('get', '/providers', 'All providers and their lanes', schemas.providerList, {}),
    async (context) =>
      context.json({ modeOverride: await operations.generalMode(), providers: await operations.providers() }),
  );
  for (const [action, summary] of [
    ['pause', "Stop a provider's lane"],
    ['resume', "Start a provider's lane again; its safety valve forgets its hour"],
  ] as const) {
    api.openapi(
      route('post', `/providers/{id}/${action}`, summary, schemas.providerSchema, {
        params: schemas.providerParameter,
      }),
      async (context) =>
        context.json(
          await operations.steer(context.req.valid('param').id, action, context.get('caller').name),
        ),
    );
  }
  api.openapi(
    route(
      'post',
      '/providers/{id}/check',
      'Ask upstream whether our own credentials work',
      schemas.providerSchema,
      {
        params: schemas.providerParameter,
      },
    ),
    async (context) => {
      const { id } = context.req.valid('param');
      await operations.checkCredentials(id, context.get('caller').name);
      return context.json(await operations.provider(id));
    },
  );
  api.openapi(
    route(
      'put',
      '/providers/{id}/mode',
      'Set a mode in place of the configured one',
      schemas.providerSchema,
      {
        params: schemas.providerParameter,
        body: jsonBody(schemas.laneMode),
      },
    ),
    async (context) => {
      const { id } = context.req.valid('param');
      await operations.setMode(id, context.req.valid('json').mode, context.get('caller').name);
      return context.json(await operations.provider(id));
    },
  );
  api.openapi(
    route(
      'put',
      '/mode',
      'Set a mode for all providers in place of the configured one',
      schemas.generalMode,
      {
        body: jsonBody(schemas.generalMode),
      },
    ),
    async (context) => {
      const { mode } = context.req.valid('json');
      await operations.setGeneralMode(mode, context.get('caller').name);
      return context.json({ mode });
    },
  );

  api.openapi(
    route(
      'post',
      '/sweeps',
      'Go through the open secret findings of a GitLab; answers with the entry that does it',
      schemas.entryDetails,
      { body: jsonBody(sweepRequest) },
    ),
    async (context) => {
      const order = orderOf(context.req.valid('json'), settings().readable);
      return context.json(await operations.sweep(order, context.get('caller').name));
    },
  );

  api.openapi(
    route('get', '/stats', 'Counts, and how fast leaks died', schemas.overviewSchema, {
      query: schemas.overviewQuery,
    }),
    async (context) => context.json(await operations.overview(context.req.valid('query').window)),
  );

  api.openapi(
    route('get', '/causes', 'Why entries wait for a person, most entries first', schemas.causeList, {}),
    async (context) => {
      const causes = (await operations.causes()).filter(({ state }) => WAITING.includes(state));
      return context.json({ causes });
    },
  );

  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Quash admin API', version: packageJson.version },
    servers: [{ url: to('/api') }],
    security: [{ adminToken: [] }],
  });
  return api;
}

/** For a person. */
const WAITING: readonly State[] = ['held', 'attention'];

/** Everybody may end what is their own. */
function routeSessions(api: OpenAPIHono<AdminEnvironment>, sessions: Sessions): void {
  api.openapi(
    route('get', '/sessions', "Who is signed in to the dashboard; a viewer's own", schemas.sessionList, {}),
    async (context) => context.json({ sessions: await sessions.list(context.get('caller')) }),
  );
  api.openapi(
    route('delete', '/sessions/{id}', "End a session; a viewer's own", schemas.ended, {
      params: schemas.sessionParameter,
    }),
    async (context) => {
      const { id } = context.req.valid('param');
      await sessions.end(id, context.get('caller'));
      return context.json({ id });
    },
  );
}

function badRequest(error: z.core.$ZodError): Problem {
  const invalid = error.issues.map(({ path, message }) => ({ key: path.join('.'), message }));
  const detail = invalid.map(({ key, message }) => (key === '' ? message : `${key}: ${message}`)).join('; ');
  return new Problem(400, 'Bad request', { detail, extra: { invalid } });
}
