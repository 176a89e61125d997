/** Processes of the benchmark: each is a script of its own that answers questions, one at a time. */
import { once } from 'node:events';
import { join } from 'node:path';
import { startChild as startProcess } from '../support/child.ts';

export interface Child<Question, Answer> extends AsyncDisposable {
  /** What it said when it was ready: the URL of a server. */
  readonly url: string;
  ask(question: Question): Promise<Answer>;
}

type Message<Answer> = { readonly ready: string } | { readonly answer: Answer } | { readonly failed: string };

/** @param script below `processes` */
export async function startChild<Question extends object = never, Answer = never>(
  script: string,
  args: readonly string[] = [],
): Promise<Child<Question, Answer>> {
  const file = join(import.meta.dirname, 'processes', script);
  const child = startProcess(process.execPath, [file, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const gone = once(child, 'exit').then(() => {
    throw new Error(`The process ${script} of the benchmark ended.`);
  });
  gone.catch(() => {}); // It is heard where somebody waits for an answer.
  const next = async (): Promise<Message<Answer>> => {
    const [message] = await Promise.race([once(child, 'message'), gone]);
    return message;
  };
  const first = await next();
  return {
    url: 'ready' in first ? first.ready : '',
    async ask(question) {
      const answered = next();
      child.send(question);
      const message = await answered;
      if ('answer' in message) return message.answer;
      throw new Error(`${script}: ${'failed' in message ? message.failed : 'no answer'}`);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await gone.catch(() => {});
    },
  };
}

/** For the other side: answers until the parent is gone. */
export function answerParent<Question, Answer>(
  url: string,
  answerTo: (question: Question) => Answer | Promise<Answer>,
): void {
  const send = (message: Message<Answer>) => process.send?.(message);
  process.on('disconnect', () => process.exit());
  process.on('message', async (question: Question) => {
    try {
      send({ answer: await answerTo(question) });
    } catch (error) {
      send({ failed: String(error) });
    }
  });
  send({ ready: url });
}
