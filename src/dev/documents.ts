/** The documents that people write; some of their parts are generated. */
import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

/** Has the table of the configuration. */
export const CONFIGURATION = 'src/config/README.md';

/** Paths from the root; `providers/README.md` and `helm/README.md` are generated as a whole. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'providers/gitlab/README.md',
  'providers/gocd/README.md',
  'src/README.md',
  'src/admin/README.md',
  CONFIGURATION,
  'src/custom/README.md',
  'src/dispatch/README.md',
  'src/gitlab/README.md',
  'src/ledger/README.md',
  'src/notify/README.md',
  'src/submit/README.md',
  'test/README.md',
];

export function readDocument(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}
