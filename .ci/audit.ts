/**
 * `npm run audit:production`: known holes in what runs in production. Exits 1 when there is one; where the registry has
 * no such list, it says so and exits 0.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

interface Report {
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
  readonly metadata?: unknown;
}

/** What a registry says that has no audit. */
const NO_AUDIT = /\b(404|405|501)\b|ENOAUDIT/;

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  cwd: resolve(import.meta.dirname, '..'),
  encoding: 'utf8',
});
const { vulnerabilities, metadata } = reportIn(stdout);
if (metadata === undefined) {
  if (!NO_AUDIT.test(stdout + stderr)) {
    console.error(`npm audit failed:\n${stdout}${stderr}`);
    process.exit(1);
  }
  console.log('The registry offers no audit: skipped.');
  process.exit(0);
}
const found = Object.entries(vulnerabilities ?? {});
for (const [name, { severity, range }] of found) console.error(`${name} ${range}: ${severity}`);
console.log(found.length === 0 ? 'No known holes.' : `${found.length} packages with known holes.`);
process.exit(found.length === 0 ? 0 : 1);

function reportIn(text: string): Report {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return {};
  }
}
