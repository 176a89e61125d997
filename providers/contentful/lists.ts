/** Lists as Contentful shows them. */
import { z } from 'zod';
import { readPages } from '../../src/provider/kit/pages.ts';
import type { Answer } from '../../src/provider/upstream.ts';

const PAGE_SIZE = 100;
export const MAX_PAGES = 20;

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next one begins; undefined at the end. */
  readonly next: number | undefined;
}

export function pageQuery(skip: number): { limit: number; skip: number } {
  return { limit: PAGE_SIZE, skip };
}

export function pageOf<Item>(item: z.core.$ZodType<Item>, answer: Answer, skip: number): Page<Item> {
  const { total, items } = answer.json(z.object({ total: z.int(), items: z.array(item) }));
  const end = skip + items.length;
  return { items, next: items.length === 0 || end >= total ? undefined : end };
}

/** All items of a list; undefined when it has more than Quash reads. A result of `read` that is no page is returned. */
export function readList<Item, Word extends string = never>(
  item: z.core.$ZodType<Item>,
  read: (query: { limit: number; skip: number }) => Promise<Answer | Word>,
): Promise<Item[] | Word | undefined> {
  return readPages<Item, number, Word>(0, MAX_PAGES, async (skip) => {
    const answer = await read(pageQuery(skip));
    return typeof answer === 'string' ? answer : pageOf(item, answer, skip);
  });
}
