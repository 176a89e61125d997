import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gitlab as definition } from '../../providers/gitlab/index.ts';
import { main } from '../../src/cli/main.ts';
import { startFakeGitlab } from '../../src/fakes/gitlab.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const HOOK_TOKEN = 'hook-token-of-the-tests';
const KEY = `whsec_${randomBytes(32).toString('base64')}`;
const QUASH = 'https://quash.example.com/rev';
const RULE = 'gitlab_personal_access_token';

async function world(secrets: object = { hookTokens: [HOOK_TOKEN], hookSigningKeys: [KEY] }) {
  const adminToken = ['gl', 'pat-', 'admin'.repeat(4)].join('');
  const gitlab = await startFakeGitlab({ adminToken });
  onTestFinished(() => gitlab.close());
  gitlab.addProject({ path: 'group/sub/app' });
  const cwd = temporaryFolder();
  const instances = [{ url: gitlab.url, readToken: 'a-read-token', ...secrets }];
  const run = async (token: string, ...args: readonly string[]) => {
    writeFileSync(join(cwd, 'token'), `${token}\n`);
    let out = '';
    let err = '';
    const code = await main(['gitlab-settings', '--hook', '--url', QUASH, ...args], {
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      stdin: (async function* () {})(),
      env: { QUASH_GITLAB__INSTANCES: JSON.stringify(instances) },
      cwd,
      definitions: async () => [definition],
    });
    for (const secret of [HOOK_TOKEN, KEY.slice(6, 20), 'a-read-token', adminToken])
      expect(out + err).not.toContain(secret);
    return { code, out, err };
  };
  const apply = ['--apply', '--gitlab-url', gitlab.url, '--admin-token-file', 'token'];
  return { gitlab, adminToken, run, apply };
}

describe('quash gitlab-settings --hook', () => {
  it('prints how a group tells Quash of its findings', async () => {
    const { run } = await world();
    const { code, out } = await run('x', '--group', 'group/sub');
    expect(code).toBe(0);
    expect(out).toContain('/api/v4/groups/group%2Fsub/hooks"');
    expect(out).toContain(`data-urlencode = "url=${QUASH}/v1/gitlab/events"`);
    expect(out).toContain('data = "vulnerability_events=true"');
  });

  it('makes the hook once, and brings it up to date', async () => {
    const { gitlab, adminToken, run, apply } = await world();
    for (const done of ['made', 'up to date']) {
      const { code, out } = await run(adminToken, '--group', 'group', ...apply);
      expect([code, out]).toEqual([0, `The hook of group at ${QUASH}/v1/gitlab/events is ${done}.\n`]);
    }
    expect(gitlab.hooks).toMatchObject([
      { scope: 'group', url: `${QUASH}/v1/gitlab/events`, token: HOOK_TOKEN, signingToken: KEY },
    ]);
  });

  it.each([
    ['a token that GitLab refuses', 'unknown', 'group', 'refused the token'],
    ['a group that is not there', undefined, 'nowhere', 'no such group'],
  ])('says what is wrong with %s', async (_name, token, group, message) => {
    const { gitlab, adminToken, run, apply } = await world();
    const ran = await run(token ?? adminToken, '--group', group, ...apply);
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining(message) });
    expect(gitlab.hooks).toEqual([]);
  });

  it('wants a secret for the hook, and a group', async () => {
    const { adminToken, run, apply } = await world({});
    expect(await run(adminToken, '--group', 'group', ...apply)).toMatchObject({
      code: 1,
      err: expect.stringContaining('no hookTokens'),
    });
    expect(await run(adminToken)).toMatchObject({ code: 2, err: expect.stringContaining('--group') });
  });
});

describe("the fake GitLab's hooks", () => {
  it('are switched off after four failures in a row, for longer each time, until one is taken', async () => {
    let now = Date.parse('2026-06-15T12:00:00.000Z');
    const gitlab = await startFakeGitlab({ now: () => now });
    onTestFinished(() => gitlab.close());
    const project = gitlab.addProject({ path: 'group/app' });
    let status = 500;
    const server = createServer((_request, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const hook = gitlab.addHook({ scope: 'group', url, token: HOOK_TOKEN, signingToken: KEY });
    const send = async () => {
      gitlab.leak(project, { rule: RULE, token: `secret-${hook.deliveries.length}` });
      await gitlab.hooksIdle();
      return hook.deliveries.length;
    };
    for (let failures = 1; failures <= 4; failures++) expect(await send()).toBe(failures);
    expect(await send()).toBe(4);
    now += 60_001;
    expect(await send()).toBe(5);
    now += 60_001;
    expect(await send()).toBe(5);
    now += 60_000;
    status = 204;
    expect(await send()).toBe(6);
    expect(hook).toMatchObject({ recentFailures: 0, disabledUntilMs: null });
    const headers = hook.deliveries.at(-1)?.headers;
    expect(headers).toMatchObject({ 'X-Gitlab-Token': HOOK_TOKEN });
    expect(headers?.['webhook-id']).toBe(headers?.['Idempotency-Key']);
  });
});
