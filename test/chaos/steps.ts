/** The order in which things go wrong. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** Breaks something, and mends it unless that happens by itself. */
export type Step = (world: World, random: Random) => Promise<void>;

const STEPS_PER_LINE = 50;
const LONGEST_PEACE_MS = 300;
/** Every other trouble comes once for so many kills, and once at least. */
const KILLS_PER_TROUBLE = 50;

export interface Plan {
  readonly kills: number;
  readonly killSteps: readonly Step[];
  readonly troubles: readonly Step[];
}

/** Takes the plan's steps in a random order at random moments, while the leaks become known little by little. */
export async function goWrong(
  world: World,
  random: Random,
  plan: Plan,
  say: (line: string) => void,
): Promise<void> {
  const kills = Array.from({ length: plan.kills }, (_, n) => plan.killSteps[n % plan.killSteps.length]);
  const rounds = Math.max(1, Math.round(plan.kills / KILLS_PER_TROUBLE));
  const troubles = Array.from({ length: rounds }, () => [
    ...plan.troubles,
    setClockForward,
    setClockBack,
  ]).flat();
  const steps = random.shuffled([...kills, ...troubles]);
  for (const [index, step] of steps.entries()) {
    world.reporter.release((world.leaks.length * (index + 1)) / steps.length);
    await delay(random.between(0, LONGEST_PEACE_MS));
    await step?.(world, random);
    if (index % STEPS_PER_LINE === STEPS_PER_LINE - 1)
      say(`${index + 1} of ${steps.length} things went wrong`);
  }
}

async function setClockForward(world: World, random: Random): Promise<void> {
  await world.jump(random.between(1, 5));
}

/** Somebody notices after a moment, and sets it right. */
async function setClockBack(world: World, random: Random): Promise<void> {
  const hours = random.between(1, 5);
  await world.jump(-hours);
  await delay(random.between(100, 1_000));
  await world.jump(hours);
}
