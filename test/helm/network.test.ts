import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { METADATA_SERVICES } from '../../src/provider/workload.ts';
import { all, HELM, only, podsOf, type RenderOptions, render, WITHOUT_HELM } from './render.ts';

const SQLITE = { values: ['sqlite-values.yaml'] };
const SQLITE_FULL = { values: ['sqlite-full-values.yaml'] };
const REDIS = { values: ['redis-values.yaml'] };
const REDIS_FULL = { values: ['redis-full-values.yaml'] };

type Labels = Readonly<Record<string, string>>;

function selects(selector: Labels | undefined, labels: Labels): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

describe.skipIf(!HELM)(`the way in${WITHOUT_HELM}`, () => {
  it('has a Service for GitLab and one for administrators, each with its port alone', async () => {
    const services = all(await render(REDIS), Service).map(({ metadata, spec }) => [
      metadata.name,
      spec?.ports?.map(({ targetPort }) => targetPort),
      spec?.selector?.['app.kubernetes.io/component'],
    ]);
    expect(services).toEqual([
      ['rel-quash-api', ['api'], 'api'],
      ['rel-quash-admin', ['admin'], 'api'],
      ['rel-quash-worker', ['admin'], 'worker'],
    ]);
  });

  it("lets only GitLab's paths through the Ingress, below the base path", async () => {
    const { spec } = only(await render(SQLITE_FULL), Ingress);
    expect(spec?.ingressClassName).toBe('nginx');
    expect(spec?.rules).toEqual([
      {
        host: 'gitlab.example.com',
        http: {
          paths: [
            {
              path: '/revocation_service/v1',
              pathType: 'Prefix',
              backend: { service: { name: 'rel-quash-api', port: { name: 'api' } } },
            },
          ],
        },
      },
    ]);
  });

  it("lets only GitLab's paths through the Gateway", async () => {
    const { spec } = only(await render(REDIS_FULL), HTTPRoute);
    expect(spec?.hostnames).toEqual(['quash.example.com']);
    expect(spec?.rules).toEqual([
      {
        matches: [{ path: { type: 'PathPrefix', value: '/v1' } }],
        backendRefs: [{ name: 'rel-quash-api', port: 80 }],
      },
    ]);
  });
});

describe.skipIf(!HELM)(`the NetworkPolicy${WITHOUT_HELM}`, () => {
  const policyOf = async (options: Parameters<typeof render>[0]) => {
    const { spec } = only(await render(options), NetworkPolicy);
    if (!spec?.ingress || !spec.egress) throw new Error('The policy lacks a direction.');
    return { ...spec, ingress: spec.ingress, egress: spec.egress };
  };

  it.each([SQLITE, REDIS, SQLITE_FULL])('is for all pods, in both directions: %j', async (options) => {
    const policy = await policyOf(options);
    expect(policy.policyTypes).toEqual(['Ingress', 'Egress']);
    for (const { owner, labels } of podsOf(await render(options)))
      expect([owner, selects(policy.podSelector?.matchLabels, labels)]).toEqual([owner, true]);
  });

  it('lets in GitLab to the API and Prometheus to the admin port, and nobody else', async () => {
    const { ingress } = await policyOf(SQLITE);
    const [test, gitlab, ...others] = ingress[0]?.from ?? [];
    expect(test?.podSelector?.matchLabels?.['app.kubernetes.io/component']).toBe('test');
    expect(gitlab).toEqual({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gitlab' } },
    });
    expect(others).toEqual([]);
    expect(ingress.map(({ ports }) => ports)).toEqual([[{ port: 8080 }], [{ port: 9090 }]]);
    expect(ingress[1]?.from).toEqual([
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
      },
    ]);
  });

  it('lets nobody in where the lists are empty', async () => {
    const { ingress } = await policyOf({
      set: ['networkPolicy.api.from=null', 'networkPolicy.admin.from=null'],
    });
    expect(ingress).toHaveLength(1);
    expect(ingress[0]?.from).toHaveLength(1);
    expect(ingress[0]?.from?.[0]?.podSelector?.matchLabels?.['app.kubernetes.io/component']).toBe('test');
  });

  it('lets out to public addresses on port 443 and to what is configured, but not to private ones', async () => {
    const { egress } = await policyOf(SQLITE_FULL);
    const [v4, v6] = egress[1]?.to ?? [];
    expect(egress[1]?.ports).toEqual([{ port: 443 }]);
    expect(v4?.ipBlock?.except).toEqual(
      expect.arrayContaining(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16']),
    );
    expect(v6?.ipBlock?.except).toEqual(expect.arrayContaining(['fc00::/7', 'fe80::/10']));
    expect(egress.at(-1)).toEqual({ to: [{ ipBlock: { cidr: '10.20.0.0/16' } }], ports: [{ port: 443 }] });
  });

  it.each([
    ['redis://redis', [6379]],
    ['rediss://quash@redis:6380/3', [6380]],
    ['redis+cluster://[fd00::1]:7000\\,b:7001\\,c', [7000, 7001, 6379]],
    ['redis+sentinel://a\\,b:26380/main/0', [26379, 26380, 6379]],
  ])('lets out to Redis at %s', async (url, ports) => {
    const { egress } = await policyOf({ ...REDIS, set: [`config.ledger.url=${url}`] });
    expect(egress.at(-1)).toEqual({
      ports: ports.map((port) => ({ port })),
      to: [{ namespaceSelector: {} }],
    });
  });

  it("lets out to the cluster's DNS, to the cache on the node, or where it is said to be", async () => {
    const { egress } = await policyOf(SQLITE);
    expect(egress[0]).toEqual({
      ports: [{ port: 53, protocol: 'UDP' }, { port: 53 }],
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        },
        { ipBlock: { cidr: '169.254.20.10/32' } },
      ],
    });

    const anywhere = await policyOf({ ...SQLITE, set: ['networkPolicy.dns.to=null'] });
    expect(anywhere.egress[0]?.to).toBeUndefined();
  });

  it('lets out to the metadata services of clouds only where that is wanted', async () => {
    const addressesOf = async (options: RenderOptions) => {
      const { egress } = await policyOf(options);
      const open = egress.filter(({ ports }) => ports?.some(({ port }) => port === 80));
      return open.flatMap(({ to = [] }) => to.map(({ ipBlock }) => ipBlock?.cidr.replace(/\/\d+$/, '')));
    };
    expect(await addressesOf(SQLITE)).toEqual([]);
    const addresses = await addressesOf({ ...SQLITE, set: ['networkPolicy.metadata=true'] });
    const asked = METADATA_SERVICES.map((origin) => new URL(origin).hostname.replace(/^\[|\]$/g, ''));
    expect(addresses.toSorted()).toEqual(asked.toSorted());
  });

  it('lets out to Redis only where it is said to be', async () => {
    const { egress } = await policyOf(REDIS_FULL);
    expect(egress.at(-1)?.to).toEqual([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'redis' } } },
    ]);
  });
});
