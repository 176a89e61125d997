import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { main } from '../../src/cli/main.ts';
import { createProviders } from '../../src/cli/setup.ts';
import { ConfigError, faultLine } from '../../src/config/faults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { findLeaks } from '../contract/provider-suite.ts';
import { ACME_KEY_ID, ACME_TOKEN, customExample, WIDGETS_TOKEN } from '../support/custom-examples.ts';
import { exampleDefinition, simpleDefinition } from '../support/example-definition.ts';
import { startQuashHere } from '../support/quash-here.ts';
import { record } from '../support/scripted-upstream.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const ADMIN = 'admin-credential-of-the-tests';
const PRE_SHARED = 'pre-shared-token-of-the-tests';
const DEFINITIONS = [simpleDefinition('slack')];
const ACME = customExample('acme');
const WIDGETS = customExample('widgets');
const SECRET_FILE = 'secrets/acme-admin-token';

/** A folder with this configuration, and with the secret that the README's example reads. */
function folderWith(yaml: string, secret: string | undefined = ADMIN): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'quash.yaml'), yaml);
  mkdirSync(dirname(join(folder, SECRET_FILE)));
  if (secret !== undefined) writeFileSync(join(folder, SECRET_FILE), `${secret}\n`);
  return folder;
}

function load(yaml: string, env: Record<string, string> = {}, definitions = DEFINITIONS) {
  const cwd = folderWith(yaml);
  return { ...loadConfig({ env, cwd, definitions }), definitions };
}

function registryOf(yaml: string, env: Record<string, string> = {}, definitions = DEFINITIONS) {
  const { registry, upstream } = createProviders(load(yaml, env, definitions), { cwd: '/' });
  onTestFinished(() => upstream.close());
  return registry;
}

function faultsOf(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(faultLine);
    throw error;
  }
}

async function run(args: readonly string[], cwd: string, stdin = '') {
  let out = '';
  let err = '';
  const code = await main(args, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: (async function* () {
      yield stdin;
    })(),
    env: {},
    cwd,
    definitions: async () => DEFINITIONS,
  });
  return { code, out, err };
}

describe('the configuration', () => {
  it('makes providers of what stands under custom', () => {
    const registry = registryOf(ACME);
    expect(registry.advertised).toEqual(['acme_api_key', 'slack_token']);
    expect(registry.route('acme_api_key', `key: "${ACME_TOKEN}",`)).toMatchObject({
      ok: true,
      provider: 'acme',
      token: ACME_TOKEN,
      mode: 'revoke',
    });
  });

  it('has none where nothing stands there', () => {
    expect(registryOf('custom:\n').providers.map(({ definition }) => definition.id)).toEqual(['slack']);
  });

  it('gives the settings that every provider has', () => {
    const settings = '    mode: dry-run\n    maxPerHour: 3\n    concurrency: 2\n';
    const [acme] = registryOf(ACME + settings).providers;
    expect(acme).toMatchObject({ enabled: true, maxPerHour: 3, concurrency: 2 });
    expect(acme?.mode()).toBe('dry-run');
    expect(registryOf(`${ACME}    enabled: false\n`).advertised).toEqual(['slack_token']);
  });

  it('holds what hits more than the token', () => {
    const [acme] = registryOf(
      `${ACME}    effect: wider\n    warning: All keys of the account go.\n`,
    ).providers;
    expect(acme?.waitsFor('token')).toBe('wider');
    expect(acme?.provider?.kinds[0]?.warning).toBe('All keys of the account go.');
  });

  it('takes a type string of a scanner for an own provider', () => {
    const registry = registryOf(`${ACME}types: { my_scanner_acme: acme }\n`);
    expect(registry.route('my_scanner_acme', ACME_TOKEN)).toMatchObject({ ok: true, provider: 'acme' });
  });

  it('asks an own provider before a built-in one of the same type', () => {
    const builtIn = exampleDefinition('built-in', z.strictObject({}), {
      create: () => ({
        kinds: [{ id: 'any', types: ['acme_api_key'], pattern: /\w+/, effect: 'token', ...TRUSTED }],
        revoke: async () => ({ outcome: 'accepted' }),
      }),
    });
    const registry = registryOf(ACME, {}, [builtIn]);
    expect(registry.route('acme_api_key', ACME_TOKEN)).toMatchObject({ provider: 'acme' });
    expect(registry.route('acme_api_key', 'another')).toMatchObject({ provider: 'built-in' });
  });

  it('takes settings and secrets from the environment', () => {
    const yaml = ACME.replace(/^ +secrets:\n.*\n/m, '');
    const { config } = load(yaml, {
      QUASH_CUSTOM__ACME__SECRETS: `{"adminTokenFile":"${SECRET_FILE}"}`,
      QUASH_CUSTOM__ACME__MAXPERHOUR: '7',
    });
    expect(config.custom.acme?.maxPerHour).toBe(7);
    expect(config.custom.acme?.secrets.adminToken?.reveal()).toBe(ADMIN);
  });

  it.each([
    [ACME.replace('acme:', 'slack:'), 'custom.slack: expected an id that no built-in provider has'],
    [
      ACME.replace('acme:', 'Acme_1:'),
      'custom.Acme_1: expected an id of small letters, digits and single hyphens',
    ],
    [
      `${ACME}types: { my_scanner: other }`,
      'types.my_scanner: expected the id of a provider; `quash providers` lists them',
    ],
    [
      ACME.replace('adminTokenFile', 'adminToken').replace(SECRET_FILE, '""'),
      'custom.acme.secrets.adminToken: expected a secret of at least 1 characters',
    ],
    [
      ACME.replace('adminTokenFile:', 'adminToken: x\n      adminTokenFile:'),
      'custom.acme.secrets.adminTokenFile: given together with adminToken; expected one of the two',
    ],
    [
      ACME.replace('v1/keys/{id}', 'v1/keys/{di}'),
      'custom.acme.revoke[1].request.url: unknown placeholder; expected one of {token}, {keyId}, {secrets.adminToken}, {id}',
    ],
  ])('names the key of a fault and what is expected', (yaml, expected) => {
    expect(faultsOf(() => load(yaml))[0]).toBe(`quash.yaml: ${expected}`);
  });

  it('takes no id under which Quash reads vulnerabilities of GitLab', () => {
    const yaml = `${ACME.replace('acme:', 'gitlab-event:')}gitlab: { instances: [{ url: https://gitlab.example.com, readToken: ${ADMIN} }] }`;
    expect(faultsOf(() => registryOf(yaml))).toEqual([
      'quash.yaml: custom.gitlab-event: expected an id that no built-in provider has',
    ]);
  });

  it('has one fault where the file of a secret cannot be read', () => {
    const yaml = ACME.replace(SECRET_FILE, 'secrets/none');
    expect(faultsOf(() => load(yaml))).toEqual([
      expect.stringMatching(
        /^quash\.yaml: custom\.acme\.secrets\.adminTokenFile: .*none cannot be read \(ENOENT\)$/,
      ),
    ]);
  });
});

