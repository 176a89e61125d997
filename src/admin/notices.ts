/** The routes of the admin API that are about notices: what became of them, and sending one again. */
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { MAX_NOTICES } from '../ledger/notice.ts';
import type { AdminEnvironment } from './access.ts';
import { given } from './filter.ts';
import type { Operations } from './operations.ts';
import { route } from './route.ts';

const time = (what: string) => z.int().describe(`${what} Milliseconds since the Unix epoch.`);

const noticeSchema = z
  .object({
    id: z.string(),
    channel: z.string().describe('Its name in `notify`, or its type and place there.'),
    target: z.string().describe('Where it goes: an origin, or addresses of e-mail.'),
    firstAt: time('When it was tried for the first time.'),
    lastAt: time('When it was tried last.'),
    attempts: z.int(),
    answer: z
      .object({
        delivered: z.boolean().describe('The receiver took it.'),
        code: z.string().optional(),
        message: z.string().optional(),
        status: z.int().optional().describe('Of HTTP or SMTP.'),
      })
      .describe('What came of the last attempt.'),
    counts: z.array(z.object({ event: z.string(), provider: z.string(), entries: z.int() })),
    missed: z.int().describe('How much earlier news it says is lost to its channel.'),
  })
  .openapi('Notice');

export const noticeList = z.object({ notices: z.array(noticeSchema) });

const noticesQuery = z.strictObject({
  delivered: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .optional()
    .describe('`true` or `false`.'),
  limit: z.coerce.number().int().min(1).max(MAX_NOTICES).default(50),
});

export function routeNotices(api: OpenAPIHono<AdminEnvironment>, operations: Operations): void {
  api.openapi(
    route('get', '/notices', 'What became of notices, the newest first', noticeList, {
      query: noticesQuery,
    }),
    async (context) => context.json({ notices: await operations.notices(given(context.req.valid('query'))) }),
  );
  api.openapi(
    route('post', '/notices/{id}/send-again', 'Send a notice once more to its channel', noticeSchema, {
      params: z.object({ id: z.string().describe('Id of a notice.') }),
    }),
    async (context) => {
      const { id } = context.req.valid('param');
      return context.json(await operations.sendAgain(id, context.get('caller').name));
    },
  );
}
