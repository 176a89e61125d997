/** The projects that have tokens of their own, by one reading for all tokens that have to be tried with them. */
import { SearchedList } from '../../src/provider/kit/searched-list.ts';
import type { Clock } from '../../src/words/clock.ts';
import { type Administered, listUsers, MAX_USERS, PAGE_SIZE, tokensOf } from './administration.ts';

interface Cursor {
  readonly logins: readonly string[];
  /** Of users, after these. */
  readonly page: number | undefined;
}

/** Keys of projects that have tokens of their own, by the type of these. */
export type ProjectList = SearchedList<string, Cursor>;

export function projectList(server: Administered, clock: Clock): ProjectList {
  return new SearchedList<string, Cursor>({
    ...{ clock, maxCalls: MAX_USERS, first: { logins: [], page: 1 } },
    async read({ logins: [login, ...others], page }, signal) {
      if (login !== undefined) {
        const items = (await tokensOf(server, login, signal)).flatMap(({ type, project }) =>
          type && project ? [[type, project.key] as const] : [],
        );
        return { items, next: orEnd({ logins: others, page }) };
      }
      if (!page) return { items: [], next: undefined };
      const { total, users } = await listUsers(server, page, PAGE_SIZE, signal);
      const logins = users.filter(({ tokensCount }) => tokensCount !== 0).map((each) => each.login);
      return { items: [], next: orEnd({ logins, page: page * PAGE_SIZE < total ? page + 1 : undefined }) };
    },
  });
}

const orEnd = (cursor: Cursor) => (cursor.logins.length > 0 || cursor.page ? cursor : undefined);
