import { execFileSync } from 'node:child_process';

/** Whether anybody of the group runs: who is dead and was not asked for by its parent is still in the list, as a zombie. */
export function isRunning(group: number): boolean {
  const list = execFileSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' });
  return list.split('\n').some((line) => {
    const [pgid, state = 'Z'] = line.trim().split(/\s+/);
    return Number(pgid) === group && !state.startsWith('Z');
  });
}
