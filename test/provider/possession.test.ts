import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/provider/failure.ts';
import {
  acting,
  changesSomething,
  guarded,
  noActivity,
  onlyAsking,
  Permit,
} from '../../src/provider/possession.ts';
import type { Possession, TokenKind } from '../../src/provider/provider.ts';
import {
  type Answer,
  basic,
  bearer,
  secretPath,
  UnsendableHeader,
  type UpstreamRequest,
} from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

it.each([
  ['GET', {}, false],
  ['GET', { changes: true }, true],
  ['POST', {}, true],
  ['POST', { readOnly: true }, false],
] as const)('takes a %s with %j for a call that changes something: %s', (method, marks, expected) => {
  expect(changesSomething({ method, ...marks })).toBe(expected);
});

const TOKEN = new Secret('token-0123');
const LONGER = new Secret('token-01234');

function permitOf(
  possession: Possession,
  given: Partial<TokenKind> = {},
  mayActUnproven = false,
  token = TOKEN,
): Permit {
  const kind = { id: 'token', types: ['x'], pattern: /x/, effect: 'token', ...TRUSTED } as const;
  return new Permit({ ...kind, possession, ...given }, token, mayActUnproven);
}

function callOf(given: Partial<UpstreamRequest>): UpstreamRequest {
  return { method: 'DELETE', path: '/', statuses: [200], signal: new AbortController().signal, ...given };
}

describe('what a proof allows', () => {
  /** Of a record, by right of our own credential. */
  const byId = callOf({ path: '/keys/7', headers: { authorization: bearer(new Secret('ours')) } });

  it.each([
    ['by-value', 'signs-in'],
    ['signs-in', 'listed-whole'],
    ['listed-whole', 'one-fits'],
  ] as const)('is nothing where %s is declared and %s is shown', (declared, shown) => {
    const permit = permitOf(declared);
    expect(() => permit.prove(shown)).toThrow(new Failure('internal'));
    expect(permit.proven).toBeUndefined();
    expect(permit.allows(byId)).toBe(false);
  });

  it.each([
    ['signs-in', 'signs-in'],
    ['listed-whole', 'signs-in'],
    ['one-fits', 'one-fits'],
    ['unproven', 'one-fits'],
  ] as const)('is any call where %s is declared and %s is shown', (declared, shown) => {
    const permit = permitOf(declared);
    expect(permit.allows(byId)).toBe(false);
    permit.prove(shown);
    expect(permit.allows(byId)).toBe(true);
  });

  it('is no call without the token where it is proven by its value alone', () => {
    const permit = permitOf('one-fits');
    permit.prove('by-value');
    expect(permit.allows(byId)).toBe(false);
  });

  it('is any call after a person approved it, unless the call has to carry the token', () => {
    expect(permitOf('unproven', {}, true).allows(byId)).toBe(true);
    expect(permitOf('unproven').allows(byId)).toBe(false);
    expect(permitOf('by-value', {}, true).allows(byId)).toBe(false);
  });

  it.each([
    ['in the path', { path: '/tokens/token-0123' }],
    ['in the query', { query: { token: TOKEN } }],
    ['in a header', { headers: { authorization: bearer(TOKEN) } }],
    ['as a password', { headers: { authorization: basic('me', TOKEN) } }],
    ['deep in a body', { json: { list: [{ token: TOKEN }], empty: null, count: 1 } }],
    ['in a form', { form: { token: TOKEN } }],
  ] as const)('is a call that carries the whole token %s', (_where, given) => {
    expect(permitOf('by-value').allows(callOf(given))).toBe(true);
  });

  it.each([
    ['in the path', { path: '/tokens/token-01234' }],
    ['in the query', { query: { token: LONGER } }],
    ['in a header', { headers: { authorization: bearer(LONGER) } }],
    ['behind another word', { headers: { authorization: 'my-token-0123' } }],
    ['as a password', { headers: { authorization: basic('me', LONGER) } }],
    ['in a body', { json: [LONGER, 'token-012'] }],
    ['as that by which it is signed', { byRightOf: TOKEN }],
  ] as const)('is no call that carries another token, or a part of it, %s', (_where, given) => {
    expect(permitOf('by-value').allows(callOf(given))).toBe(false);
  });

  it('is a call that carries it as the vendor writes it, or as a path has to', () => {
    const written = permitOf('by-value', { inRequests: (text) => `a/${text}` });
    expect(written.allows(callOf({ path: '/tokens/a%2Ftoken-0123' }))).toBe(true);
    expect(written.allows(callOf({ json: ['a/token-0123'] }))).toBe(true);
    expect(written.allows(callOf({ json: [TOKEN] }))).toBe(false);
  });
});

