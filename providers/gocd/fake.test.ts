/** The fake must have the traps of the real server, or else no test falls into them. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type FakeGocd, type FakeGocdOptions, startFakeGocd } from '../../src/fakes/gocd.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';

const V1 = 'application/vnd.go.cd.v1+json';
const ADMIN = { authorization: `Basic ${Buffer.from('root:a:password').toString('base64')}`, accept: V1 };

async function start(options: Partial<FakeGocdOptions> = {}) {
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 12, 0, 0, 900));
  const users = [
    { name: 'root', password: 'a:password', admin: true },
    { name: 'alice', password: 'another password' },
  ];
  const server = await startFakeGocd({ users, flushMs: 60_000, clock, ...options });
  onTestFinished(() => server.close());
  return { server, clock };
}

async function call(
  server: FakeGocd,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
) {
  const response = await fetch(server.url + path, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return { status: response.status, text, headers: response.headers };
}

function asToken(plaintext: string) {
  return { authorization: `bearer ${plaintext}`, accept: V1 };
}

async function lastUsedAt(server: FakeGocd, id: number): Promise<string | null> {
  const { text } = await call(server, 'GET', '/api/admin/access_tokens?filter=all', ADMIN);
  const list = JSON.parse(text)._embedded.access_tokens as { id: number; last_used_at: string | null }[];
  return list.find((token) => token.id === id)?.last_used_at ?? null;
}

describe('the fake GoCD', () => {
  it('shows the last use in whole seconds, and only after the flush', async () => {
    const { server, clock } = await start();
    const { id, plaintext } = server.createToken('alice');
    await call(server, 'GET', '/api/current_user', asToken(plaintext));
    expect(await lastUsedAt(server, id)).toBeNull();
    await clock.advance(60_000);
    expect(await lastUsedAt(server, id)).toBe('2026-11-21T12:00:00Z');
  });

  it('forgets in a restart what was not flushed', async () => {
    const { server } = await start();
    const { id, plaintext } = server.createToken('alice');
    server.useToken(plaintext);
    server.restart();
    server.flush();
    expect(await lastUsedAt(server, id)).toBeNull();
  });

  it('stops somebody from using a token', async () => {
    const { server, clock } = await start();
    const { id, plaintext } = server.createToken('alice');
    server.startUsing(plaintext, 1000)();
    await clock.advance(120_000);
    expect(await lastUsedAt(server, id)).toBe('2026-11-21T12:00:00Z');
  });

  it('lets a session of a revoked token in and notes no use of it, until the user is disabled', async () => {
    const { server, clock } = await start();
    const { id, plaintext } = server.createToken('alice');
    const first = await call(server, 'GET', '/api/current_user', asToken(plaintext));
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    server.revokeByHand(id);
    await clock.advance(60_000);
    const withCookie = () => call(server, 'GET', '/api/current_user', { ...asToken(plaintext), cookie });
    expect((await withCookie()).status).toBe(200);
    await clock.advance(60_000);
    expect(await lastUsedAt(server, id)).toBe('2026-11-21T12:00:00Z');
    server.setEnabled('alice', false);
    expect((await withCookie()).status).toBe(401);
  });

  it('answers a call without the right Accept header with a 404 in plain text', async () => {
    const { server } = await start();
    const { authorization } = ADMIN;
    const answer = await call(server, 'GET', '/api/admin/access_tokens', { authorization });
    expect(answer).toMatchObject({ status: 404, text: expect.stringContaining('The url you are trying') });
    expect(server.unexpected).toEqual([]);
  });

  it('lets no access token make calls about access tokens', async () => {
    const { server } = await start();
    const { plaintext } = server.createToken('root');
    const answer = await call(server, 'GET', '/api/admin/access_tokens', asToken(plaintext));
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('Unsupported operation') });
  });

  it('refuses a user who is no administrator, a wrong password and no password', async () => {
    const { server } = await start();
    const as = (credential: string) => ({
      accept: V1,
      authorization: `Basic ${Buffer.from(credential).toString('base64')}`,
    });
    const list = (headers: Record<string, string>) =>
      call(server, 'GET', '/api/admin/access_tokens', headers);
    expect((await list(as('alice:another password'))).status).toBe(403);
    const refused = await list(as('root:wrong'));
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="GoCD"');
    expect((await list({ accept: V1 })).text).toContain('You are not authenticated!');
  });

  it('says why a token is not let in', async () => {
    const { server } = await start();
    const { id, plaintext } = server.createToken('alice');
    const why = async (token = plaintext) =>
      JSON.parse((await call(server, 'GET', '/api/current_user', asToken(token))).text).message;
    expect(await why('0'.repeat(40))).toBe('Invalid Personal Access Token.');
    server.setEnabled('alice', false);
    expect(await why()).toBe('Your account has been disabled by the administrator');
    server.setEnabled('alice', true);
    server.setPluginFault('alice', 'roles-failing');
    expect(await why()).toBe('Invalid Personal Access Token.');
    server.setPluginFault('alice', undefined);
    server.setMode('security-off');
    expect(await why()).toMatch(/^Bearer authentication credentials are not required/);
    server.revokeByHand(id);
    expect(await why()).toMatch(
      /^Invalid Personal Access Token\. Access token was revoked at: 2026-11-21 12/,
    );
  });

  it('revokes once, then says that it is done', async () => {
    const { server } = await start();
    const { id } = server.createToken('alice');
    const revoke = (which: number) =>
      call(server, 'POST', `/api/admin/access_tokens/${which}/revoke`, ADMIN, '{"revoke_cause":"leaked"}');
    const first = await revoke(id);
    expect(first.status).toBe(200);
    expect(JSON.parse(first.text)).toMatchObject({
      revoked: true,
      revoked_by: 'root',
      revoke_cause: 'leaked',
    });
    expect((await revoke(id)).status).toBe(409);
    expect((await revoke(99)).text).toContain('was not found');
  });

  it('filters the list', async () => {
    const { server } = await start();
    const [first, second] = [server.createToken('alice'), server.createToken('alice')];
    server.revokeByHand(second.id);
    const list = async (query: string) => {
      const { text } = await call(server, 'GET', `/api/admin/access_tokens${query}`, ADMIN);
      return JSON.parse(text)._embedded.access_tokens.map(({ id }: { id: number }) => id);
    };
    expect(await list('')).toEqual([first.id]);
    expect(await list('?filter=revoked')).toEqual([second.id]);
    expect(await list('?filter=all')).toEqual([first.id, second.id]);
    expect((await call(server, 'GET', '/api/admin/access_tokens?filter=x', ADMIN)).status).toBe(400);
  });

  it('refuses all calls in a backup and changes only in maintenance mode', async () => {
    const { server } = await start();
    const { id } = server.createToken('alice');
    const status = async (method: string, path: string) => (await call(server, method, path, ADMIN)).status;
    server.setMode('maintenance');
    expect(await status('GET', '/api/admin/access_tokens')).toBe(200);
    expect(await status('POST', `/api/admin/access_tokens/${id}/revoke`)).toBe(503);
    server.setMode('backup');
    expect(await status('GET', '/api/admin/access_tokens')).toBe(503);
  });

  it('refuses all calls while it starts', async () => {
    const { server } = await start();
    server.setMode('starting');
    const answer = await call(server, 'GET', '/api/admin/access_tokens', ADMIN);
    expect(answer).toMatchObject({ status: 503, text: expect.stringContaining('GoCD server is starting') });
  });

  it('looks whether it is in maintenance before it looks who is calling, and lets HEAD pass', async () => {
    const { server } = await start();
    server.setMode('maintenance');
    expect((await call(server, 'POST', '/api/admin/access_tokens/1/revoke', { accept: V1 })).status).toBe(
      503,
    );
    expect((await call(server, 'HEAD', '/api/admin/access_tokens', { accept: V1 })).status).toBe(401);
  });

  it('refuses passwords where security is off', async () => {
    const { server } = await start();
    server.setMode('security-off');
    const answer = await call(server, 'GET', '/api/admin/access_tokens', ADMIN);
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('Basic authentication credentials are not required');
  });

  it.each([
    ['roles-failing', 401],
    ['user-unknown', 500],
  ] as const)('notes a use although the plugin fails (%s)', async (fault, status) => {
    const { server, clock } = await start();
    const { id, plaintext } = server.createToken('alice');
    server.setPluginFault('alice', fault);
    expect((await call(server, 'GET', '/api/current_user', asToken(plaintext))).status).toBe(status);
    await clock.advance(60_000);
    expect(await lastUsedAt(server, id)).toBe('2026-11-21T12:00:00Z');
  });

  it('writes uses late when something holds it up', async () => {
    const { server, clock } = await start({ lateMs: () => 20_000 });
    const { id, plaintext } = server.createToken('alice');
    server.useToken(plaintext);
    await clock.advance(60_000);
    expect(await lastUsedAt(server, id)).toBeNull();
    await clock.advance(20_000);
    expect(await lastUsedAt(server, id)).toBe('2026-11-21T12:00:00Z');
  });

  it('revokes the tokens of a removed authorization configuration', async () => {
    const { server } = await start();
    const { id } = server.createToken('alice');
    server.removeAuthConfig('alice');
    expect(server.token(id)).toMatchObject({ revokedBy: 'GoCD', isUserDeleted: false });
  });

  it('writes over earlier revocations when a user is deleted', async () => {
    const { server, clock } = await start();
    const { id, plaintext } = server.createToken('alice');
    server.revokeByHand(id);
    await clock.advance(5_000);
    server.deleteUser('alice');
    expect(server.token(id)).toMatchObject({
      revokedAt: clock.now(),
      revokedBy: 'GoCD',
      isUserDeleted: true,
    });
    const answer = await call(server, 'GET', '/api/current_user', asToken(plaintext));
    expect(JSON.parse(answer.text)).toEqual({ message: 'Invalid Personal Access Token.' });
  });

  it('clears what a PATCH of a user does not hold, and keeps it when only the state is set', async () => {
    const { server } = await start();
    const headers = { ...ADMIN, accept: 'application/vnd.go.cd.v3+json' };
    const setState = async (users: string[]) => {
      const body = JSON.stringify({ users, operations: { enable: false } });
      return (await call(server, 'PATCH', '/api/users/operations/state', headers, body)).status;
    };
    expect(await setState(['alice'])).toBe(200);
    expect(server.isEnabled('alice')).toBe(false);
    expect(server.user('alice')).toMatchObject({ email: 'alice@example.com', emailMe: true });
    expect(await setState(['root'])).toBe(400);
    expect(await setState(['nobody'])).toBe(422);
    await call(server, 'PATCH', '/api/users/alice', headers, '{"enabled":true}');
    expect(server.user('alice')).toMatchObject({ email: '', emailMe: false, aliases: [] });
  });

  it('writes as many bytes for a token as the real one', async () => {
    const { server } = await start();
    const length = async () => (await call(server, 'GET', '/api/admin/access_tokens', ADMIN)).text.length;
    const empty = await length();
    server.createToken('alice', { description: 'of the build of the main branch, for the triggers' });
    expect((await length()) - empty).toBeGreaterThan(600);
  });

  it('keeps calls that it does not know', async () => {
    const { server } = await start();
    await call(server, 'DELETE', '/api/users/alice', ADMIN);
    expect(server.unexpected).toMatchObject([{ method: 'DELETE', path: '/api/users/alice', status: 404 }]);
  });
});
