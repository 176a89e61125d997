/**
 * Tells when a secret's file has changed. Each is looked at on a slow beat: no other way notices all of them, as network
 * and FUSE volumes announce nothing, and Kubernetes replaces no file but the link `..data` above its folder.
 */
import { stat } from 'node:fs/promises';
import { type FileMark, markOf } from '../config/file-mark.ts';
import type { Clock } from '../words/clock.ts';

const BEAT_MS = 5_000;

export interface SecretWatch {
  /** From now on these, which were read when they were like this. */
  expect(marks: ReadonlyMap<string, FileMark>): void;
}

/**
 * Watches until `signal` aborts. A file that changes is told of once it is the same for a whole beat, as a writer may not
 * be done; so is one that is away.
 * @param onChange gets one of the files that changed; must not throw
 */
export function watchSecrets(
  clock: Clock,
  signal: AbortSignal,
  onChange: (file: string) => Promise<void>,
): SecretWatch {
  let known: ReadonlyMap<string, FileMark> = new Map();
  const watch = async () => {
    let before: ReadonlyMap<string, FileMark> = new Map();
    for (;;) {
      await clock.sleep(BEAT_MS, signal);
      if (signal.aborted) return;
      const now = await marksOf([...known.keys()]);
      const changed = [...now].find(([file, mark]) => mark !== known.get(file) && mark === before.get(file));
      before = now;
      if (changed) {
        known = now;
        await onChange(changed[0]);
      }
    }
  };
  void watch();
  return {
    expect: (marks) => {
      known = marks;
    },
  };
}

async function marksOf(files: readonly string[]): Promise<ReadonlyMap<string, FileMark>> {
  const marks = files.map(async (file): Promise<[string, FileMark]> => {
    const stats = await stat(file, { bigint: true }).catch(() => undefined);
    return [file, markOf(stats)];
  });
  return new Map(await Promise.all(marks));
}
