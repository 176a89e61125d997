/** Everything that Quash says or leaves behind, kept under the name of the place where it was. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import { request } from 'undici';
import { definitions } from '../../providers/index.ts';
import { main } from '../../src/cli/main.ts';
import type { Mark } from './marks.ts';
import { type Hit, Search } from './search.ts';

export interface Finding extends Hit {
  readonly place: string;
}

interface Content {
  readonly parts: Buffer[];
  /** Names of marks that were put there by the operator. */
  readonly mayHold: ReadonlySet<string>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Question {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For an answer without an end: what has to come of it. */
  readonly until?: string;
}

interface Input {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function* inputOf(text: string) {
  yield text;
}

export class Places {
  readonly #contents = new Map<string, Content>();

  get names(): readonly string[] {
    return [...this.#contents.keys()];
  }

  get bytes(): number {
    return [...this.#contents.values()]
      .flatMap(({ parts }) => parts)
      .reduce((sum, { length }) => sum + length, 0);
  }

  /** Where nothing is, nothing can be found; so that is a mistake of the one who looks. */
  empty(): readonly string[] {
    return [...this.#contents].flatMap(([name, { parts }]) =>
      parts.every(({ length }) => length === 0) ? [name] : [],
    );
  }

  add(name: string, content: Buffer | string, mayHold: readonly string[] = []): void {
    const known = this.#contents.get(name) ?? { parts: [], mayHold: new Set(mayHold) };
    known.parts.push(typeof content === 'string' ? Buffer.from(content) : content);
    this.#contents.set(name, known);
  }

  /** Every file below the folder, as it is now. */
  addFiles(when: string, folder: string): void {
    for (const path of filesBelow(folder)) this.add(`${when}: ${relative(folder, path)}`, readFileSync(path));
  }

  /** What other users of the machine can see of a process and of those that it started. */
  addProcess(name: string, pid: number, mayHold: readonly string[] = []): void {
    for (const each of [pid, ...childrenOf(pid)]) {
      this.add(`arguments of ${name}`, readFileSync(`/proc/${each}/cmdline`));
      this.add(`environment of ${name}`, readFileSync(`/proc/${each}/environ`), mayHold);
    }
  }

  /** Asks by HTTP; the whole answer is a place. */
  async ask(name: string, url: string, { until, ...question }: Question = {}): Promise<Answered> {
    const { statusCode: status, headers, body } = await request(url, question);
    let text = '';
    for await (const chunk of body) {
      text += chunk;
      if (until !== undefined && text.includes(until)) break;
    }
    this.add(name, `${status} ${JSON.stringify(headers)}\n${text}\n`);
    return { status, headers, text };
  }

  /** Writes these bytes to a port, whatever they are, and keeps what comes back. */
  async send(name: string, url: string, bytes: string): Promise<void> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.end(bytes);
    try {
      for await (const chunk of socket) this.add(name, chunk);
    } catch {
      // Broken off: an answer, too.
    }
    this.add(name, 'over\n');
  }

  /** Runs a command in this process with nothing in its environment; all that it writes is a place. @returns the exit code */
  run(cwd: string, args: readonly string[], { stdin = '', env = {} }: Input = {}): Promise<number> {
    // Without what differs from run to run.
    const name = `output of quash ${args.filter((arg) => !/[/]|[0-9a-f]{32}/.test(arg)).join(' ')}`;
    const output = { write: (text: string) => this.add(name, text) };
    const io = { stdout: output, stderr: output, stdin: inputOf(stdin), env, cwd };
    return main(args, { ...io, definitions: async () => definitions });
  }

  find(marks: readonly Mark[]): readonly Finding[] {
    const search = new Search(marks);
    return [...this.#contents].flatMap(([place, { parts, mayHold }]) =>
      search
        .in(Buffer.concat(parts))
        .filter(({ mark }) => !mayHold.has(mark))
        .map((hit) => ({ place, ...hit })),
    );
  }
}

export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}
