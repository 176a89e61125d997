import { describe, expect, it } from 'vitest';
import { parseVulnerabilityRef, vulnerabilityRefOf } from '../../src/words/vulnerability-ref.ts';

const LOCATION = 'https://gitlab.example.com/group/project/-/raw/0123abcd/file.txt#L1';

describe('a finding', () => {
  it('is the origin of the location and the number of the vulnerability', () => {
    expect(vulnerabilityRefOf(LOCATION, { id: 4711, title: 'x' })).toBe('https://gitlab.example.com 4711');
    expect(vulnerabilityRefOf('http://10.0.0.1:8080/x', { id: 1 })).toBe('http://10.0.0.1:8080 1');
  });

  it.each([null, undefined, 'x', 7, {}, { id: '4711' }, { id: 0 }, { id: -1 }, { id: 1.5 }, { id: 2 ** 53 }])(
    'is none for the vulnerability %j',
    (vulnerability) => {
      expect(vulnerabilityRefOf(LOCATION, vulnerability)).toBeUndefined();
    },
  );

  it.each([
    '',
    'file.txt',
    'ftp://gitlab.example.com/x',
    'javascript:alert(1)',
    `https://${'a'.repeat(400)}.example`,
  ])('is none for the location %s', (location) => {
    expect(vulnerabilityRefOf(location, { id: 1 })).toBeUndefined();
  });

  it('keeps no credentials of the location', () => {
    expect(vulnerabilityRefOf('https://user:pass@gitlab.example.com/x', { id: 1 })).toBe(
      'https://gitlab.example.com 1',
    );
  });

  it('can be read again', () => {
    expect(parseVulnerabilityRef('https://gitlab.example.com 4711')).toEqual({
      ...{ origin: 'https://gitlab.example.com', vulnerability: 4711 },
    });
  });

  it.each([
    ...['', 'https://gitlab.example.com', 'https://gitlab.example.com/x 1', 'https://gitlab.example.com 0'],
    ...['ftp://gitlab.example.com 1', 'https://gitlab.example.com 1 2', 'https://GITLAB.example.com 1'],
  ])('is not read from %j', (text) => {
    expect(parseVulnerabilityRef(text)).toBeUndefined();
  });
});
