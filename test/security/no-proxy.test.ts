/** What goes past the proxy: too much of it and calls fail, too little and tokens of the own network are at the proxy. */
import { expect, it } from 'vitest';
import { createBypass, noProxyOf } from '../../src/upstream/no-proxy.ts';

const bypasses = (entry: string, url: string) => createBypass([entry])(new URL(url));

it.each([
  ['example.com', 'https://example.com'],
  ['example.com', 'https://git.example.com:8443/group'],
  ['Example.COM', 'https://GIT.example.com'],
  ['example.com', 'https://example.com.'],
  ['.example.com', 'https://git.example.com'],
  ['*.example.com', 'https://git.example.com'],
  ['example.com:8443', 'https://git.example.com:8443'],
  ['example.com:443', 'https://example.com'],
  ['example.com:80', 'http://example.com'],
  ['10.1.2.3', 'http://10.1.2.3:8080'],
  ['10.1.2.3:8080', 'http://10.1.2.3:8080'],
  ['10.0.0.0/8', 'http://10.1.2.3'],
  ['10.0.0.0/8', 'http://[::ffff:10.1.2.3]'],
  ['::1', 'http://[::1]:9090'],
  ['[::1]', 'http://[::1]'],
  ['[0:0::1]:9090', 'http://[::1]:9090'],
  ['fd00::/8', 'http://[fd12::1]'],
  ['*', 'https://anything.example'],
])('%s lets %s past the proxy', (entry, url) => {
  expect(bypasses(entry, url)).toBe(true);
});

it.each([
  ['example.com', 'https://notexample.com'],
  ['example.com', 'https://example.com.evil.example'],
  ['.example.com', 'https://example.com'],
  ['*.example.com', 'https://example.com'],
  ['example.com:8443', 'https://example.com'],
  ['10.0.0.0/8', 'http://11.1.2.3'],
  ['10.0.0.0/8', 'http://10.example'],
  ['10.1.2.3', 'http://110.1.2.3'],
  ['1.2.3', 'http://10.1.2.3'],
  ['::1', 'http://[::2]'],
  ['fd00::/8', 'http://10.0.0.1'],
])('%s does not let %s past it', (entry, url) => {
  expect(bypasses(entry, url)).toBe(false);
});

it('is read from the environment, in small letters first', () => {
  expect(noProxyOf({ NO_PROXY: 'a.example, .b.example  10.0.0.0/8,' })).toEqual([
    'a.example',
    '.b.example',
    '10.0.0.0/8',
  ]);
  expect(noProxyOf({ no_proxy: 'a.example', NO_PROXY: 'b.example' })).toEqual(['a.example']);
  expect(noProxyOf({})).toEqual([]);
});
