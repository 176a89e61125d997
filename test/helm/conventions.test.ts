/** What people know from other charts works here, too. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { faultsOf } from './kubernetes-schemas.ts';
import { all, argumentAfter, CHART, HELM, only, podsOf, render, WITHOUT_HELM } from './render.ts';

const FULL = ['sqlite-full-values.yaml', 'redis-full-values.yaml'];

const containerOf = async (given: Readonly<Record<string, unknown>>) =>
  only(await render({ given }), StatefulSet).spec?.template.spec?.containers[0];

describe.skipIf(!HELM)(`values as in other charts${WITHOUT_HELM}`, () => {
  it.each([
    ['its own registry', { image: { registry: 'r.example.com', repository: 'quash' } }],
    [
      'the registry of all charts',
      { global: { imageRegistry: 'r.example.com' }, image: { repository: 'quash' } },
    ],
    [
      'the registry of all charts before its own',
      {
        global: { imageRegistry: 'r.example.com' },
        image: { registry: 'other.example.com', repository: 'quash' },
      },
    ],
  ])('take the image from %s', async (_, given) => {
    expect((await containerOf(given))?.image).toBe(`r.example.com/quash:${packageJson.version}`);
  });

  it('pull with the Secrets of all charts and with their own', async () => {
    const given = { imagePullSecrets: [{ name: 'own' }], global: { imagePullSecrets: [{ name: 'all' }] } };
    for (const { spec } of podsOf(await render({ given })))
      expect(spec.imagePullSecrets).toEqual([{ name: 'own' }, { name: 'all' }]);
  });

  it('add variables to every container of the chart, and containers before and beside the service', async () => {
    const extraEnv = [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }];
    const envFrom = [{ configMapRef: { name: 'proxy' } }];
    const container = (name: string) => ({ name, image: 'r.example.com/other:1' });
    const more = { initContainers: [container('first')], sidecars: [container('beside')] };
    const given = { extraEnv, envFrom, ...more };
    const objects = await render({ values: ['sqlite-full-values.yaml'], given });

    const pods = podsOf(objects);
    expect(pods.map(({ owner }) => owner)).toHaveLength(3);
    for (const { owner, spec } of pods) {
      expect([owner, spec.containers[0]?.env?.at(-1)]).toEqual([owner, extraEnv[0]]);
      expect([owner, spec.containers[0]?.envFrom]).toEqual([owner, envFrom]);
    }
    const { spec } = only(objects, StatefulSet).spec?.template ?? {};
    expect(spec?.initContainers).toEqual(more.initContainers);
    expect(spec?.containers.map(({ name }) => name)).toEqual(['quash', 'beside']);
    expect(await faultsOf(objects)).toEqual([]);
  });

  it('add objects, in which templates are filled in', async () => {
    const metadata = { name: '{{ include "quash.fullname" . }}-extra' };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "{{ .Release.Namespace }}-text"\n';
    const names = all(await render({ given: { extraObjects: [object, text] } }), ConfigMap).map(
      ({ metadata: { name } }) => name,
    );
    expect(names).toEqual(expect.arrayContaining(['rel-quash-extra', 'security-text']));
  });

  it.each(FULL)(
    'label and annotate every object and the pods of the service, but nothing that may never change: %s',
    async (values) => {
      const given = { commonLabels: { tier: 'red' }, commonAnnotations: { 'example.com/costs': 'it' } };
      const before = await render({ values: [values] });
      const objects = await render({ values: [values], given });
      for (const { kind, metadata } of objects) {
        const has = [metadata.labels?.tier, metadata.annotations?.['example.com/costs']];
        expect([kind, metadata.name, ...has]).toEqual([kind, metadata.name, 'red', 'it']);
      }
      for (const { owner, labels } of podsOf(objects)) {
        if (!/^(Job|Pod)/.test(owner)) expect([owner, labels.tier]).toEqual([owner, 'red']);
      }
      const unchanging = (of: typeof objects) => [
        ...all(of, Service).map(({ spec }) => spec?.selector),
        ...all(of, Deployment).map(({ spec }) => spec?.selector),
        ...all(of, PodDisruptionBudget).map(({ spec }) => spec?.selector),
        ...all(of, StatefulSet).map(({ spec }) => [spec?.selector, spec?.volumeClaimTemplates]),
      ];
      expect(unchanging(objects)).toEqual(unchanging(before));
    },
  );

  it('leave the labels alone by which the chart finds its pods', async () => {
    const given = { commonLabels: { 'app.kubernetes.io/instance': 'other' } };
    const objects = await render({ given });
    for (const { metadata } of objects) expect(metadata.labels?.['app.kubernetes.io/instance']).toBe('rel');
  });

  it('take hosts of the Ingress as texts and as mappings', async () => {
    const paths = [{ path: '/quash/v1', pathType: 'ImplementationSpecific' }];
    const hosts = ['a.example.com', { host: 'b.example.com' }, { host: 'c.example.com', paths }];
    const objects = await render({ given: { ingress: { enabled: true, hosts } } });
    const rules = only(objects, Ingress).spec?.rules?.map(({ host, http }) => [
      host,
      http?.paths.map(({ path, pathType }) => [path, pathType]),
    ]);
    expect(rules).toEqual([
      ['a.example.com', [['/v1', 'Prefix']]],
      ['b.example.com', [['/v1', 'Prefix']]],
      ['c.example.com', [['/quash/v1', 'ImplementationSpecific']]],
    ]);
  });

  it('tell GitLab the host of an Ingress that is given as a mapping', async () => {
    const given = {
      ingress: { enabled: true, hosts: [{ host: 'b.example.com' }] },
      gitlabSettings: { apply: true, gitlabUrl: 'https://gitlab.example.com' },
    };
    const [container] = only(await render({ given }), Job).spec?.template.spec?.containers ?? [];
    expect(argumentAfter(container, '--url')).toBe('https://b.example.com');
  });

  it.each(FULL)('give every Service the same address families: %s', async (values) => {
    const families = { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] };
    const services = all(await render({ values: [values], given: { service: families } }), Service);
    expect(services.length).toBeGreaterThanOrEqual(2);
    for (const { spec } of services) expect(spec).toMatchObject(families);
  });

  it('delete the volume with the release only when told so', async () => {
    const objects = await render({ set: ['persistence.retain=false'] });
    expect(only(objects, StatefulSet).spec?.persistentVolumeClaimRetentionPolicy).toEqual({
      whenDeleted: 'Delete',
      whenScaled: 'Retain',
    });
  });

  it('leave the user to OpenShift, in every pod', async () => {
    const [example] = yamlExamples().filter(({ podSecurityContext }) => podSecurityContext);
    const objects = await render({ values: ['sqlite-full-values.yaml'], given: example ?? {} });
    for (const { owner, spec } of podsOf(objects)) {
      const { runAsUser, runAsGroup, fsGroup, runAsNonRoot } = spec.securityContext ?? {};
      const asked = [owner, runAsUser, runAsGroup, fsGroup, runAsNonRoot];
      expect(asked).toEqual([owner, undefined, undefined, undefined, true]);
    }
  });

  it('start the pods without the service for a look at the volume', async () => {
    const container = await containerOf({ diagnosticMode: { enabled: true } });
    expect(container?.args).toBeUndefined();
    expect(container?.command?.slice(0, 2)).toEqual(['node', '--eval']);
    expect(container?.livenessProbe).toBeUndefined();
    expect(container?.volumeMounts?.map(({ name }) => name)).toContain('data');
  });

  it("say which key is this chart's where another is usual", async () => {
    await expect(render({ set: ['replicaCount=2'] })).rejects.toThrow('not known here: use replicas');
  });
});

describe.skipIf(!HELM)(`the examples of the chart's README${WITHOUT_HELM}`, () => {
  it.each(yamlExamples())('are values that the chart takes: %j', async (given) => {
    await expect(render({ given })).resolves.not.toEqual([]);
  });
});

function yamlExamples(): readonly Record<string, unknown>[] {
  const readme = readFileSync(join(CHART, 'README.md'), 'utf8');
  return [...readme.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', text = '']) =>
    parse(text.replace(new RegExp(`^${indent}`, 'gm'), '')),
  );
}
