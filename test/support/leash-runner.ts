/** Stands for a runner of tests where the leash is tested: starts and makes what tests do, says so, and goes on. */
import { startQuashOfGitlab } from './quash-process.ts';
import { newFolder, runFolder } from './run-folder.ts';

const cwd = newFolder();
const { pid, apiUrl } = await startQuashOfGitlab({ cwd });
console.log(JSON.stringify({ pid, apiUrl, folder: runFolder() }));
// The pipe to a process that runs keeps it going.
