/** What the chart renders, run by the real service. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { ConfigMap, type IContainer, Pod } from 'kubernetes-models/v1';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { outputOf } from '../support/child.ts';
import { type QuashProcess, startQuash, startQuashOfGitlab } from '../support/quash-process.ts';
import { redisAvailable, startRedis } from '../support/redis-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  all,
  CHART,
  HELM,
  type KubernetesObject,
  only,
  type RenderOptions,
  render,
  WITHOUT_HELM,
} from './render.ts';

const BIN = resolve(import.meta.dirname, '../../src/bin.js');
const TOKEN = 'pre-shared-token-of-the-tests';
const ADMIN_TOKEN = ['gl', 'pat-', 'a'.repeat(20)].join('');

/** A folder in place of the pods' file system. */
class FileSystem {
  readonly root = temporaryFolder();
  readonly objects: readonly KubernetesObject[];

  constructor(objects: readonly KubernetesObject[], secrets: Readonly<Record<string, string>>) {
    this.objects = objects;
    for (const folder of ['data', 'secrets', 'etc']) mkdirSync(join(this.root, folder));
    for (const [name, content] of Object.entries(secrets))
      writeFileSync(join(this.root, 'secrets', name), content);
    const config = all(objects, ConfigMap).find(({ metadata }) => metadata.name.endsWith('-config'));
    writeFileSync(join(this.root, 'etc', 'quash.yaml'), this.here(config?.data?.['quash.yaml'] ?? ''));
  }

  /** The text with the pods' paths turned into those below the folder. */
  here(text: string): string {
    return text
      .replaceAll('/run/secrets/quash', join(this.root, 'secrets'))
      .replaceAll('sqlite:/data/', `sqlite:${join(this.root, 'data')}/`)
      .replaceAll('/app/src/bin.js', BIN);
  }

  environment(container: IContainer): Record<string, string> {
    const given = (container.env ?? []).map(({ name, value = '' }) => [name, this.here(value)]);
    return { ...Object.fromEntries(given), QUASH_CONFIG: join(this.root, 'etc', 'quash.yaml') };
  }

  /**
   * Starts the service as the container does, on free loopback ports.
   * @param starting with all providers, where the values name some
   */
  async start(container: IContainer | undefined, starting = startQuashOfGitlab): Promise<QuashProcess> {
    if (container?.args?.[0] !== 'serve') throw new Error('The container does not serve.');
    const env = { ...this.environment(container), QUASH_ADMIN__HOST: '127.0.0.1' };
    const quash = await starting({ cwd: this.root, env, args: container.args.slice(1) });
    onTestFinished(async () => void (await quash.end('SIGTERM')));
    return quash;
  }

  /** Runs a hook's container to its end; `replace` turns its arguments into those of this test. */
  async hook(container: IContainer | undefined, replace: (argument: string) => string = (same) => same) {
    const [command, ...args] = [...(container?.command ?? []), ...(container?.args ?? [])];
    if (command !== 'node' || !container) throw new Error('The hook does not run Node.js.');
    const env = { PATH: process.env.PATH, ...this.environment(container) };
    return outputOf(
      process.execPath,
      args.map((argument) => replace(this.here(argument))),
      { cwd: this.root, env },
    );
  }
}

/** As the README has them made. */
function keysFile(): string {
  const readme = readFileSync(join(CHART, 'README.md'), 'utf8');
  const recipe = /```sh\n(key\(\) [\s\S]*?)```/.exec(readme)?.[1] ?? 'exit 1';
  const cwd = temporaryFolder();
  execFileSync('sh', ['-eu', '-c', recipe], { cwd });
  return readFileSync(join(cwd, 'keys.json'), 'utf8');
}

async function install(options: RenderOptions, secrets: Readonly<Record<string, string>> = {}) {
  const tokens = {
    'gitlab-token': `${TOKEN}\nthe-token-before-that-one\n`,
    'admin-token': 'admin-token-of-the-tests',
  };
  return new FileSystem(await render(options), { ...tokens, ...secrets });
}

