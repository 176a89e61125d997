import { describe, expect, it } from 'vitest';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';

const messagesOf = (text: string) =>
  baseUrl()
    .safeParse(text)
    .error?.issues.map(({ message }) => message);

describe('the address of an instance', () => {
  it.each([
    'https://acme.test',
    'http://acme.test:8080/base/',
    'https://[2001:db8::1]:8443',
    'https://10.0.0.1',
  ])('may be %s', (text) => expect(messagesOf(text)).toBeUndefined());

  it.each([
    ['/api/v4', 'https://acme.test/git/api/v4/'],
    ['/api/v4', 'https://acme.test/api'],
    ['/v1', 'https://acme.test/v1'],
  ])('is given without the root of the API, %s, unlike %s', (root, text) => {
    const { error } = baseUrl(root).safeParse(text);
    expect(error?.issues.map(({ message }) => message)).toEqual([
      `expected the address without \`${root}\`, which Quash adds`,
    ]);
    expect(baseUrl(root).safeParse('https://acme.test/git').success).toBe(true);
    expect(baseUrl(root).safeParse('https://acme.test/my-api').success).toBe(true);
  });

  it.each([
    ['that was written twice', 'https://https://acme.test'],
    ['with a variable that nothing put in', `https://${'$'}{HOST}/base`],
    ['with a hole that nobody filled', 'https://<host>/base'],
    ['of a template', 'https://{{host}}'],
    ['with the slashes of Windows', 'https://acme.test\\base'],
  ])('is none %s', (_what, text) => {
    expect(messagesOf(text)).toContain('expected one address, without a placeholder or a second `https://`');
  });
});
