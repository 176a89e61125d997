/** Every key of the configuration, with its default and the sentence that documents it. */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { customEntry } from '../custom/schema.ts';
import { channelName, type NotifyItem, notifyItem } from '../notify/config.ts';
import { gitlabInstance } from '../provider/kit/gitlab-instance.ts';
import type { ProviderDefinition } from '../provider/provider.ts';
import type { ProviderSettings } from '../provider/registry.ts';
import { ADMIN_ROLES, REPORTER_ROLES } from '../words/caller.ts';
import { LONGEST_TIMER_MS } from '../words/deadline.ts';
import { MODES } from '../words/mode.ts';
import { parseRedisUrl } from '../words/redis-url.ts';
import { secretText } from '../words/secret-text.ts';
import { ambiguousTokens, callerTokens } from './caller-tokens.ts';
import { USED_ONCE } from './faults.ts';
import { ignoreRule } from './ignore-rule.ts';
import {
  basePath,
  host,
  httpUrl,
  isHostOrRange,
  isNoProxyEntry,
  port,
  serverTls,
  withBasePath,
} from './network-keys.ts';
import { oidc } from './oidc.ts';
import { shapeOf } from './schema-walk.ts';

export type Config = z.output<ReturnType<typeof configSchema>>;

/** The keys of one provider: those that all have, and its own. */
type ProviderConfig = ProviderSettings & Readonly<Record<string, unknown>>;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const DEFAULT_LEDGER_URL = 'sqlite:./data/quash.db';
const SQLITE = 'sqlite:';
/** Each costs connections and a look with every claim. */
const MAX_PARTITIONS = 256;
/** To SQLite itself these are no path: it would keep nothing, or look elsewhere for the file. */
const NO_SQLITE_PATH = /^sqlite:(?::memory:|file:)/;
const LEDGER_URL = /^(sqlite:\/?[^/].*|(redis|rediss)(\+(cluster|sentinel))?:\/\/.+)$/;

/** The keys that every provider has. */
export const COMMON_PROVIDER_KEYS = {
  enabled: z.boolean().optional().describe('Turns the provider on or off.'),
  mode: z.enum(MODES).optional().describe('Like `revocation.mode`, for this provider.'),
  maxPerHour: z.int().positive().optional().describe('Like `revocation.maxPerHour`, for this provider.'),
  concurrency: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Entries of this provider that are worked on at once.'),
  unknownTokens: z
    .enum(['attention', 'inactive'])
    .default('attention')
    .describe(
      'What a whole token is that no place knows that was asked: `attention`, a case for a person, or `inactive`, taken for dead without proof. One that Quash saw work is a case for a person either way.',
    ),
  unproven: z
    .enum(['hold', 'revoke'])
    .default('hold')
    .describe(
      'Whether tokens whose leak nothing proves wait for a person (`hold`) or are revoked, where that can be undone.',
    ),
};

const customProvider = customEntry.safeExtend(COMMON_PROVIDER_KEYS);

