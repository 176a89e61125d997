import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, faultLine } from '../../src/config/faults.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { presentable } from '../../src/config/presentable.ts';
import {
  configTable,
  describeConfig,
  describeProviderKeys,
  withConfigTable,
} from '../../src/dev/describe-config.ts';
import { gitlabInstance } from '../../src/provider/kit/gitlab-instance.ts';
import { Secret } from '../../src/words/secret.ts';
import { secretText } from '../../src/words/secret-text.ts';
import { exampleDefinition, simpleDefinition } from '../support/example-definition.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OIDC = '{ issuer: "https://gitlab.test", clientId: quash, clientSecret: secret }';
const TOKEN = 'a-pre-shared-token-1';
const OTHER_TOKEN = 'a-pre-shared-token-2';
const ADMIN_TOKEN = 'an-admin-token-of-the-tests';

const gitlab = exampleDefinition(
  'gitlab',
  z.strictObject({
    instances: z
      .array(gitlabInstance)
      .min(1)
      .prefault([{ url: 'https://gitlab.com' }])
      .describe('Instances.'),
  }),
  { sharedKeys: { instances: 'gitlab.instances' } },
);
const newRelic = exampleDefinition(
  'new-relic',
  z.strictObject({
    key: secretText().optional().describe('A key | of a user.'),
    region: z.enum(['us', 'eu']).default('us').describe('Where the account is.'),
    extra: z
      .union([z.literal('all'), z.array(z.string())])
      .optional()
      .describe('More.'),
  }),
);
const acme = exampleDefinition(
  'acme',
  z.strictObject({
    url: z.url().describe('Base URL.'),
    key: secretText().describe('A key.'),
    file: secretText({ severalLines: true }).optional().describe('A key file.'),
  }),
);
const definitions = [acme, gitlab, newRelic, simpleDefinition('slack')];

interface Given {
  readonly yaml?: string;
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string | Uint8Array>;
  readonly file?: string;
}

function load({ yaml, env = {}, files = {}, file }: Given): LoadedConfig {
  const cwd = temporaryFolder();
  if (yaml !== undefined) writeFileSync(join(cwd, 'quash.yaml'), yaml);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return loadConfig({ file, env, cwd, definitions });
}

/** The lines that the operator gets; empty when all is well. */
function faultsOf(given: Given): readonly string[] {
  try {
    load(given);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(faultLine);
    throw error;
  }
}

function revealed(entries: readonly { readonly token: Secret }[]): readonly string[] {
  return entries.map(({ token }) => token.reveal());
}

/** What every provider has unless the operator says otherwise. */
const COMMON = { unknownTokens: 'attention', unproven: 'hold' };

describe('the base path of the admin port', () => {
  const basePathFor = (yaml: string) => load({ yaml }).config.admin.basePath;

  it('is the path of its public address, unless it is given', () => {
    expect(basePathFor('')).toBe('');
    expect(basePathFor('admin: { publicUrl: "https://ops.example.com" }')).toBe('');
    expect(basePathFor('admin: { publicUrl: "https://ops.example.com/a/quash/" }')).toBe('/a/quash');
    expect(basePathFor('admin: { basePath: /quash/ }')).toBe('/quash');
    expect(basePathFor('admin: { publicUrl: "https://ops.example.com/quash", basePath: /quash }')).toBe(
      '/quash',
    );
  });

  it.each([
    [
      '{ publicUrl: "https://ops.example.com/quash", basePath: "" }',
      'basePath: expected the path of admin.publicUrl',
    ],
    [
      '{ publicUrl: "https://ops.example.com", basePath: /quash }',
      'basePath: expected the path of admin.publicUrl',
    ],
    [
      '{ publicUrl: "https://ops.example.com/a;b" }',
      'publicUrl: expected letters, digits, -, _, . and ~ in its path',
    ],
    ['{ basePath: quash }', 'basePath: expected nothing, or a path such as /revocation_service'],
  ])('cannot be that of %s', (admin, expected) => {
    expect(faultsOf({ yaml: `admin: ${admin}` })).toEqual([`quash.yaml: admin.${expected}`]);
  });
});

describe('defaults', () => {
  it('are what the documentation promises when nothing is configured', () => {
    const { config, source } = load({});

    expect(source).toBeUndefined();
    expect(config).toMatchObject({
      listen: { host: '::', port: 8080, basePath: '' },
      admin: { host: '127.0.0.1', port: 9090, tokens: [] },
      auth: { tokens: [] },
      ledger: { url: 'sqlite:./data/quash.db', keysFile: './data/keys.json', retentionDays: 90 },
      limits: {
        bodyBytes: 67_108_864,
        requestsPerMinute: 600,
        tokensPerMinute: 100_000,
        failedAuthPerMinute: 30,
        backlog: 5_000_000,
      },
      onInvalidItem: 'accept-valid',
      revocation: { mode: 'revoke', maxPerHour: 500, reverifyAfterHours: 24, leaseSeconds: 15 },
      upstream: { timeoutMs: 10_000, proxy: null, caFile: null, allowPrivate: [] },
      gitlab: { instances: [] },
      types: {},
      log: { level: 'info' },
    });
  });

  it('of a provider apply when it is not mentioned, and one that needs keys is not configured', () => {
    const { providers } = load({}).config;

    expect(providers['new-relic']).toEqual({ region: 'us', ...COMMON });
    expect(providers.slack).toEqual(COMMON);
    expect(providers.acme).toBeUndefined();
  });

  it.each(['', '# nothing\n', 'listen:\nproviders:\n  slack:\ntypes:\n'])(
    'apply to the empty file %j',
    (yaml) => {
      expect(load({ yaml }).config.listen.port).toBe(8080);
    },
  );

  it.each([
    ['sqlite:/var/lib/quash/quash.db', '/var/lib/quash/keys.json'],
    ['sqlite:quash.db', './keys.json'],
  ])('put the key file beside %s', (url, expected) => {
    expect(load({ yaml: `ledger: { url: "${url}" }` }).config.ledger.keysFile).toBe(expected);
  });

  it('leave it to the operator to give the key file with Redis', () => {
    expect(faultsOf({ yaml: 'ledger: { url: "redis://localhost" }' })).toEqual([
      'quash.yaml: ledger.keysFile: missing; expected the path of the key file that all replicas share',
    ]);
  });
});

