/** What a copy takes of notices, and of what is counted by the day. */
import type { StoredRest } from '../copy.ts';
import type { PartitionKeys } from './keys.ts';
import { pairsOf, toRecord } from './replies.ts';

export type Command = readonly [name: string, ...args: (string | number)[]];

type StoredNotices = Pick<StoredRest, 'notices' | 'ofDay'>;

export async function readNotices(
  keys: PartitionKeys,
  run: (commands: readonly Command[]) => Promise<string[][]>,
): Promise<StoredNotices> {
  const [times = [], summaries = [], contents = [], counts = []] = await run([
    ['ZRANGE', keys.named('notices'), 0, -1, 'WITHSCORES'],
    ['HGETALL', keys.noticeSummaries],
    ['HGETALL', keys.noticeContents],
    ['HGETALL', keys.named('of-day')],
  ]);
  const [summaryOf, contentOf] = [toRecord(summaries), toRecord(contents)];
  return {
    // Scores come in pairs of their own from servers that speak RESP3.
    notices: pairsOf(times.flat()).map(([id, at]) => ({
      ...{ id, at: Number(at) },
      ...{ summary: summaryOf[id] ?? '', content: contentOf[id] ?? '' },
    })),
    ofDay: pairsOf(counts).map(([name, text]) => {
      const [day = 0, times = 0] = text.split(' ').map(Number);
      return { name, day, times };
    }),
  };
}

export function noticeCommands(
  keys: PartitionKeys,
  { notices, ofDay }: StoredNotices,
  isHere: (name: string) => boolean,
): Command[] {
  return [
    ...notices
      .filter(({ id }) => isHere(id))
      .flatMap(({ id, at, summary, content }): Command[] => [
        ['ZADD', keys.named('notices'), at, id],
        ['HSET', keys.noticeSummaries, id, summary],
        ['HSET', keys.noticeContents, id, content],
      ]),
    ...ofDay
      .filter(({ name }) => isHere(name))
      .map(({ name, day, times }): Command => ['HSET', keys.named('of-day'), name, `${day} ${times}`]),
  ];
}
