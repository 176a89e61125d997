/** Rewrites what is generated: the README's table of the configuration, and the page of the providers: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { definitions } from '../../providers/index.ts';
import { updateReadme } from './describe-config.ts';
import { withTemplates } from './documented-template.ts';
import { exampleKinds } from './example-kinds.ts';
import { providersPage } from './provider-table.ts';

const root = new URL('../../', import.meta.url);
const readme = new URL('README.md', root);
writeFileSync(readme, withTemplates(updateReadme(readFileSync(readme, 'utf8'), definitions)));
writeFileSync(new URL('providers/README.md', root), providersPage(await exampleKinds(definitions)));
