/** Connections of the upstream client on which a script answers in place of a server. */
import { Dispatcher, errors } from 'undici';
import {
  BEGUN_JSON,
  type Exchange,
  LONG_JSON,
  PlayedScript,
  plainForm,
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedUpstream,
  type ScriptedUpstreamOptions,
  wireForm,
} from './scripted-upstream.ts';

/** Two mebibytes, which a thousand cases would each make anew. */
const LONG_BYTES = Buffer.from(LONG_JSON);

/** As a scripted server, but that no server listens. */
export function socketlessUpstream(
  exchanges: readonly Exchange[],
  { onRequest }: Pick<ScriptedUpstreamOptions, 'onRequest'> = {},
): ScriptedUpstream {
  const script = new PlayedScript(exchanges);
  let hasFailed = false;
  const dispatcher = new ScriptedDispatcher((request) => {
    if (hasFailed) return { fault: 'reset' };
    const answer = script.next(request);
    onRequest?.(request);
    return answer;
  });
  return {
    url: 'http://127.0.0.1:1',
    requests: script.requests,
    verify: () => script.verify(),
    fail: () => {
      hasFailed = true;
    },
    close: async () => {},
    connections: { to: () => ({ dispatcher, isProxied: false }), destroy: async () => {} },
  };
}

class ScriptedDispatcher extends Dispatcher {
  readonly #answer: (request: RecordedRequest) => ScriptedAnswer;

  constructor(answer: (request: RecordedRequest) => ScriptedAnswer) {
    super();
    this.#answer = answer;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const controller = new Controller(handler);
    handler.onRequestStart?.(controller, undefined);
    const answer = this.#answer({
      method: options.method,
      url: options.path,
      headers: options.headers as Readonly<Record<string, string>>,
      body: (options.body as string | null) ?? '',
    });
    // Not before the calls that are made beside this one.
    setImmediate(() => play(answer, controller, handler));
    return true;
  }
}

function play(answer: ScriptedAnswer, controller: Controller, handler: Dispatcher.DispatchHandler): void {
  if (controller.aborted) return;
  const plain = plainForm(answer);
  if (plain) {
    const { status, headers, body } = wireForm(plain);
    handler.onResponseStart?.(controller, status, headers);
    if (body) handler.onResponseData?.(controller, body === LONG_JSON ? LONG_BYTES : Buffer.from(body));
    if (!controller.aborted) handler.onResponseEnd?.(controller, {});
  } else if ('fault' in answer && answer.fault !== 'timeout') {
    if (answer.fault === 'reset-mid-body') {
      handler.onResponseStart?.(controller, answer.status ?? 200, {});
      handler.onResponseData?.(controller, Buffer.from(BEGUN_JSON));
    }
    controller.abort(new errors.SocketError('other side closed'));
  }
}

class Controller implements Dispatcher.DispatchController {
  readonly paused = false;
  reason: Error | null = null;
  readonly #handler: Dispatcher.DispatchHandler;

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  get aborted(): boolean {
    return this.reason !== null;
  }

  abort(reason: Error): void {
    this.reason = reason;
    this.#handler.onResponseError?.(this, reason);
  }

  pause(): void {}

  resume(): void {}
}
