/**
 * Does what a Dockerfile says, without Docker: each stage becomes a folder. Understands what ours uses and refuses
 * the rest, so that the tests never see another image than the one that Docker builds.
 */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { resolve as resolveInside } from 'node:path/posix';
import { type Copy, DockerfileParser, type Env, type From, type Instruction, Keyword } from 'dockerfile-ast';
import { outputOf } from './child.ts';
import { readDockerIgnore } from './docker-ignore.ts';

/** The result of a stage's instructions. */
export interface Image {
  /** The folder that stands for `/`, without what the base image brings. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly volumes: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
}

/**
 * @param project the folder with the Dockerfile, `.dockerignore` and the installed packages
 * @param target a folder that gets one folder for each stage
 * @returns the last stage
 */
export async function buildImage(project: string, target: string): Promise<Image> {
  const build = new Build(project, target);
  const text = readFileSync(join(project, 'Dockerfile'), 'utf8');
  for (const instruction of DockerfileParser.parse(text).getInstructions()) await build.follow(instruction);
  return build.stage();
}

/** The strings of an instruction that is written as a JSON array. @throws {Error} when it is left to a shell */
export function jsonOf(instruction: Instruction): readonly string[] {
  const json = /\[.*\]/s.exec(instruction.getArgumentsContent() ?? '')?.[0];
  if (json === undefined) throw new Error(`Not in the form of a JSON array: ${instruction}`);
  return JSON.parse(json);
}

/** The packages that `npm ci --omit=dev` installs, as folders: `node_modules/zod`. */
function productionPackages(lockFile: string): readonly string[] {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as {
    packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  return Object.keys(packages).filter((folder) => folder !== '' && packages[folder]?.dev !== true);
}

/**
 * Stands for `timeout` where the service is started once for its compiled code: it ends it as soon as it listens. After
 * the seconds of the Dockerfile a busy machine may not be so far, and makes another image.
 */
const TIMEOUT = `#!/bin/sh
shift 2
log="$0.log"
"$@" >"$log" 2>&1 &
while ! grep -q '"listening"' "$log"; do kill -0 $! || exit; sleep 0.1; done
kill -TERM $!
wait $!
`;

class Build {
  readonly #project: string;
  readonly #target: string;
  readonly #isLeftOut: (path: string) => boolean;
  readonly #stages = new Map<string, Image>();
  #current = '';

  constructor(project: string, target: string) {
    this.#project = project;
    this.#target = target;
    this.#isLeftOut = readDockerIgnore(readFileSync(join(project, '.dockerignore'), 'utf8'));
  }

  stage(name = this.#current): Image {
    const stage = this.#stages.get(name);
    if (!stage) throw new Error(`The Dockerfile has no stage "${name}".`);
    return stage;
  }

  async follow(instruction: Instruction): Promise<void> {
    switch (instruction.getKeyword()) {
      case Keyword.ARG:
      case Keyword.LABEL:
      case Keyword.EXPOSE:
        break;
      case Keyword.FROM:
        this.#begin((instruction as From).getBuildStage() ?? 'last');
        break;
      case Keyword.COPY:
        this.#copy(instruction as Copy);
        break;
      case Keyword.RUN:
        await this.#run(instruction.getArgumentsContent() ?? '');
        break;
      default:
        this.#set(settingOf(instruction, this.stage()));
        mkdirSync(this.#inside('.'), { recursive: true });
    }
  }

  #begin(name: string): void {
    const root = join(this.#target, name);
    mkdirSync(root);
    const empty = {
      env: {},
      workdir: '/',
      user: '0',
      volumes: [],
      entrypoint: [],
      command: [],
      healthCheck: [],
    };
    this.#stages.set(name, { root, ...empty });
    this.#current = name;
  }

  #set(change: Partial<Image>): void {
    this.#stages.set(this.#current, { ...this.stage(), ...change });
  }

  /** A path of the current stage as one of this machine. */
  #inside(path: string): string {
    return join(this.stage().root, resolveInside(this.stage().workdir, path));
  }

  #copy(instruction: Copy): void {
    const unknown = instruction.getFlags().filter((flag) => flag.getName() !== 'from');
    if (unknown.length > 0) throw new Error(`The tests do not know this flag: ${unknown[0]}`);
    const from = instruction.getFromFlag()?.getValue();
    const origin = from ? this.stage(from).root : this.#project;
    const isLeftOut = from ? () => false : this.#isLeftOut;
    const paths = instruction.getArguments().map((argument) => argument.getValue());
    const destination = paths.pop() ?? '';
    const intoFolder = destination.endsWith('/') || paths.length > 1;
    for (const path of paths) {
      const source = join(origin, path);
      const isFolder = statSync(source).isDirectory();
      if (!isFolder && isLeftOut(path)) throw new Error(`.dockerignore leaves out what is copied: ${path}`);
      const files = isFolder ? filesBelow(source) : [''];
      for (const file of files.filter((name) => !isLeftOut(relative(origin, join(source, name))))) {
        copyFile(
          join(source, file),
          join(this.#inside(destination), isFolder || !intoFolder ? file : basename(path)),
        );
      }
    }
  }

  async #run(command: string): Promise<void> {
    const folder = /^install -d -o (\d+) -g (\d+) -m (\d+) (\/\w+)$/.exec(command);
    // It runs on this machine, so nothing but what stays below its folder.
    const isLocal =
      /^(find node_modules|chmod -R|(\w+=0 )*timeout --foreground \d+ node src\/bin\.js) /.test(command) &&
      !/(^|[\s'"])(\/|\.\.)/.test(command);
    if (/^npm ci --omit=dev( --[a-z-]+)*$/.test(command)) this.#installPackages();
    else if (folder) this.#makeFolder(folder);
    else if (isLocal) await this.#runHere(command);
    else throw new Error(`The tests do not know how to run: ${command}`);
  }

  /** With this Node.js, and nothing else of this machine's environment. */
  async #runHere(command: string): Promise<void> {
    const tools = join(this.#target, 'tools');
    mkdirSync(tools, { recursive: true });
    writeFileSync(join(tools, 'timeout'), TIMEOUT, { mode: 0o755 });
    const path = [tools, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
    await outputOf('sh', ['-c', command], {
      cwd: this.#inside('.'),
      env: { PATH: path, HOME: this.#inside('.') },
    });
  }

  /** Takes what is installed here, as the tests do without a registry. */
  #installPackages(): void {
    for (const folder of productionPackages(this.#inside('package-lock.json'))) {
      const installed = join(this.#project, folder);
      // One for another platform.
      if (!existsSync(installed)) continue;
      const ownFiles = filesBelow(installed).filter((file) => !/(^|\/)node_modules\//.test(file));
      for (const file of ownFiles) copyFile(join(installed, file), join(this.#inside(folder), file));
    }
  }

  #makeFolder([, uid, gid, mode = '', path = '']: readonly string[]): void {
    const folder = this.#inside(path);
    mkdirSync(folder);
    if (process.getuid?.() === 0) chownSync(folder, Number(uid), Number(gid));
    chmodSync(folder, Number.parseInt(mode, 8));
  }
}

/** The settings that an instruction changes, if it makes no files. */
function settingOf(instruction: Instruction, { env, workdir }: Image): Partial<Image> {
  const text = instruction.getArgumentsContent() ?? '';
  switch (instruction.getKeyword()) {
    case Keyword.ENV: {
      const variables = (instruction as Env)
        .getProperties()
        .map((one) => [one.getName(), one.getValue() ?? '']);
      return { env: { ...env, ...Object.fromEntries(variables) } };
    }
    case Keyword.WORKDIR:
      return { workdir: resolveInside(workdir, text) };
    case Keyword.USER:
      return { user: text };
    case Keyword.VOLUME:
      return { volumes: jsonOf(instruction) };
    case Keyword.ENTRYPOINT:
      return { entrypoint: jsonOf(instruction) };
    case Keyword.CMD:
      return { command: jsonOf(instruction) };
    case Keyword.HEALTHCHECK:
      return { healthCheck: jsonOf(instruction) };
    default:
      throw new Error(`The tests do not know how to follow: ${instruction}`);
  }
}

/** All files, relative to the folder. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}
