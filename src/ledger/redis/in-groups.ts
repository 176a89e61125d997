import { nextTurn } from '../../words/next-turn.ts';

interface Waiting<Item, Reply> {
  readonly item: Item;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Hands items over together: one group at a time is under way, and what comes meanwhile makes the next one.
 * @param most items of a group
 * @param run answers each item at its position; when it fails, all of the group fail
 */
export function inGroups<Item, Reply>(
  most: number,
  run: (items: readonly Item[]) => Promise<readonly Reply[]>,
): (item: Item) => Promise<Reply> {
  const waiting: Waiting<Item, Reply>[] = [];
  let running = false;
  const runAll = async () => {
    running = true;
    // Whoever comes in this turn of the event loop belongs to the first group.
    await nextTurn();
    while (waiting.length > 0) await runGroup(waiting.splice(0, most), run);
    running = false;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) void runAll();
    });
}

async function runGroup<Item, Reply>(
  group: readonly Waiting<Item, Reply>[],
  run: (items: readonly Item[]) => Promise<readonly Reply[]>,
): Promise<void> {
  try {
    const replies = await run(group.map(({ item }) => item));
    for (const [index, reply] of replies.entries()) group[index]?.resolve(reply);
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}
