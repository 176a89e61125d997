/** Rewrites what is generated: the table of the configuration, the example of a provider, and the page of the providers: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { definitions } from '../../providers/index.ts';
import { withConfigTable } from './describe-config.ts';
import { withTemplates } from './documented-template.ts';
import { CONFIGURATION, DOCUMENTS, readDocument } from './documents.ts';
import { exampleKinds } from './example-kinds.ts';
import { providersPage } from './provider-table.ts';

const root = new URL('../../', import.meta.url);
for (const path of DOCUMENTS) {
  const text = readDocument(path);
  const complete = path === CONFIGURATION ? withConfigTable(text, definitions) : text;
  writeFileSync(new URL(path, root), withTemplates(complete));
}
writeFileSync(new URL('providers/README.md', root), providersPage(await exampleKinds(definitions)));
