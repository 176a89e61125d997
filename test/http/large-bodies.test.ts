import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type AcceptOptions, REPORTS_PER_PART_OF_MANY, type ReportedToken } from '../../src/ledger/report.ts';
import { FakeClock } from '../support/fake-clock.ts';
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
function bigReport(elements: number, titleLength = 1_450): Buffer {
  const vulnerability = { id: 1, title: 'x'.repeat(titleLength) };
  const body = Array.from({ length: elements }, (_, n) => ({
    type: FAKE_TYPE,
    token: `fake-${n.toString(36)}`,
    location: `https://gitlab.example.com/group/project/-/raw/abc/file-${n}.txt#L1-2`,
    vulnerability,
  }));
  return Buffer.from(JSON.stringify(body));
}

/** How much is done in one turn of the event loop at most; until the running test ends. */
function mostInOneTurn() {
  const most = { parsedBytes: 0, written: 0 };
  let turn = { parsedBytes: 0, written: 0 };
  let watching = true;
  const nextTurn = () => {
    turn = { parsedBytes: 0, written: 0 };
    if (watching) setImmediate(nextTurn);
  };
  nextTurn();
  onTestFinished(() => {
    watching = false;
  });
  const note = (what: keyof typeof most, amount: number) => {
    turn[what] += amount;
    most[what] = Math.max(most[what], turn[what]);
  };
  return { most, note };
}

const PART_TAKES_MS = 100;

/** Where the ledger takes its time by the service's clock. @returns with it, what it was asked for */
function slowly({ partMs, repeatMs = 0 }: { partMs: number; repeatMs?: number }) {
  const clock = new FakeClock();
  const reports: number[] = [];
  const repeatsOver: unknown[] = [];
  const fixture = httpFixture({
    clock,
    limits: { tokensPerMinute: 1_000_000 },
    ledger: (real) =>
      Object.assign(Object.create(real), {
        repeat: (...[all, options]: Parameters<typeof real.repeat>) => {
          clock.jump(repeatMs);
          repeatsOver.push(options.isOver?.());
          return real.repeat(all, options);
        },
        accept: (all: readonly ReportedToken[], options: AcceptOptions) => {
          reports.push(all.length);
          const isOver = () => {
            clock.jump(partMs);
            return options.isOver?.() ?? false;
          };
          return real.accept(all, { ...options, isOver });
        },
      }),
  });
  return { ...fixture, reports, repeatsOver };
}

describe('a report that takes longer than GitLab waits', () => {
  it('is kept as far as it came and answered 429, goes on from there, and is done after few repeats', async () => {
    const partMs = 4 * PART_TAKES_MS;
    const { post, ledger, vault, reports } = slowly({ partMs });
    let sealed = 0;
    const sealMaterial = vault.sealMaterial.bind(vault);
    vault.sealMaterial = (...material) => {
      sealed += 1;
      return sealMaterial(...material);
    };
    const total = 7_500;
    const body = bigReport(total, 0).toString();

    const answers: number[] = [];
    for (let times = 0; times < 5 && answers.at(-1) !== 204; times++) {
      const answer = await post(body);
      answers.push(answer.status);
      if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }

    expect(answers).toEqual([429, 429, 204]);
    const inTime = (12_000 / partMs + 1) * REPORTS_PER_PART_OF_MANY;
    expect(reports).toEqual([total, total - inTime, total - 2 * inTime]);
    expect(sealed).toBe(total);
    expect(await ledger.count()).toEqual([{ provider: 'fake', state: 'queued', entries: total }]);
  });
});

it('goes on with a large report for two seconds, however long all before has taken', async () => {
  const { post, ledger, reports, repeatsOver } = slowly({ partMs: PART_TAKES_MS, repeatMs: 60_000 });
  const total = 3_000;
  const body = bigReport(total, 0).toString();

  expect((await post(body)).status).toBe(429);
  expect(repeatsOver).toEqual([true]);
  const written = (2_000 / PART_TAKES_MS + 1) * REPORTS_PER_PART_OF_MANY;
  expect(await ledger.count()).toMatchObject([{ entries: written }]);

  await post(body);
  // Repeats had no time left either: all after their first part are asked about once more as they are written.
  expect(reports).toEqual([total, total - REPORTS_PER_PART_OF_MANY]);
});

/** Many parts of what is written in a turn, and more bytes than a thread that parses is kept for. */
const ELEMENTS = 3_000;

describe('a report of thousands of elements with 1.5 KB each', () => {
  it('is worked on in slices, so that other requests get their turn', async () => {
    const { most, note } = mostInOneTurn();
    // A time that stands still: however long it takes here, there is time left to write all.
    const limits = { requestsPerMinute: 1_000_000 };
    const { port, ledger, vault } = await listening({ clock: new FakeClock(), limits });
    // A token is sealed when it is written.
    const sealMaterial = vault.sealMaterial.bind(vault);
    vault.sealMaterial = (...material) => {
      note('written', 1);
      return sealMaterial(...material);
    };
    const { parse } = JSON;
    const parsing = vi.spyOn(JSON, 'parse').mockImplementation((text, reviver) => {
      note('parsedBytes', text.length);
      return parse(text, reviver);
    });
    onTestFinished(() => parsing.mockRestore());
    const body = bigReport(ELEMENTS);

    let isAnswered = false;
    const posted = send(port, 'POST', '/v1/revoke_tokens', body).finally(() => {
      isAnswered = true;
    });
    while (!isAnswered) expect(await send(port, 'GET', '/v1/revocable_token_types')).toBe(200);

    expect(await posted).toBe(204);
    expect(await ledger.count()).toEqual([{ provider: 'fake', state: 'queued', entries: ELEMENTS }]);
    // What is parsed is parsed by another thread.
    expect(most.parsedBytes).toBe(0);
    expect(most.written).toBeGreaterThan(0);
    expect(most.written).toBeLessThanOrEqual(REPORTS_PER_PART_OF_MANY);
  });

  it('gets 400 like a small one when it is not JSON', async () => {
    const { port } = await listening();
    expect(await send(port, 'POST', '/v1/revoke_tokens', bigReport(1_000).subarray(1))).toBe(400);
  });
});

it('answers 413 to a body that is announced as too large before it is sent, and closes the connection', async () => {
  const { port } = await listening({ settings: { bodyBytes: 1_000 } });
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    // Also behind an error: what comes after the answer may find the connection closed.
    socket.on('close', () => resolve(text));
    socket.on('error', () => {});
    socket.write(
      `POST /v1/revoke_tokens HTTP/1.1\r\nHost: x\r\nAuthorization: ${TOKEN}\r\nContent-Length: 500000000\r\n\r\n[`,
    );
  });
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer.toLowerCase()).toContain('connection: close');
});
