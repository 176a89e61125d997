import { dirname, join, resolve } from 'node:path';

/** Where `serve` keeps the tokens that it makes when none is configured: beside the key file, one line each. */
export function generatedTokenFiles(
  config: { readonly ledger: { readonly keysFile: string } },
  cwd: string,
): { readonly gitlab: string; readonly submit: string; readonly admin: string } {
  const folder = dirname(resolve(cwd, config.ledger.keysFile));
  const fileFor = (whom: string) => join(folder, `${whom}-token`);
  return { gitlab: fileFor('gitlab'), submit: fileFor('submit'), admin: fileFor('admin') };
}
