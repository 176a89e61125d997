#!/usr/bin/env node
// Plain JavaScript that old versions of Node.js can read, so that they hand over to the one that "npm ci" brought, or
// get a sentence and not a stack trace.
const NEEDED = 26;

if (Number(process.versions.node.split('.')[0]) >= NEEDED) await run();
else if (!(await handOver())) {
  process.stderr.write(
    `Quash needs Node.js ${NEEDED} or newer, and this is ${process.versions.node}. ` +
      '"npm start" and "npx quash" use the one that "npm ci" installs.\n',
  );
  process.exitCode = 2;
}

async function run() {
  // Who handed over to this process passes signals on to it; when that one is killed, nobody would stop this one.
  if (process.channel) {
    process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
    process.channel.unref();
  }
  const { enableCompileCache } = await import('node:module');
  const { fileURLToPath } = await import('node:url');

  // Code that was read once is kept as it runs, which takes much off the time to start. Beside the packages, where
  // nobody can put code who could not change the packages; where it cannot be written, nothing is kept. Portable: what
  // one user wrote serves another one, as it has to in the image.
  const directory = fileURLToPath(new URL('../node_modules/.cache/quash-code', import.meta.url));
  enableCompileCache({ directory, portable: true });

  const { runProcess } = await import('./cli/main.ts');
  await runProcess();
}

/** Runs the command by the Node.js of the package "node". False when that cannot be. */
async function handOver() {
  // It was handed over to and is too old as well: it would go on like this for ever.
  if (process.channel) return false;
  const { spawn } = await import('node:child_process');
  const { fileURLToPath } = await import('node:url');

  const brought = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  // In a group of its own: a terminal signals the whole group, and a second signal means "at once".
  const child = spawn(brought, process.execArgv.concat(process.argv.slice(1)), {
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve) => {
    child.on('error', () => resolve(false));
    child.on('exit', (code, signal) => {
      if (signal !== null) {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
      }
      process.exitCode = code;
      resolve(true);
    });
  });
}
