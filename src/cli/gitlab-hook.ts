/** What makes a group of GitLab send its vulnerability events to this Quash. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { baseOf } from '../gitlab/pointer.ts';
import type { Upstream } from '../provider/upstream.ts';
import type { Secret } from '../words/secret.ts';
import { readSecret, TIMEOUT_MS, withGitlab } from './gitlab-api.ts';
import { CommandError, type Io, printLines } from './io.ts';
import type { Setup } from './setup.ts';

export interface HookOptions {
  readonly group: string;
  /** Address of this Quash as GitLab reaches it, without a trailing slash. */
  readonly base: string;
  /** Address of GitLab, without a trailing slash where it is printed. */
  readonly gitlabUrl: string;
}

const HOOKS = z.array(z.object({ id: z.int(), url: z.string() }));
const PER_PAGE = 100;

/** What both ways ask for: nothing but vulnerability events. */
const EVENTS = {
  name: 'Quash',
  vulnerability_events: true,
  push_events: false,
  enable_ssl_verification: true,
} as const;

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'GitLab refused the hook; is the address one that it may call?',
  401: 'GitLab refused the token.',
  403: 'GitLab wants the token of an owner of the group, with scope api.',
  404: 'There is no such group, or no GitLab with group hooks at this address: they need Premium or Ultimate.',
  422: 'GitLab refused the hook; is the address one that it may call?',
};

export function hookLines({ group, base, gitlabUrl }: HookOptions): readonly string[] {
  const api = `${gitlabUrl}/api/v4/groups/${encodeURIComponent(group)}/hooks`;
  const fields = Object.entries(EVENTS).map(([key, value]) => `data = "${key}=${value}"`);
  return [
    '# A group hook tells Quash of the findings of all projects below the group, private ones included. GitLab needs',
    '# Ultimate for them. Quash needs, for this instance in gitlab.instances: hookTokens (any text of 16 characters or',
    '# more, e.g. from `openssl rand -hex 32`) and readToken (scope read_api, of a user with the role Developer).',
    '# $GITLAB_TOKEN is a token of an owner of the group with scope api, $HOOK_TOKEN the one in hookTokens. They go',
    '# through standard input, so that no process list shows them. Do not set a custom template.',
    'curl --fail --silent --show-error --output /dev/null --config - <<EOF',
    'request = "POST"',
    `url = "${api}"`,
    'header = "PRIVATE-TOKEN: $GITLAB_TOKEN"',
    ...fields,
    `data-urlencode = "url=${eventsUrl(base)}"`,
    'data-urlencode = "token=$HOOK_TOKEN"',
    'EOF',
    '',
    '# What GitLab has found before: `quash sweep --group` with the same group.',
  ];
}

/** Makes the hook, or brings the one of the same address up to date. */
export async function applyHook(
  { group, base, gitlabUrl, adminTokenFile }: HookOptions & { readonly adminTokenFile: string },
  world: { readonly setup: Setup; readonly io: Io },
): Promise<void> {
  const { setup, io } = world;
  const secrets = secretsOf(setup, gitlabUrl);
  const token = await readSecret(resolve(io.cwd, adminTokenFile));
  const url = eventsUrl(base);
  const done = await withGitlab(gitlabUrl, world, (gitlab) => put(gitlab, { group, url, token, secrets }));
  printLines(io.stdout, [`The hook of ${group} at ${url} is ${done}.`]);
}

interface Hook {
  readonly group: string;
  readonly url: string;
  readonly token: Secret;
  readonly secrets: Readonly<Record<string, Secret>>;
}

async function put(gitlab: Upstream, { group, url, token, secrets }: Hook): Promise<'made' | 'up to date'> {
  const path = `/api/v4/groups/${encodeURIComponent(group)}/hooks`;
  const headers = { 'PRIVATE-TOKEN': token };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const statuses = [200, 201, ...Object.keys(REFUSALS).map(Number)];
  const query = { per_page: PER_PAGE };
  const listed = await gitlab.request({ method: 'GET', path, query, headers, statuses, signal });
  if (listed.status !== 200) throw new CommandError(REFUSALS[listed.status] ?? 'GitLab refused it.');
  const known = listed.json(HOOKS).find((hook) => hook.url === url);
  const target = known
    ? ({ method: 'PUT', path: `${path}/${known.id}` } as const)
    : ({ method: 'POST', path } as const);
  const json = { ...EVENTS, url, ...secrets };
  const { status } = await gitlab.request({ ...target, headers, json, statuses, signal });
  const refusal = REFUSALS[status];
  if (refusal !== undefined) throw new CommandError(refusal);
  return known ? 'up to date' : 'made';
}

function secretsOf({ config }: Setup, gitlabUrl: string): Readonly<Record<string, Secret>> {
  const instance = config.gitlab.instances.find(({ url }) => baseOf(url) === baseOf(gitlabUrl));
  const [token] = instance?.hookTokens ?? [];
  const [signing_token] = instance?.hookSigningKeys ?? [];
  if (token || signing_token) return { ...(token && { token }), ...(signing_token && { signing_token }) };
  throw new CommandError('gitlab.instances has no hookTokens and no hookSigningKeys for this GitLab.');
}

function eventsUrl(base: string): string {
  return `${base}/v1/gitlab/events`;
}