describe('the file', () => {
  it('is found as quash.yaml in the working directory', () => {
    const loaded = load({ yaml: 'listen: { port: 1234 }' });

    expect(loaded.config.listen.port).toBe(1234);
    expect(loaded.source).toBe('quash.yaml');
  });

  it('is the one that QUASH_CONFIG names, over which --config wins', () => {
    const files = { 'a.yaml': 'listen: { port: 1 }', 'b.yaml': 'listen: { port: 2 }' };
    const env = { QUASH_CONFIG: 'a.yaml' };

    expect(load({ files, env }).config.listen.port).toBe(1);
    expect(load({ files, env, file: 'b.yaml' }).config.listen.port).toBe(2);
  });

  it('is missed when it was asked for by name', () => {
    expect(faultsOf({ file: 'nowhere.yaml' })).toEqual(['nowhere.yaml: cannot be read (ENOENT)']);
  });

  it.each([
    ['log: {level: info}\nlog: {level: warn}\n', ['quash.yaml:2:1: this key is given twice']],
    ['listen:\n\tport: 1\n', ['quash.yaml:2:1: expected spaces, not tabs, as indentation']],
    ['log:\n    level: info\n  x: 1\n', ['quash.yaml:3:1: this line is not indented as it should be']],
    ['types: {a: b\nlog: {}\n', ['quash.yaml:2:1: a [ or { above this is not closed']],
    ['manual: [a,\n  b\nlog: {}\n', ['quash.yaml:3:1: a [ or { above this is not closed']],
    ['- 1\n', ['quash.yaml: expected a mapping of keys']],
    ['log: *missing\n', ['quash.yaml: expected anchors that exist, and at most 100 references to them']],
    ['log: {}\n---\nlog: {}\n', ['quash.yaml:2:1: expected one document only']],
    ['auth: { tokens: !vault s3cr3t }\n', ['quash.yaml:1:17: this tag is not known']],
  ])('is refused in words of our own when it is %j', (yaml, expected) => {
    expect(faultsOf({ yaml })).toEqual(expected);
  });

  it.each([
    ['UTF-16', Buffer.from('\ufefflog: { level: warn }', 'utf16le')],
    ['Latin-1', Buffer.from('# caf\u00e9\n', 'latin1')],
  ])('is refused in %s', (_, bytes) => {
    expect(faultsOf({ files: { 'quash.yaml': bytes } })).toEqual(['quash.yaml: expected a file in UTF-8']);
  });

  it.each([
    ['listen: { port: 9090 }', ['quash.yaml: admin.port: the port of listen, too; expected one of its own']],
    ['listen: { port: 9090, host: 127.0.0.2 }', []],
    ['listen: { port: 0 }\nadmin: { port: 0 }', []],
  ])('is refused when both ports are one: %j', (yaml, expected) => {
    if (expected.length > 0) expect(faultsOf({ yaml })).toEqual(expected);
    else expect(load({ yaml }).config.listen.port).toBeDefined();
  });

  it('is refused when its anchors multiply', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      return `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`;
    });

    expect(faultsOf({ yaml: ['l0: &l0 [x]', ...levels].join('\n') })).toEqual([
      'quash.yaml: expected anchors that exist, and at most 100 references to them',
    ]);
  });

  it('may use anchors', () => {
    const yaml = 'log: &shared { level: warn }\nproviders: { slack: {} }\ntypes: { a: &id slack, b: *id }';

    expect(load({ yaml }).config.types).toEqual({ a: 'slack', b: 'slack' });
  });

  it('is not quoted by a syntax fault', () => {
    const lines = faultsOf({ yaml: `auth: { tokens: ["${TOKEN}" }\n` });

    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toContain(TOKEN);
  });
});

