import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CallerToken, ReporterRole } from '../words/caller.ts';
import type { Secret } from '../words/secret.ts';
import { generatedTokenFiles } from './generated-tokens.ts';
import { hostOf, isHttpUrl, readSecret, TIMEOUT_MS, withGitlab } from './gitlab-api.ts';
import { CommandError, type Io, printLines } from './io.ts';
import type { Setup } from './setup.ts';

const SETTINGS_PATH = '/api/v4/application/settings';
/** GitLab refuses longer ones. */
const MAX_URL_LENGTH = 255;

interface Options {
  readonly config?: string;
  readonly url?: string;
  readonly apply?: boolean;
  readonly hook?: boolean;
  readonly group?: string;
  readonly gitlabUrl?: string;
  readonly adminTokenFile?: string;
}

export function registerGitlabSettings(program: Command, io: Io): void {
  program
    .command('gitlab-settings')
    .description('print what connects GitLab with this Quash, or do it')
    .option('--url <url>', 'address of this Quash as GitLab reaches it')
    .option('--hook', 'a group hook for vulnerability events, in place of the Token Revocation API')
    .option('--group <path>', 'with --hook: path of the group')
    .option('--apply', "make the call to GitLab's API")
    .option(
      '--gitlab-url <url>',
      'address of GitLab (default in what is printed: the first of gitlab.instances)',
    )
    .option(
      '--admin-token-file <file>',
      "with --apply: file with an administrator's token, scope api; for a hook, of an owner of the group",
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const { gitlabUrl, adminTokenFile } = options;
      for (const url of [options.url, gitlabUrl]) {
        if (url !== undefined && !isHttpUrl(url)) command.error(`error: not an http or https URL: ${url}`);
      }
      if ((options.hook === true) !== (options.group !== undefined)) {
        command.error('error: --hook and --group go together');
      }
      if (!options.apply) return print(io, options);
      if (options.url === undefined || gitlabUrl === undefined || adminTokenFile === undefined) {
        command.error('error: --apply needs --url, --gitlab-url and --admin-token-file');
      }
      return apply(io, options, gitlabUrl, adminTokenFile);
    });
}

async function print(io: Io, options: Options): Promise<void> {
  const { loadSetup } = await import('./setup.ts');
  const setup = await loadSetup(io, options.config);
  const base = baseUrl(setup, options.url);
  if (options.url === undefined) {
    printLines(io.stderr, [`Assuming that GitLab reaches this Quash at ${base}; give --url if it does not.`]);
  }
  const { group } = options;
  if (group === undefined) return printLines(io.stdout, settingsLines(setup, io, options));
  const { hookLines } = await import('./gitlab-hook.ts');
  printLines(io.stdout, hookLines({ group, base, gitlabUrl: ownGitlab(setup, options.gitlabUrl) }));
}

/** What connects GitLab with this Quash, which GitLab reaches at `url`; by default at this host's name. */
export function settingsLines(
  setup: Setup,
  io: Io,
  { url, gitlabUrl }: Pick<Options, 'url' | 'gitlabUrl'>,
): readonly string[] {
  return instructions(baseUrl(setup, url), ownGitlab(setup, gitlabUrl), tokenSource(setup, io));
}

async function apply(io: Io, options: Options, gitlabUrl: string, adminTokenFile: string): Promise<void> {
  const { loadSetup } = await import('./setup.ts');
  const setup = await loadSetup(io, options.config);
  const base = baseUrl(setup, options.url);
  if (options.group !== undefined) {
    const { applyHook } = await import('./gitlab-hook.ts');
    return applyHook({ group: options.group, base, gitlabUrl, adminTokenFile }, { setup, io });
  }
  const token = await firstToken(setup, io);
  const adminToken = await readSecret(resolve(io.cwd, adminTokenFile));
  const urls = endpoints(base);
  const { status } = await withGitlab(gitlabUrl, { setup, io }, (gitlab) =>
    gitlab.request({
      method: 'PUT',
      path: SETTINGS_PATH,
      headers: { 'PRIVATE-TOKEN': adminToken },
      // One request: some versions of GitLab take the switch only together with both addresses.
      json: {
        secret_detection_token_revocation_enabled: true,
        secret_detection_token_revocation_url: urls.revoke,
        secret_detection_revocation_token_types_url: urls.types,
        secret_detection_token_revocation_token: token,
      },
      statuses: [200, 400, 401, 403, 404],
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }),
  );
  const refusal = REFUSALS[status];
  if (refusal !== undefined) throw new CommandError(refusal);
  printLines(io.stdout, [`GitLab now asks ${urls.types} and reports to ${urls.revoke}.`]);
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'GitLab refused the settings; it needs a licence with Secret Detection, and addresses that it may call.',
  401: "GitLab refused the administrator's token.",
  403: 'GitLab wants the token of an administrator, with scope api and, where it is on, in admin mode.',
  404: 'There is no GitLab API at this address.',
};

