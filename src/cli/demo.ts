import type { Command } from 'commander';
import type { QuashEvent } from '../observe/events.ts';
import type { Character } from './demo-world.ts';
import { CommandError, type Io, printLines, tableLines } from './io.ts';

/** It takes ten seconds where nothing else runs; whoever waits longer is told of each step meanwhile. */
const GIVE_UP_MS = 300_000;

export function registerDemo(program: Command, io: Io): void {
  program
    .command('demo')
    .description('show a leak being revoked, from report to proof, between fakes on this machine')
    .action(() => demo(io));
}

async function demo(io: Io): Promise<void> {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const { createQuash, createWorld } = await import('./demo-world.ts');
  const folder = await mkdtemp(join(tmpdir(), 'quash-demo-'));
  const world = await createWorld();
  const story = new Story(io, world.characters);
  const quash = await createQuash(world, folder, await io.definitions(), (event) => story.hear(event));
  try {
    story.names(quash.idOf);
    await tell(story, quash.report);
  } finally {
    await quash.close();
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type ReportedToken = Awaited<ReturnType<typeof import('./demo-world.ts').createQuash>>['report'];

async function tell(story: Story, report: ReportedToken): Promise<void> {
  const found = story.characters.flatMap((character) => character.found ?? []);
  story.say('A GitLab, a GoCD server and Quash run on this machine; nothing leaves it.');
  story.say(`A commit is pushed. GitLab finds ${found.length} secrets in it and reports them to Quash:`);
  for (const { name, found: places } of story.characters) {
    if (places) story.say(`  - ${name}${places.length > 1 ? ` (in ${places.length} places)` : ''}`);
  }
  const { delivered } = await report(found);
  if (!delivered) throw new CommandError('The report was not accepted.');
  story.say('204: all of them are on disk. GitLab is done; Quash goes to work.');
  await story.allSettled(AbortSignal.timeout(GIVE_UP_MS));
  story.say('The next pipeline reports the same secrets again, and nothing is done twice.');
  await report(found);
  story.end();
}

/** Tells what happens in the words of an operator, and knows how it should end. */
class Story {
  readonly characters: readonly Character[];
  readonly #io: Io;
  readonly #start = performance.now();
  readonly #names = new Map<string, string>();
  readonly #unsettled = new Set<string>();
  readonly #looking = new Set<string>();
  #onSettled = () => {};

  constructor(io: Io, characters: readonly Character[]) {
    this.#io = io;
    this.characters = characters;
  }

  names(idOf: (character: Character) => string): void {
    for (const character of this.characters) {
      this.#names.set(idOf(character), character.name);
      if (character.found && character.shouldDie) this.#unsettled.add(idOf(character));
    }
  }

  say(line: string): void {
    const seconds = ((performance.now() - this.#start) / 1000).toFixed(1).padStart(5);
    printLines(this.#io.stdout, [`${seconds} s  ${line}`]);
  }

  hear(event: QuashEvent): void {
    if (event.type === 'attempted' && event.result === 'continue' && !this.#looking.has(event.id)) {
      this.#looking.add(event.id);
      const name = this.#names.get(event.id);
      this.say(`${name}: which one? Quash uses it again and again, and then rests.`);
      this.say(`${name}: its record is the one that keeps up, and rests when Quash does.`);
    }
    if (event.type !== 'settled') return;
    const { outcome } = event;
    const proof = outcome?.verified ? ', and its provider confirms that it is dead' : '';
    this.say(`${this.#names.get(event.id)}: ${outcome?.kind ?? event.state}${proof}.`);
    this.#unsettled.delete(event.id);
    this.#onSettled();
  }

  /** @throws {CommandError} when it takes too long */
  async allSettled(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new CommandError('The demo took too long.')));
      this.#onSettled = () => this.#unsettled.size === 0 && resolve();
      this.#onSettled();
    });
  }

  /** @throws {CommandError} when a token lives that should not, or the other way round */
  end(): void {
    const rows = this.characters.map(({ name, found, isDead, shouldDie }) => [
      name,
      isDead() ? 'dead' : 'alive',
      found && !shouldDie
        ? 'waits for your approval: its runner would go offline'
        : found
          ? 'leaked'
          : 'not leaked',
    ]);
    printLines(this.#io.stdout, ['', ...tableLines(rows), '']);
    const wrong = this.characters.filter(({ isDead, shouldDie }) => isDead() !== shouldDie);
    if (wrong.length > 0) throw new CommandError('The demo did not end as it should.');
  }
}
