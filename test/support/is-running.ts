import { execFileSync } from 'node:child_process';

/** Whether a process of the group runs. A zombie, which its parent has not reaped yet, does not count. */
export function isRunning(group: number): boolean {
  const list = execFileSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' });
  return list.split('\n').some((line) => {
    const [pgid, state = 'Z'] = line.trim().split(/\s+/);
    return Number(pgid) === group && !state.startsWith('Z');
  });
}
