/** The client: sends reports, or calls the upstream as Quash would. */
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { answerParent } from '../child.ts';
import { PRE_SHARED, reportTemplate, revocationTemplate, type Template } from '../tokens.ts';

interface Target {
  readonly url: string;
  /**
   * `report`: to a server that takes reports; `repeat`: the same, with the same tokens each time; `revocation`: to the
   * upstream, one token in a call.
   */
  readonly call: 'report' | 'repeat' | 'revocation';
  /** Tokens in each call; a revocation has one. */
  readonly tokens: number;
  readonly connections: number;
}

export type ClientQuestion = Target &
  (
    | { readonly do: 'flood'; readonly forMs: number }
    | { readonly do: 'send'; readonly calls: number }
    | { readonly do: 'trickle'; readonly calls: number; readonly perSecond: number }
  );

export interface ClientAnswer {
  readonly tokens: number;
  readonly ms: number;
  /** Of the client itself, per time; 1 is a whole core. */
  readonly cpuShare: number;
  /** Serial number and time of each call, in milliseconds of the machine's monotonic clock; of `trickle` only. */
  readonly sent: Float64Array;
  /** Milliseconds from call to answer, of each call of `trickle` in the order of the answers. */
  readonly took: readonly number[];
}

type Timed = Pick<ClientAnswer, 'sent' | 'took'>;

const REPORT_HEADERS = { authorization: PRE_SHARED, 'content-type': 'application/json' };
const HEADERS = {
  report: REPORT_HEADERS,
  repeat: REPORT_HEADERS,
  revocation: { 'content-type': 'application/x-www-form-urlencoded' },
};

let serial = 0;

async function answer(question: ClientQuestion): Promise<ClientAnswer> {
  const { connections, tokens, call } = question;
  const { origin, pathname } = new URL(question.url);
  const pool = new Pool(origin, { connections });
  const template = call === 'revocation' ? revocationTemplate() : reportTemplate(tokens);
  const repeated = call === 'repeat' ? template.fill(0) : undefined;
  const one = () => send(pool, { path: pathname, headers: HEADERS[call] }, template, repeated);
  const first = serial;
  const start = performance.now();
  const cpu = process.cpuUsage();
  const { sent, took } = await pattern(question, one);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  await pool.close();
  return { tokens: serial - first, ms, cpuShare: (user + system) / 1000 / ms, sent, took };
}

async function pattern(question: ClientQuestion, one: () => Promise<void>): Promise<Timed> {
  if (question.do === 'trickle') return trickle(question, one);
  const end = question.do === 'flood' ? performance.now() + question.forMs : Number.POSITIVE_INFINITY;
  let calls = question.do === 'send' ? question.calls : Number.POSITIVE_INFINITY;
  const connection = async () => {
    while (calls-- > 0 && performance.now() < end) await one();
  };
  await Promise.all(Array.from({ length: question.connections }, connection));
  return { sent: new Float64Array(), took: [] };
}

/** Calls at even distances, whether or not those before were answered. */
async function trickle(
  { calls, perSecond }: { calls: number; perSecond: number },
  one: () => Promise<void>,
): Promise<Timed> {
  const sent = new Float64Array(calls * 2);
  const took: number[] = [];
  const timed = async () => {
    const begun = performance.now();
    await one();
    took.push(performance.now() - begun);
  };
  const answers: Promise<void>[] = [];
  const start = performance.now();
  while (answers.length < calls) {
    const due = Math.min(calls, 1 + Math.floor(((performance.now() - start) * perSecond) / 1000));
    while (answers.length < due) {
      sent.set([serial, monotonicMs()], answers.length * 2);
      answers.push(timed());
    }
    await delay(1);
  }
  await Promise.all(answers);
  return { sent, took };
}

async function send(
  pool: Pool,
  { path, headers }: { path: string; headers: Record<string, string> },
  template: Template,
  repeated?: Buffer,
) {
  const body = repeated ?? template.fill(serial);
  serial += template.size;
  const response = await pool.request({ method: 'POST', path, headers, body });
  const text = await response.body.text();
  if (response.statusCode >= 300) throw new Error(`${path} answered ${response.statusCode} ${text}`);
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

answerParent('', answer);
