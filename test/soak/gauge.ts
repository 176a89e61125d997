/**
 * Loaded ahead of a service that is soaked: for each SIGUSR2 it collects garbage and says what the process holds, as a
 * line of its log. `SOAK_PLANT=memory` makes it keep something of each call upstream, so that a test can be seen to fail.
 */
import { subscribe } from 'node:diagnostics_channel';
import { readdirSync } from 'node:fs';
import { getActiveResourcesInfo } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
let number = 0;

process.on('SIGUSR2', () => {
  collect();
  // What finalizers free is seen by the next one.
  number += 1;
  const { rss, heapUsed, external } = process.memoryUsage();
  const resources = Object.groupBy(getActiveResourcesInfo(), (name) => name);
  const counts = Object.entries(resources).map(([name, all = []]) => [`resource ${name}`, all.length]);
  // Without the one that reads the folder.
  const descriptors = readdirSync('/proc/self/fd').length - 1;
  const figures = { heap: heapUsed, rss, external, descriptors, ...Object.fromEntries(counts) };
  process.stdout.write(`${JSON.stringify({ event: 'gauge', number, figures })}\n`);
});

if (process.env.SOAK_PLANT === 'memory') {
  const kept: number[][] = [];
  subscribe('undici:request:create', () => void kept.push(Array<number>(40_000).fill(0)));
}
