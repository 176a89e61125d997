import { describe, expect, it } from 'vitest';
import { inGroups } from '../../src/ledger/redis/in-groups.ts';

/** Answers each group when it is told to. */
function steered() {
  const groups: { items: readonly number[]; answer: () => void; fail: () => void }[] = [];
  const run = (items: readonly number[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      groups.push({
        items,
        answer: () => resolve(items.map(String)),
        fail: () => reject(new Error(`group of ${items.length}`)),
      });
    });
  return { groups, run };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('groups', () => {
  it('hold what comes together, and answer each item', async () => {
    const { groups, run } = steered();
    const add = inGroups(10, run);
    const answers = [1, 2, 3].map(add);
    await turn();
    expect(groups.map(({ items }) => items)).toEqual([[1, 2, 3]]);
    groups[0]?.answer();
    expect(await Promise.all(answers)).toEqual(['1', '2', '3']);
  });

  it('are one at a time under way, each as large as it may be', async () => {
    const { groups, run } = steered();
    const add = inGroups(2, run);
    const first = add(1);
    await turn();
    const others = [2, 3, 4].map(add);
    await turn();
    expect(groups).toHaveLength(1);
    groups[0]?.answer();
    await first;
    await turn();
    expect(groups.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    groups[1]?.answer();
    await turn();
    groups[2]?.answer();
    expect(await Promise.all(others)).toEqual(['2', '3', '4']);
  });

  it('fail as a whole, and the next ones go on', async () => {
    const { groups, run } = steered();
    const add = inGroups(10, run);
    const failed = Promise.allSettled([add(1), add(2)]);
    await turn();
    groups[0]?.fail();
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = add(3);
    await turn();
    groups[1]?.answer();
    expect(await next).toBe('3');
  });
});
