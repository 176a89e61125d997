#!/usr/bin/env node
// Plain JavaScript that old versions of Node.js can read, so that they get a sentence and not a stack trace.
const NEEDED = 26;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `Quash needs Node.js ${NEEDED} or newer, and this is ${process.versions.node}. ` +
      '"npm start" and "npx quash" use the one that "npm ci" installs.\n',
  );
  process.exit(2);
}

const { enableCompileCache } = await import('node:module');
const { fileURLToPath } = await import('node:url');

// Code that was read once is kept as it runs, which takes much off the time to start. Beside the packages, where nobody
// can put code who could not change the packages; where it cannot be written, nothing is kept. Portable: what one user
// wrote serves another one, as it has to in the image.
const directory = fileURLToPath(new URL('../node_modules/.cache/quash-code', import.meta.url));
enableCompileCache({ directory, portable: true });

const { runProcess } = await import('./cli/main.ts');
await runProcess();
