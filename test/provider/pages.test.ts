import { describe, expect, it } from 'vitest';
import { readPages } from '../../src/provider/kit/pages.ts';

/** Pages of two letters each, the last one shorter. */
function alphabet(letters: string) {
  const read: number[] = [];
  return {
    read,
    page: async (start: number) => {
      read.push(start);
      const end = start + 2;
      return { items: [...letters.slice(start, end)], next: end < letters.length ? end : undefined };
    },
  };
}

describe('a list in pages', () => {
  it('is read to its end', async () => {
    const { read, page } = alphabet('abcde');
    expect(await readPages(0, 3, page)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(read).toEqual([0, 2, 4]);
  });

  it('is not taken for whole when it has more pages than may be read', async () => {
    const { read, page } = alphabet('abcde');
    expect(await readPages(0, 2, page)).toBeUndefined();
    expect(read).toEqual([0, 2]);
  });

  it('ends with the word that a page is answered with', async () => {
    const { page } = alphabet('abcde');
    const read = async (start: number) => (start === 2 ? 'refused' : page(start));
    expect(await readPages<string, number, 'refused'>(0, 3, read)).toBe('refused');
  });
});