describe('a fault', () => {
  it.each([
    ['listen: { port: "8080" }', 'listen.port: expected a number'],
    ['listen: { port: 80.5 }', 'listen.port: expected a whole number'],
    ['listen: { port: 70000 }', 'listen.port: expected at most 65535'],
    ['limits: { bodyBytes: 0 }', 'limits.bodyBytes: expected at least 1'],
    ['upstream: { timeoutMs: 3000000000 }', 'upstream.timeoutMs: expected at most 2147483647'],
    ['revocation: { leaseSeconds: 3000000 }', 'revocation.leaseSeconds: expected at most 86400'],
    ['revocation: { reverifyAfterHours: 1.0e15 }', 'revocation.reverifyAfterHours: expected at most 876000'],
    ['ledger: { retentionDays: 1.0e15 }', 'ledger.retentionDays: expected at most 36500'],
    ['listen: 8080', 'listen: expected a mapping of keys'],
    ['ledger: { password: 0123 }', 'ledger.password: expected a text; put it in quotes, as it is written'],
    ['ledger: { password: true }', 'ledger.password: expected a text; put it in quotes, as it is written'],
    ['ledger: { password: [a] }', 'ledger.password: expected a text'],
    ['ledger: { partitions: 0 }', 'ledger.partitions: expected at least 1'],
    ['ledger: { partitions: 12 }', 'ledger.partitions: expected 1, as SQLite has nothing to spread over'],
    ['listen: { host: "" }', 'listen.host: expected a host name or an address, without port and brackets'],
    ['listen: { hots: x }', 'listen.hots: unknown key; expected one of host, port, basePath, tls'],
    [
      'listen: { basePath: quash }',
      'listen.basePath: expected nothing, or a path such as /revocation_service',
    ],
    ['revocation: { mode: kill }', 'revocation.mode: expected one of revoke, hold, dry-run'],
    ['auth: { tokens: abc }', 'auth.tokens: expected a list'],
    ['auth: { tokens: [123] }', 'auth.tokens[0]: expected a text, or a mapping of keys'],
    ['auth: { tokens: [too-short] }', 'auth.tokens[0].token: expected a secret of at least 16 characters'],
    ['admin: { tokens: [too-short] }', 'admin.tokens[0].token: expected a secret of at least 16 characters'],
    [
      'admin: { tokens: [aaaaaaaaaaaaaaaa] }',
      'admin.tokens[0].token: expected a secret of at least 6 different characters',
    ],
    [
      'gitlab: { instances: [{ url: https://gitlab.example.com, readToken: some-token, hookTokens: [aaaaaaaaaaaaaaaa] }] }',
      'gitlab.instances[0].hookTokens[0]: expected a secret of at least 6 different characters',
    ],
    ['auth: { tokens: [{ name: ci }] }', 'auth.tokens[0].token: missing; expected a text'],
    [
      `auth: { tokens: [{ token: ${TOKEN}, role: viewer }] }`,
      'auth.tokens[0].role: expected one of gitlab, submit',
    ],
    [
      `auth: { tokens: [{ token: ${TOKEN}, named: ci }] }`,
      'auth.tokens[0].named: unknown key; expected one of token, name, role',
    ],
    [
      `auth: { tokens: [{ token: ${TOKEN}, name: "a b" }] }`,
      'auth.tokens[0].name: expected 1 to 64 letters, digits and ._@-, a letter or digit first',
    ],
    [
      `admin: { oidc: ${OIDC} }`,
      'admin.publicUrl: missing; expected the address to which admin.oidc leads people back',
    ],
    [
      `admin: { publicUrl: "https://quash.test", oidc: { ${OIDC.slice(1, -1)}, operators: [{ sub: "7", group: a }] } }`,
      'admin.oidc.operators[0]: expected either group or sub',
    ],
    [
      `admin: { publicUrl: "https://quash.test", oidc: { ${OIDC.slice(1, -1)}, viewers: [7] } }`,
      'admin.oidc.viewers[0]: expected a text, or a mapping of keys',
    ],
    [
      `admin: { publicUrl: "https://quash.test", oidc: { ${OIDC.slice(1, -1)}, scopes: [profile] } }`,
      'admin.oidc.scopes: expected openid among them',
    ],
    [
      'admin: { publicUrl: "https://quash.test", oidc: { clientId: a, clientSecret: b, issuer: "https://a:b@idp.test" } }',
      'admin.oidc.issuer: expected no credentials, query or fragment',
    ],
    [
      `{ auth: { tokens: [${OTHER_TOKEN}, ${TOKEN}] }, admin: { tokens: [${TOKEN}] } }`,
      'admin.tokens[0]: the same token as auth.tokens[1]; expected one of its own',
    ],
    [
      `auth: { tokens: [${TOKEN}, { token: ${TOKEN}, role: submit }] }`,
      'auth.tokens[1]: the same token as auth.tokens[0]; expected one of its own',
    ],
    [
      'ledger: { url: "mysql://db" }',
      'ledger.url: expected sqlite:PATH or redis://, rediss://, redis+sentinel:// or redis+cluster://',
    ],
    [
      'ledger: { url: "redis://:hunter2@db:99999", keysFile: k }',
      'ledger.url: The Redis URL has a host or port that is not valid',
    ],
    [
      'ledger: { url: "redis://db/nine", keysFile: k }',
      'ledger.url: The database in the Redis URL must be a number',
    ],
    ['ledger: { url: "sqlite::memory:" }', 'ledger.url: expected the path of a file after sqlite:'],
    ['ledger: { url: "sqlite:file:quash.db" }', 'ledger.url: expected the path of a file after sqlite:'],
    [
      'ledger: { url: "sqlite://./x.db" }',
      'ledger.url: expected sqlite:PATH or redis://, rediss://, redis+sentinel:// or redis+cluster://',
    ],
    ['upstream: { proxy: "ftp://x" }', 'upstream.proxy: expected a URL that starts with https:// or http://'],
    [
      'upstream: { allowPrivate: [10.0.0.0/99] }',
      'upstream.allowPrivate[0]: expected a host name, an address or a CIDR range',
    ],
    [
      'types: { my_scanner_acme_key: acmee }',
      'types.my_scanner_acme_key: expected the id of a provider; `quash providers` lists them',
    ],
    ['gitlab: { instances: [{ url: x }] }', 'gitlab.instances[0].url: expected a URL'],
    ['gitlab: { instances: [{}] }', 'gitlab.instances[0].url: missing; expected a text'],
    [
      'gitlab: { instances: [{ url: "https://x.example", tokn: y }] }',
      `gitlab.instances[0].tokn: unknown key; expected one of ${Object.keys(gitlabInstance.shape).join(', ')}`,
    ],
    [
      'providers: { slak: {} }',
      'providers.slak: unknown key; expected one of acme, gitlab, new-relic, slack',
    ],
    ['providers: { slack: { concurrency: 101 } }', 'providers.slack.concurrency: expected at most 100'],
    ['providers: { slack: { maxPerHour: 0 } }', 'providers.slack.maxPerHour: expected more than 0'],
    ['providers: { slack: { mode: stop } }', 'providers.slack.mode: expected one of revoke, hold, dry-run'],
    ['providers: { slack: { enabled: yes } }', 'providers.slack.enabled: expected true or false'],
    ['providers: { new-relic: { region: mars } }', 'providers.new-relic.region: expected one of us, eu'],
    ['providers: { new-relic: { extra: 1 } }', 'providers.new-relic.extra: expected all or a list'],
    [
      'providers: { new-relic: { extra: [1] } }',
      'providers.new-relic.extra[0]: expected a text; put it in quotes, as it is written',
    ],
    ['providers: { acme: { url: "https://x" } }', 'providers.acme.key: missing; expected a text'],
  ])('in %s names the key and what is expected', (yaml, expected) => {
    expect(faultsOf({ yaml })).toEqual([`quash.yaml: ${expected}`]);
  });

  it('in tokens of both ports that are too weak to be compared names both', () => {
    const yaml = 'auth: { tokens: [too-short, "            "] }\nadmin: { tokens: [aaaaaaaaaaaaaaaa] }';

    expect([...faultsOf({ yaml })].sort()).toEqual([
      expect.stringContaining('admin.tokens[0].token: expected a secret of at least 6 different'),
      expect.stringContaining('auth.tokens[0].token: expected a secret of at least 16'),
      expect.stringContaining('auth.tokens[1].token: expected a secret of at least 16'),
    ]);
  });

  it('does not keep others from being found', () => {
    const lines = faultsOf({
      yaml: 'listen: { port: x, nope: 1 }\nlog: { level: loud }\nauth: { tokensFile: none }',
      env: { QUASH_LIMITS__BACKLOG: 'many', QUASH_NOPE: '1' },
    });

    expect(lines).toHaveLength(6);
    expect(new Set(lines.map((line) => line.split(':').slice(0, 2).join(':')))).toEqual(
      new Set([
        'quash.yaml: listen.port',
        'quash.yaml: listen.nope',
        'quash.yaml: log.level',
        'quash.yaml: auth.tokensFile',
        'QUASH_LIMITS__BACKLOG: limits.backlog',
        'QUASH_NOPE: unknown variable; expected one of LISTEN, ADMIN, AUTH, LEDGER, LIMITS, ONINVALIDITEM, REVOCATION, UPSTREAM, GITLAB, PROVIDERS, TYPES, MANUAL, CUSTOM, IGNORE, NOTIFY, LOG',
      ]),
    );
  });

  it('never shows a value', () => {
    const value = 'hunter2';
    const yaml = `
auth: { tokens: [${value}], tokensFile: ${value}x }
admin: { tokens: ${value} }
ledger: { url: ${value}, password: [${value}] }
providers: { acme: { url: ${value}, key: { a: ${value} } }, slack: ${value} }
types: { a: ${value} }
upstream: { proxy: "${value}", allowPrivate: ["${value}!"] }`;
    const lines = faultsOf({ yaml, env: { QUASH_LISTEN__PORT: value, QUASH_GITLAB__INSTANCES: value } });

    expect(lines.length).toBeGreaterThanOrEqual(10);
    expect(lines.join('\n')).not.toContain(value);
  });

  it('in an unknown key names the nearest ones where there are too many to list', () => {
    const many = Array.from({ length: 30 }, (_, index) => simpleDefinition(`provider-${index}`));
    const env = { QUASH_PROVIDERS: '{"slacc":{}}' };

    expect(() =>
      loadConfig({ env, cwd: temporaryFolder(), definitions: [...many, simpleDefinition('slack')] }),
    ).toThrow(/^QUASH_PROVIDERS: providers\.slacc: unknown key; the nearest are slack, /);
  });
});