function instructions(base: string, gitlab: string, token: TokenSource): readonly string[] {
  const urls = endpoints(base);
  return [
    "# Either: GitLab's API, in a shell. $GITLAB_ADMIN_TOKEN is an administrator's token with scope api.",
    "# The token goes through standard input, so that no process list shows it; GitLab's answer, which holds it,",
    '# is thrown away.',
    token.shell,
    'curl --fail --silent --show-error --output /dev/null --config - <<EOF',
    'request = "PUT"',
    `url = "${gitlab}${SETTINGS_PATH}"`,
    'header = "PRIVATE-TOKEN: $GITLAB_ADMIN_TOKEN"',
    'data = "secret_detection_token_revocation_enabled=true"',
    `data-urlencode = "secret_detection_token_revocation_url=${urls.revoke}"`,
    `data-urlencode = "secret_detection_revocation_token_types_url=${urls.types}"`,
    'data-urlencode = "secret_detection_token_revocation_token=$QUASH_TOKEN"',
    'EOF',
    '',
    "# Or: GitLab's Rails console (sudo gitlab-rails console). It asks for the token.",
    `# ${token.place}`,
    "require 'io/console'",
    "quash_token = $stdin.getpass('Token: '); nil",
    '::Gitlab::CurrentSettings.update!(',
    '  secret_detection_token_revocation_enabled: true,',
    `  secret_detection_token_revocation_url: '${urls.revoke}',`,
    `  secret_detection_revocation_token_types_url: '${urls.types}',`,
    '  secret_detection_token_revocation_token: quash_token',
    ')',
    '',
    '# GitLab calls no private address unless one of these is done:',
    "# - serve Quash under GitLab's own scheme, host and port by its reverse proxy, e.g. below /revocation_service,",
    '#   with listen.basePath set to that path and --url to the whole address; this is always allowed;',
    `# - add ${hostOf(base)} under Admin > Settings > Network > Outbound requests, in the allowlist;`,
    '# - least safe: allow requests to the local network from webhooks and integrations, on the same page.',
    '# GitLab in Silent Mode reports nothing.',
  ];
}

interface TokenSource {
  /** A line that sets QUASH_TOKEN. */
  readonly shell: string;
  /** A sentence for people. */
  readonly place: string;
}

/** As `secretLines` reads it: an editor may have left a byte order mark, carriage returns or an empty line. */
const FIRST_LINE = `sed 's/^ *//;s/ *$//;/./!d;q'`;

function tokenSource(setup: Setup, io: Io): TokenSource {
  const file = tokenFile(setup, io);
  if (file === undefined) {
    const place = `The token is one of auth.tokens in ${setup.source ?? 'the environment'}.`;
    return { shell: `read -rs QUASH_TOKEN  # ${place}`, place };
  }
  return {
    shell: `QUASH_TOKEN="$(LC_ALL=C tr -cd '[:print:]\\n' < ${shellQuoted(file)} | ${FIRST_LINE})"`,
    place: `The token is in ${file}.`,
  };
}

/** Undefined when the tokens stand in the configuration itself. */
function tokenFile({ config, secretFiles }: Setup, io: Io): string | undefined {
  if (config.auth.tokens.length === 0) return generatedTokenFiles(config, io.cwd).gitlab;
  const index = config.auth.tokens.findIndex(isGitlabs);
  return secretFiles.get('auth.tokens') ?? secretFiles.get(`auth.tokens[${index}].token`);
}

async function firstToken(setup: Setup, io: Io): Promise<Secret> {
  const { tokens } = setup.config.auth;
  if (tokens.length === 0) return readSecret(generatedTokenFiles(setup.config, io.cwd).gitlab);
  const gitlabs = tokens.find(isGitlabs);
  if (gitlabs) return gitlabs.token;
  throw new CommandError('No entry of auth.tokens has the role gitlab, which the token for GitLab needs.');
}

function isGitlabs({ role }: CallerToken<ReporterRole>): boolean {
  return role === 'gitlab';
}

function baseUrl({ config }: Setup, url: string | undefined): string {
  const { tls, port, basePath } = config.listen;
  const base = url ?? `${tls ? 'https' : 'http'}://${hostname()}:${port}${basePath}`;
  return base.replace(/\/+$/, '');
}

/** The first instance is the nearest, as it is asked first. */
function ownGitlab({ config }: Setup, url: string | undefined): string {
  return (url ?? config.gitlab.instances[0]?.url ?? 'https://gitlab.example.com').replace(/\/+$/, '');
}

function endpoints(base: string): { readonly types: string; readonly revoke: string } {
  const urls = { types: `${base}/v1/revocable_token_types`, revoke: `${base}/v1/revoke_tokens` };
  if (urls.types.length <= MAX_URL_LENGTH) return urls;
  throw new CommandError(`GitLab takes addresses of at most ${MAX_URL_LENGTH} characters; this is longer.`);
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