function report(quash: QuashProcess, path = ''): Promise<Response> {
  return fetch(`${quash.apiUrl}${path}/v1/revoke_tokens`, {
    method: 'POST',
    headers: { authorization: TOKEN, 'content-type': 'application/json' },
    body: '[]',
  });
}

describe.skipIf(!HELM)(`a release on SQLite${WITHOUT_HELM}`, () => {
  it('serves GitLab with the default values, and "helm test" says so, or that its token is another one', async () => {
    const files = await install({ values: ['sqlite-values.yaml'] });
    const quash = await files.start(only(files.objects, StatefulSet).spec?.template.spec?.containers[0]);
    expect((await report(quash)).status).toBe(204);
    expect((await fetch(`${quash.adminUrl}/readyz`)).status).toBe(200);

    const [test] = only(files.objects, Pod).spec?.containers ?? [];
    const helmTest = () =>
      files.hook(test, (argument) => argument.replace('http://rel-quash-api.security.svc', quash.apiUrl));
    expect(await helmTest()).toMatch(/revocable_token_types advertises \d+ types\./);

    writeFileSync(join(files.root, 'secrets', 'gitlab-token'), 'another-token-than-before');
    await expect(helmTest()).rejects.toThrow(/ ended with 1: .*answered 401/);
  });

  it('takes all that may be configured, has the metrics of alerts and dashboard, and the Job connects GitLab', async () => {
    const gitlab = await startFakeGitlab({ adminToken: ADMIN_TOKEN });
    onTestFinished(() => gitlab.close());
    const files = await install(
      { values: ['sqlite-full-values.yaml'] },
      { 'gitlab-admin-token': ADMIN_TOKEN, 'gocd-password': 'x', 'ca.pem': '' },
    );
    const [container] = only(files.objects, StatefulSet).spec?.template.spec?.containers ?? [];
    const quash = await files.start(container, startQuash);
    expect((await report(quash, '/revocation_service')).status).toBe(204);
    const scraped = await (await fetch(`${quash.adminUrl}/metrics`)).text();
    const asked = JSON.stringify(files.objects).match(/\bquash_[a-z]+_[a-z_]+/g) ?? [];
    const missing = asked.filter((name) => !scraped.includes(`# TYPE ${name.replace(/_bucket$/, '')} `));
    expect([asked.length > 10, [...new Set(missing)]]).toEqual([true, []]);

    const [job] = only(files.objects, Job).spec?.template.spec?.containers ?? [];
    await files.hook(job, (argument) => (argument === 'https://gitlab.example.com' ? gitlab.url : argument));
    const url = 'https://gitlab.example.com/revocation_service/v1';
    expect(gitlab.applicationSettings).toMatchObject({
      secret_detection_token_revocation_enabled: true,
      secret_detection_token_revocation_url: `${url}/revoke_tokens`,
      secret_detection_revocation_token_types_url: `${url}/revocable_token_types`,
      secret_detection_token_revocation_token: TOKEN,
    });
  });
});

const skipRedis = !HELM || !redisAvailable();
describe.skipIf(skipRedis)(
  `a release on Redis${skipRedis ? ' (skipped: no helm or redis-server)' : ''}`,
  () => {
    it('serves GitLab with API and workers apart, and the key file made as the README says', async () => {
      const redis = await startRedis({ args: ['--requirepass', 'redis-password-of-the-tests'] });
      onTestFinished(() => redis.stop());
      const files = await install(
        { values: ['redis-values.yaml'], set: [`config.ledger.url=${redis.url}`] },
        { 'redis-password': 'redis-password-of-the-tests\n', 'keys.json': keysFile() },
      );
      const containers = all(files.objects, Deployment).map(({ spec }) => spec?.template.spec?.containers[0]);
      const [api, worker] = await Promise.all(containers.map((container) => files.start(container)));
      if (!api || !worker) throw new Error('There are not two Deployments.');
      expect((await report(api)).status).toBe(204);
      expect(worker.apiUrl).toBe('none');
      for (const { adminUrl } of [api, worker]) expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
    });
  },
);