describe('the environment', () => {
  it('wins over the file, which wins over defaults', () => {
    const { listen } = load({
      yaml: 'listen: { port: 1, host: from-file }',
      env: { QUASH_LISTEN__PORT: '2' },
    }).config;

    expect(listen).toEqual({ host: 'from-file', port: 2, basePath: '' });
  });

  it('finds keys in any case, and hyphens as underscores', () => {
    const { config } = load({
      env: {
        QUASH_LIMITS__BODYBYTES: '5',
        QUASH_limits__backlog: '6',
        QUASH_PROVIDERS__NEW_RELIC__REGION: 'eu',
        QUASH_PROVIDERS__SLACK__ENABLED: 'false',
        QUASH_TYPES__MY_SCANNER_KEY: 'slack',
        QUASH_LISTEN__BASEPATH: '/revocation_service/',
      },
    });

    expect(config.limits).toMatchObject({ bodyBytes: 5, backlog: 6 });
    expect(config.providers['new-relic']).toEqual({ region: 'eu', ...COMMON });
    expect(config.providers.slack).toEqual({ enabled: false, ...COMMON });
    expect(config.types).toEqual({ my_scanner_key: 'slack' });
    expect(config.listen.basePath).toBe('/revocation_service');
  });

  it('gives lists and mappings as JSON, and a list of one text as it is', () => {
    const { config } = load({
      env: {
        QUASH_GITLAB__INSTANCES: '[{"url":"https://gitlab.example.com"}]',
        QUASH_UPSTREAM__ALLOWPRIVATE: '10.0.0.0/8',
        QUASH_AUTH__TOKENS: `["${TOKEN}","${OTHER_TOKEN}"]`,
        QUASH_ADMIN__TOKENS: ADMIN_TOKEN,
        QUASH_TYPES: '{"Own_Type":"slack"}',
        QUASH_PROVIDERS__NEW_RELIC__EXTRA: '["a"]',
      },
    });

    expect(config.gitlab.instances).toMatchObject([{ url: 'https://gitlab.example.com' }]);
    expect(config.upstream.allowPrivate).toEqual(['10.0.0.0/8']);
    expect(revealed(config.auth.tokens)).toEqual([TOKEN, OTHER_TOKEN]);
    expect(revealed(config.admin.tokens)).toEqual([ADMIN_TOKEN]);
    expect(config.types).toEqual({ own_type: 'slack' });
    expect(config.providers['new-relic']).toMatchObject({ extra: ['a'] });
  });

  it('takes back a value with an empty variable where there may be none', () => {
    const yaml = 'upstream: { proxy: "http://proxy.example.com" }';

    expect(load({ yaml, env: { QUASH_UPSTREAM__PROXY: '' } }).config.upstream.proxy).toBeNull();
  });

  it.each([
    [{ QUASH_LISTEN__PORT: '0x50' }, 'QUASH_LISTEN__PORT: listen.port: expected a number'],
    [{ QUASH_LISTEN__PORT: '' }, 'QUASH_LISTEN__PORT: listen.port: expected a number'],
    [
      { QUASH_PROVIDERS__SLACK__ENABLED: '1' },
      'QUASH_PROVIDERS__SLACK__ENABLED: providers.slack.enabled: expected true or false',
    ],
    [{ QUASH_GITLAB__INSTANCES: '[{' }, 'QUASH_GITLAB__INSTANCES: gitlab.instances: expected JSON'],
    [
      { QUASH_LISTEN__PROT: '1' },
      'QUASH_LISTEN__PROT: unknown variable; expected one of HOST, PORT, BASEPATH, TLS below listen',
    ],
    [
      { QUASH_GITLAB__INSTANCES__0__URL: 'x' },
      'QUASH_GITLAB__INSTANCES__0__URL: unknown variable; expected the whole of gitlab.instances in one variable',
    ],
    [
      { QUASH_LISTEN_PORT: '8080' },
      'QUASH_LISTEN_PORT: unknown variable; expected one of LISTEN, ADMIN, AUTH, LEDGER, LIMITS, ONINVALIDITEM, REVOCATION, UPSTREAM, GITLAB, PROVIDERS, TYPES, MANUAL, CUSTOM, IGNORE, NOTIFY, LOG',
    ],
    [
      { QUASH_GITLAB__INSTANCES: '[{"url":"x"}]' },
      'QUASH_GITLAB__INSTANCES: gitlab.instances[0].url: expected a URL',
    ],
  ])('is refused with %j', (env, expected) => {
    expect(faultsOf({ env })).toEqual([expected]);
  });

  it('may hold what Kubernetes injects for a Service of our name, and what others use', () => {
    const env = {
      QUASH_SERVICE_HOST: '10.0.0.1',
      QUASH_SERVICE_PORT: '8080',
      QUASH_SERVICE_PORT_HTTP: '8080',
      QUASH_PORT: 'tcp://10.0.0.1:8080',
      QUASH_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      QUASH_PORT_8080_TCP_PROTO: 'tcp',
      QUASH_PORT_8080_TCP_PORT: '8080',
      QUASH_PORT_8080_TCP_ADDR: '10.0.0.1',
      QUASH_API_SERVICE_HOST: '10.0.0.2',
      QUASH_API_PORT: 'tcp://10.0.0.2:8080',
      QUASH_API_PORT_8080_TCP_ADDR: '10.0.0.2',
      QUASH_TOKEN: 'for the shell',
      PATH: '/usr/bin',
    };

    expect(faultsOf({ env })).toEqual([]);
  });
});

