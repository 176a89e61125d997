import { expect, it } from 'vitest';
import { baseUrl } from '../../src/provider/kit/config-keys.ts';
import { withPlainHost } from '../../src/words/location.ts';

it.each([
  [
    'https://GitLab.Example.com/Acme/App/-/raw/0123abc/A.env#L1',
    'https://gitlab.example.com/Acme/App/-/raw/0123abc/A.env#L1',
  ],
  ['HTTPS://gitlab.example.com:443', 'https://gitlab.example.com'],
  ['http://gitläb.example:80/x', 'http://xn--gitlb-jra.example/x'],
  ['https://gitlab.example.com:8443/x', 'https://gitlab.example.com:8443/x'],
  ['https://User@GitLab.example.com/x', 'https://User@GitLab.example.com/x'],
  ['https://a b/x', 'https://a b/x'],
  ['src/A.env', 'src/A.env'],
  ['', ''],
])(
  'a location and an address in the configuration have the same host, however it was written: %s',
  (written, plain) => {
    expect(withPlainHost(written)).toBe(plain);
  },
);

it('an address of an instance is kept with its host in plain', () => {
  expect(baseUrl().parse('https://GitLab.Example.com:443/Git/')).toBe('https://gitlab.example.com/Git/');
});
