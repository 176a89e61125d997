import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { main } from '../../src/cli/main.ts';
import { ConfigFault, type ProviderDefinition } from '../../src/provider/provider.ts';
import { createKeys, loadKeys } from '../../src/vault/keys.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { exampleDefinition, simpleDefinition } from '../support/example-definition.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const BIN = fileURLToPath(new URL('../../src/bin.js', import.meta.url));
const TOKEN = 'a-pre-shared-token-1';
const REVOKE = exampleDefinition('slack', z.strictObject({})).create({}, {} as never);

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface World {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly yaml?: string;
  readonly definitions?: readonly ProviderDefinition[];
}

/** Runs a command within this process. */
async function run(args: readonly string[], world: World = {}): Promise<Ran> {
  const cwd = world.cwd ?? temporaryFolder();
  if (world.yaml !== undefined) writeFileSync(join(cwd, 'quash.yaml'), world.yaml);
  let out = '';
  let err = '';
  const code = await main(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: (async function* () {})(),
    env: world.env ?? {},
    cwd,
    definitions: async () => world.definitions ?? [simpleDefinition('slack')],
  });
  return { code, out, err };
}

describe('quash', () => {
  it('prints its help when nothing is asked', async () => {
    const { code, out, err } = await run([]);

    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: quash /);
    for (const command of ['check', 'types', 'providers', 'gitlab-settings', 'keys'])
      expect(out).toContain(command);
    expect(err).toBe('');
  });

  it.each([['--help'], ['check', '--help'], ['keys', 'rotate', '--help']])(
    'prints help for %s %s %s',
    async (...args) => {
      const { code, out } = await run(args);

      expect(code).toBe(0);
      expect(out).toContain('--config <file>');
    },
  );

  it.each([
    [['nonsense'], "unknown command 'nonsense'"],
    [['check', '--nonsense'], "unknown option '--nonsense'"],
    [['types', 'surplus'], 'too many arguments'],
    [['check', '--config'], 'argument missing'],
    [['gitlab-settings', '--apply'], '--apply needs --url, --gitlab-url and --admin-token-file'],
    [['serve', '--grace', ''], 'Expected a number of seconds from 0 to 2000000'],
    [['serve', '--grace', '3000000'], 'Expected a number of seconds from 0 to 2000000'],
    [['mode', 'revoke'], 'revoke is set for one provider, by --provider ID'],
    [['gitlab-settings', '--url', 'quash.example.com'], 'not an http or https URL'],
    [['gitlab-settings', '--url', "https://x/'; exit"], 'not an http or https URL'],
  ])('exits 2 for the wrong usage %j', async (args, message) => {
    const { code, out, err } = await run(args);

    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(message);
  });

  it('exits 2 for a group of commands without a command', async () => {
    expect((await run(['keys'])).code).toBe(2);
  });

  it.each([
    { expected: 1, args: ['check'] },
    { expected: 1, args: ['check', '--online'] },
    { expected: 2, args: ['types'] },
    { expected: 2, args: ['providers'] },
    { expected: 2, args: ['gitlab-settings'] },
    { expected: 2, args: ['keys', 'rotate'] },
  ])('exits $expected with one line per fault of the configuration: $args', async ({ expected, args }) => {
    const { code, out, err } = await run(args, { yaml: 'listen: { port: x }\nlog: { level: loud }\n' });

    expect(code).toBe(expected);
    expect(out).toBe('');
    expect(err.split('\n').sort()).toEqual([
      '',
      'quash.yaml: listen.port: expected a number',
      'quash.yaml: log.level: expected one of trace, debug, info, warn, error, fatal, silent',
    ]);
  });

  it('reads the file that --config names, before and after the command', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'other.yaml'), 'listen: { port: 1 }');

    for (const args of [
      ['--config', 'other.yaml', 'check'],
      ['check', '--config', 'other.yaml'],
    ]) {
      expect(parse((await run(args, { cwd })).out).listen.port).toBe(1);
    }
  });

  it('does not repeat the message of an unforeseen failure', async () => {
    const definition = exampleDefinition('slack', z.strictObject({}), {
      create: () => {
        throw new TypeError('hunter2');
      },
    });

    const { code, err } = await run(['types'], { definitions: [definition] });

    expect(code).toBe(1);
    expect(err).toMatch(/^quash: internal failure \(TypeError\)\n\s+at /);
    expect(err).not.toContain('hunter2');
  });
});

