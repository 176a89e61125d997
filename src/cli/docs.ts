/** Rewrites the generated part of the README: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { definitions } from '../../providers/index.ts';
import { updateReadme } from '../config/describe.ts';

const readme = new URL('../../README.md', import.meta.url);
writeFileSync(readme, updateReadme(readFileSync(readme, 'utf8'), definitions));
