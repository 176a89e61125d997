/** `quash` with GitLab as its only provider. */
import { gitlab } from '../../providers/gitlab/index.ts';
import { runProcess } from '../../src/cli/main.ts';

await runProcess(async () => [gitlab]);
