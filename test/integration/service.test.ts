import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { QuashEvent } from '../../src/events.ts';
import { createKeys } from '../../src/ledger/keys.ts';
import { type Service, type ServiceOptions, startService } from '../../src/service.ts';
import { eventually } from '../support/eventually.ts';
import { FAKE_TYPE, type FakeProvider, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TOKEN = 'pre-shared-token-of-the-tests';

async function prepared() {
  const folder = temporaryFolder();
  const keys = await createKeys(join(folder, 'keys.json'));
  const file = join(folder, 'quash.db');
  const env = {
    QUASH_LISTEN__HOST: '127.0.0.1',
    QUASH_LISTEN__PORT: '0',
    QUASH_ADMIN__PORT: '0',
    QUASH_AUTH__TOKENS: TOKEN,
    QUASH_LEDGER__URL: `sqlite:${file}`,
  };
  const { config } = loadConfig({ env, cwd: folder, definitions: [] });
  const events: QuashEvent[] = [];
  const closed: FakeProvider[] = [];
  const providers = (fake: FakeProvider): ServiceOptions['providers'] => ({
    registry: fakeRegistry([fake], { settings: { fake: { concurrency: 1 } } }),
    readContext: async () => undefined,
    upstream: {
      for: () => {
        throw new Error('A fake provider has no upstream.');
      },
      close: async () => {
        closed.push(fake);
      },
    },
  });
  const start = (fake: FakeProvider) =>
    startService({
      config,
      keys,
      role: 'all',
      observe: (event) => events.push(event),
      providers: providers(fake),
    });
  const reload = (service: Service, fake: FakeProvider) =>
    service.reload({ config, keys, providers: providers(fake) });
  return { file, events, closed, start, reload };
}

async function report(service: Service, token: string): Promise<number> {
  const { statusCode, body } = await request(`${service.apiUrl}/v1/revoke_tokens`, {
    method: 'POST',
    headers: { authorization: TOKEN },
    body: JSON.stringify([{ type: FAKE_TYPE, token }]),
  });
  await body.dump();
  return statusCode;
}

/** A provider whose work ends when it is told to, or when the test says so. */
function slowProvider() {
  const fake = fakeProvider();
  const finish = Promise.withResolvers<void>();
  fake.revoke = async (_token, step) => {
    step.signal.addEventListener('abort', () => finish.reject(step.signal.reason));
    await finish.promise;
    return { outcome: 'revoked', proven: true };
  };
  return { fake, finish: () => finish.resolve() };
}

describe('a reload', () => {
  it('that comes while another one is under way leaves one lane for each provider', async () => {
    const { start, reload } = await prepared();
    const first = slowProvider();
    const second = slowProvider();
    const third = slowProvider();
    const service = await start(first.fake);
    onTestFinished(() => service.stop(0));
    for (let n = 0; n < 8; n++) await report(service, `fake-${n}`);
    await eventually(() => expect(first.fake.calls).toHaveLength(1));

    const reloads = [reload(service, second.fake), reload(service, third.fake)];
    first.finish();
    await Promise.all(reloads);

    await eventually(() => expect(third.fake.calls).toHaveLength(1));
    await delay(100);
    expect([...second.fake.calls, ...third.fake.calls]).toHaveLength(1);
  });

  it('that is overtaken by the end of the service starts nothing, and closes what it brought', async () => {
    const { start, reload, events, closed } = await prepared();
    const first = slowProvider();
    const second = slowProvider();
    const service = await start(first.fake);
    await report(service, 'fake-a');
    await eventually(() => expect(first.fake.calls).toHaveLength(1));

    const reloading = reload(service, second.fake);
    const stopped = service.stop(50);
    await Promise.all([reloading, stopped]);
    await reload(service, fakeProvider()).catch(() => {});
    await delay(100);

    expect(second.fake.calls).toEqual([]);
    expect(events.filter(({ type }) => type === 'ledger-unavailable')).toEqual([]);
    expect(closed).toHaveLength(3);
  });

  it('tells of work that a provider left behind which is turned off now', async () => {
    const { start, reload, events } = await prepared();
    const first = slowProvider();
    const service = await start(first.fake);
    onTestFinished(() => service.stop(0));
    for (const token of ['fake-a', 'fake-b']) await report(service, token);
    await eventually(() => expect(first.fake.calls).toHaveLength(1));

    await Promise.all([reload(service, fakeProvider('other')), delay(50).then(first.finish)]);

    expect(events).toContainEqual(
      expect.objectContaining({ type: 'work-without-provider', provider: 'fake' }),
    );
  });
});

it('leaves nothing running when it cannot start', async () => {
  const { start, file, events } = await prepared();
  const listening = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  await (await start(fakeProvider())).stop(0);
  const before = listening();
  const db = new DatabaseSync(file);
  db.exec('DROP TABLE tally');
  db.close();

  await expect(start(fakeProvider())).rejects.toMatchObject({ code: 'unavailable' });

  expect(events.filter(({ type }) => type === 'listening')).toHaveLength(1);
  expect(listening()).toBe(before);
});