describe('a secret', () => {
  it('can be read from a file, whose final newline is cut', () => {
    const { config, secretFiles } = load({
      yaml: 'ledger: { passwordFile: ./password }',
      files: { password: 'two words\n' },
    });

    expect(config.ledger.password).toBeInstanceOf(Secret);
    expect(config.ledger.password?.reveal()).toBe('two words');
    expect(secretFiles.get('ledger.password')).toMatch(/^\/.*\/password$/);
  });

  it('can be read from a file at any depth', () => {
    const { config } = load({
      yaml: 'gitlab: { instances: [{ url: "https://gitlab.example.com", adminTokenFile: admin }] }',
      env: { QUASH_PROVIDERS__NEW_RELIC__KEYFILE: 'key' },
      files: { admin: 'the-admin-token\r\n', key: 'the-key' },
    });

    expect(config.gitlab.instances[0]?.adminToken?.reveal()).toBe('the-admin-token');
    const key = config.providers['new-relic']?.key;
    expect(key instanceof Secret && key.reveal()).toBe('the-key');
  });

  it.each([
    ['a byte order mark', '\ufeffTOKEN\r\n'],
    ['zero width', 'TOKEN\u200b\n'],
    ['a space that does not break', '\u00a0TOKEN\u00a0'],
    ['a carriage return', 'TOKEN\r'],
    ['empty lines', '\nTOKEN\n\r\n'],
  ])('is read without %s around it', (_, text) => {
    const { config } = load({
      yaml: 'ledger: { passwordFile: password }',
      env: { QUASH_AUTH__TOKENSFILE: 'tokens', QUASH_PROVIDERS__NEW_RELIC__KEY: text },
      files: { password: text.replace('TOKEN', TOKEN), tokens: `${text.replace('TOKEN', TOKEN)}\n` },
    });

    expect(config.ledger.password?.reveal()).toBe(TOKEN);
    expect(revealed(config.auth.tokens)).toEqual([TOKEN]);
    const key = config.providers['new-relic']?.key;
    expect(key instanceof Secret && key.reveal()).toBe('TOKEN');
  });

  it.each([
    ['zero width', 'pass\u200dword', '200D'],
    ['a space that does not break', 'pass\u00a0word', '00A0'],
    ['a carriage return', 'pass\rword', '000D'],
    ['UTF-16', Buffer.from('\ufeffpassword', 'utf16le'), 'FFFD'],
    ['bytes that are no UTF-8', Buffer.from('passw\xf6rd', 'latin1'), 'FFFD'],
  ])('with %s inside is refused by the name of its key', (_, text, code) => {
    const faults = faultsOf({ yaml: 'ledger: { passwordFile: password }', files: { password: text } });

    expect(faults).toEqual([
      `quash.yaml: ledger.passwordFile: holds the character U+${code}, which cannot be seen; expected the secret alone, in UTF-8`,
    ]);
  });

  it('may have lines, also as Windows ends them', () => {
    const key = '{\r\n\t"private_key": "x"\r\n}\n';
    const { config } = load({
      yaml: `providers: { acme: { url: "https://acme.test", key: the-key, fileFile: key.json } }`,
      files: { 'key.json': key },
    });
    const { file } = config.providers.acme ?? {};
    expect(file instanceof Secret && file.reveal()).toBe(key.slice(0, -1));
  });

  it.each([
    ['of two lines', 'secret\n# until May', 'holds a line break; expected the secret alone, in one line'],
    ...[
      ['$', '{TOKEN}'].join(''),
      '$(TOKEN)',
      '{{ .Values.token }}',
      '<your token>',
      '%TOKEN%',
      '$GITLAB_TOKEN',
      '[TOKEN]',
    ].map((text) => [
      `that is ${text}`,
      text,
      'is a placeholder that nothing has been put in for; expected the secret',
    ]),
    ...['"secret"', "'secret'", '“secret”'].map((text) => [
      `in quotes: ${text}`,
      text,
      'has quotes around it, which would be a part of it; expected the secret alone',
    ]),
    ['that is a comment', '# of the mail server', 'is a comment; expected the secret alone'],
  ])('%s is refused by the name of its key', (_, text, fault) => {
    const files = { password: `${text}\n` };
    expect(faultsOf({ yaml: 'ledger: { passwordFile: password }', files })).toEqual([
      `quash.yaml: ledger.passwordFile: ${fault}`,
    ]);
  });

  it.each(['pass"word"', '"', '<', '$ecret', 'a # b', '{{', 'Changeme!'])(
    'may be %s, which somebody may have chosen',
    (password) => {
      const { config } = load({ yaml: 'ledger: { passwordFile: password }', files: { password } });
      expect(config.ledger.password?.reveal()).toBe(password);
    },
  );

  it.each([
    ['a list in quotes', '"SALTID","ID"\n"1a2b3c4d","7"\n'],
    ['a list of one line in quotes', '"1a2b3c4d","7"'],
    ['a key with a comment above it', '# Until May\nthe-key'],
  ])('of several lines may be %s', (_what, text) => {
    const { config } = load({
      yaml: `providers: { acme: { url: "https://acme.test", key: the-key, fileFile: list } }`,
      files: { list: text },
    });
    const { file } = config.providers.acme ?? {};
    expect(file instanceof Secret && file.reveal()).toBe(text.trimEnd());
  });

  it.each(['datacenter-token-7Kq2', 'exchange-metrics-7Kq2', 'exchange_it-7Kq2-x9'])(
    'with which others may call may be %s',
    (token) => {
      const { config } = load({ yaml: `auth: { tokens: [${token}] }` });
      expect(config.auth.tokens).toHaveLength(1);
    },
  );

  it.each(['changeme-changeme', 'REPLACE_ME_WITH_TOKEN', 'your-gitlab-token-here'])(
    'with which others may call is not %s',
    (token) => {
      expect(faultsOf({ yaml: `auth: { tokens: [${token}] }` })).toEqual([
        'quash.yaml: auth.tokens[0].token: is a placeholder that nothing has been put in for; expected the secret',
      ]);
    },
  );

  it('is read anew from its file without the rest of the configuration', () => {
    const cwd = temporaryFolder();
    const write = (name: string, text: string) => writeFileSync(join(cwd, name), text);
    write('quash.yaml', 'ledger: { passwordFile: password }');
    write('password', 'first');
    const loaded = loadConfig({ env: {}, cwd, definitions });

    write('quash.yaml', 'ledger: { passwordF');
    write('password', 'second');
    const again = loaded.reread();

    expect(again.config.ledger.password?.reveal()).toBe('second');
    expect(again.fileMarks).not.toEqual(loaded.fileMarks);
    write('password', '');
    expect(() => again.reread()).toThrow(ConfigError);
  });

  it('list has one secret a line in its file', () => {
    const { config } = load({
      env: { QUASH_AUTH__TOKENSFILE: 'tokens' },
      files: { tokens: `${TOKEN}\r\n\n${OTHER_TOKEN}\n` },
    });

    expect(revealed(config.auth.tokens)).toEqual([TOKEN, OTHER_TOKEN]);
  });

  it('in a list may have a name, a role and a file of its own', () => {
    const { config, secretFiles } = load({
      yaml: `auth:
  tokens:
    - ${TOKEN}
    - { name: ci, tokenFile: ci-token, role: submit }
admin:
  tokens:
    - { name: auditor, token: ${ADMIN_TOKEN}, role: viewer }`,
      files: { 'ci-token': `${OTHER_TOKEN}\n` },
    });

    const { auth, admin } = config;
    expect(revealed(auth.tokens)).toEqual([TOKEN, OTHER_TOKEN]);
    expect(auth.tokens).toMatchObject([{ role: 'gitlab' }, { name: 'ci', role: 'submit' }]);
    expect(admin.tokens).toMatchObject([{ name: 'auditor', role: 'viewer' }]);
    expect([...secretFiles.keys()]).toEqual(['auth.tokens[1].token']);
  });

  it('of a client is read from its file, and groups are told from persons', () => {
    const { config, secretFiles } = load({
      yaml: `
admin:
  publicUrl: https://quash.test
  oidc:
    issuer: https://gitlab.test
    clientId: quash
    clientSecretFile: client-secret
    operators: [security/leads, { sub: "7" }]`,
      files: { 'client-secret': 'secret-of-the-client\n' },
    });

    const { oidc } = config.admin;
    expect(oidc).toMatchObject({
      operators: [{ group: 'security/leads' }, { sub: '7' }],
      ...{ viewers: [], groupsClaim: 'groups', scopes: ['openid', 'profile'] },
    });
    expect(oidc?.clientSecret.reveal()).toBe('secret-of-the-client');
    expect([...secretFiles.keys()]).toEqual(['admin.oidc.clientSecret']);
  });

  it('may have the name of another one, which it is to replace', () => {
    const entry = (token: string) => `{ name: ci, token: ${token}, role: submit }`;
    expect(faultsOf({ yaml: `auth: { tokens: [${entry(TOKEN)}, ${entry(OTHER_TOKEN)}] }` })).toEqual([]);
  });

  it('in the environment replaces its file in the configuration file, and the reverse', () => {
    const files = { tokens: `${OTHER_TOKEN}\n` };
    const byValue = load({ yaml: 'auth: { tokensFile: gone }', env: { QUASH_AUTH__TOKENS: TOKEN } });
    const byFile = load({
      yaml: `auth: { tokens: [${TOKEN}] }`,
      env: { QUASH_AUTH__TOKENSFILE: 'tokens' },
      files,
    });

    expect(revealed(byValue.config.auth.tokens)).toEqual([TOKEN]);
    expect(revealed(byFile.config.auth.tokens)).toEqual([OTHER_TOKEN]);
  });

  it('is refused when it is given both ways', () => {
    const yaml = `auth: { tokens: [${TOKEN}], tokensFile: tokens }`;
    const env = { QUASH_LEDGER__PASSWORD: 'x', QUASH_LEDGER__PASSWORDFILE: 'y' };

    expect(faultsOf({ yaml, env })).toEqual([
      'quash.yaml: auth.tokensFile: given together with tokens; expected one of the two',
      'QUASH_LEDGER__PASSWORDFILE: ledger.passwordFile: given together with password; expected one of the two',
    ]);
  });

  it('is refused with path and system code when its file cannot be used', () => {
    const yaml =
      'ledger: { passwordFile: /nowhere/password }\nauth: { tokensFile: empty }\nadmin: { tokensFile: 5 }';

    expect([...faultsOf({ yaml, files: { empty: '\n' } })].sort()).toEqual([
      expect.stringMatching(/^quash\.yaml: admin\.tokensFile: expected the path of a file$/),
      expect.stringMatching(/^quash\.yaml: auth\.tokensFile: \/.*\/empty is empty$/),
      'quash.yaml: ledger.passwordFile: /nowhere/password cannot be read (ENOENT)',
    ]);
  });

  it('is refused the same way when its path cannot be that of a file', () => {
    const yaml =
      'ledger: { passwordFile: "a\\0b" }\nauth: { tokensFile: quash.yaml/token }\n' +
      `admin: { tokensFile: ${'a'.repeat(300)} }`;

    expect([...faultsOf({ yaml })].sort()).toEqual([
      expect.stringMatching(/^quash\.yaml: admin\.tokensFile: .* cannot be read \(ENAMETOOLONG\)$/),
      expect.stringMatching(/^quash\.yaml: auth\.tokensFile: .* cannot be read \(ENOTDIR\)$/),
      expect.stringMatching(
        /^quash\.yaml: ledger\.passwordFile: .* cannot be read \(ERR_INVALID_ARG_VALUE\)$/,
      ),
    ]);
  });

  it('that a provider cannot do without has one fault when its file cannot be read', () => {
    const yaml = 'providers: { acme: { url: "https://acme.example", keyFile: /nowhere/key } }';

    expect(faultsOf({ yaml })).toEqual([
      'quash.yaml: providers.acme.keyFile: /nowhere/key cannot be read (ENOENT)',
    ]);
  });

  it('from a file that is too short is said to be in that file', () => {
    expect(faultsOf({ yaml: 'auth: { tokensFile: tokens }', files: { tokens: 'short\n' } })).toEqual([
      'quash.yaml: auth.tokensFile[0].token: expected a secret of at least 16 characters',
    ]);
  });

  it('is not in what is shown of the configuration, nor is the password of an address', () => {
    const { config } = load({
      yaml: `auth: { tokens: [${TOKEN}] }\nupstream: { proxy: "http://me:hunter2@proxy.example.com:3128" }`,
    });
    const shown = JSON.stringify(presentable(config));

    expect(shown).not.toMatch(/hunter2|a-pre-shared/);
    expect(shown).toContain('"tokens":[{"token":"(set)","role":"gitlab"}]');
    expect(shown).toContain('http://(set)@proxy.example.com:3128');
  });
});