describe('quash check', () => {
  it('prints the effective configuration as YAML, secrets as (set)', async () => {
    const { code, out } = await run(['check'], {
      yaml: `auth: { tokens: [${TOKEN}] }`,
      env: {
        QUASH_LISTEN__PORT: '1234',
        QUASH_LEDGER__URL: 'sqlite:/x/q.db',
        QUASH_LEDGER__PASSWORD: 'hunter2',
      },
    });

    expect(code).toBe(0);
    expect(parse(out)).toMatchObject({
      listen: { port: 1234, host: '::' },
      auth: { tokens: [{ token: '(set)', role: 'gitlab' }] },
      ledger: { password: '(set)', keysFile: '/x/keys.json' },
    });
    expect(out).not.toMatch(/hunter2|a-pre-shared/);
  });

  it('leaves providers out that have their defaults, and says so', async () => {
    const world = {
      yaml: 'providers: { slack: { mode: hold } }',
      definitions: [simpleDefinition('npm'), simpleDefinition('slack')],
    };

    const { out } = await run(['check'], world);

    expect(Object.keys(parse(out).providers)).toEqual(['slack']);
    expect(out).toContain('# 1 providers have their defaults; --json shows them, too.');
    const { config } = JSON.parse((await run(['check', '--json'], world)).out);
    expect(Object.keys(config.providers)).toEqual(['npm', 'slack']);
  });

  it('prints JSON', async () => {
    expect(JSON.parse((await run(['check', '--json'])).out)).toMatchObject({
      config: { listen: { port: 8080 } },
      checks: [],
    });
  });

  it.each<[string, string, boolean]>([
    ['a token without a name is all that there is', `[${TOKEN}]`, true],
    ['the only token has a name', `[{ name: gitlab, token: ${TOKEN} }]`, false],
    ['one is for CI jobs', `[${TOKEN}, { token: "${TOKEN}-ci", role: submit }]`, false],
  ])('warns of reporters that all act as GitLab, where %s', async (_name, tokens, warns) => {
    const { code, out, err } = await run(['check', '--json'], { yaml: `auth: { tokens: ${tokens} }` });

    expect(code).toBe(0);
    expect(JSON.parse(out).warnings).toHaveLength(warns ? 1 : 0);
    expect(err.includes('Give CI jobs a token of their own')).toBe(warns);
  });

  it('shows all that the providers cannot work with', async () => {
    const faulty = (id: string) =>
      exampleDefinition(id, z.strictObject({ servers: z.array(z.string()).default([]) }), {
        create: () => {
          throw new ConfigFault(['servers', 1], 'expected each server once');
        },
      });

    const { code, err } = await run(['check'], {
      definitions: [faulty('one'), faulty('two')],
      yaml: 'log: {}',
    });

    expect(code).toBe(1);
    expect(err.trim().split('\n')).toEqual([
      'quash.yaml: providers.one.servers[1]: expected each server once',
      'quash.yaml: providers.two.servers[1]: expected each server once',
    ]);
  });

  it('exits 1 when the extra certificates cannot be read', async () => {
    const { code, err } = await run(['check'], { env: { QUASH_UPSTREAM__CAFILE: 'none.pem' } });

    expect(code).toBe(1);
    expect(err).toBe('configuration: upstream.caFile: none.pem cannot be read (ENOENT)\n');
  });

  describe('--online', () => {
    async function online(definitions: readonly ProviderDefinition[]): Promise<Ran> {
      const cwd = temporaryFolder();
      const env = { QUASH_LEDGER__URL: `sqlite:${join(cwd, 'quash.db')}` };
      await createKeys(join(cwd, 'keys.json'));
      return run(['check', '--online'], { cwd, env, definitions });
    }

    it('asks the ledger and every enabled provider', async () => {
      const asked: string[] = [];
      const checked = (id: string, stability: 'stable' | 'experimental') =>
        exampleDefinition(id, z.strictObject({}), {
          stability,
          create: () => ({
            ...REVOKE,
            check: async () => {
              asked.push(id);
              return [{ name: 'the key', ok: true }];
            },
          }),
        });

      const { code, out } = await online([checked('acme', 'stable'), checked('off', 'experimental')]);

      expect(code).toBe(0);
      expect(asked).toEqual(['acme']);
      expect(out).toMatch(/^ok {6}acme: the key$/m);
      expect(out).toMatch(/^WARNING ledger: There is none at ledger.url/m);
    });

    it('exits 1 and says what to do when a credential is refused', async () => {
      const definition = exampleDefinition('acme', z.strictObject({}), {
        create: () => ({
          ...REVOKE,
          check: async () => [{ name: 'the key', ok: false, advice: 'Create a new one.' }],
        }),
      });

      const { code, out, err } = await online([definition]);

      expect(code).toBe(1);
      expect(out).toMatch(/^FAILED {2}acme: the key: Create a new one\.$/m);
      expect(err).toBe('quash: 1 of 2 checks failed.\n');
    });
  });
});

