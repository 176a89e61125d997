/** The chart on an API server of Kubernetes: what it takes at an install is one thing, at an upgrade another. */
import { join, resolve } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHART, HELM, VALUES } from '../helm/render.ts';
import { outputOf } from '../support/child.ts';
import { newFolder } from '../support/run-folder.ts';
import { pathOf, peer, suiteName } from './install.ts';
import { type KubeApiServer, startKubeApiServer } from './kube-apiserver.ts';

const OLD_CHART = resolve(import.meta.dirname, 'chart-0.1.0/quash-0.1.0.tgz');
const NEW = ['--set', 'image.repository=registry.example.com/quash'];
/** The hooks' pods would have to run. */
const UNATTENDED = ['--no-hooks'];
/** Kinds that are no part of Kubernetes: group, version, plural, kind. */
const EXTENSIONS = [
  ['monitoring.coreos.com', 'v1', 'servicemonitors', 'ServiceMonitor'],
  ['monitoring.coreos.com', 'v1', 'prometheusrules', 'PrometheusRule'],
  ['gateway.networking.k8s.io', 'v1', 'httproutes', 'HTTPRoute'],
] as const;

interface StatefulSet {
  readonly metadata: { readonly uid: string; readonly generation: number };
  readonly spec: {
    readonly volumeClaimTemplates: readonly { readonly spec: Claim['spec'] }[];
    readonly persistentVolumeClaimRetentionPolicy: { readonly whenDeleted: string };
    readonly template: { readonly spec: { readonly containers: readonly { readonly command: string[] }[] } };
  };
}

interface Claim {
  readonly spec: { readonly resources: { readonly requests: { readonly storage: string } } };
}

const [installed, etcd] = [peer('kube-apiserver'), peer('etcd')];
const missing = installed.missing ?? etcd.missing ?? (HELM ? undefined : 'there is no helm');

