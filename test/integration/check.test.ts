import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { gitlab as gitlabDefinition } from '../../providers/gitlab/index.ts';
import { sonarqube as sonarqubeDefinition } from '../../providers/sonarqube/index.ts';
import { main } from '../../src/cli/main.ts';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite/ledger.ts';
import type { Provider, ProviderDefinition } from '../../src/provider/provider.ts';
import { createKeys, loadKeys } from '../../src/vault/keys.ts';
import { Vault } from '../../src/vault/seal.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { exampleDefinition } from '../support/example-definition.ts';
import { startIssuer } from '../support/openid-issuer.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { gitlabToken } from '../support/token-shapes.ts';

const CREDENTIAL = 'credential-of-the-tests';

interface World {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly definitions?: readonly ProviderDefinition[];
  readonly isTTY?: boolean;
}

async function checkOnline(args: readonly string[], world: World) {
  const cwd = world.cwd ?? temporaryFolder();
  if (world.cwd === undefined) {
    await createKeys(join(cwd, 'keys.json'));
    await makeLedger(cwd);
  }
  let out = '';
  let err = '';
  const code = await main(['check', '--online', ...args], {
    stdout: { write: (text) => (out += text), isTTY: world.isTTY },
    stderr: { write: (text) => (err += text) },
    stdin: (async function* () {})(),
    env: {
      QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}`,
      QUASH_LEDGER__KEYSFILE: join(cwd, 'keys.json'),
      ...world.env,
    },
    cwd,
    definitions: async () => world.definitions ?? [],
  });
  expect(out + err).not.toContain(CREDENTIAL);
  return { code, out, err };
}

/** By the key file that is there. */
async function makeLedger(cwd: string): Promise<void> {
  const keys = await loadKeys(join(cwd, 'keys.json'));
  await openSqliteLedger({ path: join(cwd, 'quash.db'), vault: new Vault(keys) }).close();
}

/** One that needs a credential of ours. */
function withCredential(id: string, check?: Provider['check']): ProviderDefinition {
  const schema = z.strictObject({ apiKey: secretText().optional() });
  const provider = exampleDefinition(id, schema).create({}, {} as never);
  return exampleDefinition(id, schema, { create: () => ({ ...provider, ...(check && { check }) }) });
}

describe('quash check --online', () => {
  it('asks the issuer of admin.oidc what it is, and says what keeps it from that', async () => {
    const issuer = await startIssuer({ returnTo: 'https://quash.test/sign-in/return' });
    const env = {
      QUASH_ADMIN__PUBLICURL: 'https://quash.test',
      QUASH_ADMIN__OIDC__ISSUER: issuer.url,
      QUASH_ADMIN__OIDC__CLIENTID: 'quash',
      QUASH_ADMIN__OIDC__CLIENTSECRET: CREDENTIAL,
    };

    const blocked = await checkOnline([], { env });
    const asked = await checkOnline([], { env: { ...env, QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]' } });

    expect([blocked.code, asked.code]).toEqual([1, 0]);
    expect(blocked.out).toMatch(/FAILED\s+admin\.oidc: The issuer .*upstream\.allowPrivate.*127\.0\.0\.1/);
    expect(asked.out).toMatch(/ok\s+admin\.oidc/);
  });

  async function gitlabWith(settings: Parameters<typeof startFakeGitlab>[0], adminToken: string) {
    const gitlab = await startFakeGitlab(settings);
    onTestFinished(() => gitlab.close());
    const env = {
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
      QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: gitlab.url, adminToken }]),
    };
    return { gitlab, ...(await checkOnline([], { env, definitions: [gitlabDefinition] })) };
  }

  it('tells that a credential works', async () => {
    const adminToken = gitlabToken('admin');
    const { code, out } = await gitlabWith({ adminToken }, adminToken);
    expect(out).toMatch(/^ok {6}gitlab: http:\/\/127\.0\.0\.1:\d+/m);
    expect(out).toMatch(/^ok {6}ledger$/m);
    expect(code).toBe(0);
  });

  it('tells that a credential is refused, and exits 1', async () => {
    const { code, out, err } = await gitlabWith({ adminToken: gitlabToken('admin') }, gitlabToken('wrong'));
    expect(out).toMatch(/^FAILED {2}gitlab: http:\/\/127\.0\.0\.1:\d+[^:]*: .+\.$/m);
    expect(err).toBe('quash: 1 of 2 checks failed.\n');
    expect(code).toBe(1);
  });

  it('tells of a credential that nobody can ask about, which is no failure', async () => {
    const { code, out } = await checkOnline([], {
      env: { QUASH_PROVIDERS__ACME__APIKEY: CREDENTIAL },
      definitions: [withCredential('acme'), withCredential('unconfigured')],
    });
    expect(out).toMatch(/^unknown acme: It has a credential, but no way to ask whether that works\.$/m);
    expect(out).not.toMatch(/^\S+ +unconfigured/m);
    expect(code).toBe(0);
  });

  it('goes on with the others when the check of one provider breaks', async () => {
    const { code, out } = await checkOnline([], {
      definitions: [
        withCredential('broken', () => Promise.reject(new Error(`cannot work with ${CREDENTIAL}`))),
        withCredential('other', async () => [{ name: 'the key', ok: true }]),
      ],
    });
    expect(out).toMatch(/^FAILED {2}broken: internal failure \(Error\)/m);
    expect(out).toMatch(/^ok {6}other: the key$/m);
    expect(code).toBe(1);
  });

  it('tells that the key file is not the one that the ledger was begun with', async () => {
    const cwd = temporaryFolder();
    await createKeys(join(cwd, 'keys.json'));
    await makeLedger(cwd);
    expect(await checkOnline([], { cwd })).toMatchObject({ code: 0 });
    await createKeys(join(cwd, 'others.json'));
    const env = { QUASH_LEDGER__KEYSFILE: join(cwd, 'others.json') };
    const { code, out } = await checkOnline([], { cwd, env });
    expect(out).toMatch(/^FAILED {2}ledger: .*key file/m);
    expect(code).toBe(1);
  });

  it('calls it no failure that the first start has yet to make ledger and key file', async () => {
    const cwd = temporaryFolder();
    const { code, out } = await checkOnline([], { cwd });
    expect(out).toMatch(/^unknown ledger: There is none yet; the first start makes it/m);
    expect(code).toBe(0);
    expect(readdirSync(cwd)).toEqual([]);
    writeFileSync(join(cwd, 'quash.db'), '');
    expect((await checkOnline([], { cwd })).out).toMatch(/^FAILED {2}ledger: The key file/m);
  });

  it('warns that there is no ledger at the address, though there are keys, and makes none', async () => {
    const cwd = temporaryFolder();
    await createKeys(join(cwd, 'keys.json'));

    const { code, out } = await checkOnline([], { cwd });

    expect(out).toContain(
      'WARNING ledger: There is none at ledger.url, and the next start makes an empty one.',
    );
    expect(code).toBe(0);
    expect(readdirSync(cwd)).toEqual(['keys.json']);
    await makeLedger(cwd);
    expect((await checkOnline([], { cwd })).out).toMatch(/^ok {6}ledger$/m);
  });

  it('warns of a ledger of an earlier version, and migrates none', async () => {
    const cwd = temporaryFolder();
    await createKeys(join(cwd, 'keys.json'));
    await makeLedger(cwd);
    const db = new DatabaseSync(join(cwd, 'quash.db'));
    onTestFinished(() => {
      if (db.isOpen) db.close();
    });
    const version = () => Number(db.prepare('PRAGMA user_version').get()?.user_version);
    const earlier = version() - 1;
    db.exec(`PRAGMA user_version = ${earlier}`);

    expect((await checkOnline([], { cwd })).out).toContain('WARNING ledger: An earlier version wrote it.');
    expect(version()).toBe(earlier);
    db.close();
    expect((await checkOnline([], { cwd })).out).toContain('WARNING ledger: An earlier version wrote it.');
    expect(readdirSync(cwd).toSorted()).toEqual(['keys.json', 'quash.db']);
  });

  it('tells that the next start could not make a ledger where there is none', async () => {
    const cwd = temporaryFolder();
    await createKeys(join(cwd, 'keys.json'));
    const env = { QUASH_LEDGER__URL: `sqlite:${join(cwd, 'keys.json', 'quash.db')}` };
    const { code, out } = await checkOnline([], { cwd, env });
    expect(out).toMatch(/^FAILED {2}ledger: /m);
    expect(code).toBe(1);
  });

  it('tells that the ledger cannot be reached, and asks the providers all the same', async () => {
    const { code, out } = await checkOnline([], {
      env: { QUASH_LEDGER__URL: `sqlite:${join(temporaryFolder(), 'missing\0', 'quash.db')}` },
      definitions: [withCredential('acme', async () => [{ name: 'the key', ok: true }])],
    });
    expect(out).toMatch(/^FAILED {2}ledger: /m);
    expect(out).toMatch(/^ok {6}acme: the key$/m);
    expect(code).toBe(1);
  });

  it('tells what works and is in danger from what is well', async () => {
    const warned = withCredential('acme', async () => [
      { name: 'the key', ok: true, advice: 'It ends soon.' },
    ]);
    const { code, out } = await checkOnline([], { definitions: [warned] });
    expect(out).toMatch(/^WARNING acme: the key: It ends soon\.$/m);
    expect(code).toBe(0);
  });

  it('names the file that is no ledger', async () => {
    const cwd = temporaryFolder();
    await createKeys(join(cwd, 'keys.json'));
    const path = join(cwd, 'notes.txt');
    writeFileSync(path, 'These are notes, and no ledger. '.repeat(100));
    const { out } = await checkOnline([], { cwd, env: { QUASH_LEDGER__URL: `sqlite:${path}` } });
    expect(out).toContain(
      `FAILED  ledger: The SQLite ledger ${path} cannot be read or written (file is not a database).`,
    );
  });

  const mixed: World = {
    env: { QUASH_PROVIDERS__MUTE__APIKEY: CREDENTIAL },
    definitions: [
      withCredential('acme', async () => [{ name: 'the key', ok: false, advice: 'Grant it "revoke".' }]),
      withCredential('mute'),
    ],
  };

  it('prints a table on a terminal', async () => {
    const { out } = await checkOnline([], { ...mixed, isTTY: true });
    const table = out.split('\n').slice(-5, -1);
    expect(table).toEqual([
      '         ASKED          ADVICE',
      'ok       ledger',
      'FAILED   acme: the key  Grant it "revoke".',
      'unknown  mute           It has a credential, but no way to ask whether that works.',
    ]);
  });

  it('prints JSON when asked to', async () => {
    const { code, out } = await checkOnline(['--json'], mixed);
    expect(JSON.parse(out).checks).toEqual([
      { name: 'ledger', ok: true },
      { name: 'acme: the key', ok: false, advice: 'Grant it "revoke".' },
      { name: 'mute', ok: null, advice: 'It has a credential, but no way to ask whether that works.' },
    ]);
    expect(code).toBe(1);
  });

  it('warns of a key that is not used any more, wherever it stands', async () => {
    const old = () => secretText().optional().describe('Not used any more. Leave it out.');
    const config = z.strictObject({
      token: old().meta({ deprecated: true }),
      url: z.string().optional(),
      instances: z
        .array(z.strictObject({ name: z.string(), token: old().meta({ deprecated: true }) }))
        .default([]),
    });
    const { code, err } = await checkOnline([], {
      definitions: [exampleDefinition('acme', config), exampleDefinition('other', config)],
      env: {
        QUASH_PROVIDERS__ACME__TOKEN: 'an old secret',
        QUASH_PROVIDERS__ACME__INSTANCES: '[{"name":"a"},{"name":"b","token":"another old secret"}]',
        QUASH_PROVIDERS__OTHER__URL: 'https://other.example.com',
      },
    });

    expect(err.split('\n')).toEqual([
      'Warning: providers.acme.token: Not used any more. Leave it out.',
      'Warning: providers.acme.instances[1].token: Not used any more. Leave it out.',
      '',
    ]);
    expect(code).toBe(0);
  });

  it("warns of an administrator's token of SonarQube, which is of no use any more", async () => {
    const { code, err } = await checkOnline([], {
      definitions: [sonarqubeDefinition],
      env: {
        QUASH_PROVIDERS__SONARQUBE__INSTANCES:
          '[{"url":"https://sonar.example.com","adminToken":"an old secret"}]',
      },
    });

    expect(err).toMatch(
      /^Warning: providers\.sonarqube\.instances\[0\]\.adminToken: Not used any more: .+\n$/,
    );
    expect(err).not.toContain('an old secret');
    expect(code).toBe(0);
  });

  it('warns of what is set and does nothing', async () => {
    const kindless = {
      needs: 'an admin key',
      create: () => ({ kinds: [], revoke: async () => ({ outcome: 'accepted' }) as const }),
    };
    const { code, err } = await checkOnline([], {
      definitions: [
        exampleDefinition('off', z.strictObject({})),
        exampleDefinition('bare', z.strictObject({}), kindless),
        exampleDefinition('works', z.strictObject({})),
      ],
      env: {
        QUASH_TYPES: '{"a_type":"off","b_type":"bare","c_type":"works"}',
        QUASH_IGNORE: JSON.stringify(['a_type', 'c_type'].map((type) => ({ type, reason: 'examples' }))),
        QUASH_PROVIDERS__OFF__ENABLED: 'false',
        QUASH_PROVIDERS__BARE__ENABLED: 'true',
        QUASH_PROVIDERS__WORKS__ENABLED: 'true',
      },
    });

    expect(err.split('\n')).toEqual([
      'Warning: types.a_type: GitLab is not told this type, as provider off is turned off.',
      'Warning: providers.bare.enabled: it does nothing, as provider bare lacks what it needs: an admin key.',
      'Warning: types.b_type: GitLab is not told this type, as provider bare lacks what it needs: an admin key.',
      'Warning: ignore[0].type: no provider that is on takes a_type, so that GitLab does not send it.',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('warns of what keeps it from doing anything, and of an instance that is given twice', async () => {
    const place = (location: string) => ({ location, reason: 'examples' });
    const instances = ['https://a.test', 'https://b.test/git', 'https://A.test/'].map((url) => ({ url }));
    const { code, err } = await checkOnline([], {
      definitions: [exampleDefinition('works', z.strictObject({}))],
      env: {
        QUASH_IGNORE: JSON.stringify(['**', '*', 'https://a.test/**', '**/*'].map(place)),
        QUASH_GITLAB__INSTANCES: JSON.stringify(instances),
      },
    });

    expect(err.split('\n')).toEqual([
      'Warning: ignore[0].location: it is any place, so that nothing at all is revoked.',
      'Warning: ignore[3].location: it is any place, so that nothing at all is revoked.',
      'Warning: gitlab.instances[2]: it has the address of gitlab.instances[0]; write the tokens of both into one.',
      '',
    ]);
    expect(code).toBe(0);
  });
});