/** What depends on no provider, up to the providers themselves. */
const KEYS_BEFORE = {
  listen: section({
    host: host('::').describe(
      'Address on which GitLab reaches Quash; `::` is every address, where there is no IPv6 every one of IPv4.',
    ),
    port: port(8080).describe('Port on which GitLab reaches Quash.'),
    basePath: basePath()
      .default('')
      .describe('Prefix of all paths that GitLab calls, e.g. `/revocation_service` behind a reverse proxy.'),
    tls: serverTls('all callers need'),
  }),
  admin: section({
    host: host('127.0.0.1').describe('Address of the admin port, which answers health checks.'),
    port: port(9090).describe('The admin port.'),
    tls: serverTls('all but health checks need'),
    tokens: callerTokens(
      ADMIN_ROLES,
      'An `operator` decides; a `viewer` sees everything and gets 403 for every action.',
    ).describe('Who may use the admin port; each entry a text or a mapping. Health checks need none.'),
    publicUrl: httpUrl()
      .optional()
      .transform((url) => url?.replace(/\/+$/, ''))
      .describe('Address under which people reach the dashboard, for links in notices and for `admin.oidc`.'),
    basePath: basePath()
      .optional()
      .meta({ defaultText: 'the path of `admin.publicUrl`' })
      .describe(
        'Path below which people reach the dashboard through a reverse proxy, which may cut it off or leave it.',
      ),
    oidc: oidc()
      .optional()
      .describe('Sign-in by OpenID Connect, beside `admin.tokens`; needs `admin.publicUrl`.'),
  }).transform(withBasePath),
  auth: section({
    tokens: callerTokens(
      REPORTER_ROLES,
      '`gitlab` for GitLab itself; `submit` for CI jobs and persons: for these Quash reads no file and writes to no vulnerability.',
    ).describe(
      'Pre-shared tokens for reports, each entry a text or a mapping; several while one is being replaced.',
    ),
  }),
  ledger: ledger(),
  limits: section({
    bodyBytes: positive(64 * 1024 * 1024).describe('Largest request body in bytes.'),
    requestsPerMinute: positive(600).describe('Requests per minute of one caller.'),
    tokensPerMinute: positive(100_000).describe('Reported tokens per minute of one caller.'),
    failedAuthPerMinute: positive(30).describe(
      'Failed authentications per minute from one address; a right token always gets through.',
    ),
    backlog: positive(5_000_000).describe(
      'Queued entries at which reports are refused with 429; a top-level namespace may have a tenth of them.',
    ),
  }),
  onInvalidItem: z
    .enum(['accept-valid', 'reject-all'])
    .default('accept-valid')
    .describe('Whether the valid elements of a request that also has bad ones are accepted.'),
  revocation: section({
    mode: z
      .enum(MODES)
      .default('revoke')
      .describe('`revoke` acts at once, `hold` waits for approval, `dry-run` only says what it would do.'),
    maxPerHour: positive(500).describe(
      'Tokens per provider and hour that may be revoked alive, a tenth of them of one top-level namespace; the others wait until the hour has moved on.',
    ),
    reverifyAfterHours: positive(24, 100 * 365 * 24).describe(
      'Hours after its death in which a token may be reported again before its provider is asked once whether it still is dead.',
    ),
    leaseSeconds: positive(15, 86_400).describe(
      'What a killed worker had in hand goes on after so many seconds; one that lives keeps its entries.',
    ),
  }),
  upstream: section({
    timeoutMs: positive(10_000, LONGEST_TIMER_MS).describe(
      'Time limit of one call to a provider, in milliseconds; a step with all its calls may take four times as long, and 48 s at least.',
    ),
    proxy: httpUrl()
      .nullable()
      .default(null)
      .describe('HTTP proxy for the calls to providers, e.g. `http://proxy.example.com:3128`.'),
    noProxy: z
      .array(z.string().refine(isNoProxyEntry, 'expected *, a host name, an address or a CIDR range'))
      .default([])
      .describe(
        'Hosts that are called without the proxy, and all below them: names, `.name`, addresses, CIDR ranges; the variable `NO_PROXY` adds to it.',
      ),
    caFile: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe('PEM file with further certificate authorities to trust in calls to providers.'),
    allowPrivate: z
      .array(z.string().refine(isHostOrRange, 'expected a host name, an address or a CIDR range'))
      .default([])
      .describe('Hosts, addresses or CIDR ranges that may be private, loopback or link-local.'),
  }),
  gitlab: section({
    instances: z
      .array(gitlabInstance)
      .default([])
      .describe(
        'GitLab instances, our own and others; while there is none, tokens of GitLab are looked up at `https://gitlab.com`. A provider may have its own list.',
      ),
    writeBack: z
      .enum(['off', 'comment', 'resolve', 'issue'])
      .default('off')
      .describe(
        'Whether the vulnerability that GitLab reported gets a comment on what became of the leak, and whether it is resolved once the secret is proven dead; or whether one confidential issue of each project (`issue`) says so; for instances with a `writeBackToken`.',
      ),
  }),
};

const KEYS_BEHIND = {
  ignore: orDefault(z.array(ignoreRule()).default([])).describe(
    'What is never touched, such as decoys and examples: a report that fits all that one rule names is only counted.',
  ),
  notify: orDefault(
    z
      .array(notifyItem())
      .default([])
      .refine(namesDiffer, 'expected a different name for each')
      .describe('Who is told when something needs a person.'),
  ),
  log: section({
    level: z.enum(LOG_LEVELS).default('info').describe('Least severity that is logged.'),
  }),
};

