import { describe, expect, it } from 'vitest';
import { Marks } from './marks.ts';
import { formsOf, Search } from './search.ts';

const marks = new Marks(1);
marks.plain('a plain one');
marks.awkward('an awkward one');
const search = new Search(marks.all);

describe('what is searched for', () => {
  for (const mark of marks.all) {
    it(`is found in every form, at every place: ${mark.name}`, () => {
      for (const [form, text] of Object.entries(formsOf(mark))) {
        for (const before of ['', 'x', 'some text before ']) {
          const found = search.in(`${before}${text} and text behind`).map((hit) => hit.mark);
          expect([form, found]).toEqual([form, expect.arrayContaining([mark.name])]);
        }
      }
    });

    it(`is found in base64 of a text around it: ${mark.name}`, () => {
      for (const before of ['', 'x', 'xx', 'xxx']) {
        const around = Buffer.from(`${before}${mark.text}yy`);
        for (const encoding of ['base64', 'base64url'] as const) {
          expect(search.in(around.toString(encoding))).not.toEqual([]);
        }
      }
    });
  }

  it('is not found where there is nothing of it', () => {
    const others = new Marks(2);
    for (let n = 0; n < 1000; n++) others.plain(`other ${n}`);
    expect(search.in(others.all.map(({ text }) => text).join('\n'))).toEqual([]);
  });

  it('is the same for the same seed', () => {
    const [first, second] = [new Marks(7), new Marks(7)];
    expect(first.gitlab('one')).toBe(second.gitlab('one'));
    expect(first.gitlab('two')).not.toBe(new Marks(8).gitlab('two'));
  });
});
