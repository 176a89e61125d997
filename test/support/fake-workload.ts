import { Failure } from '../../src/provider/failure.ts';
import type { Workload } from '../../src/provider/workload.ts';
import { Secret } from '../../src/words/secret.ts';

export interface FakePlatform {
  readonly variables?: Readonly<Record<string, string>>;
  /** By path; may be changed while the provider works. */
  readonly files?: Record<string, string>;
}

/** What a platform gives to a process. Without a platform: nothing. */
export function fakeWorkload(
  { variables = {}, files = {} }: FakePlatform = {},
  metadata: Workload['metadata'] = noMetadata,
): Workload {
  return {
    variable: (name) => variables[name] || undefined,
    async file(path) {
      const text = files[path];
      if (text === undefined) throw new Failure('misconfigured', { target: path, cause: 'ENOENT' });
      return new Secret(text.trim());
    },
    metadata,
  };
}

function noMetadata(origin: string): never {
  throw new Error(`There is no metadata service at ${origin}.`);
}
