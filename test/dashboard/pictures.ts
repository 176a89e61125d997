/** Takes the picture of the dashboard in the README, after the story of `quash demo`: `npm run docs:pictures`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { definitions } from '../../providers/index.ts';
import { createQuash, createWorld } from '../../src/cli/demo-world.ts';
import { browserMissing, launchBrowser } from '../support/browser.ts';

const PICTURE = resolve(import.meta.dirname, '../../src/admin/dashboard.png');
const SIZE = { width: 1120, height: 1000 };

if (browserMissing) throw new Error(browserMissing);

const folder = await mkdtemp(join(tmpdir(), 'quash-pictures-'));
const world = await createWorld();
const found = world.characters.flatMap((character) => character.found ?? []);
const open = new Set(world.characters.filter((character) => character.found));
const settled = Promise.withResolvers<void>();
const quash = await createQuash(world, folder, definitions, (event) => {
  if (event.type !== 'settled') return;
  for (const character of open) if (quash.idOf(character) === event.id) open.delete(character);
  if (open.size === 0) settled.resolve();
});
const browser = await launchBrowser();
try {
  await quash.report(found);
  await settled.promise;
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' });
  await page.goto(quash.adminUrl);
  await page.getByLabel('Admin token').fill(quash.operatorToken);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.screenshot({ path: PICTURE });
} finally {
  await browser.close();
  await quash.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
}