/** The schema of the whole configuration, for these providers. Cheap, as it is made of what is there already. */
export function configSchema(definitions: readonly ProviderDefinition[]) {
  const builtInIds = definitions.map(({ id }) => id);
  const keys = z.strictObject({
    ...KEYS_BEFORE,
    providers: orDefault(z.strictObject(providerShape(definitions)).prefault({})),
    types: ownTypes(builtInIds),
    manual: orDefault(manualTypes(definitions)).describe(
      'Types of secrets that no provider takes and that go to a person with instructions: `all`, or a list of type strings.',
    ),
    custom: orDefault(z.record(customId(builtInIds), customProvider).default({})).describe(
      'Own providers without code, each under its id.',
    ),
    ...KEYS_BEHIND,
  });
  return keys.superRefine((config, { issues }) => {
    for (const { path, message } of ambiguousTokens(config)) {
      issues.push({ code: 'custom', message, path: [...path], input: undefined });
    }
    if (shareAPort(config)) {
      const message = 'the port of listen, too; expected one of its own';
      issues.push({ code: 'custom', message, path: ['admin', 'port'], input: undefined });
    }
    if (config.admin.oidc && config.admin.publicUrl === undefined) {
      const message = 'missing; expected the address to which admin.oidc leads people back';
      issues.push({ code: 'custom', message, path: ['admin', 'publicUrl'], input: undefined });
    }
  });
}

const EVERY_ADDRESS: readonly string[] = ['::', '0.0.0.0'];

function shareAPort({
  listen,
  admin,
}: {
  readonly listen: { readonly host: string; readonly port: number };
  readonly admin: { readonly host: string; readonly port: number };
}): boolean {
  // At 0 each takes one that is free.
  if (listen.port !== admin.port || admin.port === 0) return false;
  return listen.host === admin.host || [listen.host, admin.host].some((host) => EVERY_ADDRESS.includes(host));
}

/** The same schema, in which type strings may lead to these keys of `custom`, too. */
export function withCustomIds(
  schema: ReturnType<typeof configSchema>,
  definitions: readonly ProviderDefinition[],
  customIds: readonly string[],
) {
  return schema.safeExtend({ types: ownTypes([...definitions.map(({ id }) => id), ...customIds]) });
}

/**
 * A provider's own keys and the common ones. It may be absent: then it has its defaults, or, where it has keys
 * without one, is not configured.
 */
function providerShape(definitions: readonly ProviderDefinition[]) {
  const entries = definitions.map(({ id, config }): [string, z.ZodType<ProviderConfig | undefined>] => {
    if (!(config instanceof z.ZodObject))
      throw new TypeError(`The configuration of ${id} is no strict object.`);
    const schema: z.ZodType<ProviderConfig> = config.safeExtend(COMMON_PROVIDER_KEYS);
    const worksEmpty = schema.safeParse({}, USED_ONCE).success;
    return [id, orDefault(worksEmpty ? schema.prefault({}) : schema.optional())];
  });
  return Object.fromEntries(entries);
}

/** The schema of `manual` is that of the provider for secrets without an API, which gets the value. */
function manualTypes(definitions: readonly ProviderDefinition[]): z.ZodType<'all' | readonly string[]> {
  const lastResort = definitions.find((definition) => definition.lastResort);
  const own = lastResort && shapeOf(lastResort.config).types;
  return (own ?? z.array(z.never()).default([])) as z.ZodType<'all' | readonly string[]>;
}

