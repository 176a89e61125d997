/** A vendor that is asked about many forged tokens and about real ones, as the contract cases of its kinds describe it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { changesSomething } from '../../src/provider/possession.ts';
import type { BatchItem, ProviderDefinition, Step } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';
import {
  type Answering,
  answeringForged,
  BENCH_URL,
  holds,
  REFUSED,
  recorded,
} from '../contract/trust-suite.ts';
import type { Spec } from './every-kind.ts';
import { type MemoryCall, memoryUpstream } from './memory-upstream.ts';
import { compare, type PlainAnswer } from './scripted-upstream.ts';

/** The script of a real token. */
interface Played {
  readonly spec: Spec;
  readonly answerForged: (text: string) => Answering;
  /** Index of the call after the last one that was about this token alone. */
  position: number;
  /** Index of the last call that was answered by it. */
  last: number;
}

export class FloodedVendor {
  /** How many calls there were, and how many steps but for verifications. */
  calls = 0;
  steps = 0;
  readonly #now: () => number;
  readonly #real = new Map<string, Played>();
  readonly #forged = new Map<string, Played>();
  /** The tokens of the step that makes a call. */
  readonly #step = new AsyncLocalStorage<readonly string[]>();
  #gate = Promise.withResolvers<void>();
  #onStep: (tokens: readonly string[]) => void = () => {};

  constructor(now: () => number) {
    this.#now = now;
    this.#gate.resolve();
  }

  async learn(spec: Spec): Promise<void> {
    this.#real.set(spec.token, {
      spec,
      answerForged: answeringForged(spec, await recorded(spec)),
      ...{ position: 0, last: -1 },
    });
  }

  forge(spec: Spec, text: string): void {
    const played = this.#real.get(spec.token);
    if (played) this.#forged.set(text, played);
  }

  /** From now on no call is answered, until {@link open}. */
  close(): void {
    this.#gate = Promise.withResolvers();
  }

  open(): void {
    this.#gate.resolve();
  }

  /** Resolves with what was done by then, as soon as one of these has a step; without any, as soon as one has. */
  stepOf(tokens?: readonly string[]): Promise<{ readonly calls: number; readonly steps: number }> {
    return new Promise((resolve) => {
      this.#onStep = (begun) => {
        if (!tokens || begun.some((each) => tokens.includes(each))) {
          resolve({ calls: this.calls, steps: this.steps });
        }
      };
    });
  }

  upstream(baseUrl: string): Upstream {
    const answer = (call: MemoryCall) => this.#answer(call);
    const upstream = memoryUpstream(baseUrl, { benchUrl: BENCH_URL, now: this.#now, answer });
    return {
      base: upstream.base,
      request: async (request) => {
        await this.#gate.promise;
        return upstream.request(request);
      },
    };
  }

  /** The provider, whose steps are told to the vendor. */
  watched<Config>(definition: ProviderDefinition<Config>): ProviderDefinition<Config> {
    const during = <T>(tokens: readonly Secret[], work: () => T): T =>
      this.#step.run(
        tokens.map((each) => each.reveal()),
        work,
      );
    const stepOf = <T>(tokens: readonly Secret[], work: () => T): T => {
      this.#onStep(tokens.map((each) => each.reveal()));
      this.steps += 1;
      return during(tokens, work);
    };
    return {
      ...definition,
      create(config, tools) {
        const provider = definition.create(config, tools);
        const { look, verify, batch } = provider;
        return {
          ...provider,
          revoke: (token, step) => stepOf([token], () => provider.revoke(token, step)),
          ...(look && { look: (token: Secret, step: Step) => stepOf([token], () => look(token, step)) }),
          ...(verify && {
            verify: (token: Secret, step: Step) => during([token], () => verify(token, step)),
          }),
          ...(batch && {
            batch: {
              ...batch,
              revoke: (items: readonly BatchItem[], signal: AbortSignal) =>
                stepOf(
                  items.map(({ token }) => token),
                  () => batch.revoke(items, signal),
                ),
            },
          }),
        };
      },
    };
  }

  #answer(call: MemoryCall): PlainAnswer {
    this.calls += 1;
    const tokens = this.#step.getStore() ?? [];
    const [token = '', ...others] = tokens;
    // A batch tells by its calls which of its tokens they are about.
    const about = others.length === 0 ? token : tokens.find((each) => holds(call.request, each));
    const real = tokens.flatMap((each) => this.#real.get(each) ?? []);
    for (const played of real) {
      const answer = answerOfScript(played, call);
      if (answer) return answer;
    }
    const played = (about === undefined ? undefined : this.#forged.get(about)) ?? real[0];
    const answer = played ? played.answerForged(about ?? '')(call) : REFUSED;
    return answer === REFUSED ? (played?.spec.unknownAnswer ?? REFUSED) : answer;
  }
}

/** A list may be read for whatever token; only what changes something, or holds the real one, takes the script further. */
function answerOfScript(played: Played, { request, asked }: MemoryCall): PlainAnswer | undefined {
  const { exchanges } = played.spec.scripts.revoked;
  const fitting = exchanges.flatMap(({ expect }, index) =>
    compare(expect, request).length === 0 ? [index] : [],
  );
  // Two calls in a row may look alike, such as those that two secrets sign.
  const follows = fitting.find((each) => each === played.last + 1);
  const index = follows ?? fitting.find((each) => each >= played.position) ?? fitting.at(-1);
  const answer = index === undefined ? undefined : exchanges[index]?.answer;
  if (index === undefined || answer === undefined || 'fault' in answer) return undefined;
  played.last = index;
  if (changesSomething(asked) || holds(request, played.spec.token)) played.position = index + 1;
  return answer;
}