describe('quash types', () => {
  const world = { yaml: 'types: { own_type: slack }' };

  it('prints what GitLab is told, one a line', async () => {
    expect(await run(['types'], world)).toEqual({ code: 0, out: 'own_type\nslack_token\n', err: '' });
  });

  it('prints JSON', async () => {
    expect(JSON.parse((await run(['types', '--json'], world)).out)).toEqual(['own_type', 'slack_token']);
  });
});

describe('quash providers', () => {
  const definitions = [
    simpleDefinition('slack'),
    exampleDefinition('acme', z.strictObject({ key: secretText().optional() }), {
      stability: 'experimental',
      needs: 'a key',
    }),
  ];

  it('prints a table', async () => {
    expect((await run(['providers'], { definitions })).out.split('\n')).toEqual([
      'ID     ENABLED  STABILITY     TYPES  NEEDS',
      'slack  yes      stable        1      nothing',
      'acme   no       experimental  1      a key',
      '',
    ]);
  });

  it('prints JSON', async () => {
    expect(JSON.parse((await run(['providers', '--json'], { definitions })).out)[1]).toEqual({
      id: 'acme',
      title: 'Example acme',
      types: ['acme_token'],
      needs: 'a key',
      enabled: false,
      stability: 'experimental',
      docs: 'https://docs.example.com/revoke',
      kinds: [],
    });
  });
});

describe('quash revoke of a type that nobody takes', () => {
  const needy = exampleDefinition('needy', z.strictObject({}), {
    needs: 'a key',
    create: () => ({ kinds: [], revoke: async () => ({ outcome: 'accepted' }) }),
  });
  const trial = exampleDefinition('trial', z.strictObject({}), { stability: 'experimental' });
  const byHand = exampleDefinition('by-hand', z.strictObject({}), {
    stability: 'experimental',
    lastResort: true,
  });

  it.each([
    ['trial_token', 'trial would, once providers.trial.enabled is true.'],
    ['needy_token', 'needy would, once it has what it needs: a key.'],
    ['by-hand_token', '`quash types` lists what is taken.'],
    ['other_token', '`quash types` lists what is taken.'],
  ])('says of %s what is missing', async (type, missing) => {
    const { code, err } = await run(['revoke', '--type', type], { definitions: [needy, trial, byHand] });

    expect(code).toBe(1);
    expect(err).toBe(`quash: No enabled provider takes this type; ${missing}\n`);
  });
});

describe('quash keys rotate', () => {
  it('adds a sealing key and says what comes next', async () => {
    const cwd = temporaryFolder();
    const path = join(cwd, 'data', 'keys.json');
    await createKeys(path);

    const { code, out } = await run(['keys', 'rotate'], { cwd });

    expect(code).toBe(0);
    expect((await loadKeys(path)).sealingKeys).toHaveLength(2);
    expect(out).toContain(path);
    expect(out).toContain('SIGHUP');
  });

  it('exits 1 when there is no key file', async () => {
    const cwd = temporaryFolder();

    const { code, err } = await run(['keys', 'rotate'], { cwd });

    expect(code).toBe(1);
    expect(err).toBe(`quash: The key file ${join(cwd, 'data', 'keys.json')} cannot be read (ENOENT).\n`);
  });
});

describe('quash serve', () => {
  it('says where it stands how a key file is made for Redis, when there is none', async () => {
    const cwd = temporaryFolder();

    const { code, err } = await run(['serve'], {
      cwd,
      env: { QUASH_LEDGER__URL: 'redis://127.0.0.1:1', QUASH_LEDGER__KEYSFILE: 'keys.json' },
    });

    expect(code).toBe(1);
    expect(err).toContain(`There is no key file ${join(cwd, 'keys.json')}: with Redis it must be given.`);
    expect(err).toContain('src/ledger/README.md');
  });
});

