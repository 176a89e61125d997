/** The admin API: what became of every reported token, and what a person may do about it. */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Observe } from '../events.ts';
import type { Authenticator } from '../http/auth.ts';
import type { Limits } from '../http/limits.ts';
import { Problem } from '../http/problem.ts';
import { type Ledger, STATES, type State } from '../ledger/ledger.ts';
import type { Registry } from '../provider/registry.ts';

/** What a reload of the configuration replaces as a whole. */
export interface AdminSettings {
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly limits: Pick<Limits, 'failedAuth'>;
}

export interface AdminApiOptions {
  readonly settings: () => AdminSettings;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly observe: Observe;
}

interface Environment {
  Bindings: { readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } } };
  Variables: { caller: string };
}

const MAX_PAGE = 200;
const MAX_REASON_LENGTH = 500;
const MAX_BODY_BYTES = 16 * 1024;

const listQuery = z.strictObject({
  state: z.enum(STATES as [State, ...State[]]).optional(),
  provider: z.string().optional(),
  type: z.string().optional(),
  since: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
});

const dismissal = z.strictObject({ reason: z.string().trim().min(1).max(MAX_REASON_LENGTH) });

/** To be mounted at `/api`. Every call needs `Authorization: Bearer <admin token>`. */
export function createAdminApi(options: AdminApiOptions): Hono<Environment> {
  const { ledger, clock, observe, settings } = options;
  const api = new Hono<Environment>({ strict: false });

  api.use(async (context, next) => {
    const { authenticator, limits } = settings();
    const caller = authenticator.authenticate(context.req.header('authorization'));
    if (caller === undefined) {
      await limits.failedAuth(`admin ${context.env?.incoming?.socket.remoteAddress ?? 'unknown'}`);
      throw new Problem(401, 'Not authenticated', {
        detail: 'The Authorization header holds none of the tokens in admin.tokens.',
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    context.set('caller', caller);
    await next();
  });

  api.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new Problem(413, 'The body is too large', { headers: { connection: 'close' } });
      },
    }),
  );

  api.get('/revocations', async (context) => {
    const parsed = listQuery.safeParse(context.req.query());
    if (!parsed.success) throw badRequest(parsed.error);
    const { entries, cursor } = await ledger.list(withoutUndefined(parsed.data));
    return context.json({ entries, ...(cursor !== undefined && { cursor }) });
  });

  api.get('/revocations/:id', async (context) => {
    const entry = await ledger.get(context.req.param('id'));
    if (!entry) throw noSuchEntry();
    return context.json(entry);
  });

  for (const action of ['retry', 'approve'] as const) {
    api.post(`/revocations/:id/${action}`, async (context) => {
      const id = context.req.param('id');
      const by = context.get('caller');
      const now = clock.now();
      const event = { at: now, event: action === 'approve' ? 'approved' : 'retried', by };
      const done = await ledger.requeue(id, { now, approve: action === 'approve', event });
      if (!done) throw (await ledger.get(id)) ? notWaiting() : noSuchEntry();
      observe({ type: 'acted', action, id, by });
      return context.json(await ledger.get(id));
    });
  }

  api.post('/revocations/:id/dismiss', async (context) => {
    const parsed = dismissal.safeParse(await context.req.json().catch(() => undefined));
    if (!parsed.success) throw badRequest(parsed.error);
    const id = context.req.param('id');
    const by = context.get('caller');
    const now = clock.now();
    const event = { at: now, event: 'dismissed', by, message: parsed.data.reason };
    if (!(await ledger.dismiss(id, { now, event })))
      throw (await ledger.get(id)) ? notWaiting() : noSuchEntry();
    observe({ type: 'acted', action: 'dismiss', id, by });
    return context.json(await ledger.get(id));
  });

  api.get('/providers', async (context) => {
    const [lanes, counts] = await Promise.all([ledger.lanes(), ledger.count()]);
    const { registry } = settings();
    return context.json({
      providers: registry.providers.map(({ definition, enabled, types }) => ({
        id: definition.id,
        title: definition.title,
        enabled,
        stability: definition.stability,
        types,
        lane: lanes.find(({ provider }) => provider === definition.id) ?? null,
        entries: Object.fromEntries(
          counts
            .filter(({ provider }) => provider === definition.id)
            .map((each) => [each.state, each.entries]),
        ),
      })),
    });
  });

  for (const action of ['pause', 'resume'] as const) {
    api.post(`/providers/:id/${action}`, async (context) => {
      const provider = context.req.param('id');
      if (!settings().registry.find(provider)) throw new Problem(404, 'No such provider');
      const by = context.get('caller');
      await (action === 'pause' ? ledger.parkLane(provider, 'operator') : ledger.resumeLane(provider));
      observe({ type: 'acted', action, provider, by });
      const lanes = await ledger.lanes();
      return context.json(lanes.find((lane) => lane.provider === provider) ?? null);
    });
  }

  api.get('/stats', async (context) => {
    const entries = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const count of await ledger.count())
      entries[count.state] = (entries[count.state] ?? 0) + count.entries;
    return context.json({ entries });
  });

  return api;
}

function badRequest(error: z.ZodError): Problem {
  const invalid = error.issues.map(({ path, message }) => ({ key: path.join('.'), message }));
  return new Problem(400, 'Bad request', { extra: { invalid } });
}

function noSuchEntry(): Problem {
  return new Problem(404, 'No such entry');
}

function notWaiting(): Problem {
  return new Problem(409, 'Nothing to be done', {
    detail: 'The entry is not in a state in which this can be done, or its token was erased.',
  });
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]: Exclude<T[K], undefined> };
}
