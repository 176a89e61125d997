/** `quash` with GitLab as its only provider. */
import { gitlab } from '../../providers/gitlab/index.ts';
import { main } from '../../src/cli.ts';

const { argv, stdout, stderr, stdin, env } = process;
const cwd = process.cwd();
const io = { stdout, stderr, stdin, env, cwd, definitions: async () => [gitlab] };
process.exitCode = await main(argv.slice(2), io);