function ledger() {
  const keys = z.strictObject({
    url: z
      .string()
      .regex(
        LEDGER_URL,
        `expected ${SQLITE}PATH or redis://, rediss://, redis+sentinel:// or redis+cluster://`,
      )
      .superRefine((url, context) => {
        const message = faultOfLedgerUrl(url);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .default(DEFAULT_LEDGER_URL)
      .describe('`sqlite:PATH`, or Redis: `redis://`, `rediss://`, with `+sentinel` or `+cluster`.'),
    username: z.string().min(1).optional().describe('User name for Redis.'),
    password: secretText().optional().describe('Password for Redis.'),
    sentinelUsername: z
      .string()
      .min(1)
      .optional()
      .describe('User name for the Sentinels, which have users of their own.'),
    sentinelPassword: secretText().optional().describe('Password for the Sentinels.'),
    tls: z
      .strictObject({
        caFile: pemFile('Authority to trust in place of the built-in ones.'),
        certFile: pemFile('Client certificate, with its chain.'),
        keyFile: pemFile('Key of the client certificate.'),
      })
      .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
        message: 'expected certFile and keyFile together',
      })
      .optional()
      .describe('PEM files for `rediss`, read when Quash starts.'),
    partitions: z
      .int()
      .min(1)
      .max(MAX_PARTITIONS)
      .default(1)
      .describe(
        'Hash slots of a Redis Cluster over which entries are spread; fixed when the ledger is made.',
      ),
    keysFile: z
      .string()
      .min(1)
      .optional()
      .meta({ defaultText: '`keys.json` beside the SQLite file' })
      .describe('Key file; must be given with Redis, and be the same for all replicas.'),
    retentionDays: positive(90, 100 * 365).describe(
      'Days for which entries are kept after their end, those that need attention included; what is done or dismissed, after its last report, too. What is held needs attention once nobody has decided for so long.',
    ),
  });
  const fitting = keys
    .refine(({ url, tls }) => !tls || url.startsWith('rediss'), {
      message: 'expected a ledger.url with rediss, as nothing else is encrypted',
      path: ['tls'],
    })
    .refine(
      ({ url, sentinelUsername, sentinelPassword }) => {
        return (!sentinelUsername && !sentinelPassword) || url.includes('+sentinel:');
      },
      { message: 'expected a ledger.url with +sentinel', path: ['sentinelPassword'] },
    )
    .refine(({ url, partitions }) => partitions === 1 || !url.startsWith(SQLITE), {
      message: 'expected 1, as SQLite has nothing to spread over',
      path: ['partitions'],
    });
  const complete = fitting.transform(({ keysFile, ...others }, context) => {
    if (keysFile !== undefined) return { ...others, keysFile };
    if (others.url.startsWith(SQLITE)) return { ...others, keysFile: besideSqlite(others.url) };
    const message = 'missing; expected the path of the key file that all replicas share';
    context.issues.push({ code: 'custom', message, path: ['keysFile'], input: undefined });
    return z.NEVER;
  });
  return orDefault(complete.prefault({}));
}

/** @returns what is wrong with an address that has one of the known schemes */
function faultOfLedgerUrl(url: string): string | undefined {
  if (NO_SQLITE_PATH.test(url)) return `expected the path of a file after ${SQLITE}`;
  if (!url.startsWith('redis')) return undefined;
  try {
    parseRedisUrl(url);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/\.$/, '') : 'not valid';
  }
}

function pemFile(description: string) {
  return z.string().min(1).optional().describe(description);
}

/** Keeps a leading `./`, as it reads better in messages. */
function besideSqlite(url: string): string {
  const folder = dirname(url.slice(SQLITE.length));
  return folder.startsWith('.') ? `${folder}/keys.json` : join(folder, 'keys.json');
}

/** A mapping whose keys all have defaults, so that it may be left out or left empty. */
function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const object = z.strictObject(shape);
  return orDefault(object.prefault({} as z.input<typeof object>));
}

/** The ledger keeps the progress of each channel under its name. */
function namesDiffer(items: readonly NotifyItem[]): boolean {
  return new Set(items.map(channelName)).size === items.length;
}

/** In YAML, a key with nothing after it is null; it means the default. */
function orDefault<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => value ?? undefined, schema);
}

function positive(byDefault: number, max = Number.MAX_SAFE_INTEGER) {
  return z.int().min(1).max(max).default(byDefault);
}

function ownTypes(providerIds: readonly string[]) {
  const owner = z
    .string()
    .refine((id) => providerIds.includes(id), 'expected the id of a provider; `quash providers` lists them');
  return orDefault(z.record(z.string().trim().min(1).toLowerCase(), owner).default({})).describe(
    'Own type strings of scanners, each with the id of the provider that takes it.',
  );
}

function customId(builtInIds: readonly string[]) {
  return z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected an id of small letters, digits and single hyphens')
    .refine((id) => !builtInIds.includes(id), 'expected an id that no built-in provider has');
}
