import { describe, expect, it } from 'vitest';
import { currentRequestId } from '../../src/observe/request-scope.ts';
import { FAKE_TYPE } from '../support/fake-provider.ts';
import { httpFixture } from '../support/http-fixture.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

describe('the id of a request', () => {
  it('is the one that came with it', async () => {
    const { app } = httpFixture();
    const answer = await app.request('/v1/revocable_token_types', {
      headers: { 'x-request-id': 'Gl.1-a_B' },
    });
    expect(answer.headers.get('x-request-id')).toBe('Gl.1-a_B');
    expect(await answer.json()).toMatchObject({ status: 401, requestId: 'Gl.1-a_B' });
  });

  it.each(['', 'x'.repeat(65), 'a b', 'a"b', 'a/b', 'ä'])('is a new one in place of %j', async (given) => {
    const { app } = httpFixture();
    const answer = await app.request('/nowhere', { headers: { 'x-request-id': given } });
    const id = answer.headers.get('x-request-id');
    expect(id).toMatch(UUID);
    expect(await answer.json()).toMatchObject({ status: 404, requestId: id });
  });

  it('is on answers without a body, too, and differs from request to request', async () => {
    const { post } = httpFixture();
    const [one, other] = [await post([]), await post([])];
    expect(one.status).toBe(204);
    expect(one.headers.get('x-request-id')).toMatch(UUID);
    expect(one.headers.get('x-request-id')).not.toBe(other.headers.get('x-request-id'));
  });

  it('is known wherever the request is worked on, and nowhere else', async () => {
    const seen: (string | undefined)[] = [];
    const { post } = httpFixture({
      ledger: (real) =>
        Object.assign(Object.create(real), {
          repeat: async (...args: Parameters<typeof real.repeat>) => {
            await Promise.resolve();
            seen.push(currentRequestId());
            return real.repeat(...args);
          },
        }),
    });
    const element = { type: FAKE_TYPE, token: 'fake-1' };
    await Promise.all(['one', 'two'].map((id) => post([element], { 'x-request-id': id })));
    expect(seen.sort()).toEqual(['one', 'two']);
    expect(currentRequestId()).toBeUndefined();
  });
});

it('reports a route by its pattern, and all that is unknown as one', async () => {
  const { app, events } = httpFixture({ basePath: '/quash' });
  for (const path of [
    '/quash/v1/revoke_tokens/',
    '/quash/v1/revocable_token_types',
    '/v1/revoke_tokens',
    '/x',
  ])
    await app.request(path);
  const routes = events.flatMap((event) => (event.type === 'http-answered' ? [event.route] : []));
  expect(routes).toEqual(['/v1/revoke_tokens', '/v1/revocable_token_types', 'other', 'other']);
});

describe('what GitLab is refused, which GitLab itself logs nowhere', () => {
  const refusals = ({ events }: ReturnType<typeof httpFixture>) =>
    events.filter(({ type }) => type === 'request-refused');
  const path = '/quash/v1/revoke_tokens';

  it.each([
    ['a wrong token', 401, /^Not authenticated\..*auth\.tokens/, { method: 'POST' }, path],
    ['a path outside of the base path', 404, /^No such path$/, { method: 'POST' }, '/v1/revoke_tokens'],
    ['a wrong method', 405, /^Wrong method$/, { method: 'PUT' }, path],
  ] as const)('is told of %s', async (_, status, message, request, where) => {
    const fixture = httpFixture({ basePath: '/quash' });
    await fixture.app.request(where, request);
    expect(refusals(fixture)).toEqual([
      expect.objectContaining({ port: 'listen', status, message: expect.stringMatching(message) }),
    ]);
  });

  it('is told of a body that is no report, and not once more of elements that are not usable', async () => {
    const fixture = httpFixture();
    await fixture.post([{ type: 'unknown', token: 'fake-1' }]);
    await fixture.post({ not: 'a list' });
    expect(refusals(fixture)).toEqual([
      expect.objectContaining({ status: 400, message: expect.stringMatching(/^Not a report\./) }),
    ]);
    expect(fixture.events.some(({ type }) => type === 'report-accepted')).toBe(true);
  });

  it('is nothing where it gets what it asks for', async () => {
    const fixture = httpFixture();
    await fixture.post([{ type: FAKE_TYPE, token: 'fake-1' }]);
    expect(refusals(fixture)).toEqual([]);
  });
});
