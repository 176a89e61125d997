/** Lists as Contentful shows them. */
import { z } from 'zod';
import { readPages } from '../../src/provider/kit/pages.ts';
import type { Answer } from '../../src/provider/upstream.ts';

const PAGE_SIZE = 100;
const MAX_PAGES = 20;

/** All items of a list; undefined when it has more than Quash reads. A result of `read` that is no page is returned. */
export function readList<Item, Word extends string = never>(
  item: z.ZodType<Item>,
  read: (query: { limit: number; skip: number }) => Promise<Answer | Word>,
): Promise<Item[] | Word | undefined> {
  return readPages<Item, number, Word>(0, MAX_PAGES, async (skip) => {
    const answer = await read({ limit: PAGE_SIZE, skip });
    if (typeof answer === 'string') return answer;
    const { total, items } = answer.json(z.object({ total: z.int(), items: z.array(item) }));
    const end = skip + items.length;
    return { items, next: items.length === 0 || end >= total ? undefined : end };
  });
}
