/** The routes of the admin API that are about many entries at once. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AdminEnvironment } from './access.ts';
import { CONTENT_TYPES, exportLines } from './export.ts';
import { given, seenAt } from './filter.ts';
import type { Operations } from './operations.ts';
import { fileRoute, jsonBody, route } from './route.ts';
import * as schemas from './schemas.ts';

export function routeMany(api: OpenAPIHono<AdminEnvironment>, operations: Operations): void {
  api.openapi(
    route(
      'post',
      '/revocations/decide',
      'Approve, retry or dismiss many; a result for each',
      schemas.decided,
      {
        body: jsonBody(schemas.decisions),
      },
    ),
    async (context) => {
      const { filter, asOf, ...order } = context.req.valid('json');
      const { name: by } = context.get('caller');
      return context.json(
        await operations.decideMany({
          ...{ ...order, by },
          ...(filter && { filter: given(filter) }),
          ...seenAt({ asOf }),
        }),
      );
    },
  );
  api.openapi(
    route('post', '/revocations/find', 'The entries of a secret; it is not kept', schemas.searchResult, {
      body: jsonBody(schemas.search),
    }),
    async (context) => {
      const { token, type } = context.req.valid('json');
      return context.json({ entries: await operations.known(token, type) });
    },
  );
  api.openapi(
    fileRoute('/export', 'All entries that fit, newest first', Object.values(CONTENT_TYPES), {
      query: schemas.exportQuery,
    }),
    (context) => {
      const { format, ...filter } = context.req.valid('query');
      const lines = exportLines(operations.export(given(filter)), format);
      return new Response(ReadableStream.from(lines).pipeThrough(new TextEncoderStream()), {
        headers: {
          'content-type': CONTENT_TYPES[format],
          'content-disposition': `attachment; filename="quash.${format}"`,
        },
      });
    },
  );
  api.openapi(
    route('get', '/projects', 'Projects in which something was found, by path', schemas.projectList, {
      query: schemas.projectsQuery,
    }),
    async (context) => context.json(await operations.projects(given(context.req.valid('query')))),
  );
}
