/** The world of `quash demo`: a GitLab, a GoCD server and a Quash beside them, all on this machine's loopback. */
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { startFakeGitlab } from '../fakes/gitlab.ts';
import { createGitlabClient, type Finding, findings } from '../fakes/gitlab-client.ts';
import { startFakeGocd } from '../fakes/gocd.ts';
import type { Observe } from '../observe/events.ts';
import type { ProviderDefinition } from '../provider/provider.ts';
import { startService } from '../service.ts';
import { createKeys } from '../vault/keys.ts';
import { Vault } from '../vault/seal.ts';
import { Secret } from '../words/secret.ts';
import { createProviders } from './setup.ts';

/** A token of the story. */
export interface Character {
  readonly name: string;
  readonly provider: string;
  readonly token: string;
  /** As it was found in the repository; absent for a token that was not leaked. */
  readonly found?: readonly Finding[];
  readonly isDead: () => boolean;
  readonly shouldDie: boolean;
}

export interface World {
  readonly characters: readonly Character[];
  readonly gitlabUrl: string;
  readonly adminToken: string;
  readonly gocdUrl: string;
  readonly gocdPassword: string;
  close(): Promise<void>;
}

/** Short enough to watch, long enough to tell a token in constant use from one that Quash alone has used. */
const FLUSH_SECONDS = 2;
const FAKE_FLUSH_MS = 500;
const CONSTANT_USE_MS = 300;
const PASSWORD = 'demo-password';

const GITLAB = 'gitleaks_rule_id_gitlab';

export async function createWorld(): Promise<World> {
  const adminToken = `${'gl'}pat-${'demo-admin-token-0123'.slice(0, 20)}`;
  const gitlab = await startFakeGitlab({ adminToken });
  const users = [
    { name: 'quash', password: PASSWORD, admin: true },
    { name: 'ada', password: 'not used' },
  ];
  const gocdServer = await startFakeGocd({ users, flushMs: FAKE_FLUSH_MS });

  const personal = gitlab.addToken('personal');
  const deploy = gitlab.addToken('deploy');
  const runner = gitlab.addToken('runner');
  const runnerValue = runner.value;
  const [leaked, busy, idle] = [1, 2, 3].map(() => gocdServer.createToken('ada')) as [Row, Row, Row];
  const stopUsing = gocdServer.startUsing(busy.plaintext, CONSTANT_USE_MS);
  const isRevoked = ({ id }: Row) => typeof gocdServer.token(id)?.revokedAt === 'number';

  return {
    gitlabUrl: gitlab.url,
    adminToken,
    gocdUrl: gocdServer.url,
    gocdPassword: PASSWORD,
    characters: [
      {
        name: "a developer's GitLab access token",
        provider: 'gitlab',
        token: personal.value,
        found: found(2, `${GITLAB}_personal_access_token`, personal.value, 'quoted'),
        isDead: () => personal.revoked,
        shouldDie: true,
      },
      {
        name: 'a GitLab deploy token',
        provider: 'gitlab',
        token: deploy.value,
        found: found(1, `${GITLAB}_deploy_token`, deploy.value),
        isDead: () => deploy.revoked,
        shouldDie: true,
      },
      {
        name: 'a GitLab runner token',
        provider: 'gitlab',
        token: runnerValue,
        found: found(1, `${GITLAB}_runner_auth_token`, runnerValue),
        isDead: () => runner.value !== runnerValue,
        shouldDie: false,
      },
      {
        name: "one of Ada's three GoCD tokens",
        provider: 'gocd',
        token: leaked.plaintext,
        found: found(1, 'gitleaks_rule_id_gocd_access_token', leaked.plaintext, 'trailing-comma'),
        isDead: () => isRevoked(leaked),
        shouldDie: true,
      },
      {
        name: "Ada's second GoCD token, in constant use by a build",
        provider: 'gocd',
        token: busy.plaintext,
        isDead: () => isRevoked(busy),
        shouldDie: false,
      },
      {
        name: "Ada's third GoCD token, unused",
        provider: 'gocd',
        token: idle.plaintext,
        isDead: () => isRevoked(idle),
        shouldDie: false,
      },
    ],
    async close() {
      stopUsing();
      await Promise.all([gitlab.close(), gocdServer.close()]);
    },
  };
}

type Row = ReturnType<Awaited<ReturnType<typeof startFakeGocd>>['createToken']>;

function found(
  count: number,
  type: string,
  token: string,
  around: 'bare' | 'quoted' | 'trailing-comma' = 'bare',
) {
  return findings(count, { type, token: () => token, around, withVulnerability: true });
}

export interface DemoQuash {
  readonly adminUrl: string;
  /** Signs in to the dashboard, as `operator`. */
  readonly operatorToken: string;
  /** GitLab's side of the connection. */
  report(found: readonly Finding[]): ReturnType<ReturnType<typeof createGitlabClient>['report']>;
  /** The id of the entry that this character's token becomes. */
  idOf(character: Character): string;
  close(): Promise<void>;
}

/** A whole Quash over SQLite in `folder`, configured as an operator would. */
export async function createQuash(
  world: World,
  folder: string,
  definitions: readonly ProviderDefinition[],
  observe: Observe,
): Promise<DemoQuash> {
  const { loadConfig } = await import('../config/load.ts');
  const token = 'demo-token-shared-with-gitlab';
  const operatorToken = 'demo-token-of-an-operator';
  const setup = loadConfig({
    env: environment(world, folder, { token, operatorToken }),
    cwd: folder,
    definitions,
  });
  const keys = await createKeys(join(folder, 'keys.json'));
  const providers = createProviders({ ...setup, definitions }, { cwd: folder });
  const config: Config = setup.config;
  const service = await startService({ config, providers, keys, role: 'all', observe });
  const vault = new Vault(keys);
  const client = createGitlabClient({
    typesUrl: `${service.apiUrl}/v1/revocable_token_types`,
    revokeUrl: `${service.apiUrl}/v1/revoke_tokens`,
    token,
    maxRetries: 0,
  });
  return {
    adminUrl: service.adminUrl,
    operatorToken,
    report: (elements) => client.report(elements),
    idOf: (character) => vault.fingerprint(character.provider, new Secret(character.token)),
    close: () => service.stop(1_000),
  };
}

function environment(
  world: World,
  folder: string,
  { token, operatorToken }: { readonly token: string; readonly operatorToken: string },
): Record<string, string> {
  const server = {
    url: world.gocdUrl,
    username: 'quash',
    password: world.gocdPassword,
    flushSeconds: FLUSH_SECONDS,
  };
  return {
    QUASH_LISTEN__HOST: '127.0.0.1',
    QUASH_LISTEN__PORT: '0',
    QUASH_ADMIN__PORT: '0',
    QUASH_ADMIN__TOKENS: operatorToken,
    QUASH_AUTH__TOKENS: token,
    QUASH_LEDGER__URL: `sqlite:${join(folder, 'quash.db')}`,
    QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
    QUASH_GITLAB__INSTANCES: JSON.stringify([{ url: world.gitlabUrl, adminToken: world.adminToken }]),
    QUASH_PROVIDERS__GOCD__SERVERS: JSON.stringify([server]),
  };
}
