/** A search that is too long for a step is the entry's own failure, not the provider's. */
import { describe, expect, it } from 'vitest';
import { attempt } from '../../src/dispatch/attempt.ts';
import { RunningStep } from '../../src/dispatch/running-step.ts';
import { guarded } from '../../src/provider/possession.ts';
import type { Provider, TokenKind } from '../../src/provider/provider.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const KIND: TokenKind = { id: 'token', types: ['x'], pattern: /x/, effect: 'token', ...TRUSTED };

/** @param answers how many calls are answered before the others are not */
async function run(answers: number, context: 'none' | 'endless' = 'none') {
  const controller = new AbortController();
  let calls = 0;
  const upstream: Upstream = guarded({
    base: 'https://api.example.com',
    async request({ signal }) {
      calls += 1;
      if (calls <= answers) {
        return {
          status: 200,
          header: () => undefined,
          text: '',
          json: () => expect.unreachable(),
          maybeJson: () => undefined,
        };
      }
      controller.abort(new DOMException('The time is over.', 'TimeoutError'));
      throw signal.reason;
    },
  });
  const provider: Provider = {
    kinds: [KIND],
    async revoke(_token, step) {
      const { signal } = step;
      await step.context();
      for (;;) await upstream.request({ method: 'GET', path: '/page', statuses: [200], signal });
    },
  };
  const token = new Secret('x');
  const given = { kind: KIND, token, note: undefined, parts: {}, mayActUnproven: false };
  const { signal } = controller;
  const read = async () => {
    if (context === 'none') return undefined;
    controller.abort(new DOMException('The time is over.', 'TimeoutError'));
    throw signal.reason;
  };
  const step = new RunningStep({ ...given, signal, context: read });
  return attempt({ provider, token, step, phase: 'revoke', unknownTokens: 'attention' });
}

describe('a step whose time is over', () => {
  it('costs the entry an attempt where its calls were answered', async () => {
    expect(await run(3)).toMatchObject({
      outcome: 'failed',
      failure: { code: 'out-of-time', whose: 'token' },
    });
  });

  it('pauses no lane where the text around the leak took all of it', async () => {
    expect(await run(3, 'endless')).toMatchObject({
      outcome: 'failed',
      failure: { code: 'timeout', whose: 'provider', scope: 'entry' },
    });
  });

  it('pauses the lane where nothing was answered', async () => {
    expect(await run(0)).toMatchObject({
      outcome: 'failed',
      failure: { code: 'timeout', whose: 'provider' },
    });
  });
});
