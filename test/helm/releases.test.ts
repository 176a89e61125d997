import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Service, ServiceAccount } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { all, argumentAfter, HELM, only, podsOf, render, VALUES, WITHOUT_HELM } from './render.ts';

const SQLITE = { values: ['sqlite-values.yaml'] };
const SQLITE_FULL = { values: ['sqlite-full-values.yaml'] };
const REDIS_FULL = { values: ['redis-full-values.yaml'] };

type Labels = Readonly<Record<string, string>>;

function selects(selector: Labels | undefined, labels: Labels): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels[key] === value);
}

describe.skipIf(!HELM)(`hooks${WITHOUT_HELM}`, () => {
  it('connect GitLab when asked to, with the address under which it reaches Quash', async () => {
    expect(all(await render(SQLITE), Job)).toEqual([]);
    const job = only(await render(SQLITE_FULL), Job);
    expect(job.metadata.annotations?.['helm.sh/hook']).toBe('post-install,post-upgrade');
    const [container] = job.spec?.template.spec?.containers ?? [];
    expect(argumentAfter(container, '--url')).toBe('https://gitlab.example.com/revocation_service');
  });
});

describe.skipIf(!HELM)(`several releases in one namespace${WITHOUT_HELM}`, () => {
  const full = { values: ['sqlite-full-values.yaml'] };
  const long = 'x'.repeat(52);
  const PAIRS = [
    ['quash', 'quash-worker'],
    ['quash', 'quash-quash'],
    ['a', 'a-quash'],
    [`${long}a`, `${long}b`],
  ] as const;

  it.each(PAIRS)('have no name in common: %s and %s', async (first, second) => {
    const rendered = await Promise.all(
      [first, second].flatMap((release) => [
        render({ ...full, release }),
        render({ ...REDIS_FULL, release }),
      ]),
    );
    const namesOf = (index: number) =>
      [...(rendered[index] ?? []), ...(rendered[index + 1] ?? [])].map(
        ({ kind, metadata }) => `${kind}/${metadata.name}`,
      );
    const others = new Set(namesOf(2));
    expect(namesOf(0).filter((name) => others.has(name))).toEqual([]);
    for (const name of others) expect(name.slice(name.indexOf('/') + 1).length).toBeLessThanOrEqual(63);
  });

  it.each(VALUES)(
    'select only their own pods, and each selector those of one component: %s',
    async (values) => {
      const [own, other] = await Promise.all(
        ['rel', 'a'].map((release) => render({ values: [values], release })),
      );
      if (!own || !other) throw new Error('Nothing was rendered.');
      const selectors = [
        ...all(own, Service).map(({ spec }) => spec?.selector),
        ...all(own, Deployment).map(({ spec }) => spec?.selector.matchLabels),
        ...all(own, StatefulSet).map(({ spec }) => spec?.selector.matchLabels),
        ...all(own, PodDisruptionBudget).map(({ spec }) => spec?.selector?.matchLabels),
      ];
      for (const selector of selectors) {
        expect(podsOf(own).filter(({ labels }) => selects(selector, labels))).toHaveLength(1);
        expect(podsOf(other).filter(({ labels }) => selects(selector, labels))).toEqual([]);
      }
    },
  );

  it('have service accounts without a token', async () => {
    expect(only(await render(SQLITE), ServiceAccount).automountServiceAccountToken).toBe(false);
  });
});
