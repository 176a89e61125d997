/** Judges objects by Kubernetes' own schemas: their values at run time, and their keys by the compiler. */

import { symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runChild } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { KubernetesObject } from './render.ts';

const MODULES = resolve(import.meta.dirname, '../../node_modules');

/** Groups that are no part of Kubernetes itself. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
};

function moduleOf(apiVersion: string): string {
  const [group = ''] = apiVersion.split('/');
  return `${EXTENSIONS[group] ?? 'kubernetes-models'}/${apiVersion}`;
}

/** @returns what is wrong with the objects; an unknown kind is, too */
export async function faultsOf(objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const faults = await Promise.all(objects.map(faultOf));
  return [...faults.flat(), ...(await unknownKeys(objects))];
}

async function faultOf(object: KubernetesObject): Promise<readonly string[]> {
  const name = `${object.apiVersion} ${object.kind} ${object.metadata?.name}`;
  const models = await import(moduleOf(object.apiVersion)).catch(() => ({}));
  const Model = models[object.kind];
  if (Model === undefined) return [`${name}: unknown kind`];
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** The schemas let unknown keys pass; the types that come with them do not. */
async function unknownKeys(objects: readonly KubernetesObject[]): Promise<readonly string[]> {
  const folder = temporaryFolder();
  symlinkSync(MODULES, join(folder, 'node_modules'));
  const declarations = objects.map(
    (object, index) =>
      `export const o${index}: import('${moduleOf(object.apiVersion)}').I${object.kind} = ${JSON.stringify(object)};`,
  );
  writeFileSync(join(folder, 'objects.ts'), declarations.join('\n'));
  const compilerOptions = {
    target: 'esnext',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: [],
  };
  const tsconfig = { compilerOptions: { ...compilerOptions, noEmit: true }, files: ['objects.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  const { code, stdout } = await runChild(join(MODULES, '.bin', 'tsc'), ['--pretty', 'false', '-p', folder]);
  return code === 0 ? [] : stdout.trim().split('\n');
}
