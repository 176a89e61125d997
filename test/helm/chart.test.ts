import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generate } from '../../helm/generate.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { temporaryFolder } from '../support/temporary-folder.ts';
import { faultsOf } from './kubernetes-schemas.ts';
import {
  CHART,
  chartArguments,
  HELM,
  helm,
  type RenderOptions,
  render,
  VALUES,
  WITHOUT_HELM,
} from './render.ts';

describe('the files of the chart', () => {
  it('are the ones that the comments in values.yaml generate; if not, run "npm run docs:chart"', () => {
    for (const [name, content] of generate()) expect(readFileSync(join(CHART, name), 'utf8')).toBe(content);
  });

  it('are of the version of the service', () => {
    const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'));
    expect([chart.version, chart.appVersion]).toEqual([packageJson.version, packageJson.version]);
  });
});

describe.skipIf(!HELM)(`helm${WITHOUT_HELM}`, () => {
  it.each(VALUES)('lints the chart without a warning: %s', async (values) => {
    const output = await helm('lint', '--strict', CHART, '--values', join(CHART, 'ci', values));
    expect(output).toContain('0 chart(s) failed');
  });

  it('renders objects that Kubernetes takes, of all values', async () => {
    const rendered = await Promise.all(VALUES.map((values) => render({ values: [values] })));
    for (const objects of rendered) expect(objects.length).toBeGreaterThanOrEqual(5);
    expect(await faultsOf(rendered.flat())).toEqual([]);
  });

  it('packages the chart without what makes and tests it', async () => {
    const folder = temporaryFolder();
    await helm('package', CHART, '--destination', folder);
    const archive = join(folder, `quash-${packageJson.version}.tgz`);
    const files = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trim().split('\n');
    expect(files).toEqual(
      expect.arrayContaining(['quash/README.md', 'quash/values.schema.json', 'quash/dashboards/quash.json']),
    );
    expect(files.filter((file) => /\.ts$|tmpl$|\/ci\//.test(file))).toEqual([]);
  });
});

describe.skipIf(!HELM)(`what judges the objects${WITHOUT_HELM}`, () => {
  const metadata = { name: 'x' };

  it('refuses an unknown kind, a wrong value, and an unknown key at any depth', async () => {
    const unknown = { apiVersion: 'v1', kind: 'Nonsense', metadata };
    const wrong = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 'api' }] } };
    const containers = [{ name: 'a', nonsense: 1 }];
    const deep = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } };

    const faults = await faultsOf([unknown, wrong, deep]);

    expect(faults).toContain('v1 Nonsense x: unknown kind');
    expect(faults.join()).toContain('port must be integer');
    expect(faults.join()).toContain(`'"nonsense"' does not exist in type`);
  });
});

const SQLITE = 'sqlite-values.yaml';
const REDIS = 'redis-values.yaml';
const NO_SCHEMA = ['--skip-schema-validation'];

/** The schema tells all that is wrong with some values at once. */
const REFUSED_BY_SCHEMA: readonly (readonly [what: string, setting: string, message: string])[] = [
  ['an unknown key', 'nonsense=1', "at '': additional properties 'nonsense' not allowed"],
  [
    'an unknown key below another',
    'image.nonsense=1',
    "/image': additional properties 'nonsense' not allowed",
  ],
  ['a value of a wrong type', 'service.port=http', "/service/port': got string, want integer"],
  ['two replicas on SQLite', 'replicas=2', "/replicas': maximum: got 2, want 1"],
  ['autoscaling on SQLite', 'autoscaling.enabled=true', "/autoscaling/enabled': value must be false"],
  [
    'autoscaling of workers on SQLite',
    'worker.autoscaling.enabled=true',
    "/worker/autoscaling/enabled': value must be false",
  ],
  ['a misspelt part of the configuration', 'config.lisen.port=1', "'lisen' not allowed"],
  [
    'a misspelt key of a provider',
    'config.providers.slack.enabld=true',
    "/config/providers/slack': additional properties 'enabld' not allowed",
  ],
  ['an unknown provider', 'config.providers.slak.enabled=true', "'slak' not allowed"],
  [
    'a wrong value of a key that all providers have',
    'config.providers.slack.mode=of',
    "/config/providers/slack/mode': value must be one of 'revoke', 'hold', 'dry-run'",
  ],
  ['a port that is none', 'config.listen.port=http', "/config/listen/port': got string"],
  [
    'an instance without its address',
    'config.gitlab.instances[0].readTokenFile=/run/x',
    "/config/gitlab/instances/0': missing property 'url'",
  ],
  ['a digest that is none', 'image.digest=latest', "/image/digest'"],
];

