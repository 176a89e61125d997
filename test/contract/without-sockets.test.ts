/** What an adapter sees of a script is the same whether a server plays it or nothing but the script. */
import { expect, it } from 'vitest';
import { Failure } from '../../src/provider/failure.ts';
import { bearer } from '../../src/provider/upstream.ts';
import { createUpstreamFactory } from '../../src/upstream/client.ts';
import { Secret } from '../../src/words/secret.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { socketlessUpstream } from '../support/scripted-connections.ts';
import {
  type Exchange,
  FAULTS,
  type ScriptedAnswer,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts';

const exchange = (answer: ScriptedAnswer): Exchange => ({
  expect: {
    method: 'POST',
    path: '/api/keys?page=2',
    headers: { authorization: 'Bearer acme-key', cookie: undefined },
    json: { key: 'välue' },
  },
  answer,
});

async function seenOf(upstream: ScriptedUpstream, statuses: readonly number[], timeoutMs: number) {
  const { connections } = upstream;
  const factory = createUpstreamFactory({
    ...{ timeoutMs, proxy: null, allowPrivate: ['127.0.0.1'], clock: new FakeClock() },
    ...(connections && { connections }),
  });
  try {
    const request = {
      ...({ method: 'POST', path: '/keys', query: { page: 2 }, json: { key: 'välue' } } as const),
      ...{ headers: { authorization: bearer(new Secret('acme-key')) }, statuses },
    };
    const client = factory.for('acme', `${upstream.url}/api`);
    const { status, text, header } = await client.request({
      ...request,
      signal: new AbortController().signal,
    });
    upstream.verify();
    return { status, text, type: header('Content-Type'), after: header('retry-after') };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, status, retryAfterMs } = error;
    // On a busy machine the server may not even have been asked.
    if (code !== 'timeout') upstream.verify();
    return { code, status, retryAfterMs };
  } finally {
    await factory.close();
    await upstream.close();
  }
}

it.each(
  [
    ...FAULTS.map((fault) => ({ name: fault, answer: { fault } })),
    ...FAULTS.map((fault) => ({ name: `${fault} with 201`, answer: { fault, status: 201 } })),
    { name: 'JSON', answer: { status: 200, headers: { 'retry-after': '7' }, json: { name: 'välue' } } },
    { name: 'a text', answer: { status: 201, text: 'välue' } },
    { name: 'no body', answer: { status: 204 } },
  ].flatMap((each) => [
    { ...each, asked: 'it was asked for', statuses: [200, 201, 204, 302, 401, 429, 500, 503] },
    { ...each, asked: 'it was not', statuses: [418] },
  ]),
)('is the same for $name when $asked', async ({ name, answer, statuses }) => {
  const timeoutMs = name.startsWith('timeout') ? 100 : PATIENCE_MS;
  const script = [exchange(answer)];

  const [served, socketless] = await Promise.all([
    seenOf(await startScriptedUpstream(script), statuses, timeoutMs),
    seenOf(socketlessUpstream(script), statuses, timeoutMs),
  ]);

  expect(socketless).toEqual(served);
});
