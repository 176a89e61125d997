/**
 * For lists that a vendor gives in one piece, and that show that a record is the only one, or gone. Some get pages years later, as
 * that of ClickHouse Cloud did (https://clickhouse.com/docs/products/cloud/api-reference/api-keys/get-list-of-keys), and say so
 * beside the records, or in a header: then others may be on the next one.
 */
import { z } from 'zod';
import type { Answer, Upstream } from '../upstream.ts';
import { unexpected } from './results.ts';

/** Where vendors say more of a list than its records: `{"meta":{"next_cursor":"…"}}`. */
const ABOUT = /^_?(?:meta|metadata|responsemetadata|paging|pagination|page|pageinfo|links)$/;
/** What names the next page: a cursor, a link or a number. */
const NEXT =
  /^@?(?:odata\.)?(?:next|continuation)(?:cursor|page|pagetoken|token|link|url|uri|offset|marker)?$/;
const HAS_MORE = /^(?:has|is)?(?:more|next|nextpage|truncated)$/;
const TOTAL = /^total(?:count|items|results|records|size)?$/;
const PAGES = /^(?:(?:total|num)?pages|pagecount|lastpage)$/;

const OBJECT = z.record(z.string(), z.unknown());
const NEXT_LINK = z.object({ rel: z.literal('next') });

/** @throws {Failure} `unexpected-answer` when the answer says that more follows than these */
export function inOnePiece<Item>(
  upstream: Upstream,
  answer: Answer,
  items: readonly Item[],
): readonly Item[] {
  const body = answer.maybeJson(OBJECT) ?? {};
  if (saysMoreInHeaders(answer, items.length) || saysMore(body, items.length))
    throw unexpected(upstream, answer);
  return items;
}

function saysMoreInHeaders({ header }: Answer, length: number): boolean {
  const totals = ['x-total-count', 'x-total', 'x-pagination-total'].map((name) => Number(header(name) ?? 0));
  return (
    /\brel="?next\b/i.test(header('link') ?? '') ||
    !!header('x-next-page') ||
    totals.some((each) => each > length) ||
    Number(header('x-total-pages') ?? 0) > 1
  );
}

function saysMore(about: Readonly<Record<string, unknown>>, length: number): boolean {
  return Object.entries(about).some(([key, value]) => {
    const name = key.toLowerCase().replaceAll('_', '');
    const isGiven = value !== null && value !== undefined && value !== '' && value !== false && value !== 0;
    if (!isGiven) return false;
    if (NEXT.test(name) || HAS_MORE.test(name)) return true;
    if (TOTAL.test(name)) return typeof value === 'number' && value > length;
    if (PAGES.test(name)) return typeof value === 'number' && value > 1;
    if (!ABOUT.test(name)) return false;
    if (Array.isArray(value)) return value.some((each) => NEXT_LINK.safeParse(each).success);
    const inside = OBJECT.safeParse(value).data;
    return inside !== undefined && saysMore(inside, length);
  });
}
