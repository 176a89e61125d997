/** What runs around every test file: processes end with the test that started them, and all of them with the file. */
import { Agent, setGlobalDispatcher } from 'undici';
import { afterAll, beforeEach } from 'vitest';
import { children, endChildren } from './child.ts';
import { runFolder } from './run-folder.ts';

// Before anybody asks where temporary files go.
runFolder();

// A connection for each call: one that its server ends while it is idle looks like a failed call on a busy machine.
setGlobalDispatcher(new Agent({ pipelining: 0 }));

beforeEach(({ task, onTestFinished }) => {
  // When tests run side by side, a process cannot be assigned to the test that started it.
  if (task.concurrent) return;
  const older = children();
  onTestFinished(() => endChildren(older));
});

afterAll(() => endChildren());
