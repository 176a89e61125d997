import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config/schema.ts';

/** Where `serve` keeps the tokens that it makes when none is configured: beside the key file, one line each. */
export function generatedTokenFiles(
  config: { readonly ledger: { readonly keysFile: string } },
  cwd: string,
): { readonly gitlab: string; readonly submit: string; readonly admin: string } {
  const folder = dirname(resolve(cwd, config.ledger.keysFile));
  const fileFor = (whom: string) => join(folder, `${whom}-token`);
  return { gitlab: fileFor('gitlab'), submit: fileFor('submit'), admin: fileFor('admin') };
}

/** What a ledger of SQLite finds beside its file, and one of Redis has to be given, as lines of the configuration. */
export function keysForRedis({ ledger, auth, admin }: Config, cwd: string): readonly string[] {
  if (!ledger.url.startsWith('sqlite:')) return [];
  const files = generatedTokenFiles({ ledger }, cwd);
  const lines = [
    `ledger: { keysFile: ${JSON.stringify(resolve(cwd, ledger.keysFile))} }`,
    ...(auth.tokens.length > 0
      ? []
      : [`auth: { tokens: [${tokenOf('gitlab', files.gitlab)}, ${tokenOf('submit', files.submit)}] }`]),
    ...(admin.tokens.length > 0 ? [] : [`admin: { tokens: [${tokenOf('admin', files.admin)}] }`]),
  ];
  return ['With Redis these have to be given, the same for all replicas:', ...lines];
}

function tokenOf(name: string, file: string): string {
  return `{ name: ${name}, tokenFile: ${JSON.stringify(file)}${name === 'submit' ? ', role: submit' : ''} }`;
}