describe('the commands', () => {
  it('check exits 1 with a line for each fault', async () => {
    const yaml = ACME.replace('DELETE', 'HEAD').replace('means: works', 'means: fine');
    const { code, err } = await run(['check'], folderWith(yaml));
    expect([code, err.trim().split('\n')]).toEqual([
      1,
      [
        'quash.yaml: custom.acme.revoke[1].request.method: expected one of GET, POST, PUT, PATCH, DELETE',
        expect.stringMatching(
          /^quash\.yaml: custom\.acme\.check\.answers\[0\]\.means: expected one of works, /,
        ),
      ],
    ]);
  });

  it('check shows what is in force, and no secret', async () => {
    const { code, out } = await run(['check'], folderWith(ACME));
    expect(code).toBe(0);
    expect(parseYaml(out).custom.acme).toMatchObject({
      types: ['acme_api_key'],
      secrets: { adminToken: '(set)' },
      revoke: [{ request: { headers: { Authorization: 'Bearer {secrets.adminToken}' } } }, {}],
    });
    expect(out).not.toContain(ADMIN);
  });

  it('providers and types list own providers', async () => {
    const folder = folderWith(ACME);
    const { out } = await run(['providers'], folder);
    expect(out.split('\n')[1]).toMatch(/^acme +yes +beta +1 +the secrets in `custom\.acme`$/);
    expect((await run(['types'], folder)).out).toBe('acme_api_key\nslack_token\n');
  });

  it('revoke revokes a token by an own provider', async () => {
    const vendor = await startVendor();
    const folder = folderWith(
      WIDGETS.replaceAll('https://widgets.example/', `${vendor.url}/`).replace(
        /docs: .*/,
        'docs: https://widgets.example/docs',
      ) + ALLOW,
    );
    const { code, out } = await run(['revoke', '--type', 'widgets_token'], folder, WIDGETS_TOKEN);
    expect([code, out]).toEqual([0, 'widgets: revoked, verified\n']);
    expect(vendor.live.has(WIDGETS_TOKEN)).toBe(false);
  });

  it('revoke says why nothing was done in a dry run', async () => {
    const folder = folderWith(`revocation: { mode: dry-run }\n${WIDGETS}`);
    const { code, out } = await run(['revoke', '--type', 'widgets_token'], folder, WIDGETS_TOKEN);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^widgets: would-revoke\nNothing was done: dry-run is the mode in the configuration\. With QUASH_REVOCATION__MODE=revoke/,
    );
    const asked = await run(['revoke', '--type', 'widgets_token', '--dry-run'], folder, WIDGETS_TOKEN);
    expect(asked.out).toBe('widgets: would-revoke\nNothing was done, as --dry-run was given.\n');
  });
});

