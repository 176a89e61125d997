import { describe, expect, it } from 'vitest';
import { createShareOf } from '../../src/words/share.ts';

const OURS = 'https://gitlab.example.com';
const BELOW = 'https://example.org/gitlab';
const shareOf = createShareOf([OURS, `${BELOW}/`]);

describe('whose turn a token takes', () => {
  it('is read from the place in a configured GitLab: instance and caller, top-level namespace, project', () => {
    expect(shareOf('gitlab', `${OURS}/acme/team/app/-/raw/0123abc/src/a.env#L3`)).toEqual({
      group: `gitlab ${OURS}`,
      namespace: 'acme',
      project: 'acme/team/app',
    });
    expect(shareOf('ci', `${BELOW}/acme/app/-/blob/0123abc/a.env`)).toEqual({
      group: `ci ${BELOW}`,
      namespace: 'acme',
      project: 'acme/app',
    });
  });

  it('is read below the inner one where one instance lies below another one', () => {
    const nested = createShareOf(['https://example.org', BELOW]);
    expect(nested('gitlab', `${BELOW}/acme/app/-/raw/0123abc/a`)).toEqual({
      group: `gitlab ${BELOW}`,
      namespace: 'acme',
      project: 'acme/app',
    });
    expect(nested('gitlab', 'https://example.org/acme/app/-/raw/0123abc/a').group).toBe(
      'gitlab https://example.org',
    );
  });

  it('is of no group of an instance where nobody configured it, and of its host', () => {
    expect(shareOf('gitlab', 'https://Other.example.net/acme/app/-/raw/0123abc/a')).toEqual({
      group: 'gitlab ',
      namespace: 'other.example.net/acme',
      project: 'other.example.net/acme/app',
    });
    expect(shareOf('gitlab', `${OURS}.evil.example/acme/app/-/raw/0123abc/a`)).toMatchObject({
      group: 'gitlab ',
    });
  });

  it.each([
    '',
    'src/a.env',
    'https://',
    OURS,
    `${OURS}/`,
    `${OURS}/acme`,
    `${OURS}/acme?x=/-/`,
    `${OURS}/#/-/`,
  ])('is that of all which name no project: %s', (location) => {
    expect(shareOf('gitlab', location)).toMatchObject({ namespace: '', project: '' });
  });

  it('is not moved by what its committer can choose', () => {
    const first = shareOf('gitlab', `${OURS}/acme/app/-/raw/0123abc/a/-/b.env`);
    const second = shareOf('gitlab', `${OURS}/acme/app/-/raw/fedcba9/other%2f-%2fc?d=/x/-/#L9`);

    expect(first).toEqual(second);
  });

  it('is short, whatever is reported', () => {
    const { group, namespace, project } = shareOf(
      'c'.repeat(999),
      `http://h/${'n'.repeat(9_999)}/p/-/raw/0/f`,
    );

    expect([group, namespace, project].map(({ length }) => length)).toEqual([200, 200, 200]);
  });
});
