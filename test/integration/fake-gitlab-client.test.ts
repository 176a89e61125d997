import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createGitlabClient, findings, type GitlabClientOptions } from '../../src/fakes/gitlab-client.ts';

const TYPE = 'gitleaks_rule_id_acme';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Seen {
  readonly call: string;
  readonly body: string;
}

type Answer = (call: string, response: ServerResponse) => void;

/** A service whose calls are answered by `answer`; `GET /types` offers {@link TYPE} unless that ends it. */
async function startService(answer: Answer = () => {}): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const call = `${request.method} ${request.url}`;
    seen.push({ call, body: Buffer.concat(chunks).toString() });
    answer(call, response);
    if (response.writableEnded) return;
    if (call === 'GET /types') response.end(JSON.stringify({ types: [TYPE] }));
    else response.writeHead(204).end();
  });
  return { url: await listen(server), seen };
}

function clientFor(url: string, options: Partial<GitlabClientOptions> = {}) {
  return createGitlabClient({
    typesUrl: `${url}/types`,
    revokeUrl: `${url}/revoke`,
    token: 'pre-shared',
    retryDelayMs: () => 0,
    ...options,
  });
}

const some = (count: number) => findings(count, { type: TYPE, token: (i) => `token-${i}` });

describe('the fake GitLab client', () => {
  it('sends the headers of GitLab and no other', async () => {
    const texts: string[] = [];
    const raw = createRawServer((socket) => {
      socket.once('data', (data) => {
        texts.push(data.toString());
        const body = JSON.stringify({ types: [TYPE] });
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
      });
    });
    const url = await listen(raw);

    await clientFor(url).report(some(1));

    const heads = texts.map((text) => (text.split('\r\n\r\n')[0] ?? '').split('\r\n'));
    const host = `Host: ${new URL(url).host}`;
    expect(heads).toEqual([
      [
        'GET /types HTTP/1.1',
        'Content-Type: application/json',
        'Authorization: pre-shared',
        host,
        'Connection: close',
      ],
      [
        'POST /revoke HTTP/1.1',
        'Content-Type: application/json',
        'Authorization: pre-shared',
        expect.stringMatching(/^Content-Length: \d+$/),
        host,
        'Connection: close',
      ],
    ]);
  });

  it('posts all findings of wanted types in one array, with four keys each', async () => {
    const { url, seen } = await startService();
    const unwanted = findings(2, { type: 'gitleaks_rule_id_other', token: () => 'x' });

    const report = await clientFor(url).report([...some(5000), ...unwanted]);

    expect(report).toEqual({ delivered: true, tries: 1, posted: 5000 });
    expect(seen.map(({ call }) => call)).toEqual(['GET /types', 'POST /revoke']);
    const elements: object[] = JSON.parse(seen[1]?.body ?? '');
    expect(elements).toHaveLength(5000);
    expect(Object.keys(elements[4999] ?? {})).toEqual(['type', 'token', 'location', 'vulnerability']);
  });

  it('does not post when no finding is wanted', async () => {
    const { url, seen } = await startService((call, response) => {
      if (call === 'GET /types') response.end('{}');
    });
    expect(await clientFor(url).report(some(3))).toEqual({ delivered: true, tries: 1, posted: 0 });
    expect(seen).toHaveLength(1);
  });

  it.each(['[]', 'null', 'no json'])('takes %s for a failure when it asks for the types', async (text) => {
    const { url, seen } = await startService((_call, response) => void response.end(text));
    expect(await clientFor(url, { maxRetries: 1 }).report(some(1))).toMatchObject({
      delivered: false,
      tries: 2,
    });
    expect(seen.map(({ call }) => call)).toEqual(['GET /types', 'GET /types']);
  });

  it.each([400, 401, 413, 429, 500, 503])(
    'sends everything again after %i, until it is taken',
    async (status) => {
      let refusals = 2;
      const { url, seen } = await startService((call, response) => {
        if (call === 'POST /revoke' && refusals-- > 0) response.writeHead(status).end('{"accepted": 1}');
      });
      expect(await clientFor(url).report(some(2))).toEqual({ delivered: true, tries: 3, posted: 2 });
      const posts = seen.filter(({ call }) => call === 'POST /revoke');
      expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
      expect(seen).toHaveLength(6);
    },
  );

  it('drops the findings after 17 repetitions', async () => {
    const delays: number[] = [];
    const { url } = await startService((_call, response) => void response.writeHead(500).end());
    const retryDelayMs = (n: number) => {
      delays.push(n);
      return 0;
    };
    const report = await clientFor(url, { retryDelayMs }).report(some(1));
    expect(report).toEqual({ delivered: false, tries: 18, posted: 0 });
    expect(delays).toEqual(Array.from({ length: 17 }, (_, n) => n));
  });

  it('tries again when nobody answers', async () => {
    const { url, seen } = await startService((_call, response) => void response.destroy());
    expect(await clientFor(url, { maxRetries: 1 }).report(some(1))).toMatchObject({
      delivered: false,
      tries: 2,
    });
    expect(seen).toHaveLength(2);
  });

  it.each([301, 302, 303])(
    'loses the findings by a redirect with %i, which makes the POST a GET',
    async (status) => {
      const { url, seen } = await startService((call, response) => {
        if (call === 'POST /revoke') response.writeHead(status, { location: '/moved' }).end();
      });
      expect(await clientFor(url).report(some(1))).toMatchObject({ delivered: true, tries: 1 });
      expect(seen.at(-1)).toEqual({ call: 'GET /moved', body: '' });
    },
  );

  it('gives up on a redirect in a circle', async () => {
    const { url } = await startService((_call, response) => {
      response.writeHead(307, { location: '/types' }).end();
    });
    expect(await clientFor(url, { maxRetries: 0 }).report(some(1))).toMatchObject({ delivered: false });
  });
});

describe('findings', () => {
  it('look as GitLab sends them', () => {
    const [bare] = findings(1, { type: TYPE, token: () => 'abc' });
    expect(bare).toMatchObject({ type: TYPE, token: 'abc', vulnerability: null });
    expect(bare?.location).toMatch(/^https:\/\/gitlab\.example\.com\/.+\/-\/raw\/[0-9a-f]{40}\/.+#L1-2$/);
  });

  it.each([
    ['quoted', '"abc"'],
    ['trailing-comma', 'abc,'],
    ['assignment', "API_TOKEN = 'abc'"],
  ] as const)('may have their token %s', (around, expected) => {
    expect(findings(1, { type: TYPE, token: () => 'abc', around })[0]?.token).toBe(expected);
  });

  it('may repeat a token at other places, and have none at all', () => {
    const repeated = findings(3, { type: TYPE, token: (i) => (i === 2 ? null : 'abc') });
    expect(repeated.map(({ token }) => token)).toEqual(['abc', 'abc', null]);
    expect(new Set(repeated.map(({ location }) => location)).size).toBe(3);
  });

  it('may come with a record of one to two kilobytes', () => {
    const [finding] = findings(1, { type: TYPE, token: () => 'abc', withVulnerability: true });
    const record = finding?.vulnerability ?? {};
    expect(Object.keys(record).length).toBeGreaterThanOrEqual(30);
    expect(JSON.stringify(record).length).toBeGreaterThan(1000);
    expect(JSON.stringify(record).length).toBeLessThan(2500);
  });
});