describe('a guarded client', () => {
  const sent: string[] = [];
  const client = guarded({
    base: 'https://api.example.com',
    async request({ method, path }) {
      sent.push(`${method} ${path}`);
      if (path === '/broken') throw new Failure('unreachable');
      return {} as Answer;
    },
  });
  const byId = callOf({ path: '/keys/7' });
  const proven = () => {
    const permit = permitOf('signs-in');
    permit.prove('signs-in');
    return permit;
  };

  it('lets a call out that changes something once the token is proven', async () => {
    sent.length = 0;
    await acting([permitOf('signs-in'), proven()], () => client.request(byId));
    expect(sent).toEqual(['DELETE /keys/7']);
  });

  it.each([
    ['outside of a step', () => client.request(byId)],
    ['without a proof', () => acting([permitOf('signs-in')], () => client.request(byId))],
    ['in a step that only asks', () => onlyAsking(proven(), () => client.request(byId), noActivity())],
  ])('keeps it back %s', async (_when, work) => {
    sent.length = 0;
    await expect(work()).rejects.toMatchObject({ code: 'internal', target: 'https://api.example.com' });
    expect(sent).toEqual([]);
  });

  it('takes a credential of ours that no header can carry for one that is refused, and none of the leaked token', async () => {
    const failure = new Failure('internal', { cause: new UnsendableHeader() });
    const client = guarded({ base: 'https://acme.test', request: () => Promise.reject(failure) });
    const call = (secret: Secret) => callOf({ method: 'GET', headers: { authorization: bearer(secret) } });
    const codeOf = (work: () => Promise<unknown>) => work().catch((error: Failure) => error.code);
    const ask = (secret: Secret) => () => client.request(call(secret));

    expect(await codeOf(ask(new Secret('“ours”')))).toBe('credential-refused');
    const permit = permitOf('signs-in');
    const within = (secret: Secret) => () => acting([permit], ask(secret));
    expect(await codeOf(within(new Secret('“ours”')))).toBe('credential-refused');
    expect(await codeOf(within(TOKEN))).toBe('internal');
  });

  it('takes no part of the leaked token that no header can carry for a credential of ours', async () => {
    const failure = new Failure('internal', { cause: new UnsendableHeader() });
    const client = guarded({ base: 'https://acme.test', request: () => Promise.reject(failure) });
    const codeOf = (token: string, headers: Record<string, Secret>) => {
      const permit = permitOf('signs-in', {}, false, new Secret(token));
      const request = callOf({ method: 'GET', headers });
      return acting([permit], () => client.request(request)).catch((error: Failure) => error.code);
    };
    const ours = { authorization: bearer(new Secret('ours')) };

    expect(await codeOf('acme_1_“x', { ...ours, 'x-key': new Secret('key “x') })).toBe('internal');
    expect(await codeOf('acme_1_x', { ...ours, 'x-key': new Secret('“ours”') })).toBe('credential-refused');
  });

  it('lets any other call out at all times', async () => {
    sent.length = 0;
    await client.request(callOf({ method: 'GET', path: '/me' }));
    await onlyAsking(permitOf('unproven'), () => client.request(callOf({ method: 'GET' })), noActivity());
    expect(sent).toEqual(['GET /me', 'GET /']);
  });

  it('knows how many calls were answered, and by whose right the last one was made', async () => {
    const activity = noActivity();
    const ask = (given: Partial<UpstreamRequest>) =>
      onlyAsking(permitOf('signs-in'), () => client.request(callOf({ method: 'GET', ...given })), activity);
    expect(activity.isByLeaked()).toBe(false);
    await ask({ headers: { authorization: bearer(TOKEN) } });
    expect([activity.answered, activity.isByLeaked()]).toEqual([1, true]);
    await expect(ask({ path: '/broken', headers: { authorization: bearer(LONGER) } })).rejects.toThrow();
    expect([activity.answered, activity.isByLeaked()]).toEqual([1, false]);
  });
});

describe('a call by right of the leaked token', () => {
  const token = new Secret('token-0123');
  const other = new Secret('token-01234');
  const kind = { id: 'token', types: ['x'], pattern: /x/, effect: 'token', ...TRUSTED } as const;
  const permit = new Permit(kind, token, false);

  it.each([
    ['shows it in a header', { path: '/', headers: { authorization: bearer(token) } }, true],
    ['shows it as a password', { path: '/', headers: { authorization: basic('me', token) } }, true],
    ['shows it in the path alone', { path: '/hooks/token-0123' }, true],
    ['shows it in the query alone', { path: '/', query: { key: token } }, true],
    ['is signed with it', { path: '/', headers: { authorization: bearer(other) }, byRightOf: token }, true],
    ['asks about it with ours', { path: '/token-0123', headers: { authorization: bearer(other) } }, false],
    ['asks about it, signed with ours', { path: '/token-0123', form: { token }, byRightOf: other }, false],
    ['shows it in a form alone', { path: '/', form: { token } }, true],
    ['shows it in the body alone', { path: '/', json: { client: 'me', tokens: [token] } }, true],
    [
      'asks about it with ours, which is in the body, too',
      { path: '/', form: { token, client_secret: other } },
      false,
    ],
    [
      'asks about it in the body with ours',
      { path: '/', json: { token }, headers: { authorization: bearer(other) } },
      false,
    ],
    ['names it in the path, with ours in the query', { path: '/token-0123', query: { key: other } }, false],
    ['shows it in a path that is a secret itself', { path: secretPath`/hooks/${token}` }, true],
    ['names it in the path, with ours in the body', { path: '/token-0123', json: { key: other } }, false],
    [
      'shows another one that begins like it',
      { path: '/', headers: { authorization: bearer(other) } },
      false,
    ],
  ] as const)('%s', (_how, request, expected) => {
    const { signal } = new AbortController();
    expect(permit.isCredentialOf({ method: 'GET', statuses: [200], signal, ...request })).toBe(expected);
  });
});
