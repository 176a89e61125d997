/** Where each client secret of an organization is. Okta lists secrets by application only, so a search is a call for each. */
import { z } from 'zod';
import { digestOf, type ListPart, SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Answer } from '../../src/provider/upstream.ts';
import type { Clock } from '../../src/words/clock.ts';
import { ID, listApplications, listSecrets, type Organization } from './organization.ts';

/** An application in the list has some kilobytes, and an answer may have 1 MiB. */
const PAGE_SIZE = 50;
/** For some 2,000 applications. */
const MAX_CALLS = 2_000;

const APPLICATIONS = z.array(z.object({ id: ID, signOnMode: z.string().nullish() }));

export interface Located {
  readonly appId: string;
  readonly secretId: string;
}

/** The key of those whose secrets our administrator may not see: rights may be given for some applications alone. */
export const CLOSED = 'closed';

/** Applications whose secrets come next, and where the next page of applications begins. */
interface Cursor {
  readonly applications: readonly string[];
  readonly page: { readonly after?: string } | undefined;
}

export type SecretList = SearchedList<Located, Cursor>;

export function secretListOf(organization: Organization, clock: Clock): SecretList {
  const nextPage = async (page: { readonly after?: string }, signal: AbortSignal) => {
    const answer = await listApplications(organization, { limit: PAGE_SIZE, ...page }, signal);
    const all = answer.json(APPLICATIONS).filter(({ signOnMode }) => signOnMode === 'OPENID_CONNECT');
    const after = nextCursor(answer);
    return { applications: all.map(({ id }) => id), page: after === undefined ? undefined : { after } };
  };
  const secretsOf = async (appId: string, signal: AbortSignal) => {
    const secrets = await listSecrets(organization, appId, signal);
    if (secrets === 'closed') return [[CLOSED, { appId, secretId: '' }] as const];
    if (secrets === 'gone') return [];
    return secrets.flatMap(({ id: secretId, client_secret: text }) =>
      text ? [[digestOf(text), { appId, secretId }] as const] : [],
    );
  };
  return new SearchedList({
    ...{ clock, maxCalls: MAX_CALLS, first: { applications: [], page: {} } },
    async read({ applications: [appId, ...others], page }, signal): Promise<ListPart<Located, Cursor>> {
      if (appId !== undefined) {
        const items = await secretsOf(appId, signal);
        return { items, next: orEnd({ applications: others, page }) };
      }
      return { items: [], next: page && orEnd(await nextPage(page, signal)) };
    },
  });
}

function orEnd(cursor: Cursor): Cursor | undefined {
  return cursor.applications.length > 0 || cursor.page ? cursor : undefined;
}

/** The link's host is the answer's word, so only the cursor is taken from it. */
function nextCursor(answer: Answer): string | undefined {
  const link = answer.header('link')?.match(/<([^>]{1,2000})>;\s?rel="next"/)?.[1];
  return (link && URL.parse(link)?.searchParams.get('after')) || undefined;
}
