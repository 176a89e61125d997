import { type Context, Hono } from 'hono';
import type { Ledger } from '../ledger/ledger.ts';
import { failureEvent, type Observe } from '../observe/events.ts';
import type { Tracer } from '../observe/tracing.ts';
import { countedAddress, remoteAddressOf } from '../server/address.ts';
import type { Bindings } from '../server/listen.ts';
import { ownHostOnly } from '../server/own-host.ts';
import { answerProblem, Problem } from '../server/problem.ts';
import { observed } from '../server/request-log.ts';
import type { Vault } from '../vault/seal.ts';
import type { Caller, ReporterRole } from '../words/caller.ts';
import type { Clock } from '../words/clock.ts';
import { type Body, BodyParser } from './body.ts';
import { takeEvent } from './gitlab-events.ts';
import type { TakenDeliveries } from './hooks.ts';
import { type LastReport, revokeTokens } from './revoke-tokens.ts';
import type { HttpSettings } from './settings.ts';

export interface AppOptions {
  /** What it listens on. */
  readonly host: string;
  readonly basePath: string;
  /** Asked anew by every request. */
  readonly settings: () => HttpSettings;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly parser: BodyParser;
  readonly deliveries: TakenDeliveries;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly tracer?: Tracer | undefined;
}

type AppContext = Context<{ Bindings: Bindings }>;

/** The headers of which each path wants one. */
const CREDENTIALS = ['authorization', 'x-gitlab-token', 'webhook-signature'];

/** GitLab's Token Revocation API. */
export function createApp(options: AppOptions): Hono<{ Bindings: Bindings }> {
  // Not strict: a trailing slash is accepted without a redirect, which would turn GitLab's POST into a GET.
  const app = new Hono<{ Bindings: Bindings }>({ strict: false });
  const { settings, observe } = options;

  app.use(observed({ ...options, port: 'listen' }));
  // Who has a token needs no name: a page that knows one needs no rebinding.
  app.use(ownHostOnly(options.host, (_name, { req }) => CREDENTIALS.some((name) => req.header(name))));

  const types = `${options.basePath}/v1/revocable_token_types`;
  app.get(types, async (context) => {
    await admit(context, settings());
    return context.json({ types: settings().registry.advertised });
  });
  app.all(types, () => wrongMethod('GET, HEAD'));

  const revoke = `${options.basePath}/v1/revoke_tokens`;
  const lastReport: LastReport = { hadKnown: true };
  app.post(revoke, async (context) => {
    const now = settings();
    const caller = await admit(context, now);
    return revokeTokens(bodyOf(context), caller, { ...options, settings: now, lastReport });
  });
  app.all(revoke, () => wrongMethod('POST'));

  const events = `${options.basePath}/v1/gitlab/events`;
  // Bodies that nobody has signed yet take no room from reports.
  const eventBodies = new BodyParser();
  app.post(events, async (context) => {
    const now = settings();
    const { req } = context;
    const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
      req.header(`webhook-${name}`),
    );
    const signature = id && timestamp && signatures ? { id, timestamp, signatures } : undefined;
    const request = { body: bodyOf(context), token: req.header('x-gitlab-token'), signature };
    const refuse = () =>
      refused(context, now, 'The request has no hook token or signature of gitlab.instances.');
    return takeEvent(request, { ...options, parser: eventBodies, settings: now }, refuse);
  });
  app.all(events, () => wrongMethod('POST'));

  app.notFound(() => new Problem(404, 'No such path').toResponse());
  app.onError(answerProblem((error) => observe(failureEvent('request', error))));
  return app;
}

/** Authenticates, then counts; before a byte of the body is read. */
async function admit(context: AppContext, settings: HttpSettings): Promise<Caller<ReporterRole>> {
  const caller = settings.authenticator.authenticate(context.req.header('authorization'));
  if (caller === undefined) {
    const detail = 'The Authorization header holds none of the tokens in auth.tokens.';
    return refused(context, settings, detail, { 'www-authenticate': 'Bearer' });
  }
  await settings.limits.request(caller.name);
  return caller;
}

async function refused(
  context: AppContext,
  { limits }: HttpSettings,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<never> {
  // Only failures count against an address: behind a proxy all callers share one, and GitLab must get through.
  await limits.failedAuth(countedAddress(remoteAddressOf(context.env)));
  throw new Problem(401, 'Not authenticated', { detail, headers });
}

/** The Node.js stream where there is a server: a Web stream would cost more than the rest of a small request. */
function bodyOf({ env, req }: AppContext): Body {
  return {
    announcedBytes: Number(req.header('content-length') ?? 0),
    // Not destroyed when the rest stays unread: the answer still has to go out.
    chunks: env?.incoming?.iterator({ destroyOnReturn: false }) ?? req.raw.body ?? [],
  };
}

function wrongMethod(allow: string): Response {
  return new Problem(405, 'Wrong method', { headers: { allow } }).toResponse();
}
