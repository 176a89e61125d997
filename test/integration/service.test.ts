import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import type { QuashEvent } from '../../src/observe/events.ts';
import { Failure } from '../../src/provider/failure.ts';
import type { Upstream } from '../../src/provider/upstream.ts';
import { type Service, type ServiceOptions, startService } from '../../src/service.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { Secret } from '../../src/words/secret.ts';
import { eventually } from '../support/eventually.ts';
import { FAKE_TYPE, type FakeProvider, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { NEVER_MS } from '../support/patience.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TOKEN = 'pre-shared-token-of-the-tests';
const ADMIN = 'admin-token-of-the-tests';

async function prepared() {
  const folder = temporaryFolder();
  const keys = await createKeys(join(folder, 'keys.json'));
  const file = join(folder, 'quash.db');
  const env = {
    QUASH_LISTEN__HOST: '127.0.0.1',
    QUASH_LISTEN__PORT: '0',
    QUASH_ADMIN__PORT: '0',
    QUASH_AUTH__TOKENS: TOKEN,
    QUASH_ADMIN__TOKENS: ADMIN,
    QUASH_LEDGER__URL: `sqlite:${file}`,
  };
  const { config } = loadConfig({ env, cwd: folder, definitions: [] });
  const events: QuashEvent[] = [];
  const closed: FakeProvider[] = [];
  /** What providers and notices are sent through; a test replaces it. */
  const upstream: { request: Upstream['request'] | undefined } = { request: undefined };
  const providers = (fake: FakeProvider): ServiceOptions['providers'] => ({
    registry: fakeRegistry([fake], { settings: { fake: { concurrency: 1 } } }),
    readContext: async () => undefined,
    upstream: {
      for: (_provider, base) => {
        if (!upstream.request) throw new Error('A fake provider has no upstream.');
        return { base, request: upstream.request };
      },
      metadata: () => expect.unreachable(),
      close: async () => {
        closed.push(fake);
      },
    },
  });
  const start = (fake: FakeProvider, changes: Partial<Config> = {}) =>
    startService({
      config: { ...config, ...changes },
      keys,
      role: 'all',
      observe: (event) => events.push(event),
      providers: providers(fake),
    });
  const reload = (service: Service, fake: FakeProvider, changes: Partial<Config> = {}) =>
    service.reload({ config: { ...config, ...changes }, keys, providers: providers(fake) });
  return { file, events, closed, upstream, start, reload };
}

const NOTIFY: Config['notify'] = [
  {
    ...{ type: 'webhook', name: 'hook', url: new Secret('https://hooks.example.com/') },
    ...{ events: ['attention'], groupSeconds: 0 },
  },
];

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

  it('tries what was paused for a refused credential again at once, as that may be mended', async () => {
    const { start, reload, events } = await prepared();
    const refused = fakeProvider();
    refused.revoke = () => Promise.reject(new Failure('credential-refused', { retryAfterMs: NEVER_MS }));
    const service = await start(refused);
    onTestFinished(() => service.stop(0));
    await report(service, 'fake-a');
    await report(service, 'fake-b');
    await eventually(() => expect(events.some(({ type }) => type === 'lane-paused')).toBe(true));
    const mended = fakeProvider();

    await reload(service, mended);

    await eventually(() => expect(events.some(({ type }) => type === 'lane-resumed')).toBe(true));
    expect(mended.calls).not.toEqual([]);
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

  it('that cannot come into force as a whole changes nothing', async () => {
    const { start, reload, closed } = await prepared();
    const [first, second] = [fakeProvider(), fakeProvider()];
    const service = await start(first);
    onTestFinished(() => service.stop(0));

    // The client for the notices cannot be made.
    await expect(reload(service, second, { notify: NOTIFY })).rejects.toThrow('no upstream');

    await report(service, 'fake-a');
    await eventually(() => expect(first.calls).toEqual(['revoke fake-a']));
    expect(closed).toEqual([second]);
  });

  it('holds up no revocation for a receiver of notices that hangs', async () => {
    const { start, reload, upstream } = await prepared();
    const asked = Promise.withResolvers<void>();
    const hanging = Promise.withResolvers<never>();
    upstream.request = () => {
      asked.resolve();
      return hanging.promise;
    };
    const [first, second] = [fakeProvider(), fakeProvider()];
    first.revoke = async () => ({ outcome: 'refused', reason: 'ambiguous', advice: 'Look.' });
    const service = await start(first, { notify: NOTIFY });
    onTestFinished(() => service.stop(0));
    onTestFinished(() => hanging.reject(new Error('The test is over.')));
    await report(service, 'fake-a');
    await asked.promise;

    void reload(service, second, { notify: NOTIFY });
    await report(service, 'fake-b');

    await eventually(() => expect(second.calls).toEqual(['revoke fake-b']));
  });

  it('is not called failed when only the ledger cannot be read behind it', async () => {
    const { start, reload, file, events } = await prepared();
    const service = await start(fakeProvider());
    onTestFinished(() => service.stop(0));
    const db = new DatabaseSync(file);
    db.exec('DROP TABLE tally');
    db.close();

    await reload(service, fakeProvider('other'));

    expect(events.slice(-2)).toMatchObject([
      { type: 'reloaded' },
      { type: 'ledger-unavailable', during: 'reload' },
    ]);
  });

  it('says which of the new keys are in force after a restart only', async () => {
    const { start, reload, events } = await prepared();
    const service = await start(fakeProvider());
    onTestFinished(() => service.stop(0));

    await reload(service, fakeProvider());
    expect(events.filter(({ type }) => type === 'config-warning')).toEqual([]);
    await reload(service, fakeProvider(), {
      ledger: {
        ...{ url: 'redis://127.0.0.1:1', password: new Secret('of-another-redis') },
        ...{ keysFile: 'keys.json', partitions: 1, retentionDays: 90 },
      },
      log: { level: 'debug' },
    });

    expect(events.slice(-1)).toMatchObject([
      {
        type: 'config-warning',
        message: expect.stringMatching(/: ledger\.url, ledger\.password, log\.level\.$/),
      },
    ]);
  });

  it('says at the start, and with each reload, which types GitLab is not told although they are set', async () => {
    const { start, reload, events } = await prepared();
    const { definition, ...others } = fakeProvider();
    const create = (...given: Parameters<typeof definition.create>) => ({
      ...definition.create(...given),
      kinds: [],
    });
    const idle = { ...others, definition: { ...definition, needs: 'a key', create } };
    const types = { own_type: 'fake' };
    const service = await start(idle, { types });
    onTestFinished(() => service.stop(0));

    await reload(service, idle, { types });
    await reload(service, fakeProvider(), { types });

    const message =
      'types.own_type: GitLab is not told this type, as provider fake lacks what it needs: a key.';
    const warning = { type: 'config-warning', message };
    expect(events.filter(({ type }) => type === 'config-warning')).toEqual([warning, warning]);
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

it('ends at once although somebody looks at a page that keeps itself current', async () => {
  const { start } = await prepared();
  const service = await start(fakeProvider());
  const { headers } = await request(`${service.adminUrl}/sign-in`, {
    method: 'POST',
    body: new URLSearchParams({ token: ADMIN }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
  const { body } = await request(`${service.adminUrl}/live?page=/`, { headers: { cookie } });
  const seen = Promise.withResolvers<void>();
  const over = new Promise((resolve) => {
    body.on('data', () => seen.resolve());
    body.on('error', resolve).on('close', resolve);
  });
  await seen.promise;

  await service.stop(NEVER_MS);

  await over;
});

it('says at its start that the ledger was made anew, and only then', async () => {
  const { file, events, start } = await prepared();
  const made = () => events.filter(({ type }) => type === 'ledger-made');

  await (await start(fakeProvider())).stop(0);

  expect(made()).toMatchObject([{ message: expect.stringContaining(`no ledger at ${file}`) }]);
  await (await start(fakeProvider())).stop(0);
  expect(made()).toHaveLength(1);
});

it('says so, too, where the file was there and empty', async () => {
  const { file, events, start } = await prepared();
  writeFileSync(file, '');

  await (await start(fakeProvider())).stop(0);

  expect(events).toContainEqual(expect.objectContaining({ type: 'ledger-made' }));
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
