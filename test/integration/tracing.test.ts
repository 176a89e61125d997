import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { eventually } from '../support/eventually.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { type QuashProcess, startQuash, startQuashOfGitlab } from '../support/quash-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { gitlabToken } from '../support/token-shapes.ts';

const PRE_SHARED = 'pre-shared-token-of-the-tests';
const PAT_TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';
const TRACE_ID = 'a'.repeat(32);
const CALLER_SPAN = 'b'.repeat(16);
const SERVER = 2;
const CLIENT = 3;

/** Prints each of the given modules once it is asked for, whoever asks. */
const SPY = `import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    if (/^@opentelemetry\\/(sdk|exporter|context|resources)/.test(specifier)) process.stderr.write('LOADED ' + specifier + '\\n');
    return next(specifier, context);
  },
});`;

async function running(env: Readonly<Record<string, string>>, start = startQuashOfGitlab) {
  const adminToken = gitlabToken('admin');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  const cwd = temporaryFolder();
  const quash = await start({
    cwd,
    env: {
      QUASH_AUTH__TOKENS: PRE_SHARED,
      QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
      QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken }]),
      ...env,
    },
  });
  onTestFinished(async () => {
    await quash.end('SIGTERM');
  });
  return { quash, gitlab, adminToken };
}

/** As {@link running}, with the sources as they are, and a word for each module for traces. */
function spiedOn(env: Readonly<Record<string, string>>) {
  const spy = join(temporaryFolder(), 'spy.mjs');
  writeFileSync(spy, SPY);
  return running({ NODE_OPTIONS: `--import ${spy}`, ...env }, startQuash);
}

async function report({ apiUrl }: QuashProcess, token: string, location: string): Promise<void> {
  const { statusCode, body } = await request(`${apiUrl}/v1/revoke_tokens`, {
    method: 'POST',
    headers: {
      authorization: PRE_SHARED,
      'content-type': 'application/json',
      traceparent: `00-${TRACE_ID}-${CALLER_SPAN}-01`,
    },
    body: JSON.stringify([{ type: PAT_TYPE, token, location }]),
  });
  await body.dump();
  expect(statusCode).toBe(204);
}

describe('with a collector, a service', () => {
  it("sends a span for each request, in the caller's trace, and for each step with its calls", async () => {
    const collector = await startOtlpReceiver();
    const { quash, gitlab, adminToken } = await running({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const token = gitlab.addToken('personal');
    const location = 'https://gitlab.example.com/secret-group/app/-/raw/main/where-it-leaked.txt';
    await report(quash, token.value, location);
    const settled = await quash.logged('settled');
    // What has not been sent by now is sent when it stops.
    expect(await quash.end('SIGTERM')).toBe(0);

    expect([...collector.paths]).toEqual(['/v1/traces']);
    expect(collector.resources[0]).toMatchObject({
      'service.name': 'quash',
      'service.version': expect.stringMatching(/^\d/),
    });
    const { spans } = collector;
    expect(spans.find(({ name }) => name === 'POST /v1/revoke_tokens')).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: CALLER_SPAN,
      kind: SERVER,
      failed: false,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/revoke_tokens',
        'http.response.status_code': 204,
      },
    });
    const attempts = spans.filter(({ name }) => name === 'attempt');
    expect(attempts.at(-1)).toMatchObject({
      failed: false,
      attributes: { 'quash.provider': 'gitlab', 'quash.entry.id': settled.id, 'quash.result': 'revoked' },
    });
    expect(attempts.map(({ parentSpanId }) => parentSpanId ?? '')).toEqual(attempts.map(() => ''));
    const calls = spans.filter(({ kind }) => kind === CLIENT);
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) {
      expect(attempts.map(({ spanId }) => spanId)).toContain(call.parentSpanId);
      expect(Object.keys(call.attributes).sort()).toEqual([
        'http.response.status_code',
        'quash.provider',
        'server.address',
      ]);
    }
    for (const secret of [token.value, location, 'secret-group', adminToken, PRE_SHARED, '/api/v4'])
      expect(collector.text()).not.toContain(secret);
  });

  it('loads the code for traces, marks what failed, and says who could not be reached', async () => {
    const collector = await startOtlpReceiver();
    const { quash, gitlab } = await spiedOn({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/custom`,
      OTEL_SERVICE_NAME: 'our-quash',
    });
    gitlab.failNext({ method: 'POST', path: '/admin/token', status: 503 });
    await report(quash, gitlab.addToken('personal').value, '');
    await quash.logged('put-off', (line) => line.why === 'deferred');
    expect(await quash.end('SIGTERM')).toBe(0);

    expect(quash.output()).toContain('LOADED @opentelemetry/sdk-trace');
    expect([...collector.paths]).toEqual(['/custom']);
    expect(collector.resources[0]).toMatchObject({ 'service.name': 'our-quash' });
    expect(collector.spans.filter(({ failed }) => failed)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: CLIENT,
          attributes: {
            'quash.provider': 'gitlab',
            'server.address': '127.0.0.1',
            'http.response.status_code': 503,
            'error.type': 'unavailable',
          },
        }),
        expect.objectContaining({
          name: 'attempt',
          attributes: expect.objectContaining({ 'quash.result': 'unavailable' }),
        }),
      ]),
    );
  });

  it('revokes and stops all the same when the collector refuses, and says so once', async () => {
    const collector = await startOtlpReceiver(400);
    const { quash, gitlab } = await running({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const token = gitlab.addToken('personal');
    await report(quash, token.value, '');
    await eventually(() => expect(token.revoked).toBe(true));
    expect(await quash.end('SIGTERM')).toBe(0);
    const lost = quash.log().filter((line) => line.event === 'traces-lost');
    expect(lost).toEqual([expect.objectContaining({ level: 'warn', spans: expect.any(Number) })]);
  });
});

it('without a collector, a service loads none of the code for traces', async () => {
  const { quash } = await spiedOn({});
  expect(await quash.end('SIGTERM')).toBe(0);
  expect(quash.output()).not.toContain('LOADED');
});
