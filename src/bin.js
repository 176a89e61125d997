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

const { runProcess } = await import('./cli.ts');
await runProcess();