describe('quash gitlab-settings', () => {
  it('prints the four settings for curl and the Rails console, and never the token', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "it's"), `${TOKEN}\n`);

    const { code, out, err } = await run(['gitlab-settings', '--url', 'https://quash.example.com/rev/'], {
      cwd,
      yaml: `auth: { tokensFile: "it's" }`,
    });

    expect(code).toBe(0);
    expect(err).toBe('');
    for (const setting of [
      'secret_detection_token_revocation_enabled',
      'secret_detection_token_revocation_url',
      'secret_detection_revocation_token_types_url',
      'secret_detection_token_revocation_token',
    ]) {
      expect(out.split(setting)).toHaveLength(3);
    }
    expect(out.split('https://quash.example.com/rev/v1/revoke_tokens')).toHaveLength(3);
    expect(out.split('https://quash.example.com/rev/v1/revocable_token_types')).toHaveLength(3);
    expect(out).toContain(`< '${cwd}/it'\\''s' |`);
    expect(out).toContain('add quash.example.com under Admin > Settings > Network > Outbound requests');
    expect(out).not.toContain(TOKEN);
  });

  it('prints a shell script that sends the settings and shows the token to no process list', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'bin'));
    writeFileSync(join(cwd, 'token'), `\ufeff\r\n ${TOKEN}\t\r\nanother-pre-shared-token\r\n`);
    const recorder = '#!/bin/sh\necho "$@" > arguments\ncat > input\n';
    writeFileSync(join(cwd, 'bin', 'curl'), recorder, { mode: 0o755 });
    const { out } = await run(['gitlab-settings', '--url', 'https://quash.example.com'], {
      cwd,
      yaml: 'auth: { tokensFile: token }',
    });
    const script = out.slice(0, out.indexOf('# Or:'));

    const shell = spawnSync('/bin/sh', ['-eu'], {
      cwd,
      input: script,
      env: { PATH: `${join(cwd, 'bin')}:/usr/bin:/bin`, GITLAB_ADMIN_TOKEN: 'the-admin-token' },
    });

    expect(shell.status).toBe(0);
    expect(readFileSync(join(cwd, 'arguments'), 'utf8')).not.toMatch(/token/);
    const input = readFileSync(join(cwd, 'input'), 'utf8');
    expect(input).toContain('header = "PRIVATE-TOKEN: the-admin-token"\n');
    expect(input).toContain(`data-urlencode = "secret_detection_token_revocation_token=${TOKEN}"\n`);
  });

  it('assumes an address and says so, and names the file of the token that serve makes', async () => {
    const cwd = temporaryFolder();

    const { out, err } = await run(['gitlab-settings'], { cwd, yaml: 'listen: { port: 81, basePath: /q }' });

    expect(err).toMatch(/^Assuming that GitLab reaches this Quash at http:\/\/\S+:81\/q; give --url/);
    expect(out).toContain(join(cwd, 'data', 'gitlab-token'));
  });

  it.each([
    ['', 'https://gitlab.example.com'],
    [
      'gitlab: { instances: [{ url: "https://git.corp.example/gitlab/" }] }',
      'https://git.corp.example/gitlab',
    ],
  ])('calls the GitLab of the configuration %j', async (yaml, gitlab) => {
    const { out } = await run(['gitlab-settings'], { yaml });

    expect(out).toContain(`url = "${gitlab}/api/v4/application/settings"\n`);
  });

  it('names the configuration when the token stands in it', async () => {
    const { out } = await run(['gitlab-settings'], { yaml: `auth: { tokens: [${TOKEN}] }` });

    expect(out).toContain('The token is one of auth.tokens in quash.yaml.');
    expect(out).not.toContain(TOKEN);
  });

  it('exits 1 when the addresses are longer than GitLab takes', async () => {
    const { code, err } = await run([
      'gitlab-settings',
      '--url',
      `https://quash.example.com/${'a'.repeat(240)}`,
    ]);

    expect(code).toBe(1);
    expect(err).toContain('at most 255 characters');
  });

  describe('--apply', () => {
    interface Call {
      readonly method: string | undefined;
      readonly url: string | undefined;
      readonly token: unknown;
      readonly body: unknown;
    }

    /** A GitLab that answers with this status and, as the real one does, with the token. */
    async function fakeGitlab(status: number): Promise<{ url: string; calls: Call[] }> {
      const calls: Call[] = [];
      const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
        const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
        const { method, url, headers } = request;
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        calls.push({ method, url, token: headers['private-token'], body });
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ secret_detection_token_revocation_token: TOKEN }));
      });
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      onTestFinished(() => new Promise<void>((closed) => server.close(() => closed())));
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      return { url: `http://127.0.0.1:${port}/gitlab`, calls };
    }

    function applyTo(gitlabUrl: string, cwd: string, yaml = `auth: { tokens: [${TOKEN}] }`): Promise<Ran> {
      writeFileSync(join(cwd, 'admin'), '\u200bthe-admin-token\u00a0\n');
      const args = [
        '--url',
        'https://quash.example.com',
        '--gitlab-url',
        gitlabUrl,
        '--admin-token-file',
        'admin',
      ];
      return run(['gitlab-settings', '--apply', ...args], { cwd, yaml });
    }

    it('sends all four settings in one request and shows no token', async () => {
      const { url, calls } = await fakeGitlab(200);

      const { code, out, err } = await applyTo(url, temporaryFolder());

      expect(code).toBe(0);
      expect(calls).toEqual([
        {
          method: 'PUT',
          url: '/gitlab/api/v4/application/settings',
          token: 'the-admin-token',
          body: {
            secret_detection_token_revocation_enabled: true,
            secret_detection_token_revocation_url: 'https://quash.example.com/v1/revoke_tokens',
            secret_detection_revocation_token_types_url: 'https://quash.example.com/v1/revocable_token_types',
            secret_detection_token_revocation_token: TOKEN,
          },
        },
      ]);
      expect(out).toContain('https://quash.example.com/v1/revoke_tokens');
      expect(out + err).not.toMatch(/a-pre-shared|the-admin-token/);
    });

    it('takes the token that serve made when none is configured', async () => {
      const { url, calls } = await fakeGitlab(200);
      const cwd = temporaryFolder();
      mkdirSync(join(cwd, 'data'));
      writeFileSync(join(cwd, 'data', 'gitlab-token'), 'the-generated-token\n');

      await applyTo(url, cwd, '');

      expect(calls[0]?.body).toMatchObject({
        secret_detection_token_revocation_token: 'the-generated-token',
      });
    });

    it('says which GitLab could not be reached', async () => {
      const url = `http://127.0.0.1:${await freePort()}`;

      const { code, err } = await applyTo(`${url}/gitlab`, temporaryFolder());

      expect([code, err]).toEqual([
        1,
        `quash: ${url}: Nothing listens at GitLab's host and port: correct its url, or start it.\n`,
      ]);
    });

    it('exits 1 without a call when there is no token', async () => {
      const { url, calls } = await fakeGitlab(200);

      const { code, err } = await applyTo(url, temporaryFolder(), '');

      expect(code).toBe(1);
      expect(err).toMatch(/gitlab-token cannot be read \(ENOENT\)/);
      expect(calls).toEqual([]);
    });

    it.each([
      [400, 'GitLab refused the settings'],
      [401, "GitLab refused the administrator's token"],
      [403, 'GitLab wants the token of an administrator'],
      [404, 'There is no GitLab API at this address'],
      [500, 'GitLab failed at this request'],
    ])('exits 1 and says what GitLab’s %i means', async (status, message) => {
      const { url } = await fakeGitlab(status);

      const { code, out, err } = await applyTo(url, temporaryFolder());

      expect(code).toBe(1);
      expect(out).toBe('');
      expect(err).toContain(message);
      expect(err).not.toContain(TOKEN);
    });
  });
});

describe('the process', () => {
  it('runs a command and hands on its exit code', () => {
    const { status, stdout } = spawnSync(process.execPath, [BIN, 'check', '--nonsense'], {
      encoding: 'utf8',
    });

    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(spawnSync(process.execPath, [BIN, '--help'], { encoding: 'utf8' }).stdout).toMatch(
      /^Usage: quash /,
    );
  });

  it('exits 1 with one clear line when its configuration is wrong', () => {
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'check'], {
      encoding: 'utf8',
      cwd: temporaryFolder(),
      env: { QUASH_LIMITS__BODYBYTES: 'much' },
    });

    expect(status).toBe(1);
    expect(stderr).toBe('QUASH_LIMITS__BODYBYTES: limits.bodyBytes: expected a number\n');
  });
});
