import { StatefulSet } from 'kubernetes-models/apps/v1';
import { Secret } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { all, argumentAfter, HELM, only, podsOf, render, VALUES, WITHOUT_HELM } from './render.ts';

const SQLITE = { values: ['sqlite-values.yaml'] };
const SQLITE_FULL = { values: ['sqlite-full-values.yaml'] };
const REDIS = { values: ['redis-values.yaml'] };
const REDIS_FULL = { values: ['redis-full-values.yaml'] };

describe.skipIf(!HELM)(`pods${WITHOUT_HELM}`, () => {
  it.each(VALUES)('can do nothing that they need not: %s', async (values) => {
    for (const { owner, spec } of podsOf(await render({ values: [values] }))) {
      expect([owner, spec.automountServiceAccountToken]).toEqual([owner, false]);
      expect([owner, spec.hostNetwork, spec.hostPID, spec.hostIPC]).toEqual([
        owner,
        undefined,
        undefined,
        undefined,
      ]);
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        fsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(spec.containers).toHaveLength(1);
      expect(spec.containers[0]?.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it.each(VALUES)('get secrets as files only: %s', async (values) => {
    const objects = await render({ values: [values] });
    expect(all(objects, Secret)).toEqual([]);
    for (const { owner, spec } of podsOf(objects)) {
      const [container] = spec.containers;
      expect([owner, container?.envFrom]).toEqual([owner, undefined]);
      expect((container?.env ?? []).filter(({ valueFrom }) => valueFrom !== undefined)).toEqual([]);
      expect((container?.env ?? []).filter(({ name }) => name.startsWith('QUASH_'))).toEqual([
        { name: 'QUASH_CONFIG', value: '/etc/quash/quash.yaml' },
      ]);
      const mount = container?.volumeMounts?.find(({ mountPath }) => mountPath === '/run/secrets/quash');
      expect([owner, mount]).toEqual([
        owner,
        { name: 'secrets', mountPath: '/run/secrets/quash', readOnly: true },
      ]);
    }
  });

  it('see the keys of all Secrets in one folder, for their owner only', async () => {
    for (const { spec } of podsOf(await render(SQLITE_FULL))) {
      expect(spec.volumes?.find(({ name }) => name === 'secrets')?.projected).toEqual({
        defaultMode: 0o400,
        sources: [{ secret: { name: 'quash' } }, { secret: { name: 'quash-providers' } }],
      });
    }
  });

  it('get tokens of their service account as files, where that is asked for', async () => {
    const set = [
      ...['serviceAccount.tokens[0].path=cluster', 'serviceAccount.tokens[1].path=google'],
      ...['serviceAccount.tokens[1].audience=gcp', 'serviceAccount.tokens[1].expirationSeconds=3600'],
    ];
    for (const { spec } of podsOf(await render({ ...REDIS, set }))) {
      expect(spec.automountServiceAccountToken).toBe(false);
      expect(spec.volumes?.find(({ name }) => name === 'tokens')?.projected).toEqual({
        defaultMode: 0o400,
        sources: [
          { serviceAccountToken: { path: 'cluster' } },
          { serviceAccountToken: { path: 'google', audience: 'gcp', expirationSeconds: 3600 } },
        ],
      });
      const mount = { name: 'tokens', mountPath: '/run/secrets/tokens', readOnly: true };
      expect(spec.containers[0]?.volumeMounts).toContainEqual(mount);
    }
    for (const { spec } of podsOf(await render(REDIS))) {
      expect(spec.volumes?.map(({ name }) => name)).not.toContain('tokens');
    }
    const short = { ...REDIS, set: [...set, 'serviceAccount.tokens[0].expirationSeconds=60'] };
    await expect(render(short)).rejects.toThrow('expirationSeconds');
  });

  it('start again when the configuration changes, and only then', async () => {
    const checksums = async (set: readonly string[]) => {
      const services = podsOf(await render({ ...REDIS, set })).filter(({ owner }) =>
        owner.startsWith('Deployment/'),
      );
      return services.map(({ annotations }) => annotations['checksum/config']);
    };
    const before = await checksums([]);
    expect(before[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await checksums(['service.port=81'])).toEqual(before);
    expect((await checksums(['config.log.level=debug'])).some((sum) => before.includes(sum))).toBe(false);
  });

  it.each([SQLITE, REDIS, REDIS_FULL])('have time to end in good order: %j', async (options) => {
    for (const { owner, spec } of podsOf(await render(options))) {
      if (!/^(Deployment|StatefulSet)/.test(owner)) continue;
      const [container] = spec.containers;
      const drain = container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
      const grace = Number(argumentAfter(container, '--grace'));
      expect(drain).toBeGreaterThan(0);
      expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(drain + grace);
    }
  });

  it.each([SQLITE, REDIS])('are probed at the admin port: %j', async (options) => {
    for (const { owner, spec } of podsOf(await render(options))) {
      if (!/^(Deployment|StatefulSet)/.test(owner)) continue;
      const [container] = spec.containers;
      expect(container?.startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'admin', scheme: 'HTTP' });
      expect(container?.livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'admin', scheme: 'HTTP' });
      expect(container?.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'admin', scheme: 'HTTP' });
      expect(container?.ports).toContainEqual({ name: 'admin', containerPort: 9090 });
    }
  });

  it('use the image by digest, by tag, or by the version of the chart', async () => {
    const image = async (set: readonly string[]) =>
      only(await render({ set }), StatefulSet).spec?.template.spec?.containers[0]?.image;
    const digest = `sha256:${'ab'.repeat(32)}`;
    expect(await image([])).toBe(`registry.example.com/quash:${packageJson.version}`);
    expect(await image(['image.tag=1.2.3', 'image.repository=r.example.com/q'])).toBe(
      'r.example.com/q:1.2.3',
    );
    expect(await image(['image.tag=1.2.3', `image.digest=${digest}`])).toBe(
      `registry.example.com/quash@${digest}`,
    );
  });
});
