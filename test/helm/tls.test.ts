import { ConfigMap, Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { faultsOf } from './kubernetes-schemas.ts';
import { all, chartArguments, HELM, helm, only, podsOf, render, WITHOUT_HELM } from './render.ts';

const BOTH = ['tls.api.secretName=quash-api-tls', 'tls.admin.secretName=quash-admin-tls'];

const configOf = (objects: Awaited<ReturnType<typeof render>>) =>
  parse(all(objects, ConfigMap).find(({ data }) => data?.['quash.yaml'])?.data?.['quash.yaml'] ?? '');

describe.skipIf(!HELM)(`ports with certificates${WITHOUT_HELM}`, () => {
  it('are told so to everybody who calls them, on both ledgers', async () => {
    const set = [...BOTH, 'serviceMonitor.enabled=true', 'serviceMonitor.tlsConfig.insecureSkipVerify=true'];
    const files = ['sqlite-values.yaml', 'redis-values.yaml'];
    const rendered = await Promise.all(files.map((values) => render({ values: [values], set })));

    expect(await faultsOf(rendered.flat())).toEqual([]);
    for (const objects of rendered) {
      expect(all(objects, Service).map(({ spec }) => spec?.ports?.[0]?.appProtocol)).toEqual(
        all(objects, Service).map(() => 'https'),
      );
      const serving = podsOf(objects).filter(({ spec }) => spec.containers[0]?.livenessProbe);
      expect(serving.length).toBeGreaterThan(0);
      for (const { spec } of serving) {
        const [container] = spec.containers;
        const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe];
        expect(probes.map((probe) => probe?.httpGet?.scheme)).toEqual(['HTTPS', 'HTTPS', 'HTTPS']);
      }
      const monitor = objects.find(({ kind }) => kind === 'ServiceMonitor');
      expect(monitor).toMatchObject({
        spec: { endpoints: [{ scheme: 'https', tlsConfig: { insecureSkipVerify: true } }] },
      });
      const test = podsOf(objects).find(({ owner }) => owner === 'Pod/rel-quash-test');
      expect(test?.spec.containers[0]?.args).toContain(
        'https://rel-quash-api.security.svc/v1/revocable_token_types',
      );
    }
  });

  it('have the files of their Secrets, which are in no other pod and follow a renewal', async () => {
    const objects = await render({ set: [...BOTH, 'tls.admin.clientCa=true'] });

    expect(configOf(objects)).toMatchObject({
      listen: { tls: { certFile: '/run/tls/api/tls.crt', keyFile: '/run/tls/api/tls.key' } },
      admin: { tls: { keyFile: '/run/tls/admin/tls.key', clientCaFile: '/run/tls/admin/ca.crt' } },
    });
    for (const { owner, spec } of podsOf(objects)) {
      const volumes = spec.volumes?.filter(({ name }) => name.startsWith('tls-')) ?? [];
      const mounts = spec.containers[0]?.volumeMounts?.filter(({ name }) => name.startsWith('tls-')) ?? [];
      const serves = owner.startsWith('StatefulSet');
      expect([owner, volumes.map(({ secret }) => secret)]).toEqual([
        owner,
        serves
          ? [
              { secretName: 'quash-admin-tls', defaultMode: 0o400 },
              { secretName: 'quash-api-tls', defaultMode: 0o400 },
            ]
          : [],
      ]);
      // Of a single file that is mounted by itself, Kubernetes brings no renewal.
      expect(mounts.filter(({ subPath }) => subPath !== undefined)).toEqual([]);
      expect(mounts.map(({ mountPath }) => mountPath)).toEqual(
        serves ? ['/run/tls/admin', '/run/tls/api'] : [],
      );
    }
  });

  it('may be those of the configuration itself', async () => {
    const set = ['config.admin.tls.certFile=/etc/x.crt', 'config.admin.tls.keyFile=/etc/x.key'];
    const objects = await render({ set });
    const schemes = podsOf(objects).map(({ spec }) => spec.containers[0]?.livenessProbe?.httpGet?.scheme);
    expect(schemes.filter(Boolean)).toEqual(['HTTPS']);
    const both = helm('template', ...chartArguments({ set: [...set, ...BOTH] }));
    await expect(both).rejects.toThrow('config.admin.tls and tls.admin.secretName: give one of them');
  });

  it('that want certificates of callers are not tried by `helm test`, which has none', async () => {
    const objects = await render({ set: [...BOTH, 'tls.api.clientCa=true'] });
    expect(podsOf(objects).map(({ owner }) => owner)).not.toContain('Pod/rel-quash-test');
  });
});

describe.skipIf(!HELM)(`ports without certificates${WITHOUT_HELM}`, () => {
  it('are called by HTTP, over IPv6 and IPv4', async () => {
    const objects = await render();
    expect(configOf(objects)).toMatchObject({ listen: { host: '::' }, admin: { host: '::' } });
    expect(configOf(objects).listen.tls).toBeUndefined();
    expect(all(objects, Service).every(({ spec }) => spec?.ports?.[0]?.appProtocol === 'http')).toBe(true);
    expect(only(objects, ConfigMap).metadata?.name).toBe('rel-quash-config');
  });
});
