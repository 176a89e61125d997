import { dirname, join, resolve } from 'node:path';

/** Where `serve` keeps the tokens that it makes when none is configured: beside the key file, one line each. */
export function generatedTokenFiles(
  config: { readonly ledger: { readonly keysFile: string } },
  cwd: string,
): { readonly gitlab: string; readonly admin: string } {
  const folder = dirname(resolve(cwd, config.ledger.keysFile));
  return { gitlab: join(folder, 'gitlab-token'), admin: join(folder, 'admin-token') };
}
