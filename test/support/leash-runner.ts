/** A stand-in for the test runner in tests of the leash: starts processes and makes files as tests do, and reports them. */
import { startQuash } from './quash-process.ts';
import { newFolder, runFolder } from './run-folder.ts';

const cwd = newFolder();
const { pid, apiUrl } = await startQuash({ cwd });
console.log(JSON.stringify({ pid, apiUrl, folder: runFolder() }));
// The pipe to a process that runs keeps it going.
