/** What the chart makes of values, as objects. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TypeMeta, TypeMetaGuard } from '@kubernetes-models/base';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { type IContainer, type IPodSpec, type IPodTemplateSpec, Pod } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';
import { outputOf } from '../support/child.ts';
import { findHelm } from '../support/helm.ts';
import { untilInstalled } from '../support/tools-of-run.ts';

await untilInstalled('helm');

export const CHART = resolve(import.meta.dirname, '../../helm');
export const HELM = findHelm();
/** For the names of suites that are skipped. */
export const WITHOUT_HELM = HELM === undefined ? ' (skipped: there is no helm)' : '';

/** The values that the chart is tested with, by the names of their files. */
export const VALUES = readdirSync(join(CHART, 'ci'));

export interface KubernetesObject extends TypeMeta {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface RenderOptions {
  /** Names of files in `helm/ci`. */
  readonly values?: readonly string[];
  readonly set?: readonly string[];
  /** Values, by their top keys. */
  readonly given?: Readonly<Record<string, unknown>>;
  readonly release?: string;
  readonly args?: readonly string[];
}

/** Runs Helm. @throws when it fails, with its output in the message */
export function helm(...args: readonly string[]): Promise<string> {
  // It ends before its garbage matters, and a quarter of its time would go into collecting that.
  const env = { PATH: process.env.PATH, KUBECONFIG: '/dev/null', HOME: '/nonexistent', GOGC: 'off' };
  return outputOf(HELM ?? 'helm', args, { env });
}

/** The arguments behind `helm template` and its like. */
export function chartArguments({
  values = ['sqlite-values.yaml'],
  set = [],
  given = {},
  release = 'rel',
  args = [],
}: RenderOptions): readonly string[] {
  return [
    ...[release, CHART, '--namespace', 'security'],
    ...values.flatMap((name) => ['--values', join(CHART, 'ci', name)]),
    ...set.flatMap((setting) => ['--set', setting]),
    ...Object.entries(given).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`]),
    ...args,
  ];
}

/** What was rendered, by the arguments: the same values are looked at by many tests. */
const rendered = new Map<string, Promise<string>>();

function template(args: readonly string[]): Promise<string> {
  const key = JSON.stringify(args);
  const text = rendered.get(key) ?? helm('template', ...args);
  rendered.set(key, text);
  return text;
}

/** Objects of the caller's own, whoever else renders the same. */
export async function render(options: RenderOptions = {}): Promise<readonly KubernetesObject[]> {
  const { values, set, given, args = [] } = options;
  // The schema takes more time than all else, and lints these files by themselves in another test.
  const isLinted = values?.length !== 0 && !set && !given;
  const skipped = isLinted ? ['--skip-schema-validation'] : [];
  const text = await template(chartArguments({ ...options, args: [...args, ...skipped] }));
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) throw new Error('Helm rendered nothing.');
  return documents.map((document) => document.toJS()).filter((object) => object !== null);
}

/** Those of one kind: `all(objects, Service)`. */
export function all<Kind extends TypeMeta>(
  objects: readonly KubernetesObject[],
  kind: { readonly is: TypeMetaGuard<Kind> },
): readonly (Kind & KubernetesObject)[] {
  return objects.filter((object) => kind.is(object)) as unknown as readonly (Kind & KubernetesObject)[];
}

/** The only one of its kind. */
export function only<Kind extends TypeMeta>(
  objects: readonly KubernetesObject[],
  kind: { readonly is: TypeMetaGuard<Kind> },
): Kind & KubernetesObject {
  const [first, ...others] = all(objects, kind);
  if (!first || others.length > 0) throw new Error('Expected exactly one object of this kind.');
  return first;
}

export interface PodOfChart {
  /** `Deployment/rel-quash-api` */
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: IPodSpec;
}

/** All pods that the objects lead to, the hooks' included. */
export function podsOf(objects: readonly KubernetesObject[]): readonly PodOfChart[] {
  const templates: (readonly [KubernetesObject, IPodTemplateSpec | undefined])[] = [
    ...all(objects, Deployment).map((object) => [object, object.spec?.template] as const),
    ...all(objects, StatefulSet).map((object) => [object, object.spec?.template] as const),
    ...all(objects, Job).map((object) => [object, object.spec?.template] as const),
    ...all(objects, Pod).map((object) => [object, object] as const),
  ];
  return templates.map(([{ kind, metadata }, template]) => {
    if (!template?.spec) throw new Error(`${kind}/${metadata.name} has no pod.`);
    const { labels = {}, annotations = {} } = template.metadata ?? {};
    return { owner: `${kind}/${metadata.name}`, labels, annotations, spec: template.spec };
  });
}

/** The value of a command line option. */
export function argumentAfter(container: IContainer | undefined, option: string): string | undefined {
  const args = container?.args ?? [];
  return args[args.indexOf(option) + 1];
}
