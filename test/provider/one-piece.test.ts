import { expect, it } from 'vitest';
import { inOnePiece } from '../../src/provider/kit/one-piece.ts';
import { answerOf } from '../../src/upstream/client.ts';
import { parseBase } from '../../src/upstream/wire-request.ts';

const base = parseBase('https://api.example.com');
const upstream = { base: base.href, request: () => Promise.reject(new Error('nobody asks')) };

function read(body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const header = (name: string) => headers[name];
  return inOnePiece(upstream, answerOf(base, { status: 200, header, text: JSON.stringify(body) }), [
    'a',
    'b',
  ]);
}

it.each<[unknown, Readonly<Record<string, string>>?]>([
  [{ keys: [] }],
  [['a', 'b']],
  [
    {
      keys: [],
      next: null,
      nextCursor: '',
      has_more: false,
      next_offset: 0,
      total: 2,
      totalCount: 1,
      count: 7,
      page: 1,
    },
  ],
  [{ keys: [], links: { self: 'https://api.example.com/keys?page=1' }, meta: { page: { total: 2 } } }],
  [{ keys: [], page: 1, total_pages: 1, pages: 0, lastPage: null, links: [{ rel: 'self' }, 'next'] }],
  [['a', 'b'], { 'x-total-pages': '1' }],
  [{ keys: [{ next: 'of a key', total: 9 }], nextSteps: 'Rotate it.', totalRequests: 900 }],
  [['a', 'b'], { link: '<https://api.example.com/keys?page=1>; rel="first"', 'x-total-count': '2' }],
])('takes what says no more for whole: %j %j', (body, headers) => {
  expect(read(body, headers)).toEqual(['a', 'b']);
});

it.each<[unknown, Readonly<Record<string, string>>?]>([
  [{ keys: [], nextCursor: 'eyJ' }],
  [{ keys: [], next_cursor: 'eyJ' }],
  [{ keys: [], next_page_token: 'eyJ' }],
  [{ keys: [], nextPageToken: 'eyJ' }],
  [{ keys: [], next_page: 2 }],
  [{ keys: [], next: 'https://api.example.com/keys?page=2' }],
  [{ keys: [], next: { href: '/keys?page=2' } }],
  [{ keys: [], '@odata.nextLink': 'https://api.example.com/keys?$skiptoken=x' }],
  [{ keys: [], continuationToken: 'eyJ' }],
  [{ keys: [], has_more: true }],
  [{ keys: [], hasMore: true }],
  [{ keys: [], hasNextPage: true }],
  [{ keys: [], isTruncated: true }],
  [{ keys: [], total: 3 }],
  [{ keys: [], totalCount: 251 }],
  [{ keys: [], links: { next: '/keys?page=2' } }],
  [{ keys: [], _links: { next: { href: '/keys?page=2' } } }],
  [{ keys: [], meta: { pagination: { nextPage: '/keys?page=2' } } }],
  [{ keys: [], response_metadata: { next_cursor: 'dXNlcg==' } }],
  [{ keys: [], pageInfo: { hasNextPage: true } }],
  [{ keys: [], page: 1, total_pages: 3 }],
  [{ keys: [], page: 1, pages: 3 }],
  [{ keys: [], meta: { currentPage: 1, lastPage: 3 } }],
  [{ keys: [], pagination: { page_count: 3 } }],
  [{ keys: [], links: [{ rel: 'self' }, { rel: 'next', href: '/keys?page=2' }] }],
  [['a', 'b'], { 'x-total-pages': '2' }],
  [['a', 'b'], { link: '</keys?page=2>; rel="next", </keys?page=9>; rel="last"' }],
  [['a', 'b'], { link: '</keys?page=2>; rel=next' }],
  [['a', 'b'], { 'x-next-page': '2' }],
  [['a', 'b'], { 'x-total-count': '3' }],
  [['a', 'b'], { 'x-pagination-total': '3' }],
])('takes no part for whole: %j %j', (body, headers) => {
  expect(() => read(body, headers)).toThrow(expect.objectContaining({ code: 'unexpected-answer' }));
});