const REFUSED: readonly (readonly [what: string, options: RenderOptions, message: string])[] = [
  ['no Secret', { values: [] }, 'existingSecret is empty: make a Secret first'],
  [
    'two replicas on SQLite, by the template',
    { set: ['replicas=2'], args: NO_SCHEMA },
    'SQLite serves one pod only',
  ],
  [
    'autoscaling on SQLite, by the template',
    { set: ['autoscaling.enabled=true'], args: NO_SCHEMA },
    'autoscaling: SQLite serves one pod only',
  ],
  ['SQLite beside the volume', { set: ['config.ledger.url=sqlite:./quash.db'] }, 'must be below /data'],
  [
    'no ledger',
    { set: ['config.ledger.url='], args: NO_SCHEMA },
    'config.ledger.url is empty: give sqlite:/data/quash.db',
  ],
  ['a ledger that is none', { set: ['config.ledger.url=mysql://db'] }, '/config/ledger/url'],
  ['no image', { set: ['image.repository='] }, 'docker push REGISTRY/quash:'],
  ...['r.example.com:5000/quash:0.2.0', 'quash@sha256:0123'].map(
    (repository) =>
      [
        `a tag or digest in ${repository}`,
        { set: [`image.repository=${repository}`] },
        'expected no tag and no digest; give these as image.tag and image.digest',
      ] as const,
  ),
  [
    'an admin port that no probe reaches',
    { set: ['config.admin.host=127.0.0.1'] },
    'config.admin.host must be',
  ],
  ['an API that no Service reaches', { set: ['config.listen.host=localhost'] }, 'config.listen.host must be'],
  ['an Ingress without a host', { set: ['ingress.enabled=true'] }, 'ingress.hosts is empty'],
  ['an HTTPRoute without a Gateway', { set: ['httpRoute.enabled=true'] }, 'httpRoute.parentRefs is empty'],
  [
    'settings for a GitLab nowhere',
    { set: ['gitlabSettings.apply=true'] },
    'gitlabSettings.gitlabUrl is empty',
  ],
];

const SECRET = 'hunter2-hunter2-hunter2';
const LEAKS_IN_SCHEMA: readonly (readonly [setting: string, message: string])[] = [
  [`config.auth.tokens[0]=${SECRET}`, "/config/auth/tokens/0': value must be 'not given here"],
  [`config.auth.tokens[1].token=${SECRET}`, 'use tokenFile'],
  [`config.ledger.password=${SECRET}`, "/config/ledger/password': value must be 'not given here"],
  [`config.gitlab.instances[0].adminToken=${SECRET}`, 'use adminTokenFile'],
  [`config.gitlab.instances[0].hookTokens[0]=${SECRET}`, 'use hookTokensFile'],
  [`config.admin.token=${SECRET}`, "'token' not allowed"],
  [`config.providers.gocd.servers[0].password=${SECRET}`, "/password': value must be 'not given here"],
  [`config.custom.acme.secrets.key=${SECRET}`, "does not match pattern 'File$'"],
];
const LEAKS: readonly (readonly [setting: string, message: string])[] = [
  [`config.ledger.url=redis://:${SECRET}@redis`, 'set config.ledger.passwordFile'],
  [`config.upstream.proxy=http://me:${SECRET}@proxy`, 'config.upstream.proxy holds credentials'],
  [`env.QUASH_AUTH__TOKENS=${SECRET}`, 'env.QUASH_AUTH__TOKENS: settings belong in config'],
  [
    `extraEnv[0].name=QUASH_AUTH__TOKENS,extraEnv[0].value=${SECRET}`,
    'extraEnv: QUASH_AUTH__TOKENS: settings belong in config',
  ],
];

function refusalOf(options: RenderOptions): Promise<string> {
  return render(options).then(
    () => 'nothing was refused',
    ({ message }) => String(message),
  );
}

describe.skipIf(!HELM)(`values${WITHOUT_HELM}`, () => {
  it.each(REFUSED)('are refused: %s', async (_what, options, message) => {
    await expect(render(options)).rejects.toThrow(message);
  });

  describe('that the schema refuses', () => {
    let refusal: string;
    let refusalOfSecrets: string;

    beforeAll(async () => {
      const secrets = LEAKS_IN_SCHEMA.map(([setting]) => setting);
      [refusal, refusalOfSecrets] = await Promise.all([
        refusalOf({ set: REFUSED_BY_SCHEMA.map(([, setting]) => setting) }),
        refusalOf({ values: [REDIS], set: secrets }),
      ]);
    });

    it.each(REFUSED_BY_SCHEMA)('have %s', (_what, _setting, message) => {
      expect(refusal).toContain(message);
    });

    it.each(LEAKS_IN_SCHEMA)('would show a secret: %s', (_setting, message) => {
      expect(refusalOfSecrets).toContain(message);
      expect(refusalOfSecrets).not.toContain(SECRET);
    });
  });

  it.each(LEAKS)('are refused where a secret would be seen: %s', async (setting, message) => {
    const refusal = await refusalOf({ values: [REDIS], set: [setting] });
    expect(refusal).toContain(message);
    expect(refusal).not.toContain(SECRET);
  });

  it('are free where a chart is part of another one', async () => {
    await expect(render({ set: ['global.nonsense=1'] })).resolves.not.toEqual([]);
  });
});

describe.skipIf(!HELM)(`the notes${WITHOUT_HELM}`, () => {
  const notes = (options: RenderOptions) => helm('install', ...chartArguments(options), '--dry-run=client');

  it('give the settings of GitLab with the addresses, and say that private ones are refused', async () => {
    const output = await notes({ values: [SQLITE] });
    const url = 'http://rel-quash-api.security.svc';
    expect(output).toMatch(/secret_detection_token_revocation_enabled +true/);
    expect(output).toContain(`secret_detection_token_revocation_url         ${url}/v1/revoke_tokens`);
    expect(output).toContain(`secret_detection_revocation_token_types_url   ${url}/v1/revocable_token_types`);
    expect(output).toContain('secret_detection_token_revocation_token ');
    expect(output).toContain('NO PRIVATE ADDRESS');
    expect(output).toContain('exec --namespace security sts/rel-quash-server');
  });

  it("give the address below GitLab's own host", async () => {
    const output = await notes({ values: ['sqlite-full-values.yaml'], set: ['gitlabSettings.apply=false'] });
    expect(output).toContain(' https://gitlab.example.com/revocation_service/v1/revoke_tokens');
    expect(output).toContain("That is GitLab's own host");
    expect(output).not.toContain('NO PRIVATE ADDRESS');
  });
});
