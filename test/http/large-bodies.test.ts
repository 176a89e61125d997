import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FAKE_TYPE } from '../support/fake-provider.ts';
import { type HttpFixtureOptions, httpFixture, TOKEN } from '../support/http-fixture.ts';

async function listening(options: HttpFixtureOptions = {}) {
  const fixture = httpFixture(options);
  const server: ServerType = await new Promise((resolve) => {
    const started = serve({ fetch: fixture.app.fetch, hostname: '127.0.0.1', port: 0 }, () =>
      resolve(started),
    );
  });
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { ...fixture, port: (server.address() as AddressInfo).port };
}

function send(port: number, method: string, path: string, body?: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: TOKEN,
      'content-type': 'application/json',
      ...(body && { 'content-length': body.length }),
    };
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** As GitLab sends it: each element with a vulnerability record of about 1.5 KB. */
function bigReport(elements: number): Buffer {
  const vulnerability = { id: 1, title: 'x'.repeat(1_450) };
  const body = Array.from({ length: elements }, (_, n) => ({
    type: FAKE_TYPE,
    token: `fake-${n.toString(36)}`,
    location: `https://gitlab.example.com/group/project/-/raw/abc/file-${n}.txt#L1-2`,
    vulnerability,
  }));
  return Buffer.from(JSON.stringify(body));
}

describe('a report of 5,000 elements with 1.5 KB each', () => {
  it('is acknowledged in under 3 s, and other requests are answered in under 300 ms meanwhile', async () => {
    const { port, ledger } = await listening();
    const body = bigReport(5_000);
    const start = performance.now();
    const posted = send(port, 'POST', '/v1/revoke_tokens', body).then((status) => ({
      status,
      ms: performance.now() - start,
    }));
    let answered = false;
    void posted.then(() => {
      answered = true;
    });
    const delays: number[] = [];
    while (!answered) {
      const asked = performance.now();
      expect(await send(port, 'GET', '/v1/revocable_token_types')).toBe(200);
      delays.push(performance.now() - asked);
    }
    const { status, ms } = await posted;
    expect(status).toBe(204);
    expect(ms).toBeLessThan(3_000);
    expect(delays.length).toBeGreaterThan(0);
    expect(Math.max(...delays)).toBeLessThan(300);
    expect(await ledger.count()).toEqual([{ provider: 'fake', state: 'queued', entries: 5_000 }]);
  });

  it('gets 400 like a small one when it is not JSON', async () => {
    const { port } = await listening();
    expect(await send(port, 'POST', '/v1/revoke_tokens', bigReport(1_000).subarray(1))).toBe(400);
  });
});

it('answers 413 to a body that is announced as too large before it is sent, and closes the connection', async () => {
  const { port } = await listening({ settings: { bodyBytes: 1_000 } });
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write(
      `POST /v1/revoke_tokens HTTP/1.1\r\nHost: x\r\nAuthorization: ${TOKEN}\r\nContent-Length: 500000000\r\n\r\n[`,
    );
  });
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer.toLowerCase()).toContain('connection: close');
});