const ALLOW = 'upstream: { allowPrivate: [127.0.0.1] }\n';

interface Vendor {
  readonly url: string;
  /** Tokens that still work. */
  readonly live: Set<string>;
  /** Method and URL of each call. */
  readonly calls: string[];
  /** Credentials that calls came with. */
  readonly seen: Set<string>;
}

/** Plays the vendors of both examples: it keeps keys, and revokes them as the examples say. */
async function startVendor(): Promise<Vendor> {
  const live = new Set([ACME_TOKEN, WIDGETS_TOKEN, 'acme_another0_key']);
  const calls: string[] = [];
  const seen = new Set<string>();
  const answer = async (incoming: IncomingMessage): Promise<readonly [status: number, json?: unknown]> => {
    const { method, url, headers, body } = await record(incoming);
    const bearer = String(headers.authorization ?? '').replace('Bearer ', '');
    calls.push(`${method} ${url}`);
    seen.add(bearer);
    const isAdmin = bearer === ADMIN;
    switch (`${method} ${url}`) {
      case `GET /v1/keys?prefix=${ACME_KEY_ID}`:
        return isAdmin
          ? [200, { data: live.has(ACME_TOKEN) ? [{ id: 42, prefix: ACME_KEY_ID }] : [] }]
          : [401];
      case 'DELETE /v1/keys/42':
        if (isAdmin) live.delete(ACME_TOKEN);
        return isAdmin ? [204] : [401];
      case 'GET /v1/me':
        return live.has(bearer) ? [200, {}] : [401, { error: 'invalid_key' }];
      case 'POST /oauth/revoke':
        live.delete(new URLSearchParams(body).get('token') ?? '');
        return [200];
      case 'GET /api/user':
        return live.has(bearer) ? [200, {}] : [401, { error: 'revoked_token' }];
      default:
        return [404];
    }
  };
  const server = createServer(async (incoming, response) => {
    const [status, json] = await answer(incoming);
    response.writeHead(status, { 'content-type': 'application/json' }).end(json && JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, live, calls, seen };
}

describe('a service with the README’s examples', () => {
  it('takes a report, revokes the leaked tokens alone, proves it, and shows no secret anywhere', async () => {
    const vendor = await startVendor();
    const examples = `${ACME}${WIDGETS.replace('custom:\n', '')}`
      .replaceAll('https://api.acme.example/', `${vendor.url}/`)
      .replace(/https:\/\/widgets\.example\/(oauth|api)\//g, `${vendor.url}/$1/`);
    const folder = folderWith(examples + ALLOW);
    const quash = await startQuashHere({
      cwd: folder,
      env: { QUASH_AUTH__TOKENS: PRE_SHARED, QUASH_LOG__LEVEL: 'trace' },
    });
    const headers = { authorization: PRE_SHARED, 'content-type': 'application/json' };

    const types = await request(`${quash.apiUrl}/v1/revocable_token_types`, { headers });
    expect(await types.body.json()).toMatchObject({
      types: expect.arrayContaining(['acme_api_key', 'widgets_token']),
    });
    const location = 'https://gitlab.example.com/a/b/-/raw/main/x.txt';
    const report = [
      { type: 'acme_api_key', token: ACME_TOKEN, location },
      { type: 'widgets_token', token: `"${WIDGETS_TOKEN}",`, location },
    ];
    const answer = await request(`${quash.apiUrl}/v1/revoke_tokens`, {
      method: 'POST',
      headers,
      body: JSON.stringify(report),
    });
    expect(answer.statusCode).toBe(204);

    for (const provider of ['acme', 'widgets']) {
      const line = await quash.logged('settled', (one) => one.provider === provider);
      expect(line).toMatchObject({ state: 'done', outcome: { kind: 'revoked', verified: true } });
    }
    expect([...vendor.live]).toEqual(['acme_another0_key']);
    expect(vendor.seen).toContain(ADMIN);
    await quash.stop();

    const secrets = [ACME_TOKEN, WIDGETS_TOKEN, ADMIN, PRE_SHARED];
    expect(findLeaks(secrets, { output: quash.output(), calls: vendor.calls })).toEqual([]);
    const files = readdirSync(join(folder, 'data'), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, 'data', name))
      .filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThan(0);
    const stored = Object.fromEntries(files.map((path) => [path, readFileSync(path, 'latin1')]));
    expect(findLeaks([ACME_TOKEN, WIDGETS_TOKEN, ADMIN], stored)).toEqual([]);
  });
});
