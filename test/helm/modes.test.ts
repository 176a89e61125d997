import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { all, argumentAfter, HELM, only, render, WITHOUT_HELM } from './render.ts';

const SQLITE = { values: ['sqlite-values.yaml'] };
const REDIS = { values: ['redis-values.yaml'] };
const REDIS_FULL = { values: ['redis-full-values.yaml'] };

describe.skipIf(!HELM)(`SQLite${WITHOUT_HELM}`, () => {
  it('runs as one pod with a volume of its own that outlives it', async () => {
    const objects = await render(SQLITE);
    const { spec } = only(objects, StatefulSet);
    const [container] = spec?.template.spec?.containers ?? [];
    expect([spec?.replicas, argumentAfter(container, '--role')]).toEqual([1, 'all']);
    expect(container?.volumeMounts).toContainEqual({ name: 'data', mountPath: '/data' });
    expect(spec?.persistentVolumeClaimRetentionPolicy).toEqual({
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
    });
    expect(spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests).toEqual({ storage: '1Gi' });
    const kinds = objects.map(({ kind }) => kind);
    for (const kind of ['Deployment', 'HorizontalPodAutoscaler', 'PodDisruptionBudget'])
      expect(kinds).not.toContain(kind);
  });

  it('has nothing in its volume claim that an upgrade of the chart would change', async () => {
    const { spec } = only(await render(SQLITE), StatefulSet);
    expect(spec?.volumeClaimTemplates?.[0]?.metadata?.labels).toEqual(spec?.selector.matchLabels);
  });

  it('uses the claim that it is given', async () => {
    const { spec } = only(await render({ values: ['bare-values.yaml'] }), StatefulSet);
    expect(spec?.volumeClaimTemplates).toBeUndefined();
    expect(spec?.template.spec?.volumes).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'quash-data' },
    });
  });
});

describe.skipIf(!HELM)(`Redis${WITHOUT_HELM}`, () => {
  it('runs API and workers apart, each protected from drains', async () => {
    const objects = await render(REDIS);
    const deployments = all(objects, Deployment).map(({ metadata, spec }) => ({
      name: metadata.name,
      replicas: spec?.replicas,
      role: argumentAfter(spec?.template.spec?.containers[0], '--role'),
      ports: spec?.template.spec?.containers[0]?.ports?.map(({ name }) => name),
    }));
    expect(deployments).toEqual([
      { name: 'rel-quash-api', replicas: 2, role: 'api', ports: ['api', 'admin'] },
      { name: 'rel-quash-worker', replicas: 2, role: 'worker', ports: ['admin'] },
    ]);
    const budgets = all(objects, PodDisruptionBudget).map(({ spec }) => spec?.selector);
    expect(budgets).toEqual(all(objects, Deployment).map(({ spec }) => spec?.selector));
    const kinds = objects.map(({ kind }) => kind);
    for (const kind of ['StatefulSet', 'HorizontalPodAutoscaler']) expect(kinds).not.toContain(kind);
  });

  it('leaves the number of pods to the autoscaler where there is one', async () => {
    const objects = await render(REDIS_FULL);
    const scaled = all(objects, HorizontalPodAutoscaler).map(({ spec }) => spec?.scaleTargetRef);
    const deployments = all(objects, Deployment);
    expect(deployments.map(({ spec }) => spec?.replicas)).toEqual([undefined, undefined]);
    expect(scaled).toEqual(
      deployments.map(({ metadata: { name } }) => ({ apiVersion: 'apps/v1', kind: 'Deployment', name })),
    );
  });

  it('takes the key file from the Secret unless told otherwise', async () => {
    const keysFile = async (options: typeof REDIS) => {
      const config = all(await render(options), ConfigMap).find(({ metadata }) =>
        metadata.name.endsWith('-config'),
      );
      return parse(config?.data?.['quash.yaml'] ?? '').ledger.keysFile;
    };
    expect(await keysFile(REDIS)).toBe('/run/secrets/quash/keys.json');
    expect(await keysFile(REDIS_FULL)).toBe('/run/secrets/quash/sealing-keys.json');
    expect(await keysFile(SQLITE)).toBeUndefined();
  });

  it('spreads the pods of each kind by themselves', async () => {
    for (const { spec } of all(await render(REDIS), Deployment)) {
      const constraints = spec?.template.spec?.topologySpreadConstraints ?? [];
      expect(constraints.map(({ topologyKey }) => topologyKey)).toEqual([
        'kubernetes.io/hostname',
        'topology.kubernetes.io/zone',
      ]);
      for (const { labelSelector } of constraints) expect(labelSelector).toEqual(spec?.selector);
    }
  });
});
