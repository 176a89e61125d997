/** A record that is not found says something only while what holds it is seen. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { type OperatorCall, operatorCalls, sessionCalls } from '../../src/provider/kit/operator-calls.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { memoryUpstream } from '../support/memory-upstream.ts';
import type { PlainAnswer } from '../support/scripted-upstream.ts';

const NOT_FOUND = { status: 404, json: { error: 'not found' } };
const HELD = { path: '/keys', shows: z.object({ keys: z.array(z.string()) }) };

type Calls = (upstream: Upstream) => OperatorCall;
const withOurToken: Calls = (upstream) => operatorCalls(upstream, { authorization: 'ours' });
const withASession: Calls = (upstream) =>
  sessionCalls(
    upstream,
    createAccessTokens(new FakeClock(), async () => ({ token: new Secret('ours'), expiresInSeconds: 3600 })),
  );

async function find(calls: Calls, answers: Readonly<Record<string, PlainAnswer>>) {
  const asked: string[] = [];
  const upstream = memoryUpstream('https://api.example.com', {
    benchUrl: 'http://127.0.0.1:1',
    now: () => 0,
    answer({ request }) {
      asked.push(`${request.url.slice('/api.example.com'.length)} ${request.headers.authorization}`);
      return answers[request.url.slice('/api.example.com'.length)] ?? { status: 500 };
    },
  });
  const notFound = z.object({ error: z.literal('not found') });
  const { signal } = new AbortController();
  const request = {
    method: 'GET',
    path: '/keys/1',
    statuses: [200],
    notFound,
    within: HELD,
    signal,
  } as const;
  const { status } = await calls(upstream)(request);
  return { status, asked };
}

describe.each([
  ['a token', withOurToken, 'ours'],
  ['a session', withASession, 'Bearer ours'],
])('with %s', (_, calls, authorization) => {
  it('is gone where what holds it is seen', async () => {
    const answers = { '/keys/1': NOT_FOUND, '/keys': { status: 200, json: { keys: [] } } };
    const asked = [`/keys/1 ${authorization}`, `/keys ${authorization}`];
    expect(await find(calls, answers)).toEqual({ status: 404, asked });
  });

  it('is not gone where what holds it is not found either, is refused, or is a page of something else', async () => {
    const refused = { '/keys/1': NOT_FOUND, '/keys': { status: 403, json: {} } };
    const html = { '/keys/1': NOT_FOUND, '/keys': { status: 200, text: '<html>' } };
    await expect(find(calls, { '/keys/1': NOT_FOUND, '/keys': NOT_FOUND })).rejects.toMatchObject({
      code: 'unexpected-answer',
    });
    await expect(find(calls, refused)).rejects.toMatchObject({ code: 'permission-missing' });
    await expect(find(calls, html)).rejects.toMatchObject({ code: 'unexpected-answer' });
  });

  it('is asked about alone while it is there', async () => {
    const asked = [`/keys/1 ${authorization}`];
    expect(await find(calls, { '/keys/1': { status: 200, json: {} } })).toEqual({ status: 200, asked });
  });
});
