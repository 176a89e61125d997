import { describe, expect, it } from 'vitest';
import { changesSomething, Permit } from '../../src/provider/possession.ts';
import { basic, bearer } from '../../src/provider/upstream.ts';
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
    ['asks about it in the body', { path: '/', form: { token } }, false],
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