describe('GitLab instances', () => {
  const instances = '[{ url: "https://gitlab.example.com", adminToken: x }]';

  it('are handed to the GitLab provider', () => {
    const { config } = load({ yaml: `gitlab: { instances: ${instances} }` });

    expect(config.providers.gitlab?.instances).toEqual(config.gitlab.instances);
    expect(config.gitlab.instances[0]?.url).toBe('https://gitlab.example.com');
  });

  it('of the provider itself win', () => {
    const yaml = `gitlab: { instances: ${instances} }\nproviders: { gitlab: { instances: [{ url: "https://own.example" }] } }`;

    expect(load({ yaml }).config.providers.gitlab?.instances).toMatchObject([{ url: 'https://own.example' }]);
  });

  it.each(['', 'gitlab: { instances: [] }'])('are the provider’s own default with %j', (yaml) => {
    expect(load({ yaml }).config.providers.gitlab?.instances).toMatchObject([{ url: 'https://gitlab.com' }]);
  });
});

describe('the documentation of the configuration', () => {
  it('has a sentence for every key', () => {
    const core = describeConfig([]);

    expect(core.filter(({ sentence }) => !sentence.endsWith('.')).map(({ key }) => key)).toEqual([]);
    expect(core.map(({ key }) => key)).toEqual(
      expect.arrayContaining([
        'listen.port',
        'gitlab.instances[].adminToken',
        'providers.<id>.mode',
        'types',
      ]),
    );
  });

  it('gives the default, the file of a secret, and the keys of each provider without the common ones', () => {
    const table = configTable([...describeConfig(definitions), ...describeProviderKeys(definitions)]);

    expect(table).toContain('| `listen.port` | `8080` | Port on which GitLab reaches Quash. |');
    expect(table).toContain('| `ledger.keysFile` | `keys.json` beside the SQLite file |');
    expect(table).toContain('| `providers.acme.url` | required | Base URL. |');
    expect(table).toContain(
      '| `providers.new-relic.key` |  | A key \\| of a user. Secret; or `keyFile` with the path of a file. |',
    );
    expect(table).not.toContain('providers.slack');
    expect(table.match(/`providers\.[^`]+\.maxPerHour`/g)).toEqual(['`providers.<id>.maxPerHour`']);
  });

  it('names every value of a key that takes some alone, once', () => {
    const sentenceOf = (wanted: string) => describeConfig([]).find(({ key }) => key === wanted)?.sentence;

    expect(sentenceOf('gitlab.writeBack')).toMatch(/ One of `off`, `comment`, `resolve`, `issue`\.$/);
    expect(sentenceOf('revocation.mode')).not.toContain('One of');
    expect(sentenceOf('notify[].events')).toMatch(/any of `wrong-record`, .*`owner`: any of `alive-again`/);
  });

  it('replaces what is between its marks in the README, and nothing else', () => {
    const readme = 'before\n<!-- config:begin -->\nold\n<!-- config:end -->\nafter\n';
    const updated = withConfigTable(readme, definitions);

    expect(updated).toBe(
      `before\n<!-- config:begin -->\n${configTable(describeConfig(definitions))}\n<!-- config:end -->\nafter\n`,
    );
    expect(withConfigTable(updated, definitions)).toBe(updated);
    expect(() => withConfigTable('no marks', definitions)).toThrow('config:begin');
  });
});
