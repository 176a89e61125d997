/** Settings that were once answered with a stack trace, or with a quotation of the file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { createProviders } from '../../src/cli/setup.ts';
import { ConfigError } from '../../src/config/faults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function faultsOf(yaml: string): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'quash.yaml'), yaml);
  try {
    createProviders({ ...loadConfig({ env: {}, cwd, definitions }), definitions }, { cwd });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('a configuration', () => {
  it.each([
    [
      'a proxy with a query',
      'upstream: { proxy: "http://proxy.example.com/?a" }',
      'quash.yaml: upstream.proxy: The proxy must be a URL without a path, a query and a fragment.',
    ],
    [
      'an https proxy with an address',
      'upstream: { proxy: "https://127.0.0.1:3128" }',
      'quash.yaml: upstream.proxy: An https proxy must be given by its host name, not by an address.',
    ],
    [
      'certificates that are none',
      'upstream: { caFile: quash.yaml }\n# -----BEGIN CERTIFICATE-----\n# x\n# -----END CERTIFICATE-----',
      'quash.yaml: upstream.caFile: expected certificates in PEM',
    ],
    [
      'a mapping for a key',
      'log: {}\n? { token: a-secret }\n: x',
      'quash.yaml:2:3: expected a plain text as the key',
    ],
    [
      'a reference for a key',
      'log: &a { level: info }\n*a : x',
      'quash.yaml:2:1: expected a plain text as the key',
    ],
  ])('with %s is refused by its key', (_name, yaml, expected) => {
    const warned = vi.spyOn(process, 'emitWarning');
    expect(faultsOf(yaml)).toBe(expected);
    expect(warned).not.toHaveBeenCalled();
  });
});
