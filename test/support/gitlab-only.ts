/** `quash` with GitLab as its only provider. */
import { gitlab } from '../../providers/gitlab/index.ts';
import { runProcess } from '../../src/cli.ts';

await runProcess(async () => [gitlab]);
