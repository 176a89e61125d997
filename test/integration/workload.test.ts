/** What the platform gives to the process of Quash: variables, files, and its metadata services alone. */
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWorkload } from '../../src/cli/workload.ts';
import { METADATA_SERVICES } from '../../src/provider/workload.ts';
import { createUpstreamFactory, type UpstreamOptions } from '../../src/upstream/client.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { fakeWorkload } from '../support/fake-workload.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const call = { method: 'GET', path: '/role', statuses: [200], signal: new AbortController().signal } as const;

async function openServer() {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push(request.url ?? '');
    response.end('quash-role');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function openFactory(options: Partial<UpstreamOptions> = {}) {
  const factory = createUpstreamFactory({
    ...{ timeoutMs: PATIENCE_MS, proxy: null, allowPrivate: [], clock: new FakeClock() },
    ...options,
  });
  onTestFinished(() => factory.close());
  return factory;
}

describe('the metadata services', () => {
  it('are asked without the proxy, and are closed to every other call', async () => {
    const [service, proxy] = [await openServer(), await openServer()];
    const factory = openFactory({ metadataServices: [service.url], proxy: proxy.url });

    const answer = await factory.metadata('aws', service.url).request(call);
    const other = factory.for('aws', service.url).request(call);

    expect(answer.text).toBe('quash-role');
    await expect(other).rejects.toMatchObject({ code: 'blocked-address' });
    expect([service.asked, proxy.asked]).toEqual([['/role'], []]);
  });

  it.each(METADATA_SERVICES)('are closed to providers: %s', async (origin) => {
    const upstream = openFactory().for('aws', origin);
    await expect(upstream.request(call)).rejects.toMatchObject({ code: 'blocked-address' });
  });

  it.each([
    'http://127.0.0.1',
    'http://169.254.169.253',
    'http://metadata.google.internal',
    'https://example.com',
    'http://169.254.169.254:8080',
  ])('are no others than the known addresses: %s', (origin) => {
    expect(() => openFactory().metadata('aws', origin)).toThrow(TypeError);
  });
});

describe('a workload', () => {
  it('reads a file anew each time, without the white space around its text', async () => {
    const cwd = temporaryFolder();
    const { file } = createWorkload({ cwd, env: {} }, fakeWorkload().metadata);
    const texts: string[] = [];

    for (const text of ['first\n', ' second\r\n']) {
      writeFileSync(join(cwd, 'token'), text);
      texts.push((await file('token')).reveal());
    }

    expect(texts).toEqual(['first', 'second']);
  });

  it('says which file it cannot read, and why', async () => {
    const { file } = createWorkload({ cwd: temporaryFolder(), env: {} }, fakeWorkload().metadata);
    await expect(file('none')).rejects.toMatchObject({
      code: 'misconfigured',
      target: 'none',
      cause: 'ENOENT',
    });
  });

  it('takes an empty variable for none', () => {
    const env = { AWS_ROLE_ARN: 'arn', AWS_PROFILE: '' };
    const { variable } = createWorkload({ cwd: '/', env }, fakeWorkload().metadata);
    expect(['AWS_ROLE_ARN', 'AWS_PROFILE', 'HOME'].map(variable)).toEqual(['arn', undefined, undefined]);
  });
});
