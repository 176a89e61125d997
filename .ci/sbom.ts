/**
 * `npm run sbom`: the bill of materials of what runs in production, as CycloneDX, in test-results/sbom.cdx.json. It is
 * made anew by each build and not committed, as npm writes into it where each package was downloaded from.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const FOLDER = resolve(ROOT, 'test-results');
const FILE = resolve(FOLDER, 'sbom.cdx.json');
const MAX_BYTES = 64 * 1024 * 1024;

interface Bill {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Component {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

const DEVELOPMENT = 'cdx:npm:package:development';

const { status, stdout, stderr } = spawnSync('npm', ['sbom', '--sbom-format=cyclonedx'], {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: MAX_BYTES,
});
if (status !== 0) {
  console.error(`npm sbom failed; \`npm ci\` has to come first.\n${stderr}`);
  process.exit(1);
}
const bill = ofProduction(JSON.parse(stdout) as Bill);
mkdirSync(FOLDER, { recursive: true });
writeFileSync(FILE, `${JSON.stringify(bill, undefined, 2)}\n`);
console.log(`${bill.components.length} packages in ${relative(process.cwd(), FILE)}`);

/** npm's own `--omit=dev` also leaves out what production and development have in common. */
function ofProduction(whole: Bill): Bill {
  const components = whole.components.filter(
    ({ properties = [] }) => !properties.some(({ name, value }) => name === DEVELOPMENT && value === 'true'),
  );
  const left = new Set(
    whole.components.filter((each) => !components.includes(each)).map((each) => each['bom-ref']),
  );
  const dependencies = whole.dependencies
    .filter(({ ref }) => !left.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => !left.has(each)) }));
  return { ...whole, components, dependencies };
}