describe.skipIf(missing)(suiteName('the chart', installed, etcd), () => {
  let cluster: KubeApiServer;
  let namespace: string;
  let count = 0;

  beforeAll(async () => {
    cluster = await startKubeApiServer(pathOf(installed), pathOf(etcd));
    for (const extension of EXTENSIONS) await cluster.request('POST', CRDS, definition(extension));
  });

  beforeEach(async () => {
    count += 1;
    namespace = `quash-${count}`;
    await cluster.createNamespace(namespace);
  });

  const helm = (...args: readonly string[]) => {
    const home = newFolder('helm-');
    const env = { PATH: process.env.PATH, KUBECONFIG: cluster.kubeconfig, HOME: home };
    return outputOf(HELM ?? 'helm', [...args, '--namespace', namespace], { env });
  };
  const install = (chart: string, ...args: readonly string[]) =>
    helm('install', 'quash', chart, ...UNATTENDED, '--set', 'existingSecret=quash', ...args);
  const upgrade = (...args: readonly string[]) => helm('upgrade', 'quash', CHART, ...UNATTENDED, ...args);
  const statefulSet = async () =>
    (await cluster.request('GET', `${statefulSets(namespace)}/quash-server`)) as StatefulSet;
  const command = async () => (await statefulSet()).spec.template.spec.containers[0]?.command;
  const storage = async () =>
    (await statefulSet()).spec.volumeClaimTemplates[0]?.spec.resources.requests.storage;

  it.each(VALUES)('is installed, and changes nothing when it is upgraded to itself: %s', async (name) => {
    const values = ['--values', join(CHART, 'ci', name)];
    await install(CHART, ...values);
    const before = await helm('get', 'manifest', 'quash');
    await upgrade(...values);
    expect(await helm('get', 'manifest', 'quash')).toBe(before);
    expect(await helm('status', 'quash')).toContain('STATUS: deployed');
  });

  it.each([
    ['its values as they are', ['--reuse-values']],
    ['its values on new defaults', ['--reset-then-reuse-values', ...NEW]],
  ])('is upgraded from 0.1.0 with %s, and the volume stays', async (_, how) => {
    await install(OLD_CHART, '--set', 'persistence.size=3Gi');
    const before = await statefulSet();
    await upgrade(...how);
    const after = await statefulSet();
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.spec.volumeClaimTemplates).toEqual(before.spec.volumeClaimTemplates);
    await helm('rollback', 'quash', ...UNATTENDED);
    expect((await statefulSet()).metadata.uid).toBe(before.metadata.uid);
  });

  it('is upgraded from 0.1.0 on Redis', async () => {
    const redis = ['config.ledger.url=redis://redis:6379', 'config.ledger.passwordFile=/run/secrets/quash/p'];
    await install(OLD_CHART, ...redis.flatMap((setting) => ['--set', setting]));
    await upgrade('--reuse-values');
    expect(await helm('status', 'quash')).toContain('STATUS: deployed');
  });

  it('has another size only by the steps that the README names', async () => {
    await install(CHART, ...NEW);
    const larger = ['--reuse-values', '--set', 'persistence.size=5Gi'];
    await expect(upgrade(...larger)).rejects.toThrow(/updates to statefulset spec .* are forbidden/);
    expect(await storage()).toBe('1Gi');

    await bindClaim(cluster, namespace, 'data-quash-server-0');
    const claim = await cluster.request('PATCH', `${claims(namespace)}/data-quash-server-0`, {
      spec: { resources: { requests: { storage: '5Gi' } } },
    });
    expect((claim as Claim).spec.resources.requests.storage).toBe('5Gi');
    await deleteAndOrphan(cluster, `${statefulSets(namespace)}/quash-server`);
    await upgrade(...larger);
    expect(await storage()).toBe('5Gi');
  });

  it('lets a backup be restored in a pod without the service, and starts it again', async () => {
    await install(CHART, ...NEW);
    expect(await command()).toEqual(['node', '/app/src/bin.js']);
    await upgrade('--reuse-values', '--set', 'diagnosticMode.enabled=true');
    expect(await command()).toEqual(['node', '--eval', expect.any(String)]);
    await upgrade('--reuse-values', '--set', 'diagnosticMode.enabled=false');
    expect(await command()).toEqual(['node', '/app/src/bin.js']);
  });

  it('can give up its volume later', async () => {
    await install(CHART, ...NEW);
    await upgrade('--reuse-values', '--set', 'persistence.retain=false');
    const { spec } = await statefulSet();
    expect(spec.persistentVolumeClaimRetentionPolicy.whenDeleted).toBe('Delete');
  });
});

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function statefulSets(namespace: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
}

function claims(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
}

function definition([group, name, plural, kind]: (typeof EXTENSIONS)[number]): object {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved' } },
    spec: {
      ...{ group, scope: 'Namespaced', names: { plural, kind } },
      versions: [{ name, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}

/** As the controllers of StatefulSets and volumes do. */
async function bindClaim(cluster: KubeApiServer, namespace: string, name: string): Promise<void> {
  const storageClassName = `grows-${namespace}`;
  await cluster.request('POST', '/apis/storage.k8s.io/v1/storageclasses', {
    metadata: { name: storageClassName },
    ...{ provisioner: 'example.com/none', allowVolumeExpansion: true },
  });
  const resources = { requests: { storage: '1Gi' } };
  await cluster.request('POST', claims(namespace), {
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources, volumeName: `${namespace}-volume` },
  });
  await cluster.request('PATCH', `${claims(namespace)}/${name}/status`, { status: { phase: 'Bound' } });
}

/** `kubectl delete --cascade=orphan`, and what the garbage collector does then. */
async function deleteAndOrphan(cluster: KubeApiServer, path: string): Promise<void> {
  await cluster.request('DELETE', `${path}?propagationPolicy=Orphan`);
  await cluster.request('PATCH', path, { metadata: { finalizers: null } });
}
